"""Gaps of a plane, from its texture: what is visible through a gap moves differently."""

from __future__ import annotations

import cv2
import numpy as np

from toondecompose.core.gradients import steepest_slope
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.planes.parameters import Parameters
from toondecompose.planes.texture import Texture


def changing_places(texture: Texture, visible: int, *, tuning: Tuning = DEFAULT) -> np.ndarray:
    """Return where, on its canvas, a plane seems to change: (H, W) float32, 1 or 0.

    The painting of the plane looks the same in every frame; the background seen through a gap
    slides along. Flat patches of a gap count with the structure around them. Gaps smaller than a
    share of the visible pixels (the area of a frame) count as the plane.
    """
    parameters = tuning[Parameters]
    known = texture.seen > 1
    usual = float(np.median(texture.spread[known])) if known.any() else 0.0
    changing = known & (texture.spread > parameters.min_gap_spread_ratio * max(usual, 0.5))
    filled = (cv2.blur(changing.astype(np.float32), (9, 9)) > 0.35).astype(np.uint8)
    return keep_large(filled, visible, tuning=tuning)


def add_flat_bays(
    unsteady: np.ndarray, texture: Texture, *, tuning: Tuning = DEFAULT
) -> np.ndarray:
    """Add to changing places (H, W) the flat places that they mostly surround.

    A patch of plain sky looks the same however it moves; it belongs to the clouds around it. A flat
    wall has edges around it, not sky.
    """
    parameters = tuning[Parameters]
    flat = (
        (steepest_slope(texture.colour) < parameters.max_flat_slope_levels)
        & (texture.seen > 1)
        & (unsteady == 0)
    )
    core = cv2.erode(flat.astype(np.uint8), np.ones((3, 3), np.uint8))
    count, regions = cv2.connectedComponents(core, connectivity=4)
    rim = (core == 0) & (cv2.dilate(core, np.ones((3, 3), np.uint8)) > 0)
    # The region of each rim pixel: any region that touches it.
    touched = cv2.dilate(regions.astype(np.float32), np.ones((3, 3), np.uint8))[rim].astype(int)
    changing = cv2.dilate(unsteady.astype(np.uint8), np.ones((7, 7), np.uint8))[rim]
    around = np.bincount(touched, minlength=count)
    beside = np.bincount(touched, weights=changing, minlength=count)
    joined = beside >= parameters.min_changing_rim_share * np.maximum(around, 1)
    joined[0] = False
    bays = cv2.dilate(joined[regions].astype(np.uint8), np.ones((5, 5), np.uint8))
    return np.maximum(unsteady, bays.astype(np.float32))


def keep_large(mask: np.ndarray, visible: int, *, tuning: Tuning = DEFAULT) -> np.ndarray:
    """Keep the regions of a mask (H, W) that are at least as large as the least gap, as float32."""
    parameters = tuning[Parameters]
    _, regions, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    large = stats[:, cv2.CC_STAT_AREA] >= parameters.min_gap_share * visible
    large[0] = False
    return large[regions].astype(np.float32)
