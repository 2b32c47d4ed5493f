"""From flows to the planes of the background, before any object is known."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.geometry import Size
from toondecompose.core.parallel import each
from toondecompose.core.reduction import median_of_few
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.motion.camera import camera_motion, ignore
from toondecompose.motion.camera_order import is_before
from toondecompose.motion.matches import Flows, draw_pairs
from toondecompose.planes.background import Background, opaque_plane
from toondecompose.planes.cutting import gather_planes, local_residual
from toondecompose.planes.parameters import Parameters
from toondecompose.planes.sweep import flow_ratios, parallax_ratios, share_of_motion

Expected = Callable[[int, int], np.ndarray]
"""Flow (H, W, 2) from frame a to frame b that some motion would give."""


def find_camera(
    frames: np.ndarray,
    flows: Flows,
    weights: np.ndarray,
    *,
    rng: np.random.Generator,
    say: Callable[[str], None] = ignore,
    tuning: Tuning = DEFAULT,
) -> np.ndarray:
    """Find the camera's homographies (T, 3, 3); for the parameters see `find_planes`.

    `say` is called with a line that names the frames between which the camera is lost.
    """
    parameters = tuning[Parameters]
    pairs = draw_pairs(
        flows, weights, max(60, parameters.pair_points // max(len(flows), 1)), rng=rng
    )
    adjacent = {(a, b): flow for (a, b), flow in flows.items() if b == a + 1}
    neighbours = draw_pairs(adjacent, weights, parameters.neighbour_points, rng=rng)

    def before(motion: np.ndarray, other: np.ndarray) -> bool:
        return is_before(motion, other, flows, weights=weights, tuning=tuning)

    return camera_motion(frames, neighbours, pairs, before=before, say=say, tuning=tuning)


def find_planes(
    frames: np.ndarray,
    flows: Flows,
    weights: np.ndarray,
    *,
    rng: np.random.Generator,
    motion: np.ndarray | None = None,
    tuning: Tuning = DEFAULT,
) -> Background:
    """Find the rigid planes of the background.

    Parameters
    ----------
    frames : (T, H, W, 3) uint8 RGB.
    flows : flow (H, W, 2) of each pair of frames.
    weights : (T, H, W), how well and how surely motion is seen.
    rng : draws the points that are matched.
    motion : (T, 3, 3), the camera's homographies, where they are known already.

    Returns
    -------
    One to four planes, front to back. Their textures may still hold traces of the sprites;
    `toondecompose.segmentation.foreground` removes them.
    """
    parameters = tuning[Parameters]
    size = (frames.shape[2], frames.shape[1])
    if motion is None:
        motion = find_camera(frames, flows, weights, rng=rng, tuning=tuning)
    rigid = agreement(flows, len(frames), rigid_flow(motion, size), tuning=tuning)
    background: Background = (opaque_plane(frames, rigid, motion, tuning=tuning),)
    off = local_residual(frames, background) > parameters.max_residual_levels
    proposed = flow_ratios(flows, weights, motion, tuning=tuning)
    ratios = parallax_ratios(frames, off, motion, proposed=proposed, tuning=tuning)[
        : parameters.max_planes - 1
    ]
    if not ratios:
        return background
    # What moves less is farther away.
    motions = [
        motion if ratio == 1 else share_of_motion(motion, ratio, size)
        for ratio in sorted([*ratios, 1.0], reverse=True)
    ]
    for other in motions:
        rigid |= agreement(flows, len(frames), rigid_flow(other, size), tuning=tuning)
    free = np.stack([cv2.blur(moves, (9, 9)) > 0.5 for moves in rigid.astype(np.float32)])
    return gather_planes(frames, free, motions, tuning=tuning)


def rigid_flow(homographies: np.ndarray, size: Size) -> Expected:
    """Return the flow of a rigid plane between any two frames."""

    def expected(a: int, b: int) -> np.ndarray:
        return geometry.rigid_flow(homographies[a], homographies[b], size)

    return expected


def flow_deviation(flows: Flows, count: int, expected: Expected) -> tuple[np.ndarray, np.ndarray]:
    """Compare flows with an expected motion.

    Returns the median over a frame's pairs of the distance from the expected flow, and of the
    length of the expected flow, both (T, H, W) float32 in pixels.
    """
    partners = {t: [b for a, b in flows if a == t and b != t] for t in range(count)}

    def one(t: int) -> tuple[np.ndarray, np.ndarray]:
        motions = [expected(t, b) for b in partners[t]]
        distances = [
            _length(flows[t, b] - motion) for b, motion in zip(partners[t], motions, strict=True)
        ]
        lengths = [_length(motion) for motion in motions]
        return median_of_few(distances), median_of_few(lengths)

    results = each(one, range(count))
    return (
        np.stack([d for d, _ in results]).astype(np.float32),
        np.stack([length for _, length in results]).astype(np.float32),
    )


def _length(vectors: np.ndarray) -> np.ndarray:
    return cv2.magnitude(vectors[..., 0], vectors[..., 1])


def agreement(
    flows: Flows, count: int, expected: Expected, *, tuning: Tuning = DEFAULT
) -> np.ndarray:
    """Return where the flow agrees with an expected motion, (T, H, W) bool."""
    return agrees(*flow_deviation(flows, count, expected), tuning=tuning)


def agrees(
    deviation: np.ndarray, length: np.ndarray, *, fast_only: bool = False, tuning: Tuning = DEFAULT
) -> np.ndarray:
    """Tell where a flow agrees with a motion of some length, both in pixels; see `flow_deviation`.

    The slower the motion, the closer the flow must come to it. With fast_only, motions that
    cannot be distinguished from standing still agree with nothing.
    """
    parameters = tuning[Parameters]
    least, most, share = parameters.flow_agreement
    close = deviation < np.clip(share * length, least, most)
    return close & (length > 2 * least) if fast_only else close
