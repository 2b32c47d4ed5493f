"""Blended pulldown: 24 frames per second as 30, of which two in five are means of two frames.

Film frames A, B, C, D become A, B, (B + C) / 2, (C + D) / 2, D where fields of 2:3 pulldown were
blended instead of kept apart. C is in no frame alone, but follows from either blend:

    C = 2 (B + C)/2 - B = 2 (C + D)/2 - D

so that all four film frames come back, C with a little more noise. Without knowing C, a cycle is
recognised by twice the difference of its blends, which is that of B and D.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction

import numpy as np

CYCLE = 5
"""Frames of a cycle; four film frames."""

RATES = (29.0, 31.0)
"""Frames per second of what may be pulldown."""

MEASURED_WIDTH = 160
"""Width in pixels at which frames are measured: means of areas blend as pixels do."""

MIN_MOVING_LEVELS = 1.0
"""Mean difference in grey levels of B and D from which a cycle counts."""

MIN_CYCLES = 3
"""Cycles that must move."""

MAX_LEFT = 0.2
"""Share of that difference that may be unexplained in a cycle with blends; without, it is more
than one, and a third in a steady fade."""

MIN_BLENDED = 0.8
"""Least share of the moving cycles with blends at the same places."""


def may_be_blended(rate: Fraction) -> bool:
    """Tell whether a video with so many frames per second may have blended pulldown."""
    return RATES[0] < rate < RATES[1]


def find_blends(frames: Sequence[np.ndarray]) -> int | None:
    """Return which frame of each cycle is the clean one before two blends, 0..4; None for none.

    frames are (H, W) or (H, W, 3) uint8.
    """
    pictures = [frame.astype(np.float32) for frame in frames]
    found: dict[int, float] = {}
    for phase in range(CYCLE):
        left = []
        for t in range(phase, len(pictures) - 3, CYCLE):
            first, one, other, last = pictures[t : t + 4]
            moved = float(np.abs(first - last).mean())
            if moved > MIN_MOVING_LEVELS:
                unexplained = 2 * (one - other) - (first - last)
                left.append(float(np.abs(unexplained).mean()) / moved)
        blended = np.array(left) < MAX_LEFT
        if len(left) >= MIN_CYCLES and blended.mean() >= MIN_BLENDED:
            found[phase] = float(np.mean(left))
    # On twos two places may do equally well; both give the same film frames.
    return min(found, key=lambda phase: found[phase]) if found else None


def undo_blends(frames: Iterable[np.ndarray], phase: int) -> Iterator[np.ndarray]:
    """Yield four frames (H, W, C) uint8 for each five, see `find_blends`.

    At either end of the clip one blend is enough.
    """
    before: np.ndarray | None = None
    unblended: list[np.ndarray] = []  # what each blend says of the frame that it shares
    blend: np.ndarray | None = None
    for t, frame in enumerate(frames):
        place = (t - phase) % CYCLE
        if place == 1:
            unblended = [] if before is None else [2.0 * frame - before]
        elif place == 2:
            blend = frame.astype(np.float32)
        else:
            if place == 3 and blend is not None:
                unblended.append(2.0 * blend - frame)
            if unblended:
                yield _mean(unblended)
            unblended, blend = [], None
            yield frame
        before = frame.astype(np.float32) if place == 0 else None
    if unblended:
        yield _mean(unblended)


def _mean(pictures: Sequence[np.ndarray]) -> np.ndarray:
    return np.clip(np.round(np.mean(pictures, axis=0)), 0, 255).astype(np.uint8)
