"""Plane sweep over parallax: which rigid planes move along with the camera?

A camera that pans moves every plane of a painted background along one trajectory, each plane by
its own share (the parallax ratio; the multiplane camera). So ratios are tried: all frames are
stacked as if everything moved with that share, and every pixel votes for the ratio that explains
it best, if no other does nearly as well (the plane sweep of Collins, 1996, with the ratio in place
of the depth, and the winner taking all). Flat places say nothing: every ratio explains them. The
planes are the peaks of the votes of the whole clip. Besides a fixed series the ratios are tried at
which the flows gather, which are exact however far the camera travels.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.geometry import Size
from toondecompose.core.parallel import each, evenly_spread
from toondecompose.core.reduction import largest_channel
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.motion.matches import Flows
from toondecompose.planes.parameters import Parameters
from toondecompose.planes.texture import masked_median

RATIOS = (
    *(0.0, 0.07, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.88, 1.0),
    *(1.12, 1.2, 1.3, 1.4, 1.6, 1.8, 2.0),
)
"""Shares of the main plane's motion that are tried. A share of zero stands still on the screen, as
a held drawing does."""

FLOW_RATIOS = np.arange(0.0, 3.0, 0.02)
"""Bins in which the flows' shares of the main plane's motion are counted."""


UNEXPLAINED = 255.0
"""Difference where a ratio does not explain a place at all."""


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


def parallax_ratios(
    frames: np.ndarray,
    unexplained: np.ndarray,
    homographies: np.ndarray,
    *,
    proposed: Sequence[float] = (),
    tuning: Tuning = DEFAULT,
) -> list[float]:
    """Look for rigid planes in the pixels that the main plane does not explain.

    Parameters
    ----------
    frames : (T, H, W, 3) uint8 RGB.
    unexplained : (T, H, W) bool.
    homographies : (T, 3, 3) of the main plane.
    proposed : ratios to try besides ``RATIOS``; see `flow_ratios`.

    Returns
    -------
    The ratios of the planes, the best supported first; none when the camera hardly moves.
    """
    parameters = tuning[Parameters]
    count, height, width = unexplained.shape
    travel = geometry.apply(homographies, np.array([width / 2, height / 2]))
    pan = np.ptp(travel, axis=0)
    if pan.max() < parameters.min_pan_share * width:
        return []
    chosen = evenly_spread(count, parameters.sweep_frames)
    small = (round(width * parameters.sweep_height_px / height), parameters.sweep_height_px)
    images = np.stack([cv2.resize(frames[t], small, interpolation=cv2.INTER_AREA) for t in chosen])
    votes = np.stack([_shrunk(unexplained[t], small) for t in chosen])
    across = np.stack([reaching_across(unmoved, pan) for unmoved in votes])
    at_small = geometry.resize_homography(homographies, (width, height), small)

    def differences(ratios: Sequence[float] | np.ndarray) -> np.ndarray:
        motions = [share_of_motion(at_small, ratio, small)[chosen] for ratio in ratios]
        return np.stack(
            each(lambda motion: _differences(images, motion, small, tuning=tuning), motions)
        )

    ratios = np.unique([*RATIOS, *proposed])
    found = differences(ratios)
    choice, smallest = found.argmin(axis=0), found.min(axis=0)
    others = _smallest_elsewhere(found, ratios, choice, tuning=tuning)
    votes &= (smallest < parameters.max_still_levels) & (
        others > smallest + np.maximum(parameters.min_distinct_levels, smallest)
    )
    support = np.bincount(choice[votes], minlength=len(ratios)) / votes.size
    planes = []
    for i in peaks(ratios, support, tuning=tuning):
        own = votes & (np.abs(ratios[choice] - ratios[i]) < parameters.ratio_separation)
        if not _reaches_across(own, pan, tuning=tuning):
            continue
        finer = [ratios[i] + step for step in parameters.ratio_refinements]
        total = np.minimum(differences(finer), parameters.max_still_levels)[:, own].sum(axis=1)
        planes.append(float(finer[int(total.argmin())]))
    soft = None if planes else soft_plane(ratios, found, across, tuning=tuning)
    return planes if soft is None else [soft]


def soft_plane(
    ratios: np.ndarray, found: np.ndarray, across: np.ndarray, *, tuning: Tuning = DEFAULT
) -> float | None:
    """Return the ratio of a plane with too little texture for votes, such as a sky with clouds.

    Parameters
    ----------
    ratios : (N,).
    found : (N, T, h, w), how much frames differ from what each ratio predicts, in grey levels.
    across : (T, h, w) bool, what the main plane does not explain and reaches across the picture.

    Returns
    -------
    The ratio that explains most, if it does so twice as well as the main plane; else None.
    """
    parameters = tuning[Parameters]
    if across.mean() < parameters.min_soft_plane_share:
        return None
    total = np.minimum(found, parameters.max_still_levels)[:, across].mean(axis=1)
    best, main = int(total.argmin()), int(np.abs(ratios - 1).argmin())
    distinct = abs(ratios[best] - 1) >= parameters.ratio_separation
    return float(ratios[best]) if distinct and total[best] < total[main] / 2 else None


def flow_ratios(
    flows: Flows, weights: np.ndarray, homographies: np.ndarray, *, tuning: Tuning = DEFAULT
) -> list[float]:
    """Return the shares of the main plane's motion at which the flows gather.

    weights (T, H, W) say how well and how surely motion is seen; homographies (T, 3, 3) are the
    main plane's. Pairs of frames as far apart as possible measure a share best.
    """
    parameters = tuning[Parameters]
    size = (weights.shape[2], weights.shape[1])
    distance = max(abs(b - a) for a, b in flows)
    edges = np.append(FLOW_RATIOS, 2 * FLOW_RATIOS[-1] - FLOW_RATIOS[-2])
    edges = edges - FLOW_RATIOS[1] / 2

    def histogram(pair: tuple[int, int]) -> np.ndarray:
        # x and y apart, for numpy is ten times slower along a short axis.
        x, y = geometry.rigid_shifts(homographies[pair[0]], homographies[pair[1]], size)
        flow_x, flow_y = cv2.split(np.asarray(flows[pair]))
        length = np.maximum(x**2 + y**2, 1e-6)
        ratio = (flow_x * x + flow_y * y) / length
        off = np.sqrt((flow_x - ratio * x) ** 2 + (flow_y - ratio * y) ** 2)
        tells = (length > parameters.min_ratio_flow_px**2) & (
            off < parameters.max_ratio_flow_error_px
        )
        return np.histogram(ratio[tells], edges, weights=weights[pair[0]][tells])[0]

    pairs = [pair for pair in flows if abs(pair[1] - pair[0]) == distance]
    total = np.sum(each(histogram, pairs), axis=0) / max(float(weights.sum()), 1e-6)
    gather = _is_peak(total) & (total > parameters.min_flow_share)
    return [float(ratio) for ratio in FLOW_RATIOS[gather]]


def peaks(ratios: np.ndarray, support: np.ndarray, *, tuning: Tuning = DEFAULT) -> list[int]:
    """Return which ratios (N,), ascending, stand out by their support (N,), the strongest first.

    The support of a sprite that hardly moves on the screen peaks at standing still; what falls
    from there on is no plane, and neither is what the main plane itself explains.
    """
    parameters = tuning[Parameters]
    highest = _is_peak(support)
    left, found = support.copy(), []
    while left.any():
        best = int(left.argmax())
        near = np.abs(ratios - ratios[best]) < parameters.ratio_separation
        if left[near].sum() < parameters.min_plane_support:
            break
        elsewhere = (
            ratios[best] >= parameters.min_ratio
            and abs(ratios[best] - 1) >= parameters.ratio_separation
        )
        if elsewhere and highest[best]:
            found.append(best)
        left[np.abs(ratios - ratios[best]) < 1.5 * parameters.ratio_separation] = 0
    return found


def _is_peak(values: np.ndarray) -> np.ndarray:
    """Tell which values (N,) are as large as both of their neighbours, (N,) bool."""
    return (values >= np.r_[0, values[:-1]]) & (values >= np.r_[values[1:], 0])


def reaching_across(region: np.ndarray, pan: np.ndarray) -> np.ndarray:
    """Return the parts of a region (H, W) bool that reach from side to side along a pan (x, y).

    A sky that stands still on the screen does, a figure that the camera follows does not.
    """
    _, parts = cv2.connectedComponents(region.astype(np.uint8))
    ends = (parts[:, 0], parts[:, -1]) if pan.argmax() == 0 else (parts[0], parts[-1])
    both = np.intersect1d(*ends)
    return np.isin(parts, both[both > 0])


def _shrunk(mask: np.ndarray, size: Size) -> np.ndarray:
    return cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.5


def _reaches_across(votes: np.ndarray, pan: np.ndarray, *, tuning: Tuning = DEFAULT) -> bool:
    """Tell whether votes (T, h, w) bool spread along a pan (x, y), and leave the picture there.

    A sprite that slides evenly before the plane does neither.
    """
    parameters = tuning[Parameters]
    along = 2 - int(pan.argmax())  # x is the last axis
    frames = [np.moveaxis(frame, along - 1, -1) for frame in votes if frame.any()]
    if not frames:
        return False
    length = votes.shape[along]
    spread = np.mean([np.nonzero(frame)[1].std() for frame in frames]) / length
    rim = max(1, round(parameters.rim_width * length))
    leaving = np.mean([frame[:, :rim].any() or frame[:, -rim:].any() for frame in frames])
    return bool(spread >= parameters.min_plane_spread and leaving >= parameters.min_leaving_share)


def _smallest_elsewhere(
    found: np.ndarray, ratios: np.ndarray, choice: np.ndarray, *, tuning: Tuning = DEFAULT
) -> np.ndarray:
    """Return the smallest of found (N, T, H, W) among ratios away from the chosen one."""
    parameters = tuning[Parameters]
    result = np.full(choice.shape, np.inf, np.float32)
    for ratio, difference in zip(ratios, found, strict=True):
        away = np.abs(ratios[choice] - ratio) >= parameters.ratio_separation
        np.minimum(result, np.where(away, difference, np.inf), out=result)
    return result


def _differences(
    images: np.ndarray, homographies: np.ndarray, size: Size, *, tuning: Tuning = DEFAULT
) -> np.ndarray:
    """Return how much images (T, H, W, 3) differ from what most show there, (T, H, W) levels."""
    parameters = tuning[Parameters]
    try:
        homographies, canvas = geometry.fit_canvas(homographies, size)
    except geometry.CanvasError:
        return np.full(images.shape[:3], UNEXPLAINED, np.float32)  # No plane moves so.
    stack = np.zeros((len(images), canvas[1], canvas[0], 3), np.uint8)
    shown = np.zeros(stack.shape[:3], bool)
    whole = np.full(size[::-1], 255, np.uint8)
    for t, image in enumerate(images):
        stack[t] = geometry.to_canvas(image, homographies[t], canvas)
        shown[t] = geometry.to_canvas(whole, homographies[t], canvas) > 254
    count, median = shown.sum(axis=0), masked_median(stack, shown)
    still = np.zeros(count.shape, np.int32)
    for image, where in zip(stack, shown, strict=True):
        still += (_difference(image, median) < parameters.max_still_levels) & where
    rigid = (count >= parameters.min_sweep_observations) & (
        still >= parameters.min_agreeing_share * count
    )
    rigid = rigid.astype(np.uint8) * 255
    result = np.empty(images.shape[:3], np.float32)
    for t, image in enumerate(images):
        difference = _difference(image, geometry.to_frame(median, homographies[t], size))
        agreeing = geometry.to_frame(rigid, homographies[t], size) > 254
        result[t] = np.where(agreeing, difference, UNEXPLAINED)
    return result


def _difference(image: np.ndarray, other: np.ndarray) -> np.ndarray:
    difference = largest_channel(cv2.absdiff(image, other))
    return cv2.blur(difference.astype(np.float32), (3, 3))
