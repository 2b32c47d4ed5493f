"""Motions sampled between frames: smooth where they are, stepped where the animator stepped.

A homography is known by where it takes the four corners of the frame. Those places are
interpolated through the key frames by monotone cubics (PCHIP), which stay at rest at rests, and do
not overshoot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from scipy.interpolate import PchipInterpolator

from toondecompose.core import geometry
from toondecompose.core.geometry import Size
from toondecompose.inbetween.changes import ABSENT, Change

STILL_PX = 0.35
"""Way of the frame's corners, in pixels, up to which a motion is none: that of its errors."""


@dataclass(frozen=True, eq=False)
class Motion:
    """A motion, (T, 3, 3), with the frames through which it is interpolated.

    Attributes
    ----------
    homographies : pixels of each frame to pixels of the canvas.
    keys : frames, in order, the first and the last of the clip among them.
    stepped : between these frames and the next key the motion stays as it is.
    """

    homographies: np.ndarray
    keys: tuple[int, ...]
    stepped: frozenset[int] = frozenset()

    def at(self, time: float, size: Size) -> np.ndarray:
        """Return (3, 3), pixels of a picture at a time to pixels of the canvas.

        At keys, and after the last one, it is exactly that of the frame.
        """
        last = len(self.homographies) - 1
        place = int(np.searchsorted(self.keys, time, side="right")) - 1
        key = self.keys[place]
        if time >= last or time == key:
            return self.homographies[min(int(time), last)]
        if key in self.stepped:
            return self.homographies[int(time)]
        near = self._run(place)
        landed = np.array([_landed(self.homographies[k], size) for k in near])
        there = PchipInterpolator(near, landed)(time)
        square = geometry.corners(size).astype(np.float32)
        return cv2.getPerspectiveTransform(square, there.astype(np.float32))

    def _run(self, place: int) -> list[int]:
        """Return the keys around a place that no step cuts off, two on each side at most."""
        first, last = place, place + 1
        while first > max(place - 1, 0) and self.keys[first - 1] not in self.stepped:
            first -= 1
        while last < min(place + 2, len(self.keys) - 1) and self.keys[last] not in self.stepped:
            last += 1
        return list(self.keys[first : last + 1])


def _landed(homography: np.ndarray, size: Size) -> np.ndarray:
    return geometry.apply(homography, geometry.corners(size))


def step_lengths(homographies: np.ndarray, size: Size) -> np.ndarray:
    """Return (T - 1,), the mean way of the frame's corners from frame to frame, in pixels."""
    relative = np.linalg.inv(homographies[:-1]) @ homographies[1:]
    ways = geometry.apply(relative[:, None], geometry.corners(size)[None])
    return np.linalg.norm(ways - geometry.corners(size), axis=-1).mean(axis=-1)


def camera_motion(homographies: np.ndarray, size: Size) -> Motion:
    """Return the motion of a plane of the background: every frame is a key.

    A camera that itself moves on twos has keys where it moves only: where at most half of the
    frames of its travel move it, each after one that does not.
    """
    every = tuple(range(len(homographies)))
    moved = step_lengths(homographies, size) > STILL_PX
    there = np.flatnonzero(moved) + 1
    gaps = np.diff(there)
    if len(gaps) < 2 or not (gaps == 2).mean() > 0.8:
        return Motion(homographies, every)
    # Rests before and after the travel stay rests.
    keys = {0, max(int(there[0]) - 2, 0), *there.tolist(), len(homographies) - 1}
    return Motion(homographies, tuple(sorted(keys)))


def sprite_motion(
    homographies: np.ndarray,
    ground: Motion,
    *,
    sheet: Sequence[int],
    changes: Sequence[Change],
    smooth: bool,
    size: Size,
) -> tuple[Motion, bool]:
    """Return the motion of a sprite, and whether it is against the ground.

    While a drawing is held the sprite stays where it is on the screen, or on the ground, which the
    camera moves: it is stepped there. Or it slides by itself, and every frame is a key.

    Parameters
    ----------
    homographies : (T, 3, 3), pixels of each frame to canonical pixels.
    ground : the motion of the background's rearmost plane.
    sheet : (T,), the number of each frame's drawing.
    changes : of drawing, those that have in-betweens.
    smooth : whether steps between drawings that have in-betweens become smooth.

    Returns
    -------
    The motion; where it is against the ground its homographies take pixels of the ground's canvas
    to canonical pixels.
    """
    numbers = np.asarray(sheet)
    held = (numbers[1:] == numbers[:-1]) & (numbers[1:] != ABSENT)
    on_ground = homographies @ np.linalg.inv(ground.homographies)
    # The same way on the ground, in pixels of the frame.
    relative = np.linalg.inv(on_ground[:-1]) @ on_ground[1:]
    seen = np.linalg.inv(ground.homographies[1:]) @ relative @ ground.homographies[1:]
    corners = geometry.corners(size)
    landed = geometry.apply(seen[:, None], corners[None])
    ways = np.linalg.norm(landed - corners, axis=-1).mean(axis=-1)
    screen_ways = step_lengths(homographies, size)
    if not held.any():  # on ones: frames in between are on the way from one to the next
        return Motion(homographies, *_keys(numbers, changes, smooth=smooth, slides=True)), False
    screen_way, ground_way = (float(np.median(w[held])) for w in (screen_ways, ways))
    against_ground = ground_way < screen_way
    slides = min(screen_way, ground_way) > STILL_PX
    keys = _keys(numbers, changes, smooth=smooth, slides=slides)
    return Motion(on_ground if against_ground else homographies, *keys), against_ground


def _keys(
    numbers: np.ndarray, changes: Sequence[Change], *, smooth: bool, slides: bool
) -> tuple[tuple[int, ...], frozenset[int]]:
    """Return the keys of a sprite's motion, and those after which it is stepped."""
    last = len(numbers) - 1
    ends = {change.end for change in changes} if smooth else set()
    cuts = {t for t in range(1, last + 1) if numbers[t] != numbers[t - 1] and t not in ends}
    if slides:
        return tuple(range(last + 1)), frozenset(t - 1 for t in cuts)
    ways = {change.start for change in changes} if smooth else set()
    keys = sorted({0, last} | ways | ends | cuts)
    return tuple(keys), frozenset(key for key in keys if key not in ways)
