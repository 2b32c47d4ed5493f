"""When each drawing of a sprite gives way to the next, and how far it is at a new time.

Times are in frames of the clip; a frame lasts from t to t + 1 and shows its drawing all the time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

ABSENT = -1
"""Number of the drawing in a frame that shows none."""

MAX_STEP = 4
"""Frames of the longest hold that is a step of the animation (on fours); longer ones are rests."""


@dataclass(frozen=True)
class Change:
    """A drawing that gives way to the next.

    Attributes
    ----------
    start : time at which the first of the two is still as it was drawn.
    end : time, and frame, at which the second begins.
    drawings : numbers of both.
    """

    start: int
    end: int
    drawings: tuple[int, int]

    def share(self, time: float) -> float:
        """Return how far the change is at a time, 0 to 1."""
        return (time - self.start) / (self.end - self.start)


def find_changes(sheet: Sequence[int]) -> list[Change]:
    """Return the changes of drawing of a sprite, in order.

    A hold of up to `MAX_STEP` frames is a step of the animation: the next drawing is on its way
    from its beginning. After a longer rest it takes as long as the sprite's usual step.

    Parameters
    ----------
    sheet : (T,), the number of each frame's drawing, `ABSENT` for none.

    >>> find_changes([0, 0, 1, 1, -1, 2])
    [Change(start=0, end=2, drawings=(0, 1))]
    >>> find_changes([0] * 7 + [1])
    [Change(start=5, end=7, drawings=(0, 1))]
    """
    numbers = np.asarray(sheet)
    starts = [t for t in range(len(numbers)) if t == 0 or numbers[t] != numbers[t - 1]]
    holds = np.diff([*starts, len(numbers)])
    steps = [
        int(hold)
        for start, hold in zip(starts[:-1], holds[:-1], strict=True)
        if hold <= MAX_STEP and numbers[start] != ABSENT
    ]
    usual = int(np.median(steps)) if steps else 2
    changes = []
    for start, hold, end in zip(starts[:-1], holds[:-1], starts[1:], strict=True):
        pair = int(numbers[start]), int(numbers[end])
        if ABSENT not in pair:
            begin = start if hold <= MAX_STEP else end - usual
            changes.append(Change(int(begin), int(end), pair))
    return changes


def new_times(count: int, factor: int) -> list[float]:
    """Return the time of each frame of the new clip, ``factor`` for each of ``count`` frames.

    >>> new_times(2, 2)
    [0.0, 0.5, 1.0, 1.5]
    """
    return [j / factor for j in range(count * factor)]
