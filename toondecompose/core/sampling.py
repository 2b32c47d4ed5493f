"""Sample images at points between their pixels."""

from __future__ import annotations

import cv2
import numpy as np

from toondecompose.core.geometry import WIDEST

STRIP = 16384
"""Pixels along the longer side of an image that OpenCV takes at once, where it is too large."""

KERNEL = 4
"""Pixels beyond a strip that its places may need: two for a cubic kernel, and two to spare."""

ROW = 1024
"""Places in a row of the map that OpenCV gets: it takes no map wider than an image."""


def sample(image: np.ndarray, places: np.ndarray, *, cubic: bool = False) -> np.ndarray:
    """Return an image (H, W) or (H, W, C) at places (N, 2), x first; its border repeats."""
    if max(image.shape[:2]) >= WIDEST:
        return _in_strips(image, places, cubic)
    grid = np.zeros((-(-len(places) // ROW) * ROW, 2), np.float32)
    grid[: len(places)] = places
    flags = cv2.INTER_CUBIC if cubic else cv2.INTER_LINEAR
    found = cv2.remap(image, grid.reshape(-1, ROW, 2), None, flags, borderMode=cv2.BORDER_REPLICATE)
    return found.reshape(-1, *image.shape[2:])[: len(places)]


def _in_strips(image: np.ndarray, places: np.ndarray, cubic: bool) -> np.ndarray:
    """Sample an image that OpenCV does not take, one strip across its longer side after another."""
    side = int(image.shape[1] > image.shape[0])
    length, along = image.shape[side], 1 - side
    number = np.clip(places[:, along] // STRIP, 0, (length - 1) // STRIP).astype(int)
    found = np.zeros((len(places), *image.shape[2:]), image.dtype)
    for strip in np.unique(number):
        first, last = max(0, strip * STRIP - KERNEL), (strip + 1) * STRIP + KERNEL
        part = image[:, first:last] if side else image[first:last]
        chosen = number == strip
        at = places[chosen].astype(float)
        at[:, along] -= first
        found[chosen] = sample(np.ascontiguousarray(part), at, cubic=cubic)
    return found
