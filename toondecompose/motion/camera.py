"""The camera's motion: the motion that covers the picture most widely, smooth over time.

Between two frames the picture holds several motions. A close-up covers more structure than the
background beside it, but less area: the background reaches the borders of the picture. So every
pair of neighbouring frames proposes its strongest motions (sequential RANSAC) and standing still.
The score of a proposal is the share of the picture's cells that it explains; cells at the border
count twice. Dynamic programming finds the smoothest well supported path through the proposals
(Viterbi, 1967): drawings stand still for two frames and then jump, but cameras do not.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.geometry import Size
from toondecompose.core.parallel import each
from toondecompose.core.reduction import largest_channel
from toondecompose.motion.solve import Pairs, pair_residuals, solve_motion

PROPOSALS = 4
"""Motions that each pair of frames proposes."""

INLIER = 0.35
"""Distance in pixels up to which a match supports a motion."""

CLAIMED = 1.0
"""Matches within this distance of a motion propose no further one."""

MIN_MATCHES = 12
"""Fewer matches than this propose nothing."""

CELLS = (16, 9)
"""Columns and rows of the cells in which support is counted."""

MIN_CELL_MATCHES = 4
"""Matches that a cell must hold to support or oppose a motion."""

RIM = 2.0
"""Weight of a cell at the picture's rim."""

UNCHANGED = (6, 0.95, 0.5)
"""A cell without structure supports standing still by the last number if the pixels of the given
share of it change by fewer grey levels."""

JERK_COST, JERK_CAP = 0.03, 4.0
"""Support (share of the cells) that a change of speed by one pixel a frame must outweigh, and the
change in pixels above which the cost grows no more: cameras do start and stop."""

AGREES = 2.0
"""Distance in pixels from the chained motion up to which a match enters the global solve."""

SCALES = (0.5, 0.25, 0.25, 0.25)
"""Robust scales of that solve in pixels, see `solve_motion`: the chain is as good as its inliers.
With larger ones a figure with most matches that moves by half a pixel a frame draws it along."""

MIN_COVERED = 0.25
"""Share of a frame's cells that must hold matches, on average, for the global solve: fewer lie on a
figure before an even ground, which tells nothing about the camera."""

STILL = 0.35
"""A camera whose corners move by fewer pixels in the whole clip stands still."""


@dataclass(frozen=True)
class Proposal:
    """A motion (3, 3) from a frame to the next, and the share of the cells that support it."""

    motion: np.ndarray
    support: float


def camera_motion(frames: np.ndarray, neighbours: Pairs, pairs: Pairs) -> np.ndarray:
    """Return the camera's homographies (T, 3, 3); the frame in the middle is the identity.

    Parameters
    ----------
    frames : (T, H, W, 3) uint8.
    neighbours : matches between each frame and the next.
    pairs : matches of all pairs of frames, for the global solve.
    """
    size = (frames.shape[2], frames.shape[1])
    start = chain_camera(neighbours, frames)
    agreeing = pairs.where(np.linalg.norm(pair_residuals(start, pairs), axis=1) < AGREES)
    if covered_share(agreeing, size, len(frames)) < MIN_COVERED:
        return start
    solved = solve_motion(start, agreeing, None, "similarity", size, scales=SCALES)
    still = np.repeat(np.eye(3)[None], len(frames), axis=0)
    return still if geometry.largest_shift(still, solved, size) < STILL else solved


def chain_camera(neighbours: Pairs, frames: np.ndarray) -> np.ndarray:
    """Chain the camera's motion: (T, 3, 3) homographies, the middle frame the identity."""
    count, size = len(frames), (frames.shape[2], frames.shape[1])
    if count < 2:
        return np.repeat(np.eye(3)[None], count, axis=0)

    def one(t: int) -> list[Proposal]:
        own = neighbours.where((neighbours.a == t) & (neighbours.b == t + 1))
        return propose(own, size, unchanged_cells(frames[t], frames[t + 1]))

    steps = smoothest_path(each(one, range(count - 1)), size)
    homographies = np.repeat(np.eye(3)[None], count, axis=0)
    middle = count // 2
    for t in range(middle, count - 1):
        homographies[t + 1] = homographies[t] @ np.linalg.inv(steps[t])
    for t in range(middle, 0, -1):
        homographies[t - 1] = homographies[t] @ steps[t - 1]
    return geometry.normalised(homographies)


def propose(pairs: Pairs, size: Size, unchanged: np.ndarray) -> list[Proposal]:
    """Return standing still and the strongest similarities among the matches of two frames.

    unchanged (rows, columns) bool is true for cells that hardly change.
    """
    motions, xa, xb = [np.eye(3)], pairs.xa, pairs.xb
    while len(motions) <= PROPOSALS and len(xa) >= MIN_MATCHES:
        cv2.setRNGSeed(0)
        matrix, _ = cv2.estimateAffinePartial2D(
            xa, xb, method=cv2.RANSAC, ransacReprojThreshold=INLIER, maxIters=500
        )
        if matrix is None:
            break
        motions.append(np.vstack([matrix, [0.0, 0.0, 1.0]]))
        left = np.linalg.norm(geometry.apply(motions[-1], xa) - xb, axis=1) >= CLAIMED
        xa, xb = xa[left], xb[left]
    supports = coverage(motions, pairs, size, unchanged)
    return [Proposal(motion, support) for motion, support in zip(motions, supports, strict=True)]


def coverage(
    motions: list[np.ndarray], pairs: Pairs, size: Size, unchanged: np.ndarray
) -> list[float]:
    """Return the share of the cells that supports each motion; the first is standing still."""
    columns, rows = CELLS
    weight = np.ones((rows, columns))
    weight[[0, -1]] = weight[:, [0, -1]] = RIM
    cell, number = cells_of(pairs.xa, size), rows * columns
    matches = np.bincount(cell, minlength=number).reshape(rows, columns)
    structured = matches >= MIN_CELL_MATCHES
    supports = []
    for index, motion in enumerate(motions):
        distance = np.linalg.norm(geometry.apply(motion, pairs.xa) - pairs.xb, axis=1)
        near = np.clip(1 - (distance / (2 * INLIER)) ** 2, 0, 1)
        share = np.bincount(cell, near, minlength=number).reshape(rows, columns)
        support = np.where(structured, share / np.maximum(matches, 1), 0)
        if index == 0:
            support = np.where(structured, support, UNCHANGED[2] * unchanged)
        supports.append(float((weight * support).sum() / weight.sum()))
    return supports


def cells_of(points: np.ndarray, size: Size) -> np.ndarray:
    """Return the number of the cell in which each point (N, 2) lies, (N,), row by row."""
    columns, rows = CELLS
    column = np.minimum(points[:, 0] * columns // size[0], columns - 1)
    row = np.minimum(points[:, 1] * rows // size[1], rows - 1)
    return (row * columns + column).astype(int)


def covered_share(pairs: Pairs, size: Size, count: int) -> float:
    """Return the share of the cells that hold matches, on average over so many frames."""
    number = CELLS[0] * CELLS[1]
    matches = np.bincount(pairs.a * number + cells_of(pairs.xa, size), minlength=count * number)
    return float((matches >= MIN_CELL_MATCHES).mean())


def unchanged_cells(frame: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return which cells hardly change between two frames (H, W, 3), (rows, columns) bool."""
    same = (largest_channel(cv2.absdiff(frame, other)) < UNCHANGED[0]).astype(np.float32)
    return cv2.resize(same, CELLS, interpolation=cv2.INTER_AREA) >= UNCHANGED[1]


def smoothest_path(proposals: list[list[Proposal]], size: Size) -> list[np.ndarray]:
    """Choose one motion for each pair of neighbouring frames.

    Maximises the sum of the supports less the cost of the changes of speed, measured at the
    middle of the picture.
    """
    centre = np.array([(size[0] - 1) / 2, (size[1] - 1) / 2])
    score = np.array([p.support for p in proposals[0]])
    shift = np.array([geometry.apply(p.motion, centre) - centre for p in proposals[0]])
    came_from: list[np.ndarray] = []
    for options in proposals[1:]:
        here = np.array([geometry.apply(p.motion, centre) - centre for p in options])
        change = np.linalg.norm(here[:, None] - shift[None], axis=-1)
        total = score[None] - JERK_COST * np.minimum(change, JERK_CAP)
        came_from.append(total.argmax(axis=1))
        score = total.max(axis=1) + np.array([p.support for p in options])
        shift = here
    index = int(score.argmax())
    path = [index]
    for back in reversed(came_from):
        index = int(back[index])
        path.append(index)
    return [options[i].motion for options, i in zip(proposals, reversed(path), strict=True)]
