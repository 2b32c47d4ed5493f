"""Structure that other frames show elsewhere, although its plane would have kept it in place.

Structure that is not found again where a plane's motion predicts it may be a sprite's that moved,
or the background's that something covers. A flow to the other frame tells them apart: what moved is
found at the flow's end, what is covered is found nowhere. A sprite that breathes, sways or trembles
in its place returns to each of its places, and the background never leaves its own. So a few frames
that show the structure displaced are evidence for a sprite, however often it is found again.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.parallel import each
from toondecompose.core.reduction import largest_channel
from toondecompose.core.statistics import ramp
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.motion.matches import Flows
from toondecompose.optical_flow.dis import DisOptions, dis_flows
from toondecompose.segmentation.frame_comparison import frame_difference, motion_steps, resampled
from toondecompose.segmentation.parameters import Parameters


def displaced_structure(
    frames: np.ndarray,
    smooth: np.ndarray,
    tolerances: np.ndarray,
    *,
    motions: Sequence[np.ndarray],
    flows: Flows,
    tuning: Tuning = DEFAULT,
) -> np.ndarray:
    """Return how surely the structure of each frame is displaced in others, (T, H, W) in 0..1.

    Parameters
    ----------
    frames, smooth : (T, H, W, 3) uint8, as they are and as they are compared.
    tolerances : (T, H, W) float32, grey levels that noise and misalignment explain.
    motions : (T, 3, 3) of each plane of the background.
    flows : of pairs of frames. Those between distant frames are measured here, after the first
        plane's motion is taken out.
    """
    parameters = tuning[Parameters]
    count = len(frames)

    def one(t: int) -> np.ndarray:
        votes = np.zeros(smooth.shape[1:3], np.float32)
        near = [b for a, b in flows if a == t and abs(b - t) > 1 and (b, a) in flows]
        distant = [t + sign * k for k in parameters.displacement_offsets for sign in (1, -1)]
        for b in [*near, *(b for b in distant if 0 <= b < count and b not in near)]:
            missed = _not_in_place(
                smooth, t, b, tolerance=tolerances[t], motions=motions, tuning=tuning
            )
            if not missed.any():
                continue
            if b in near:
                place, returns = _followed(flows[t, b], flows[b, t])
            else:
                place, returns = _matched(frames, t, b, motion=motions[0])
            there = cv2.remap(
                smooth[b], place, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
            )
            error = cv2.blur(largest_channel(cv2.absdiff(there, smooth[t])) / tolerances[t], (3, 3))
            found = (error < parameters.max_mean_difference) & (2 * error < missed)
            votes += found & (returns < parameters.max_displacement_return_px)
        return ramp(votes, *parameters.displaced_votes_range)

    return np.stack(each(one, range(count))).astype(np.float32)


def _not_in_place(
    smooth: np.ndarray,
    t: int,
    other: int,
    *,
    tolerance: np.ndarray,
    motions: Sequence[np.ndarray],
    tuning: Tuning = DEFAULT,
) -> np.ndarray:
    """Return by how many tolerances frame t differs from another along all planes, (H, W) float32.

    0 where a plane explains the difference, or the other frame does not show the place.
    """
    least = np.full(tolerance.shape, np.inf, np.float32)
    for motion in motions:
        step = motion_steps(motion, t, [other])[0]
        difference, shown = frame_difference(smooth, t, other, step=step)
        mean = cv2.blur(difference / tolerance, (3, 3))
        np.minimum(least, np.where(shown, mean, 0), out=least)
    return np.where(least < tuning[Parameters].max_mean_difference, 0, least)


def _followed(flow: np.ndarray, back: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the flow's ends (H, W, 2) float32, and by how many pixels the flow back misses.

    Both flows are (H, W, 2). Infinite where the flow leaves the picture.
    """
    height, width = flow.shape[:2]
    place = geometry.pixel_grid((width, height)).astype(np.float32) + flow
    outside = (np.inf,) * 4
    there = cv2.remap(
        back, place, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=outside
    )
    return place, np.linalg.norm(flow + there, axis=-1)


def _matched(
    frames: np.ndarray, t: int, other: int, *, motion: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Measure the flow from frame t to a distant one, as `_followed` returns it."""
    size = (frames.shape[2], frames.shape[1])
    step = motion_steps(motion, t, [other])[0]
    there = resampled(frames[other], step, size, method=cv2.INTER_LINEAR)
    both = np.stack([frames[t], there])
    flow, back = dis_flows(both, [(0, 1), (1, 0)], DisOptions(workers=1))
    place, returns = _followed(flow, back)
    flat = geometry.apply(step, place.reshape(-1, 2).astype(np.float64))
    return flat.reshape(place.shape).astype(np.float32), returns
