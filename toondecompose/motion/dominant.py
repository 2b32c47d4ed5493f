"""The camera's motion from frame to frame: the start of the global solve.

Between two frames the picture holds several motions, and a character close to the camera can
cover more structure than the street behind. What tells the camera is that it moves smoothly,
while drawings stand still for two frames and then jump. So every pair of neighbouring frames
proposes its strongest motions (sequential RANSAC), and the smoothest well supported path
through the proposals is found by dynamic programming (Viterbi, 1967).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from toondecompose import geometry
from toondecompose.geometry import Size
from toondecompose.motion.solve import Pairs

PROPOSALS = 4
"""Motions that each pair of frames proposes."""

INLIER = 0.35
"""Distance in pixels up to which a match supports a motion."""

CLAIMED = 1.0
"""Matches within this distance of a motion propose no further one."""

FEWEST = 12
"""Fewer matches than this propose nothing."""

JERK_COST = 0.15
"""Support (share of the matches) that a change of speed by one pixel per frame must outweigh."""

JERK_CAP = 4.0
"""Changes of speed above this many pixels cost no more: cameras do start and stop."""


@dataclass(frozen=True)
class Proposal:
    """A motion (3, 3) from a frame to the next, and the share of matches that support it."""

    motion: np.ndarray
    support: float


def propose(pairs: Pairs) -> list[Proposal]:
    """Return the strongest similarities among the matches of one pair of frames."""
    xa, xb = pairs.xa, pairs.xb
    total = len(xa)
    proposals: list[Proposal] = []
    while len(proposals) < PROPOSALS and len(xa) >= FEWEST:
        cv2.setRNGSeed(0)
        matrix, _ = cv2.estimateAffinePartial2D(
            xa, xb, method=cv2.RANSAC, ransacReprojThreshold=INLIER, maxIters=500
        )
        if matrix is None:
            break
        motion = np.vstack([matrix, [0.0, 0.0, 1.0]])
        distance = np.linalg.norm(geometry.apply(motion, xa) - xb, axis=1)
        proposals.append(Proposal(motion, float((distance < INLIER).sum()) / total))
        left = distance >= CLAIMED
        xa, xb = xa[left], xb[left]
    return proposals


def smoothest_path(proposals: list[list[Proposal]], size: Size) -> list[np.ndarray]:
    """Choose one motion for each pair of neighbouring frames.

    Maximises the sum of the supports less the cost of the changes of speed, measured at the
    middle of the picture. A pair without proposals repeats the motion before it.
    """
    centre = np.array([(size[0] - 1) / 2, (size[1] - 1) / 2])
    filled: list[list[Proposal]] = []
    for options in proposals:
        still = [Proposal(np.eye(3), 0.0)]
        filled.append(options or (filled[-1] if filled else still))
    score = np.array([p.support for p in filled[0]])
    shift = np.array([geometry.apply(p.motion, centre) - centre for p in filled[0]])
    came_from: list[np.ndarray] = []
    for options in filled[1:]:
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
    return [options[i].motion for options, i in zip(filled, reversed(path), strict=True)]


def chain_camera(pairs: Pairs, count: int, size: Size) -> np.ndarray:
    """Chain the camera's motion: (count, 3, 3) homographies, the middle frame the identity."""
    if count < 2:
        return np.repeat(np.eye(3)[None], count, axis=0)
    neighbours = [pairs.where((pairs.a == t) & (pairs.b == t + 1)) for t in range(count - 1)]
    steps = smoothest_path([propose(p) for p in neighbours], size)
    homographies = np.repeat(np.eye(3)[None], count, axis=0)
    middle = count // 2
    for t in range(middle, count - 1):
        homographies[t + 1] = homographies[t] @ np.linalg.inv(steps[t])
    for t in range(middle, 0, -1):
        homographies[t - 1] = homographies[t] @ steps[t - 1]
    return geometry.normalised(homographies)
