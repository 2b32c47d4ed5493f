"""Find hard cuts: places where one shot ends and another begins.

At a cut the colours of the frames just before differ from those just after, by much more than the
frames of each side differ among themselves. A fast pan is no cut (each side changes as much), nor
are drawings held on twos (same colours), nor a flash of one frame (both sides agree). Longer
flashes and impact frames (white, negative, or a drawing of their own) are no cuts either: the
frames after them are like those before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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

MAX_FLASH = 8
"""Longest flash in frames, a third of a second at 24 frames per second."""

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


def find_flashes(histograms: Sequence[np.ndarray]) -> list[tuple[int, int]]:
    """First and last frame of each flash, in order, from the frames' histograms.

    A flash begins with a change of colours as at a cut, lasts for MAX_FLASH frames at most, and
    the colours from before return and stay. On one side of it at least they are there for longer
    than it lasts, so that shots which alternate quickly are no flashes.
    """
    flashes: list[tuple[int, int]] = []
    start = 1
    while start < len(histograms):
        end = _end_of_flash(histograms, start)
        if end is not None:
            flashes.append((start, end - 1))
            start = end
        start += 1
    return flashes


def cuts_of_histograms(histograms: list[np.ndarray]) -> list[int]:
    """The same as ``find_cuts`` from the frames' histograms."""
    flashes = find_flashes(histograms)
    return [
        cut
        for cut in _changes_of_colours(histograms)
        if not any(first <= cut <= last + 1 for first, last in flashes)
    ]


def _end_of_flash(histograms: Sequence[np.ndarray], start: int) -> int | None:
    # First frame after the flash that begins at start, None if none does.
    before = histograms[max(0, start - REACH) : start]

    def away(frame: np.ndarray) -> float:
        return min(_distance(frame, one) for one in before)

    change = away(histograms[start])
    if change <= MIN_DISTANCE:
        return None
    alike = min(MIN_DISTANCE, change / MIN_RATIO)
    for end in range(start + 1, min(start + MAX_FLASH + 1, len(histograms))):
        if away(histograms[end]) < alike:
            longer = end - start + 1
            after = [away(frame) < alike for frame in histograms[end : end + longer]]
            first = max(0, start - longer)
            sides = [after, [away(frame) < alike for frame in histograms[first:start]]]
            stays = any(len(side) == longer and all(side) for side in sides)
            return end if all(after) and stays else None
    return None


def _changes_of_colours(histograms: list[np.ndarray]) -> list[int]:
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
