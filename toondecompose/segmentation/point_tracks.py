"""Points of the foreground followed along the flow, through the clip."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from toondecompose.core.parallel import evenly_spread
from toondecompose.motion.matches import Flows

SPACING = 9
"""Pixels between followed points."""

MOST_POINTS = 900
"""More points cost time in the square of their number and tell nothing new."""

SHORTEST = 4
"""Frames that a point must be followed through to count, and that two must share to be tied."""

RETURNS = 1.5
"""Pixels by which the flow back may miss for a point to be followed on."""


@dataclass(frozen=True)
class Trajectories:
    """Followed points.

    Attributes
    ----------
    places : (N, T, 2) float32, x and y in each frame, NaN where the point is not followed.
    colours : (N, 3) float32, mean colour of the 5 x 5 pixels around, 0..255.
    """

    places: np.ndarray
    colours: np.ndarray

    @property
    def present(self) -> np.ndarray:
        """Where the points are followed, (N, T) bool."""
        return ~np.isnan(self.places[..., 0])


def follow_points(frames: np.ndarray, mask: np.ndarray, flows: Flows) -> Trajectories:
    """Follow points of a mask (T, H, W) bool, both ways, to where the flow loses them."""
    count, height, width = mask.shape
    inner = np.stack([cv2.erode(m.astype(np.uint8), np.ones((3, 3), np.uint8)) for m in mask]) > 0
    parts: list[np.ndarray] = []
    taken = np.zeros((count, height // SPACING + 1, width // SPACING + 1), bool)
    # From frames all over the clip, coarse to fine in time, so that no sprite is missed.
    for t in _order(count):
        ys, xs = np.mgrid[SPACING // 2 : height : SPACING, SPACING // 2 : width : SPACING]
        free = inner[t, ys, xs] & ~taken[t, ys // SPACING, xs // SPACING]
        if not free.any():
            continue
        places = np.full((int(free.sum()), count, 2), np.nan, np.float32)
        places[:, t] = np.stack([xs[free], ys[free]], axis=-1)
        for step in (1, -1):
            _follow(places, t, step, inner, flows)
        places = places[(~np.isnan(places[..., 0])).sum(axis=1) >= SHORTEST]
        for s in range(count):
            x, y = places[~np.isnan(places[:, s, 0]), s].astype(int).T // SPACING
            taken[s, y, x] = True
        parts.append(places)
    places = np.concatenate(parts) if parts else np.zeros((0, count, 2), np.float32)
    if len(places) > MOST_POINTS:
        places = places[evenly_spread(len(places), MOST_POINTS)]
    return Trajectories(places, _colours(frames, places))


def _order(count: int) -> list[int]:
    """Number the frames so that every beginning of the list covers the clip evenly."""
    order, step = [], count
    while len(order) < count:
        step = max(1, step // 2)
        order += [t for t in range(step // 2, count, step) if t not in order]
    return order


def _follow(places: np.ndarray, t: int, step: int, mask: np.ndarray, flows: Flows) -> None:
    """Follow points from frame t, in steps of 1 or -1, filling in their places (N, T, 2)."""
    height, width = mask.shape[1:]
    while 0 <= t + step < len(mask):
        alive = np.nonzero(~np.isnan(places[:, t, 0]))[0]
        if not alive.size:
            return
        at = places[alive, t]
        there = at + _look_up(flows[t, t + step], at)
        missed = there + _look_up(flows[t + step, t], there) - at
        x, y = np.rint(there).astype(int).T
        inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
        kept = inside & (np.hypot(*missed.T) < RETURNS)
        kept[kept] = mask[t + step, y[kept], x[kept]]
        places[alive[kept], t + step] = there[kept]
        t += step


def _look_up(flow: np.ndarray, at: np.ndarray) -> np.ndarray:
    x, y = (at[None, :, i].astype(np.float32) for i in (0, 1))
    return cv2.remap(flow, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[0]


def _colours(frames: np.ndarray, places: np.ndarray) -> np.ndarray:
    sums, numbers = np.zeros((len(places), 3)), np.zeros((len(places), 1))
    for t in range(len(frames)):
        here = ~np.isnan(places[:, t, 0])
        if here.any():
            smooth = cv2.blur(frames[t], (5, 5)).astype(np.float32)
            sums[here] += _look_up(smooth, places[here, t])
            numbers[here] += 1
    return (sums / np.maximum(numbers, 1)).astype(np.float32)
