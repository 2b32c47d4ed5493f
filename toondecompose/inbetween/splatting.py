"""Forward warping by softmax splatting (Niklaus and Liu, 2020)."""

from __future__ import annotations

import numpy as np


def splat(
    values: np.ndarray, flow: np.ndarray, importance: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Move pixels along a flow; where several land, those of more importance count more.

    Each pixel is spread over the four around the place where it lands, with bilinear weights b:
    the result is sum b exp(z) v / sum b exp(z).

    Parameters
    ----------
    values : (h, w, C).
    flow : (h, w, 2), x first, in pixels.
    importance : (h, w), z; more is nearer to the viewer.

    Returns
    -------
    (h, w, C) float32, 0 where nothing lands; and (h, w) float32, sum b, how much lands there.
    """
    height, width, channels = values.shape
    x = np.arange(width)[None] + flow[..., 0].astype(np.float64)
    y = np.arange(height)[:, None] + flow[..., 1].astype(np.float64)
    left, top = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    # The largest exponent is 0, so that nothing overflows.
    weight = np.exp(importance.astype(np.float64) - importance.max())
    total = np.zeros(height * width)
    landed = np.zeros(height * width)
    moved = np.zeros((channels, height * width))
    for dx in (0, 1):
        for dy in (0, 1):
            column, row = left + dx, top + dy
            share = (1 - np.abs(x - column)) * (1 - np.abs(y - row))
            inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
            index = (row * width + column)[inside]
            share = share[inside]
            own = share * weight[inside]
            landed += np.bincount(index, share, height * width)
            total += np.bincount(index, own, height * width)
            for c in range(channels):
                moved[c] += np.bincount(index, own * values[..., c][inside], height * width)
    moved /= np.where(total > 0, total, 1)
    result = moved.T.reshape(height, width, channels)
    return result.astype(np.float32), landed.reshape(height, width).astype(np.float32)
