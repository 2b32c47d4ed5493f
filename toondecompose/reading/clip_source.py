"""A clip to decode, whatever it is stored in, and how it is to be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np

from toondecompose.reading.video_colour import ColourSettings


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
"""The defaults: the facts of the input."""


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
        Number of frames; None for a video, whose frames are counted when it is decoded.
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
    sound
        Writes the sound as FLAC: to a path, from a time in s after the first frame on, for a
        length in s. None where there is none.
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
    sound: Callable[[Path, float, Fraction], None] | None = None
