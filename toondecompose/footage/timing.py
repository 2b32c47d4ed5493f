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

import numpy as np

from toondecompose.core.errors import UserError

GRIDS = tuple(Fraction(rate) for rate in (5, 6, 8, 10, 12, "12.5", 15, 20, 24, 25, 30, 48, 50, 60))
"""Frame rates of a grid, in frames per second."""

NTSC_GRIDS = tuple(Fraction(rate * 1000, 1001) for rate in (24, 30, 48, 60))
"""Frame rates of a grid that come from television."""

ROUNDED_GRIDS = tuple(Fraction(rate) for rate in (24, 25, 30, 50, 60, 100, 120))
"""Grids for frame times that are on no grid."""

MAX_ROUNDING = 0.75
"""Frame times that are on no grid are moved by at most this part of the grid's step."""

EVEN = 0.22
"""Even frames deviate from an even pace by at most this part of a frame, from first to last. Soft
telecine (flags that repeat a field) deviates by a fifth of a frame from 24 frames per second."""

LAST = 1.5
"""The last frame is held when it is shown for longer than so many frames."""

ON_GRID = (0.1, 0.2)
"""Frames on a grid deviate by at most the first part of its step, or by the precision of the
times but then at most by the second."""

END_ERROR = 0.0101
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

    @property
    def from_first(self) -> np.ndarray:
        """(T,) starts of the frames in s from the first."""
        return np.array([float(start - self.starts[0]) for start in self.starts])

    @property
    def length(self) -> float:
        """Length of the clip in s."""
        return float(self.end - self.starts[0])


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
    count = len(times.starts)
    if count < 2 or times.starts[-1] == times.starts[0]:
        return rate  # the times say nothing
    if rate > 0 and _is_even(times, rate):
        return rate
    pace = (count - 1) / (times.starts[-1] - times.starts[0])
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
    count, lengths = len(times.starts), np.diff(times.from_first, append=times.length)
    uneven = (
        "the frame rate is variable: frames last "
        f"{1000 * lengths.min():.0f} to {1000 * lengths.max():.0f} ms"
    )
    if uneven_timing == "even":
        pace = (count / (times.end - times.starts[0])).limit_denominator(100_000)
        line = f"{uneven}; each is taken once, at {float(pace):.2f} frames per second on average"
        return Grid(rate=pace, line=line)
    grid = _nearest_grid(times, rate)
    holds = _holds(times, grid)
    if sum(holds) > max(MAX_GROWTH * count, ALWAYS_ALLOWED):
        raise UserError(
            f"{uneven}, so that its {count} frames would become {sum(holds)} at {float(grid):g} "
            "frames per second; set uneven_timing: even to take each frame once"
        )
    off = 1000 * _deviation(times, grid) / float(grid)
    if set(holds) == {1}:
        line = f"{uneven}; they are taken as even, at {float(grid):.6g} frames per second"
        return Grid(rate=grid, line=f"{line}, which moves them by up to {off:.0f} ms")
    line = (
        f"{uneven}; they are held on a grid of {float(grid):.6g} frames per second, to within "
        f"{off:.0f} ms: {count} frames become {sum(holds)} (uneven_timing: even takes each once)"
    )
    return Grid(rate=grid, holds=holds, line=line)


def _nearest_grid(times: FrameTimes, rate: Fraction) -> Fraction:
    usual = [rate] if rate.denominator in (1, 2, 1001) and 0 < rate <= ROUNDED_GRIDS[-1] else []

    def allowed(grid: Fraction) -> float:
        return min(max(ON_GRID[0], float(times.precision * grid)), ON_GRID[1])

    exact = [
        grid
        for grid in sorted({*GRIDS, *NTSC_GRIDS, *usual})
        if _deviation(times, grid) <= allowed(grid)
    ]
    if exact:
        near = [grid for grid in exact if abs(grid / exact[0] - 1) < Fraction(1, 500)]
        if rate in near and _deviation(times, rate) <= times.precision * rate:
            return rate
        return min(near, key=lambda grid: _deviation(times, grid))
    close = [grid for grid in (*usual, *ROUNDED_GRIDS) if _deviation(times, grid) <= MAX_ROUNDING]
    close = close or [ROUNDED_GRIDS[-1]]
    long = [g for g in close if abs(sum(_holds(times, g)) / g - times.length) <= END_ERROR]
    return (long or close)[0]


def _is_even(times: FrameTimes, rate: Fraction) -> bool:
    offsets = times.from_first - np.arange(len(times.starts)) / float(rate)
    allowed = max(EVEN / rate, 1.05 * times.precision)
    held_at_end = times.end - times.starts[-1] > LAST / rate + allowed
    return bool(np.ptp(offsets) <= allowed and not held_at_end)


def _places(times: FrameTimes, rate: Fraction) -> tuple[np.ndarray, np.ndarray]:
    # Starts of the frames in steps of the grid, and the step that each frame begins with. Frames
    # that are close together get one step each, so that none is lost.
    places, numbers = times.from_first * float(rate), np.arange(len(times.starts))
    return places, np.maximum.accumulate(np.rint(places - 1e-9).astype(int) - numbers) + numbers


def _deviation(times: FrameTimes, rate: Fraction) -> float:
    places, steps = _places(times, rate)
    return float(np.abs(places - steps).max())


def _holds(times: FrameTimes, rate: Fraction) -> tuple[int, ...]:
    _, steps = _places(times, rate)
    end = max(round(times.length * float(rate)), steps[-1] + 1)
    return tuple(np.diff(steps, append=end).tolist())
