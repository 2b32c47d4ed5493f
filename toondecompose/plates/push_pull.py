"""Push-pull interpolation: fill unknown places smoothly from the known ones around.

Known pixels are averaged to coarser and coarser images until every place is known. Then each finer
image takes from the coarser one what it does not know itself (Gortler et al., 1996, section 3.5).
"""

from __future__ import annotations

import cv2
import numpy as np


def push_pull(colour: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Fill the unknown pixels of an image.

    Parameters
    ----------
    colour : (H, W, C) float32.
    weight : (H, W) float32 in 0..1, how far each pixel is known.

    Returns
    -------
    (H, W, C) float32; pixels of weight 1 are unchanged. All zero when nothing is known.
    """
    height, width = weight.shape
    if min(height, width) <= 1 or weight.min() >= 1:
        return colour * (weight > 0)[..., None]
    # Push: c' = sum(h w c) / sum(h w), w' = min(sum(h w), 1), with h of sum 4 over 4 x 4 pixels.
    padded = cv2.copyMakeBorder(
        np.dstack([colour * weight[..., None], weight]),
        0, height % 2, 0, width % 2, cv2.BORDER_CONSTANT, value=0,
    )  # fmt: skip
    half = ((width + 1) // 2, (height + 1) // 2)
    kernel = np.outer([1, 3, 3, 1], [1, 3, 3, 1]).astype(np.float32) / 16
    summed = np.dstack([_filtered(plane, kernel)[::2, ::2] for plane in cv2.split(padded)])
    total = summed[..., -1]
    coarse = push_pull(summed[..., :-1] / np.maximum(total, 1e-6)[..., None], np.minimum(total, 1))
    # Pull: c = w c + (1 - w) c', c' interpolated from the coarser picture.
    finer = cv2.resize(coarse, (2 * half[0], 2 * half[1]), interpolation=cv2.INTER_LINEAR)
    finer = finer.reshape(2 * half[1], 2 * half[0], -1)[:height, :width]
    share = weight[..., None]
    return share * colour + (1 - share) * finer


def _filtered(plane: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Filter so that the result at (2x, 2y) is centred between pixels 2x and 2x + 1."""
    return cv2.filter2D(plane, -1, kernel, anchor=(1, 1), borderType=cv2.BORDER_CONSTANT)
