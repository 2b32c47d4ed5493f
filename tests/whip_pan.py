"""A drawn street that a camera whips over, with the blur of an open shutter."""

from __future__ import annotations

import cv2
import numpy as np

SIZE = (456, 256)
"""Working size of most clips."""

SHUTTER = 0.5
"""Share of a frame for which the shutter is open."""


def street(seed: int = 0, length: int = 1000) -> np.ndarray:
    """Draw houses with windows, and a road with puddles, (300, length, 3) uint8."""
    random = np.random.default_rng(seed)
    picture = np.full((300, length, 3), (190, 205, 225), np.uint8)
    cv2.rectangle(picture, (0, 215), (length, 300), (120, 110, 95), -1)

    def colour() -> tuple[int, ...]:
        return tuple(int(level) for level in random.integers(50, 230, 3))

    for x in range(0, length, 70):
        width, height = int(random.integers(35, 75)), int(random.integers(60, 190))
        cv2.rectangle(picture, (x, 215 - height), (x + width, 215), colour(), -1)
        for y in range(225 - height, 200, 22):
            for left in range(x + 6, x + width - 10, 15):
                cv2.rectangle(picture, (left, y), (left + 7, y + 11), colour(), -1)
    for _ in range(length // 12):
        centre = int(random.integers(0, length)), int(random.integers(222, 296))
        cv2.ellipse(picture, centre, (int(random.integers(4, 18)), 3), 0, 0, 360, colour(), -1)
    return picture


def whip(steps: list[float], *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Film the street from left to right by steps in pixels.

    Returns the frames (T, H, W, 3) uint8, and by how much the middle of the picture that the open
    shutter sees moves from each frame to the next, (T - 1,) in pixels.
    """
    world = street(seed)
    stops = np.concatenate([[30], 30 + np.cumsum(steps)])
    open_for = ((np.arange(16) + 0.5) / 16 - 0.5) * SHUTTER
    seen = np.interp(np.arange(len(stops))[:, None] + open_for, np.arange(len(stops)), stops)
    frames = []
    for places in seen:
        total = np.zeros((SIZE[1], SIZE[0], 3))
        for x in places:
            motion = np.array([[1, 0, -x], [0, 1, -20]], np.float32)
            total += cv2.warpAffine(world, motion, SIZE)
        frames.append(np.round(total / len(places)).astype(np.uint8))
    return np.stack(frames), np.diff(seen.mean(axis=1))
