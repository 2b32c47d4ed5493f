"""Clips that come in: every folder of images or video becomes 8-bit frames of one size.

Frames are RGB, or straight RGBA where the input is transparent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from fractions import Fraction
from functools import partial
from itertools import islice, repeat
from pathlib import Path
from typing import TypeVar

import numpy as np

from toondecompose.colour_profiles import profile_lines
from toondecompose.description import describe_images, describe_video
from toondecompose.film_images import film_lines
from toondecompose.images import read_headers, read_image, without_opaque_alpha
from toondecompose.inputs import find_input
from toondecompose.parallel import evenly_spread
from toondecompose.sequences import hold_missing
from toondecompose.settings import FramesSettings
from toondecompose.timing import Grid, choose_grid
from toondecompose.transparency import choose_ground, to_straight
from toondecompose.video_colour import ColourSettings, colour_filters, has_alpha
from toondecompose.video_fields import field_filters
from toondecompose.video_files import decode, square_pixels
from toondecompose.video_probe import frame_times, probe

T = TypeVar("T")

GROUND_SAMPLES = 4
"""Images of a folder in which a ground is sought."""

GROUND_FRAMES = 12
"""Frames at the beginning of a video in which a ground is sought."""

FRAME_RATES = tuple(Fraction(n, 1001) for n in (24000, 30000, 48000, 60000, 120000))
"""Frame rates that their two or three digits do not say exactly."""


@dataclass(frozen=True, kw_only=True)
class ReadingSettings:
    """How to read what an input leaves open.

    Attributes
    ----------
    missing_numbers
        What to show for frame numbers that a folder lacks, see ``sequences.hold_missing``.
    uneven_timing
        What to do where the frames of a video last differently, see ``timing.choose_grid``.
    deinterlace
        What to do with interlaced video, see ``video_fields.field_filters``.
    colour
        How the colours of a video are read.
    """

    missing_numbers: str = "hold"
    uneven_timing: str = "hold"
    deinterlace: str = "auto"
    colour: ColourSettings = field(default_factory=ColourSettings)


AS_GIVEN = ReadingSettings()
"""The defaults: what the input says."""


def reading_settings(settings: FramesSettings) -> ReadingSettings:
    """How the settings of the frames stage want the input to be read."""
    colour = {f.name: getattr(settings, f"colour_{f.name}") for f in fields(ColourSettings)}
    return ReadingSettings(
        missing_numbers=settings.missing_numbers,
        uneven_timing=settings.uneven_timing,
        deinterlace=settings.deinterlace,
        colour=ColourSettings(**colour),
    )


@dataclass(frozen=True, kw_only=True)
class Source:
    """A clip to decode.

    Attributes
    ----------
    fps
        Frames per second, exact.
    size
        (width, height) of every frame.
    count
        Number of frames; None for a video, where only decoding tells.
    numbers
        Frame number of each frame in the names of the images; None where they have none.
    input_times
        Start of the picture that each frame shows, in s from the first, as the video gives it;
        None where all frames last equally long.
    facts
        What the input is, in five lines.
    ground
        Colour to lay transparent frames over; None where no frame can be transparent.
    lines
        What was assumed about the input, or left out of it, to be shown to the user.
    readers
        Call it for an iterator over one function per frame, in order; each function gives the
        frame as uint8 RGB (H, W, 3), or straight RGBA (H, W, 4) where any of it is transparent,
        and may be called in any thread.
    """

    fps: Fraction
    size: tuple[int, int]
    count: int | None
    readers: Callable[[], Iterator[Callable[[], np.ndarray]]]
    numbers: list[int] | None = None
    input_times: list[float] | None = None
    ground: tuple[int, int, int] | None = None
    facts: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()


def open_source(
    source: str,
    *,
    fps: float,
    reading: ReadingSettings = AS_GIVEN,
) -> Source:
    """Open the folder of images or the video file ``source``.

    Parameters
    ----------
    source
        As the key ``input`` gives it.
    fps
        Frames per second of a folder of images.
    reading
        How to read what the input leaves open.

    Raises
    ------
    UserError
        When it is missing, is no clip, mixes sizes, or cannot be decoded; the functions of
        ``readers`` raise it for a damaged frame.
    """
    found = find_input(source)
    files = found.files
    if not found.is_video:
        headers = read_headers(files)
        clear = [file for file, header in zip(files, headers, strict=True) if header.has_alpha]
        convert = reading.colour.primaries != "keep" and any(one.profile for one in headers)
        read = partial(read_image, convert_profile=convert)
        samples = (read(clear[i]) for i in evenly_spread(len(clear), GROUND_SAMPLES))
        shown, numbers, lines = list(range(len(files))), None, [found.left_out]
        if found.numbers is not None:
            shown, line = hold_missing(
                found.numbers, missing_numbers=reading.missing_numbers, asked=found.asked
            )
            numbers = [found.numbers[0] + t for t in range(len(shown))]
            if reading.missing_numbers == "close":
                numbers = found.numbers
            lines.append(line)
        lines += film_lines(files)
        lines += profile_lines([header.profile for header in headers], convert=convert)
        return Source(
            fps=as_fraction(fps),
            size=headers[0].size,
            count=len(shown),
            ground=choose_ground(samples) if clear else None,
            readers=lambda: (partial(read, files[index]) for index in shown),
            numbers=numbers,
            facts=describe_images(found, headers, frames=len(shown), fps=as_fraction(fps)),
            lines=tuple(line for line in lines if line),
        )
    return _open_video(files[0], reading)


def check_source(source: str) -> None:
    """Decode all of ``source`` and keep nothing; raises what ``open_source`` and readers raise."""
    reading = ReadingSettings(missing_numbers="close", uneven_timing="even", deinterlace="none")
    for read in open_source(source, fps=24, reading=reading).readers():
        read()


def _open_video(path: Path, reading: ReadingSettings) -> Source:
    info = probe(path)
    progressive, ratio, lines = field_filters(info, reading.deinterlace)
    colours, colour_lines = colour_filters(info, reading.colour)
    lines += colour_lines
    size, squaring = square_pixels(info)
    if squaring:
        lines.append(
            f"pixels are {info.pixel_aspect.numerator}:{info.pixel_aspect.denominator}: frames of "
            f"{info.size[0]}x{info.size[1]} are scaled to {size[0]}x{size[1]} square pixels"
        )
    if info.unused:
        lines.append(f"left out of the file: {', '.join(info.unused)}")
    times, grid = info.times, choose_grid(info.times, info.rate, uneven_timing="even")
    if ratio != 1:
        grid = Grid(rate=info.rate * ratio)  # ffmpeg's filters make even frames
    elif grid.line is not None:  # uneven, as far as the packets tell
        times = frame_times(info)
        grid = choose_grid(times, info.rate, uneven_timing=reading.uneven_timing)
        lines += [grid.line] if grid.line else []
    holds = grid.holds or (1,) * len(times.starts)
    starts = [float(start - times.starts[0]) for start in times.starts]
    alpha = has_alpha(info.pixel_format)
    filters = progressive + colours + squaring

    def frames() -> Iterator[np.ndarray]:
        return decode(info, size, filters, alpha=alpha)

    return Source(
        fps=grid.rate,
        size=size,
        count=sum(holds) if grid.line else None,
        input_times=list(_held(starts, holds)) if grid.line else None,
        ground=choose_ground(islice(frames(), GROUND_FRAMES)) if alpha else None,
        readers=lambda: (
            partial(_finish, frame, info.premultiplied) for frame in _held(frames(), grid.holds)
        ),
        facts=describe_video(info, frames=round(sum(holds) * ratio), fps=grid.rate),
        lines=tuple(lines),
    )


def _held(items: Iterable[T], holds: Sequence[int] | None) -> Iterator[T]:
    # Each item as often as it is held; the last for those that nobody has counted.
    for number, item in enumerate(items):
        yield from repeat(item, 1 if holds is None or number >= len(holds) else holds[number])


def as_fraction(fps: float) -> Fraction:
    """Frame rate as a fraction: 23.976 is 24000/1001.

    >>> as_fraction(12.5)
    Fraction(25, 2)
    >>> as_fraction(29.97)
    Fraction(30000, 1001)
    """
    near = min(FRAME_RATES, key=lambda rate: abs(rate - Fraction(fps)))
    return near if abs(near - Fraction(fps)) < Fraction(6, 1000) else Fraction(str(fps))


def _finish(frame: np.ndarray, premultiplied: bool) -> np.ndarray:
    if frame.shape[2] == 3:
        return frame
    return without_opaque_alpha(to_straight(frame) if premultiplied else frame)
