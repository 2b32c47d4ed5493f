"""Which of two motions of the picture is the nearer one.

A close-up may cover more of the picture than the background beside it. Then the widest motion is
the figure's. What is covered tells them apart: a figure that moves before a background covers the
background's structure, and the background covers nothing of the figure.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.geometry import Size
from toondecompose.core.parallel import each
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.motion.matches import Flows
from toondecompose.motion.parameters import Parameters


@dataclass(frozen=True)
class Owned:
    """The structured points of one frame that move by either of two motions.

    Attributes
    ----------
    points : (N, 2) float, of each motion.
    near : (H, W) bool, places within two pixels of them, of each motion.
    """

    points: tuple[np.ndarray, np.ndarray]
    near: tuple[np.ndarray, np.ndarray]


def is_before(
    motion: np.ndarray,
    other: np.ndarray,
    flows: Flows,
    *,
    weights: np.ndarray,
    tuning: Tuning = DEFAULT,
) -> bool:
    """Tell whether a motion (T, 3, 3) that more structure has is in front of another.

    Both map frames to their canvas. flows are (H, W, 2), of pairs of frames; weights (T, H, W) in
    0..1 tell how well motion is seen.
    """
    parameters = tuning[Parameters]
    count = len(motion)
    owned = each(
        lambda t: owned_points(motion, other, flows, t=t, weight=weights[t], tuning=tuning),
        range(count),
    )
    wide, narrow = (sum(len(frame.points[i]) for frame in owned) for i in (0, 1))
    structure = sum(
        int((weight[::2, ::2] > parameters.min_order_weight).sum()) for weight in weights
    )
    if not narrow or narrow < parameters.min_order_share * structure or narrow > wide:
        return False
    size = (weights.shape[2], weights.shape[1])
    behind, ahead = np.sum(
        [covered_points(owned, motion, other, t=t, size=size, tuning=tuning) for t in range(count)],
        axis=0,
    )
    # A point in every frame is chance.
    return bool(ahead / narrow > parameters.min_order_ratio * max(behind, count) / wide)


def owned_points(
    motion: np.ndarray,
    other: np.ndarray,
    flows: Flows,
    *,
    t: int,
    weight: np.ndarray,
    tuning: Tuning = DEFAULT,
) -> Owned:
    """Find the points of frame t that move by one of the motions, and not by the other.

    weight is (H, W). The flows to all frames that have one vote; every second pixel is taken.
    """
    parameters = tuning[Parameters]
    rows, columns = np.nonzero(weight[::2, ::2] > parameters.min_order_weight)
    points = 2.0 * np.stack([columns, rows], axis=-1)
    to_one, to_other, apart = [], [], []
    for a, b in flows:
        if a != t or b == t:
            continue
        place = points + flows[a, b][2 * rows, 2 * columns]
        one, two = (
            geometry.apply(np.linalg.inv(path[b]) @ path[a], points) for path in (motion, other)
        )
        to_one.append(np.linalg.norm(place - one, axis=1))
        to_other.append(np.linalg.norm(place - two, axis=1))
        apart.append(np.linalg.norm(one - two, axis=1))
    if not apart:
        empty, nowhere = points[:0], np.zeros(weight.shape, bool)
        return Owned((empty, empty), (nowhere, nowhere))
    gap = np.median(apart, axis=0)
    limit = np.where(gap > parameters.claimed_px, np.minimum(gap / 3, 1.5), 0)
    chosen = [points[np.median(to, axis=0) < limit] for to in (to_one, to_other)]
    near = []
    for own in chosen:
        mask = np.zeros(weight.shape, np.uint8)
        x, y = own.astype(int).T
        mask[y, x] = 1
        near.append(cv2.dilate(mask, np.ones((5, 5), np.uint8)) > 0)
    return Owned((chosen[0], chosen[1]), (near[0], near[1]))


def covered_points(
    owned: list[Owned],
    motion: np.ndarray,
    other: np.ndarray,
    *,
    t: int,
    size: Size,
    tuning: Tuning = DEFAULT,
) -> np.ndarray:
    """Count points of frame t that the other motion's structure covers in a later or earlier frame.

    The frames are the nearest in which the motions have parted. Returns the points of the first
    motion that the second covers, and those of the second that the first covers, (2,).
    """
    centre = np.array([[(size[0] - 1) / 2, (size[1] - 1) / 2]])
    found = np.zeros(2)
    for order in (range(t + 1, len(owned)), range(t - 1, -1, -1)):
        for u in order:
            steps = [np.linalg.inv(path[u]) @ path[t] for path in (motion, other)]
            one, two = (geometry.apply(step, centre) for step in steps)
            if np.linalg.norm(one - two) < tuning[Parameters].parted_px:
                continue
            for i, step in enumerate(steps):
                x, y = np.rint(geometry.apply(step, owned[t].points[i])).astype(int).T
                inside = (x >= 0) & (y >= 0) & (x < size[0]) & (y < size[1])
                x, y = x[inside], y[inside]
                found[i] += (owned[u].near[1 - i][y, x] & ~owned[u].near[i][y, x]).sum()
            break
    return found
