"""Clips that come in: every folder of images or video becomes 8-bit frames of one size.

Frames are RGB, or straight RGBA where the input is transparent.
"""

from __future__ import annotations

from fractions import Fraction

from toondecompose.reading.clip_source import AS_GIVEN, ReadingSettings, Source
from toondecompose.reading.image_source import open_images
from toondecompose.reading.inputs import find_input
from toondecompose.reading.video_source import open_video

FRAME_RATES = tuple(Fraction(n, 1001) for n in (24000, 30000, 48000, 60000, 120000))
"""Frame rates that two or three digits do not give exactly."""


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
    if found.is_video:
        return open_video(found.files[0], reading=reading)
    return open_images(found, fps=as_fraction(fps), reading=reading)


def check_source(source: str) -> None:
    """Decode all of ``source`` and keep nothing; raises what ``open_source`` and readers raise."""
    reading = ReadingSettings(missing_numbers="close", uneven_timing="even", deinterlace="none")
    for read in open_source(source, fps=24, reading=reading).readers():
        read()


def as_fraction(fps: float) -> Fraction:
    """Frame rate as a fraction: 23.976 is 24000/1001.

    >>> as_fraction(12.5)
    Fraction(25, 2)
    >>> as_fraction(29.97)
    Fraction(30000, 1001)
    """
    near = min(FRAME_RATES, key=lambda rate: abs(rate - Fraction(fps)))
    return near if abs(near - Fraction(fps)) < Fraction(6, 1000) else Fraction(str(fps))
