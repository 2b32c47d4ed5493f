"""The frames of an input that a clip takes."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from toondecompose.reading.clip_source import Source
from toondecompose.reading.selection import select_frames


def source(count: int | None = 5, **more: object) -> Source:
    """A source of five frames of 2 x 2 pixels; frame t is t everywhere."""
    frames = [np.full((2, 2, 3), t, np.uint8) for t in range(5)]
    return Source(
        fps=Fraction(10),
        size=(2, 2),
        count=count,
        readers=lambda: iter([lambda frame=frame: frame for frame in frames]),
        **more,
    )


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (0, -1, [0, 1, 2, 3, 4]),
        (1, 3, [1, 2, 3]),
        (3, -1, [3, 4]),
        (3, 9, [3, 4]),
        (7, -1, []),
        (3, 2, []),
    ],
)
def test_frames_are_selected(first: int, last: int, expected: list[int]) -> None:
    numbers, times = [10, 11, 12, 13, 14], [0.0, 0.1, 0.25, 0.3, 0.4]
    found = select_frames(source(numbers=numbers, input_times=times), first, last)
    assert [int(read()[0, 0, 0]) for read in found.readers()] == expected
    assert [int(read()[0, 0, 0]) for read in found.readers()] == expected, "once more"
    assert found.count == len(expected)
    assert found.numbers == [numbers[t] for t in expected]
    assert found.input_times == [times[t] for t in expected]


def test_what_is_not_known_stays_unknown() -> None:
    found = select_frames(source(count=None), 1, 3)
    assert (found.count, found.numbers, found.input_times, found.sound) == (None,) * 4


@pytest.mark.parametrize(("times", "start"), [(None, 0.2), ([0.0, 0.1, 0.25, 0.3, 0.4], 0.25)])
def test_the_sound_starts_with_the_first_frame(times: list[float] | None, start: float) -> None:
    asked: list[tuple] = []
    given = source(input_times=times, sound=lambda *arguments: asked.append(arguments))
    found = select_frames(given, 2, 4)
    found.sound(Path("sound.flac"), 0.0, Fraction(3, 10))
    assert asked == [(Path("sound.flac"), start, Fraction(3, 10))]
