"""Find hard cuts: places where one shot ends and another begins.

A cut is where the colours of the frames just before differ from those just after, by much more
than the frames of each side differ among themselves. So neither a fast pan (each side changes as
much), nor drawings held on twos (same colours), nor a flash of one frame (the sides agree) counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np

REACH = 3
"""Frames looked at on each side of a possible cut."""

MIN_DISTANCE = 0.3
"""Least share of the picture's colours that changes at a cut."""

MIN_RATIO = 2.0
"""Least ratio of the change across a cut to the changes on each side."""

MIN_SHARE = 0.7
"""Least share of that change that happens between two frames, rather than over several."""

BINS = 8
"""Histogram bins per colour channel."""


def colour_histogram(frame: np.ndarray) -> np.ndarray:
    """Joint colour histogram of an RGB frame (H, W, 3) uint8: (512,) float32 with sum 1.

    Each pixel counts for the nearest bins in proportion (along the diagonal), so that a small
    change of light does not move whole areas from one bin to the next.
    """
    pixels = frame[::2, ::2].reshape(-1, 3).astype(np.float32) * (BINS / 256) - 0.5
    counts = np.zeros(BINS**3)
    for shift in (-0.25, 0.25):
        index = np.clip(np.rint(pixels + shift), 0, BINS - 1).astype(np.int64)
        counts += np.bincount(index @ [BINS * BINS, BINS, 1], minlength=BINS**3)
    return (counts / counts.sum()).astype(np.float32)


def find_cuts(frames: Iterable[np.ndarray]) -> list[int]:
    """Frames that begin a new shot (never 0), in order, for RGB frames (H, W, 3) uint8."""
    return cuts_of_histograms([colour_histogram(frame) for frame in frames])


def cuts_of_histograms(histograms: list[np.ndarray]) -> list[int]:
    """The same from the frames' histograms."""
    cuts: list[int] = []
    for start in range(1, len(histograms)):
        before = histograms[max(0, start - REACH, *cuts[-1:]) : start]
        after = histograms[start : start + REACH]
        pairs = [_distance(a, b) for a in before for b in after]
        across, whole = min(pairs), max(pairs)
        within = _change(before, after)
        at_once = _distance(before[-1], after[0]) > MIN_SHARE * whole
        if across > MIN_DISTANCE and across > MIN_RATIO * within and at_once:
            cuts.append(start)
    return cuts


def _distance(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.abs(first - second).sum() / 2)


def _change(before: list[np.ndarray], after: list[np.ndarray]) -> float:
    # Not the largest: one side may hold the next cut already.
    changes = [_distance(a, b) for side in (before, after) for a, b in pairwise(side)]
    return float(np.percentile(changes, 75, method="lower")) if changes else 0.0
