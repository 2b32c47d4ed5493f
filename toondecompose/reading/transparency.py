"""Alpha that an input brings: the frames are laid over a ground, and the alpha is kept beside them.

The alpha of a frame is that of all its sprites together. The ground is one colour for the whole
clip, the first of a fixed list that the drawings do not have: on black, ink and hair would be lost.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from toondecompose.viz.pictures import over_colour

GROUNDS = ((128, 128, 128), (0, 160, 80), (255, 0, 255), (0, 80, 200), (255, 255, 255), (0, 0, 0))
"""Colours of a ground, in the order of preference."""

MIN_DISTANCE = 60.0
"""Least Euclidean distance of a drawing's colour from the ground, in levels."""

MAX_SHARE = 0.01
"""Share of a drawing's pixels that may be closer."""


def choose_ground(frames: Iterable[np.ndarray]) -> tuple[int, int, int]:
    """Choose the ground for some frames of a clip.

    Parameters
    ----------
    frames
        uint8 straight RGBA (H, W, 4), or RGB (H, W, 3), which is opaque.

    Returns
    -------
    One of GROUNDS: the first that few pixels come close to, else the one that the fewest do.
    """
    close = np.zeros(len(GROUNDS))
    total = 0
    for frame in frames:
        small = frame[::2, ::2]
        solid = small[..., :3].reshape(-1, 3)
        if small.shape[2] == 4:
            solid = solid[small[..., 3].ravel() > 127]
        total += len(solid)
        for number, ground in enumerate(GROUNDS):
            distance = np.linalg.norm(solid.astype(np.float32) - ground, axis=1)
            close[number] += np.count_nonzero(distance < MIN_DISTANCE)
    fitting = np.nonzero(close <= MAX_SHARE * total)[0]
    return GROUNDS[fitting[0] if fitting.size else int(close.argmin())]


def lay_over_ground(
    frame: np.ndarray, ground: tuple[int, int, int]
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the frame as RGB (H, W, 3) and its alpha (H, W), or None where it is opaque."""
    if frame.shape[2] == 3:
        return frame, None
    return over_colour(frame, ground), np.ascontiguousarray(frame[..., 3])


def to_straight(frame: np.ndarray) -> np.ndarray:
    """Return straight RGBA (H, W, 4) of RGBA whose colours were multiplied with alpha."""
    alpha = np.maximum(frame[..., 3:].astype(np.float32), 1)
    colour = np.minimum(np.rint(frame[..., :3] * (255 / alpha)), 255).astype(np.uint8)
    return np.concatenate([colour, frame[..., 3:]], axis=2)
