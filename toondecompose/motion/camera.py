"""The camera's motion: the motion that covers the picture most widely, smooth over time.

Between two frames the picture holds several motions. A close-up covers more structure than the
background beside it, but less area: the background reaches the borders of the picture. So every
pair of neighbouring frames proposes its strongest motions (sequential RANSAC) and standing still.
The score of a proposal is the share of the picture's cells that it explains; cells at the border
count twice. Dynamic programming finds the smoothest well supported path through the proposals
(Viterbi, 1967): drawings stand still for two frames and then jump, but cameras do not. A path
whose structure covers that of a second path is in front of it (see `camera_order`). In a scene that
stands still, what is behind moves less; so if the second path moves farther, the first is a
sprite's and the second the camera's. In a whip pan flows are imprecise, so that no motion has much
support: other motions are proposed there (see `fast_pans`), and where none of them has support
either, the camera is lost.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.geometry import Size
from toondecompose.core.parallel import each
from toondecompose.core.reduction import largest_channel
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.motion.camera_drift import distant_pairs
from toondecompose.motion.fast_pans import (
    between,
    bridge,
    is_fast,
    propose_fast,
    say_lost,
)
from toondecompose.motion.parameters import Parameters
from toondecompose.motion.solve import Pairs, pair_residuals, solve_motion


@dataclass(frozen=True)
class Proposal:
    """A motion (3, 3) from a frame to the next, and the share of the cells that support it."""

    motion: np.ndarray
    support: float


def ignore(line: str) -> None:
    """Say nothing."""


def never(motion: np.ndarray, other: np.ndarray) -> bool:
    """Tell that no motion is in front of another."""
    return False


def camera_motion(
    frames: np.ndarray,
    neighbours: Pairs,
    pairs: Pairs,
    *,
    before: Callable[[np.ndarray, np.ndarray], bool] = never,
    say: Callable[[str], None] = ignore,
    tuning: Tuning = DEFAULT,
) -> np.ndarray:
    """Return the camera's homographies (T, 3, 3); the frame in the middle is the identity.

    Parameters
    ----------
    frames : (T, H, W, 3) uint8.
    neighbours : matches between each frame and the next.
    pairs : matches of all pairs of frames, for the global solve.
    before : tells whether the first of two motions (T, 3, 3) is in front of the second.
    say : called with a line that names the frames between which the camera is lost.
    """
    parameters = tuning[Parameters]
    size = (frames.shape[2], frames.shape[1])
    (start, *rivals), lost = chain_camera(neighbours, frames, tuning=tuning)
    farther = (rival for rival in rivals if travel(rival, size) > travel(start, size))
    start = next((rival for rival in farther if before(start, rival)), start)
    say_lost(lost, say)
    agreeing = near_motion(spread_evenly(pairs, size, tuning=tuning), start, tuning=tuning)
    if spanned_share(agreeing, size, len(frames), tuning=tuning) < parameters.min_spanned_share:
        return start
    parts = [0, *(t + 1 for t in lost), len(frames)]
    solved = solve_parts(start, agreeing, parts, size=size, tuning=tuning)
    still = np.repeat(np.eye(3)[None], len(frames), axis=0)
    if geometry.largest_shift(still, solved, size) < parameters.still_camera_px:
        return still
    for offset in parameters.drift_offsets:
        if offset < len(frames):
            distant = distant_pairs(frames, solved, offset, tuning=tuning)
            near = near_motion(spread_evenly(distant, size, tuning=tuning), solved, tuning=tuning)
            agreeing = Pairs.concatenate([agreeing, near])
            solved = solve_parts(solved, agreeing, parts, size=size, tuning=tuning)
    return solved


def travel(motion: np.ndarray, size: Size) -> float:
    """Return how far a motion (T, 3, 3) takes the middle of the picture in all, in pixels."""
    middle = geometry.apply(motion, np.array([(size[0] - 1) / 2, (size[1] - 1) / 2]))
    return float(np.ptp(middle, axis=0).max())


def spread_evenly(pairs: Pairs, size: Size, *, tuning: Tuning = DEFAULT) -> Pairs:
    """Give all cells of a frame that hold enough matches with another frame the same weight.

    Figures have most of the structure, but cover few cells.
    """
    parameters = tuning[Parameters]
    number = parameters.cells[0] * parameters.cells[1]
    count = int(max(pairs.a.max(initial=0), pairs.b.max(initial=0))) + 1
    place = (pairs.a * count + pairs.b) * number + cells_of(pairs.xa, size, tuning=tuning)
    _, index, matches = np.unique(place, return_inverse=True, return_counts=True)
    weight = parameters.min_cell_matches / np.maximum(matches, parameters.min_cell_matches)
    return replace(pairs, weight=pairs.weight * weight[index])


def near_motion(pairs: Pairs, motion: np.ndarray, *, tuning: Tuning = DEFAULT) -> Pairs:
    """Return the matches that agree with a motion (T, 3, 3) to a few pixels."""
    distance = np.linalg.norm(pair_residuals(motion, pairs), axis=1)
    return pairs.where(distance < tuning[Parameters].agreeing_px)


def solve_parts(
    start: np.ndarray, pairs: Pairs, parts: list[int], *, size: Size, tuning: Tuning = DEFAULT
) -> np.ndarray:
    """Solve for the motion of each part of the clip between two losses of the camera."""
    scales = tuning[Parameters].camera_scales_px
    return np.concatenate(
        [
            solve_motion(
                start[first:end], between(pairs, first, end), None, model="similarity",
                size=size, scales=scales, tuning=tuning,
            )
            for first, end in pairwise(parts)
        ]
    )  # fmt: skip


def chain_camera(
    neighbours: Pairs, frames: np.ndarray, *, tuning: Tuning = DEFAULT
) -> tuple[list[np.ndarray], list[int]]:
    """Chain the camera's motion and its rival, and list the steps t to t + 1 at which it is lost.

    The homographies are (T, 3, 3), those of the middle frame the identity. The rival is the best
    path through the proposals that the camera's does not use; a lost camera has none.
    """
    count, size = len(frames), (frames.shape[2], frames.shape[1])
    if count < 2:
        return [np.repeat(np.eye(3)[None], count, axis=0)], []

    def one(t: int) -> tuple[list[Proposal], bool]:
        own = neighbours.where((neighbours.a == t) & (neighbours.b == t + 1))
        same = unchanged_cells(frames[t], frames[t + 1], tuning=tuning)
        proposals = propose(own, size, same, tuning=tuning)
        if not needs_search(proposals, own, size, tuning=tuning):
            return proposals, False
        fast = propose_fast(own, frames[t], frames[t + 1], tuning=tuning)
        supports = coverage(
            fast.motions, own, size, unchanged=same, tolerance_px=fast.tolerance_px, tuning=tuning
        )
        if fast.found_score is not None:
            supports[-1] = max(supports[-1], fast.found_score)
        lost = max(supports) < tuning[Parameters].lost_support
        return [Proposal(*pair) for pair in zip(fast.motions, supports, strict=True)], lost

    found = each(one, range(count - 1))
    proposals = [options for options, _ in found]
    steps = smoothest_path(proposals, size, tuning=tuning)
    lost = [t for t, (_, is_lost) in enumerate(found) if is_lost]
    if lost:
        return [chained(bridge(steps, lost))], lost
    left = [
        unlike(options, step, size, tuning=tuning)
        for options, step in zip(proposals, steps, strict=True)
    ]
    return [chained(steps), chained(smoothest_path(left, size, tuning=tuning))], lost


def unlike(
    options: list[Proposal], step: np.ndarray, size: Size, *, tuning: Tuning = DEFAULT
) -> list[Proposal]:
    """Return the proposals that move the corners otherwise than a step, and the step unsupported.

    Two motions may pause together.
    """
    ends = geometry.apply(step, geometry.corners(size))
    least = tuning[Parameters].claimed_px
    others = [
        option
        for option in options
        if np.linalg.norm(
            geometry.apply(option.motion, geometry.corners(size)) - ends, axis=1
        ).mean()
        >= least
    ]
    return [Proposal(step, 0.0), *others]


def chained(steps: list[np.ndarray]) -> np.ndarray:
    """Chain the steps (3, 3) from each frame to the next into homographies (T, 3, 3).

    That of the middle frame is the identity.
    """
    count = len(steps) + 1
    homographies = np.repeat(np.eye(3)[None], count, axis=0)
    middle = count // 2
    for t in range(middle, count - 1):
        homographies[t + 1] = homographies[t] @ np.linalg.inv(steps[t])
    for t in range(middle, 0, -1):
        homographies[t - 1] = homographies[t] @ steps[t - 1]
    return geometry.normalised(homographies)


def needs_search(
    proposals: list[Proposal], pairs: Pairs, size: Size, *, tuning: Tuning = DEFAULT
) -> bool:
    """Tell whether the motions that flows propose between two frames have little support."""
    best = max(proposal.support for proposal in proposals)
    return best < tuning[Parameters].little_support and is_fast(pairs, size[0], tuning=tuning)


def propose(
    pairs: Pairs, size: Size, unchanged: np.ndarray, *, tuning: Tuning = DEFAULT
) -> list[Proposal]:
    """Return standing still and the strongest similarities among the matches of two frames.

    unchanged (rows, columns) bool is true for cells that hardly change.
    """
    parameters = tuning[Parameters]
    motions, xa, xb = [np.eye(3)], pairs.xa, pairs.xb
    while len(motions) <= parameters.max_proposals and len(xa) >= parameters.min_matches:
        cv2.setRNGSeed(0)
        matrix, _ = cv2.estimateAffinePartial2D(
            xa, xb, method=cv2.RANSAC, ransacReprojThreshold=parameters.inlier_px, maxIters=500
        )
        if matrix is None:
            break
        motions.append(np.vstack([matrix, [0.0, 0.0, 1.0]]))
        left = np.linalg.norm(geometry.apply(motions[-1], xa) - xb, axis=1) >= parameters.claimed_px
        xa, xb = xa[left], xb[left]
    supports = coverage(motions, pairs, size, unchanged=unchanged, tuning=tuning)
    return [Proposal(motion, support) for motion, support in zip(motions, supports, strict=True)]


def coverage(
    motions: list[np.ndarray],
    pairs: Pairs,
    size: Size,
    *,
    unchanged: np.ndarray,
    tolerance_px: float | None = None,
    tuning: Tuning = DEFAULT,
) -> list[float]:
    """Return the share of the cells that supports each motion; the first is standing still.

    A match supports a motion up to the tolerance; None for the usual one.
    """
    parameters = tuning[Parameters]
    tolerance_px = parameters.inlier_px if tolerance_px is None else tolerance_px
    columns, rows = parameters.cells
    weight = np.ones((rows, columns))
    weight[[0, -1]] = weight[:, [0, -1]] = parameters.border_cell_weight
    cell, number = cells_of(pairs.xa, size, tuning=tuning), rows * columns
    matches = np.bincount(cell, minlength=number).reshape(rows, columns)
    structured = matches >= parameters.min_cell_matches
    supports = []
    for index, motion in enumerate(motions):
        distance = np.linalg.norm(geometry.apply(motion, pairs.xa) - pairs.xb, axis=1)
        near = np.clip(1 - (distance / (2 * tolerance_px)) ** 2, 0, 1)
        share = np.bincount(cell, near, minlength=number).reshape(rows, columns)
        support = np.where(structured, share / np.maximum(matches, 1), 0)
        if index == 0:
            support = np.where(structured, support, parameters.unchanged_cells[2] * unchanged)
        supports.append(float((weight * support).sum() / weight.sum()))
    return supports


def cells_of(points: np.ndarray, size: Size, *, tuning: Tuning = DEFAULT) -> np.ndarray:
    """Return the number of the cell in which each point (N, 2) lies, (N,), row by row."""
    parameters = tuning[Parameters]
    columns, rows = parameters.cells
    column = np.minimum(points[:, 0] * columns // size[0], columns - 1)
    row = np.minimum(points[:, 1] * rows // size[1], rows - 1)
    return (row * columns + column).astype(int)


def spanned_share(pairs: Pairs, size: Size, count: int, *, tuning: Tuning = DEFAULT) -> float:
    """Return the share of the picture that matches span, on average over so many frames.

    They span the rectangle around all cells that hold enough of them.
    """
    parameters = tuning[Parameters]
    columns, rows = parameters.cells
    number = columns * rows
    matches = np.bincount(
        pairs.a * number + cells_of(pairs.xa, size, tuning=tuning), minlength=count * number
    )
    held = np.asarray(matches >= parameters.min_cell_matches).reshape(count, rows, columns)
    width, height = (_span(held.max(axis=axis)) for axis in (1, 2))
    return float((width * height).mean() / number)


def _span(held: np.ndarray) -> np.ndarray:
    """Return the distance from the first to the last that is true, inclusive: (T, N) to (T,)."""
    last = held.shape[1] - held[:, ::-1].argmax(axis=1)
    return np.where(held.any(axis=1), last - held.argmax(axis=1), 0)


def unchanged_cells(
    frame: np.ndarray, other: np.ndarray, *, tuning: Tuning = DEFAULT
) -> np.ndarray:
    """Return which cells hardly change between two frames (H, W, 3), (rows, columns) bool."""
    parameters = tuning[Parameters]
    same = (largest_channel(cv2.absdiff(frame, other)) < parameters.unchanged_cells[0]).astype(
        np.float32
    )
    return (
        cv2.resize(same, parameters.cells, interpolation=cv2.INTER_AREA)
        >= parameters.unchanged_cells[1]
    )


def smoothest_path(
    proposals: list[list[Proposal]], size: Size, *, tuning: Tuning = DEFAULT
) -> list[np.ndarray]:
    """Choose one motion for each pair of neighbouring frames.

    Maximises the sum of the supports less the cost of the changes of speed, measured at the
    middle of the picture.
    """
    parameters = tuning[Parameters]
    centre = np.array([(size[0] - 1) / 2, (size[1] - 1) / 2])
    score = np.array([p.support for p in proposals[0]])
    shift = np.array([geometry.apply(p.motion, centre) - centre for p in proposals[0]])
    came_from: list[np.ndarray] = []
    for options in proposals[1:]:
        here = np.array([geometry.apply(p.motion, centre) - centre for p in options])
        change = np.linalg.norm(here[:, None] - shift[None], axis=-1)
        total = score[None] - parameters.jerk_cost * np.minimum(change, parameters.max_jerk_px)
        came_from.append(total.argmax(axis=1))
        score = total.max(axis=1) + np.array([p.support for p in options])
        shift = here
    index = int(score.argmax())
    path = [index]
    for back in reversed(came_from):
        index = int(back[index])
        path.append(index)
    return [options[i].motion for options, i in zip(proposals, reversed(path), strict=True)]
