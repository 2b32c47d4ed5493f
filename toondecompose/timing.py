"""Frame times of a video: one rate where they are even, else a grid on which frames are held.

Times in files are rounded (to 1 ms in Matroska, to 10 ms in GIF), so frames count as even when
all of them are close to an even pace. An uneven clip, such as a GIF with a delay per frame or a
video without its repeated frames, is brought back to a grid of frames: drawings held on twos are
two frames again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from toondecompose.errors import UserError

GRIDS = tuple(Fraction(rate) for rate in (5, 6, 8, 10, 12, "12.5", 15, 20, 24, 25, 30, 48, 50, 60))
"""Frame rates of a grid, in frames per second."""

NTSC_GRIDS = tuple(Fraction(rate * 1000, 1001) for rate in (24, 30, 48, 60))
"""Frame rates of a grid that come from television."""

ROUNDED_GRIDS = tuple(Fraction(rate) for rate in (24, 25, 30, 50, 60, 100, 120))
"""Grids for frame times that are on no grid."""

EVEN = Fraction(22, 100)
"""Even frames deviate from an even pace by at most this part of a frame, from first to last. Soft
telecine (flags that repeat a field) deviates by a fifth of a frame from 24 frames per second."""

LAST = Fraction(3, 2)
"""The last frame is held when it is shown for longer than so many frames."""

ON_GRID = (Fraction(1, 10), Fraction(1, 5))
"""Frames on a grid deviate by at most the first part of its step, or by the precision of the
times but then at most by the second."""

END_ERROR = Fraction(1, 100)
"""A grid for frame times that are on no grid should keep the length of the clip to so many s."""

MAX_GROWTH = 10
"""Holding frames may lengthen a clip to this many times its number of frames."""

ALWAYS_ALLOWED = 1000
"""Clips of so many frames are never too long."""


@dataclass(frozen=True, kw_only=True)
class FrameTimes:
    """When the frames of a video are shown.

    Attributes
    ----------
    starts
        Start of each frame in s, increasing.
    end
        End of the last frame in s.
    precision
        Unit that times are rounded to, in s.
    """

    starts: Sequence[Fraction]
    end: Fraction
    precision: Fraction


@dataclass(frozen=True, kw_only=True)
class Grid:
    """A frame grid.

    Attributes
    ----------
    rate
        Frames per second.
    holds
        For how many frames of the grid each frame of the video is shown; None for one each.
    line
        What to say about it, or None.
    """

    rate: Fraction
    holds: tuple[int, ...] | None = None
    line: str | None = None


def even_rate(times: FrameTimes, rate: Fraction) -> Fraction | None:
    """Return the frame rate if the frames are even, None if they are not.

    ``rate`` is what the file says; it is returned wherever it fits.

    Examples
    --------
    >>> starts = [Fraction(t, 1000) for t in (0, 42, 83, 125)]
    >>> times = FrameTimes(starts=starts, end=Fraction(167, 1000), precision=Fraction(1, 1000))
    >>> even_rate(times, Fraction(24))
    Fraction(24, 1)
    """
    starts = times.starts
    if len(starts) < 2 or starts[-1] == starts[0]:
        return rate  # the times say nothing
    if rate > 0 and _is_even(times, rate):
        return rate
    pace = (len(starts) - 1) / (starts[-1] - starts[0])
    near = sorted(GRIDS + NTSC_GRIDS, key=lambda grid: abs(grid - pace))[:3]
    rates = (*near, pace.limit_denominator(1001))
    return next((fitting for fitting in rates if _is_even(times, fitting)), None)


def choose_grid(times: FrameTimes, rate: Fraction, *, uneven_timing: str) -> Grid:
    """Choose the frame grid of a video.

    Parameters
    ----------
    times, rate
        When its frames are shown, and the rate that the file says.
    uneven_timing
        "hold": where frames are uneven, each is held on the grid. "even": each is one frame, and
        the rate keeps the length of the clip.

    Raises
    ------
    UserError
        When holding would lengthen the clip too much.
    """
    even = even_rate(times, rate)
    if even is not None:
        return Grid(rate=even)
    starts, count = times.starts, len(times.starts)
    length = times.end - starts[0]
    shortest = min(b - a for a, b in zip(starts, [*starts[1:], times.end], strict=True))
    longest = max(b - a for a, b in zip(starts, [*starts[1:], times.end], strict=True))
    uneven = f"the frame rate is variable: frames last {_ms(shortest)} to {_ms(longest)} ms"
    if uneven_timing == "even":
        pace = (count / length).limit_denominator(100_000)
        line = f"{uneven}; each is taken once, at {float(pace):.2f} frames per second on average"
        return Grid(rate=pace, line=line)
    usual = {rate} if rate.denominator in (1, 2, 1001) else set()
    exact = [grid for grid in sorted({*GRIDS, *NTSC_GRIDS} | usual) if _fits(times, grid)]
    if exact:
        near = [grid for grid in exact if abs(grid / exact[0] - 1) < Fraction(1, 500)]
        grid = min(near, key=lambda one: _deviation(times, one))
        if rate in near and _deviation(times, rate) <= times.precision * rate:
            grid = rate
        how = "exactly"
    else:
        kept = [grid for grid in ROUNDED_GRIDS if min(_holds(times, grid)) > 0]
        kept = kept or [ROUNDED_GRIDS[-1]]
        long = [grid for grid in kept if abs(sum(_holds(times, grid)) / grid - length) <= END_ERROR]
        grid = (long or kept)[0]
        off = max(abs(_ticks(times, start, grid) / grid - (start - starts[0])) for start in starts)
        how = f"to within {_ms(off)} ms"
    holds = _holds(times, grid)
    if sum(holds) > max(MAX_GROWTH * count, ALWAYS_ALLOWED):
        raise UserError(
            f"{uneven}, so that its {count} frames would become {sum(holds)} at {float(grid):g} "
            "frames per second; set uneven_timing: even to take each frame once"
        )
    lost = holds.count(0)
    line = (
        f"{uneven}; they are held on a grid of {float(grid):.6g} frames per second, {how}: "
        f"{count} frames become {sum(holds)}"
        f"{f', and {lost} that are too short are left out' if lost else ''}"
        " (uneven_timing: even takes each once)"
    )
    return Grid(rate=grid, holds=holds, line=line)


def _is_even(times: FrameTimes, rate: Fraction) -> bool:
    offsets = [start - index / rate for index, start in enumerate(times.starts)]
    allowed = max(EVEN / rate, times.precision * Fraction(21, 20))
    held_at_end = times.end - times.starts[-1] > LAST / rate + allowed
    return max(offsets) - min(offsets) <= allowed and not held_at_end


def _fits(times: FrameTimes, rate: Fraction) -> bool:
    allowed = min(max(ON_GRID[0], times.precision * rate), ON_GRID[1])
    return _deviation(times, rate) <= allowed and min(_holds(times, rate)) > 0


def _deviation(times: FrameTimes, rate: Fraction) -> Fraction:
    # Largest distance of a start from a grid, as a part of the grid's step.
    places = [(start - times.starts[0]) * rate for start in times.starts]
    return max(abs(place - round(place)) for place in places)


def _ticks(times: FrameTimes, time: Fraction, rate: Fraction) -> int:
    return round((time - times.starts[0]) * rate)


def _holds(times: FrameTimes, rate: Fraction) -> tuple[int, ...]:
    ticks = [_ticks(times, time, rate) for time in (*times.starts, times.end)]
    ticks[-1] = max(ticks[-1], ticks[-2] + 1)
    return tuple(b - a for a, b in pairwise(ticks))


def _ms(seconds: Fraction) -> str:
    return f"{float(1000 * seconds):.0f}"
