"""Plane sweep over parallax: does another rigid plane move along with the camera?

A camera that pans moves every plane of a painted background along one trajectory, each plane by
its own share (the parallax ratio; the multiplane camera). So instead of following small distant
regions from frame to frame, try ratios: stack all frames as if everything moved with that share,
and see how much of the so far unexplained picture stands still. The whole clip votes at once
(the plane sweep of Collins, 1996, with the ratio in place of the depth).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.geometry import Size
from toondecompose.core.parallel import each, evenly_spread
from toondecompose.core.reduction import largest_channel, sum_of_channels
from toondecompose.planes.texture import masked_median

SWEEP_HEIGHT = 128
"""Frames are swept at this height: the question is which motion, not where exactly."""

SWEEP_FRAMES = 40
"""At most so many frames, evenly spread over the clip, vote."""

RATIOS = (
    *(0.0, 0.07, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.88),
    *(1.12, 1.2, 1.3, 1.4, 1.6, 1.8, 2.0),
)
"""Shares of the main plane's motion that are tried. A share of zero stands still on the screen,
as a held drawing does."""

LEAST_RATIO = 0.15
"""Smaller shares tell no plane from a character that slides a little while the camera moves."""

FINER = (-0.06, -0.045, -0.03, -0.015, 0.0, 0.015, 0.03, 0.045, 0.06)
"""Steps about the best ratio that are tried in the end."""

STANDS_STILL = 10.0
"""A pixel is explained when its surroundings differ by fewer grey levels from the median."""

LEAST_SHIFT = 0.06
"""Below this pan, as a share of the frame's width, there is no parallax to be seen."""

LEAST_SUPPORT = 0.006
"""A plane must newly explain this share of all pixels of the clip,"""

PROMINENCE = 1.8
"""and so many times what the ratios explain in the median: chance explains a little anywhere."""

LEAST_SIGHTS = 5
"""A place of the canvas must be seen by so many of the voting frames."""

AGREEING_SHARE = 0.7
"""Share of the sights of a place that must agree: a place that a character passes never does."""


@dataclass(frozen=True)
class Sweep:
    """Outcome of a sweep: the best ratio and the share of the clip it explains."""

    ratio: float
    support: float


def share_of_motion(homographies: np.ndarray, ratio: float, size: Size) -> np.ndarray:
    """Return the trajectory (T, 3, 3) of a plane that moves by a share of another's.

    The frame in the middle stays at the identity; turn and zoom are kept, the shift is scaled.
    """
    middle = homographies[len(homographies) // 2]
    relative = geometry.normalised(np.linalg.inv(middle) @ homographies)
    centre = np.array([(size[0] - 1) / 2, (size[1] - 1) / 2])
    shift = geometry.apply(relative, centre) - centre
    result = relative.copy()
    for t, (dx, dy) in enumerate((ratio - 1) * shift):
        result[t] = geometry.translation(dx, dy) @ relative[t]
    return geometry.normalised(result)


def find_plane(
    frames: np.ndarray, unexplained: np.ndarray, homographies: np.ndarray
) -> Sweep | None:
    """Look for a rigid plane in the pixels that the planes found so far do not explain.

    Parameters
    ----------
    frames : (T, H, W, 3) uint8 RGB.
    unexplained : (T, H, W) bool.
    homographies : (T, 3, 3) of the main plane.

    Returns
    -------
    The ratio with the largest support, or None when the camera hardly moves or when no ratio
    explains enough.
    """
    count, height, width = unexplained.shape
    travel = geometry.apply(homographies, np.array([width / 2, height / 2]))
    if np.ptp(travel, axis=0).max() < LEAST_SHIFT * width:
        return None
    chosen = evenly_spread(count, SWEEP_FRAMES)
    small = (round(width * SWEEP_HEIGHT / height), SWEEP_HEIGHT)
    images = np.stack([cv2.resize(frames[t], small, interpolation=cv2.INTER_AREA) for t in chosen])
    pools = np.stack(
        [
            cv2.resize(unexplained[t].astype(np.float32), small, interpolation=cv2.INTER_AREA) > 0.5
            for t in chosen
        ]
    )
    at_small = geometry.resize_homography(homographies, (width, height), small)

    def support(ratio: float) -> float:
        return _support(images, pools, share_of_motion(at_small, ratio, small)[chosen], small)

    supports = each(support, RATIOS)
    best = most_supported(supports)
    if best is None or supports[best] < LEAST_SUPPORT:
        return None
    finer = [RATIOS[best] + step for step in FINER]
    finest = each(support, finer)
    return Sweep(finer[int(np.argmax(finest))], max(finest))


def most_supported(supports: Sequence[float]) -> int | None:
    """Return which of ``RATIOS`` stands out, if any does.

    A plane's support peaks at its own share. That of a character that hardly moves on the screen
    falls from standing still on, so it has no peak, however much it explains: one must stand out
    from the valley towards standing still, too, for that fall is not smooth.
    """
    values = np.array(supports)
    neighbours = np.maximum(np.r_[np.inf, values[:-1]], np.r_[values[1:], 0])
    usual, valley = np.median(values), np.minimum.accumulate(values)
    least = np.maximum(usual, valley) + (PROMINENCE - 1) * usual
    stands_out = (values >= neighbours) & (values > least)
    peaks = np.nonzero(stands_out & (np.abs(RATIOS) >= LEAST_RATIO))[0]
    return int(peaks[values[peaks].argmax()]) if peaks.size else None


def _support(images: np.ndarray, pools: np.ndarray, homographies: np.ndarray, size: Size) -> float:
    """Share of all pixels that show structure, stand still on the canvas, and were unexplained."""
    try:
        homographies, canvas = geometry.fit_canvas(homographies, size)
    except geometry.CanvasError:
        return 0.0  # No plane moves so.
    stack = np.zeros((len(images), canvas[1], canvas[0], 3), np.uint8)
    valid = np.zeros(stack.shape[:3], bool)
    for t, image in enumerate(images):
        stack[t] = geometry.to_canvas(image, homographies[t], canvas)
        cover = geometry.to_canvas(pools[t].astype(np.uint8) * 255, homographies[t], canvas)
        valid[t] = cover > 254
    seen = valid.sum(axis=0)
    median = masked_median(stack, valid).astype(np.float32)
    grey = sum_of_channels(median) / np.float32(3)
    structure = np.hypot(np.gradient(grey, axis=0), np.gradient(grey, axis=1)) > 2.0
    structure = cv2.dilate(structure.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    counted = structure & (seen >= LEAST_SIGHTS)
    still = np.zeros(seen.shape, np.int32)
    for image, shown in zip(stack, valid, strict=True):
        difference = largest_channel(np.abs(image - median))
        still += (cv2.blur(difference, (3, 3)) < STANDS_STILL) & shown
    rigid = counted & (still >= AGREEING_SHARE * seen)
    return float(still[rigid].sum()) / (len(images) * size[0] * size[1])
