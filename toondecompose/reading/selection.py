"""The frames of an input that a clip takes: the keys ``first_frame`` and ``last_frame``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import islice
from pathlib import Path

from toondecompose.reading.clip_source import Source


def select_frames(source: Source, first: int, last: int) -> Source:
    """Return a source of some frames of another, whose sound starts with the first of them.

    Parameters
    ----------
    source : of the whole input.
    first, last : frames of the input, counted from 0, both taken; last is -1 for the end. There
        may be fewer frames, or none.
    """
    stop = None if last < 0 else last + 1
    chosen = slice(first, stop)
    count = source.count
    if count is not None:
        count = max(0, (count if stop is None else min(count, stop)) - first)
    return replace(
        source,
        readers=lambda: islice(source.readers(), first, stop),
        count=count,
        numbers=None if source.numbers is None else source.numbers[chosen],
        input_times=None if source.input_times is None else source.input_times[chosen],
        sound=_select_sound(source, first),
    )


def _select_sound(source: Source, first: int) -> Callable[[Path, float, Fraction], None] | None:
    write, times = source.sound, source.input_times
    if write is None:
        return None
    start = times[first] if times and first < len(times) else float(first / source.fps)
    return lambda path, begin, length: write(path, start + begin, length)
