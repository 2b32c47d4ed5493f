"""Cut the sprites out of one frame: outline, alpha, colour, and whose pixel it is."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from toondecompose.geometry import Size
from toondecompose.matting.foreground_colour import BLEED, foreground_colour
from toondecompose.matting.known_background import estimate_alpha, nearest
from toondecompose.matting.plates import View
from toondecompose.matting.trimap import Colours, find_outline

SPECK = 3
"""Alpha below so many levels of 255 is noise and becomes nothing; the same below full alpha."""


def enlarge_labels(labels: Sequence[np.ndarray], size: Size) -> np.ndarray:
    """Enlarge working labels, (H, W) uint8 each, to (K, H', W') float32 in 0..1."""
    result = np.zeros((len(labels), size[1], size[0]), np.float32)
    for k, label in enumerate(labels):
        result[k] = cv2.resize(label, size, interpolation=cv2.INTER_CUBIC)
    return result / 255


def enlarge_mask(mask: np.ndarray, size: Size) -> np.ndarray:
    """Enlarge a mask (H, W) bool; pixels are true where all that contributes is."""
    return cv2.resize(mask.astype(np.uint8) * 255, size, interpolation=cv2.INTER_LINEAR) == 255


def grow(mask: np.ndarray, margin: float) -> np.ndarray:
    """Return a mask (H, W) bool and all within so many pixels of it."""
    if not mask.any():
        return mask
    return cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5) <= margin


def cut_sprites(
    frame: np.ndarray,
    view: View,
    labels: np.ndarray,
    colours: Colours,
    blur: float,
    reach: float,
) -> list[np.ndarray]:
    """Cut every sprite out of a frame.

    Parameters
    ----------
    frame : (H, W, 3) uint8.
    view : the clean background there.
    labels : (K, H, W) float32 in 0..1, one for each sprite.
    colours, blur, reach : see `toondecompose.matting.trimap.find_outline`.

    Returns
    -------
    K images (H, W, 4) uint8, straight RGBA. A pixel belongs to one sprite only, so that their
    order does not matter; laid over the view they give the frame again. Colour is zero where a
    sprite is farther than `BLEED` pixels.
    """
    height, width = frame.shape[:2]
    results = [np.zeros((height, width, 4), np.uint8) for _ in labels]
    union = labels.max(axis=0) if len(labels) else np.zeros((height, width), np.float32)
    if not (union > 0.5).any():
        return results
    box = bounding_box(union > 0.5, round(reach) + BLEED + 2)
    part = View(*(getattr(view, name)[box] for name in View.__dataclass_fields__))
    image = frame[box]
    trimap = find_outline(image, part, union[box], colours, blur, reach)
    image = image.astype(np.float32)
    alpha, expected = estimate_alpha(image, trimap)
    level = np.round(alpha * 255)
    level = np.where(level < SPECK, 0, np.where(level > 255 - SPECK, 255, level)).astype(np.uint8)
    colour = foreground_colour(image, trimap.plate, level, expected)
    whose = owner(labels[(slice(None), *box)])
    for k, result in enumerate(results):
        result[box] = np.dstack([colour, level]) * (whose == k)[..., None]
    return results


def bounding_box(mask: np.ndarray, margin: int) -> tuple[slice, slice]:
    """Return the rows and columns of a mask (H, W) that is not empty, with a margin."""
    limits = []
    for axis in (1, 0):
        used = np.nonzero(mask.any(axis=axis))[0]
        limits.append(slice(max(0, used[0] - margin), used[-1] + margin + 1))
    return limits[0], limits[1]


def owner(labels: np.ndarray) -> np.ndarray:
    """Return the number of the label (K, H, W) that each pixel is of or next to, (H, W)."""
    strongest = labels.argmax(axis=0)
    if len(labels) == 1:
        return strongest
    rows, columns = np.indices(strongest.shape).reshape(2, -1)
    nearest_rows, nearest_columns = nearest(labels.max(axis=0) > 0.5, rows, columns)
    return strongest[nearest_rows, nearest_columns].reshape(strongest.shape)
