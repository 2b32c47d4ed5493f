"""Distances to masks, in pixels."""

from __future__ import annotations

import cv2
import numpy as np


def distance_to_mask(mask: np.ndarray) -> np.ndarray:
    """Return each pixel's distance in pixels to a mask (H, W) bool.

    (H, W) float32: 0 inside the mask, infinite everywhere when the mask is empty.
    """
    if not mask.any():
        return np.full(mask.shape, np.inf, np.float32)
    return cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5)


def signed_distance(alpha: np.ndarray) -> np.ndarray:
    """Return each pixel's distance in pixels to the outline where alpha (H, W) crosses 0.5.

    (H, W) float32, positive inside; plus or minus 10000 where there is no outline.
    """
    inside = (alpha >= 0.5).astype(np.uint8)
    if inside.all() or not inside.any():
        return np.full(alpha.shape, 1e4 if inside.any() else -1e4, np.float32)
    within = cv2.distanceTransform(inside, cv2.DIST_L2, 5)
    without = cv2.distanceTransform(1 - inside, cv2.DIST_L2, 5)
    return np.where(inside, within - 0.5, 0.5 - without).astype(np.float32)


def nearest_in_mask(
    mask: np.ndarray, rows: np.ndarray, columns: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return row and column of the pixel of a mask (H, W) bool nearest to each of N pixels.

    rows and columns are (N,) int, and so are the results. With an empty mask the pixels
    themselves are returned.
    """
    if not mask.any():
        return rows, columns
    _, index = cv2.distanceTransformWithLabels(
        (~mask).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    y, x = np.nonzero(mask)
    position = np.zeros(index.max() + 1, np.int64)
    position[index[y, x]] = np.arange(len(y))
    chosen = position[index[rows, columns]]
    return y[chosen], x[chosen]
