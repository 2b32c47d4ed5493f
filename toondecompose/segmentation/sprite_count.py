"""The number of sprites that stand apart in a clip."""

from __future__ import annotations

import cv2
import numpy as np

from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.segmentation.parameters import Parameters


def count_separate_sprites(mask: np.ndarray, *, tuning: Tuning = DEFAULT) -> int:
    """Count the sprites of a mask (T, H, W) bool that are separate regions often enough."""
    numbers = np.array([count_large_regions(picture, tuning=tuning) for picture in mask])
    least = max(1, round(tuning[Parameters].min_apart_share * len(mask)))
    number = int(numbers.max(initial=0))
    while number > 0 and (numbers >= number).sum() < least:
        number -= 1
    return max(number, int(mask.any()))


def count_large_regions(picture: np.ndarray, *, tuning: Tuning = DEFAULT) -> int:
    """Count the connected regions of a picture (H, W) bool that are no parts of another.

    A region above or below a larger one is a part of the same sprite: a body in the colour of the
    wall separates a head from its legs.
    """
    parameters = tuning[Parameters]
    _, _, stats, _ = cv2.connectedComponentsWithStats(picture.astype(np.uint8))
    stats = stats[1:]
    areas = stats[:, cv2.CC_STAT_AREA]
    least = max(
        parameters.min_region_share * picture.size,
        parameters.min_region_ratio * areas.max(initial=0),
    )
    spans: list[tuple[int, int]] = []
    for left, _, width, _, area in stats[np.argsort(-areas, kind="stable")]:
        right = left + width
        shared = [min(right, end) - max(left, start) for start, end in spans]
        narrower = [min(width, end - start) for start, end in spans]
        overlap = parameters.max_column_overlap
        above = any(s > overlap * n for s, n in zip(shared, narrower, strict=True))
        if area >= least and not above:
            spans.append((left, right))
    return len(spans)
