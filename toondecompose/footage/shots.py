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

from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.footage.parameters import Parameters

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


def find_cuts(frames: Iterable[np.ndarray], *, tuning: Tuning = DEFAULT) -> list[int]:
    """Frames that begin a new shot (never 0), in order, for RGB frames (H, W, 3) uint8."""
    return cuts_of_histograms([colour_histogram(frame) for frame in frames], tuning=tuning)


def find_flashes(
    histograms: Sequence[np.ndarray], *, tuning: Tuning = DEFAULT
) -> list[tuple[int, int]]:
    """First and last frame of each flash, in order, from the frames' histograms.

    A flash begins with a change of colours as at a cut, lasts for `max_flash_frames` at most, and
    the colours from before return and stay. On one side of it at least they are there for longer
    than it lasts, so that shots which alternate quickly are no flashes.
    """
    flashes: list[tuple[int, int]] = []
    start = 1
    while start < len(histograms):
        end = _end_of_flash(histograms, start, tuning=tuning)
        if end is not None:
            flashes.append((start, end - 1))
            start = end
        start += 1
    return flashes


def hold_behind(flashes: Sequence[tuple[int, int]]) -> dict[int, int]:
    """Return the frame that is held behind each frame of flashes: the one before.

    >>> hold_behind([(3, 4), (6, 6)])
    {3: 2, 4: 2, 6: 5}
    """
    held: dict[int, int] = {}
    for first, last in sorted(flashes):
        before = held.get(first - 1, first - 1)
        held |= dict.fromkeys(range(first, last + 1), before)
    return held


def cuts_of_histograms(histograms: list[np.ndarray], *, tuning: Tuning = DEFAULT) -> list[int]:
    """The same as ``find_cuts`` from the frames' histograms."""
    flashes = find_flashes(histograms, tuning=tuning)
    return [
        cut
        for cut in _changes_of_colours(histograms, tuning=tuning)
        if not any(first <= cut <= last + 1 for first, last in flashes)
    ]


def _end_of_flash(
    histograms: Sequence[np.ndarray], start: int, *, tuning: Tuning = DEFAULT
) -> int | None:
    parameters = tuning[Parameters]
    # First frame after the flash that begins at start, None if none does.
    before = histograms[max(0, start - parameters.cut_window_frames) : start]

    def away(frame: np.ndarray) -> float:
        return min(colour_difference(frame, one) for one in before)

    change = away(histograms[start])
    if change <= parameters.min_cut_change:
        return None
    alike = min(parameters.min_cut_change, change / parameters.min_cut_ratio)
    for end in range(start + 1, min(start + parameters.max_flash_frames + 1, len(histograms))):
        if away(histograms[end]) < alike:
            longer = end - start + 1
            after = [away(frame) < alike for frame in histograms[end : end + longer]]
            first = max(0, start - longer)
            sides = [after, [away(frame) < alike for frame in histograms[first:start]]]
            stays = any(len(side) == longer and all(side) for side in sides)
            return end if all(after) and stays else None
    return None


def _changes_of_colours(histograms: list[np.ndarray], *, tuning: Tuning = DEFAULT) -> list[int]:
    parameters = tuning[Parameters]
    cuts: list[int] = []
    for start in range(1, len(histograms)):
        before = histograms[max(0, start - parameters.cut_window_frames, *cuts[-1:]) : start]
        after = histograms[start : start + parameters.cut_window_frames]
        pairs = [colour_difference(a, b) for a in before for b in after]
        across, whole = min(pairs), max(pairs)
        within = _change(before, after)
        at_once = colour_difference(before[-1], after[0]) > parameters.min_abrupt_share * whole
        if (
            across > parameters.min_cut_change
            and across > parameters.min_cut_ratio * within
            and at_once
        ):
            cuts.append(start)
    return cuts


def colour_difference(first: np.ndarray, second: np.ndarray) -> float:
    """Return the share of the colours, 0..1, in which two histograms differ."""
    return float(np.abs(first - second).sum() / 2)


def _change(before: list[np.ndarray], after: list[np.ndarray]) -> float:
    # Not the largest: one side may hold the next cut already.
    changes = [colour_difference(a, b) for side in (before, after) for a, b in pairwise(side)]
    return float(np.percentile(changes, 75, method="lower")) if changes else 0.0
