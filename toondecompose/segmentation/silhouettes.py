"""Silhouettes: labels whose holes are filled unless evidence opens them, and large objects."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from scipy import ndimage

from toondecompose.core.parallel import each
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.segmentation.parameters import Parameters


def filled_silhouettes(
    inside: np.ndarray, log_odds: np.ndarray, *, tuning: Tuning = DEFAULT
) -> np.ndarray:
    """Fill the holes of labels (T, H, W) bool, except those that are shown to be open.

    log_odds (T, H, W) are those of a sprite. Bays that touch the frame's rim are no holes.
    """
    parameters = tuning[Parameters]

    def one(t: int) -> np.ndarray:
        count, parts, stats, _ = cv2.connectedComponentsWithStats(
            (~inside[t]).astype(np.uint8), connectivity=4
        )
        height, width = parts.shape
        left, top, wide, tall, area = stats.T
        closed = (left > 0) & (top > 0) & (left + wide < width) & (top + tall < height)
        total = np.bincount(parts.ravel(), log_odds[t].ravel(), minlength=count)
        small = area < parameters.min_hole_pixels
        closed &= (total > -parameters.open_hole_log_odds) | small
        return inside[t] | closed[parts]

    return np.stack(each(one, range(len(inside))))


def large_objects(inside: np.ndarray, *, tuning: Tuning = DEFAULT) -> np.ndarray:
    """Return labels (T, H, W) bool without objects whose volume in space and time is small."""
    objects, count = cast("tuple[np.ndarray, int]", ndimage.label(inside))
    if count < 2:
        return inside
    volume = np.bincount(objects.ravel())
    volume[0] = 0
    return (volume > tuning[Parameters].min_object_volume * volume.max())[objects]
