"""A plate as sharp as the frames it was gathered from.

Resampling to the canvas and back blurs, and so does a mean of frames that are a part of a pixel
apart. What the frames show and the plate does not is brought back to the plate: iterative back
projection (Irani and Peleg, 1991).
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from toondecompose import geometry
from toondecompose.parallel import each
from toondecompose.planes.texture import AGREEMENT
from toondecompose.reduction import largest_channel

ROUNDS = 2
"""A third round gives a few tenths of a decibel more."""

FRAMES = 16
"""Frames, evenly spaced, that are compared: twice as many give less than a tenth of a decibel."""

GROUPS = 4
"""Sums of frames that are made side by side, always as many: sums in another order differ."""

UNIT = 64
"""Steps in a grey level of a resampled difference, 16 bit."""


def sharpen(
    frames: Sequence[np.ndarray],
    masks: Sequence[np.ndarray],
    homographies: np.ndarray,
    colour: np.ndarray,
    known: np.ndarray,
) -> np.ndarray:
    """Correct a texture so that its views are the frames.

    Parameters
    ----------
    frames : T images (H, W, 3) uint8.
    masks : T images (H, W) bool, where the frame surely shows the texture.
    homographies : (T, 3, 3), frame to canvas.
    colour : (h, w, 3) float32 on the canvas, 0..255.
    known : (h, w) bool, what is corrected.

    Returns
    -------
    (h, w, 3) float32, 0..255. Differences beyond `AGREEMENT` show something else and do not count.
    """
    chosen = np.unique(np.linspace(0, len(frames) - 1, FRAMES).round().astype(int))
    groups = [chosen[i::GROUPS] for i in range(GROUPS)]
    height, width = known.shape

    def missed(fine: np.ndarray, to_fine: np.ndarray, times: np.ndarray) -> np.ndarray:
        total = np.zeros((height, width, 4), np.float32)
        for t in times:
            difference = _difference(fine, frames[t], masks[t], to_fine @ homographies[t])
            total += geometry.to_canvas(difference, homographies[t], (width, height))
        return total / UNIT

    colour = colour.copy()
    for _ in range(ROUNDS):
        fine = geometry.finer(np.round(colour).astype(np.uint8))
        total = sum(each(lambda times, fine=fine: missed(*fine, times), groups))
        step = total[..., :3] / np.maximum(total[..., 3:], 1)
        colour = np.clip(colour + step * known[..., None], 0, 255)
    return colour


def _difference(
    texture: np.ndarray, frame: np.ndarray, mask: np.ndarray, homography: np.ndarray
) -> np.ndarray:
    """Return frame less texture, and 1 where it counts, (H, W, 4) int16 in units; else zero."""
    size = (frame.shape[1], frame.shape[0])
    view = geometry.to_frame(texture, homography, size, cubic=True)
    counts = mask & (largest_channel(cv2.absdiff(frame, view)) <= AGREEMENT)
    result = np.empty((*mask.shape, 4), np.int16)
    result[..., :3] = cv2.subtract(frame, view, dtype=cv2.CV_16S)
    result[..., 3] = 1
    result *= np.where(counts, UNIT, 0).astype(np.int16)[..., None]
    return result
