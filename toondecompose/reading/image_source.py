"""A sequence of images as a clip: order, missing numbers, ground, its description."""

from __future__ import annotations

from fractions import Fraction
from functools import partial

import cv2
import numpy as np

from toondecompose.core.parallel import each, evenly_spread
from toondecompose.reading.clip_source import ReadingSettings, Source
from toondecompose.reading.colour_profiles import profile_lines
from toondecompose.reading.description import describe_images
from toondecompose.reading.film_images import film_lines
from toondecompose.reading.images import read_headers, read_image
from toondecompose.reading.inputs import InputFiles
from toondecompose.reading.sequences import hold_missing
from toondecompose.reading.transparency import choose_ground
from toondecompose.reading.video_fields import combed_line, may_be_interlaced

GROUND_SAMPLES = 4
"""Images of a folder in which a ground is sought."""

COMBED_IMAGES = 30
"""Images at the beginning of a folder in which combs are sought."""


def open_images(found: InputFiles, *, fps: Fraction, reading: ReadingSettings) -> Source:
    """Open a sequence of images at so many frames per second.

    Raises
    ------
    UserError
        When an image is damaged or has another size, or holding frames would make too many.
    """
    files = found.files
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
    if reading.deinterlace == "auto" and may_be_interlaced(headers[0].size[1]):
        lines.append(combed_line(each(lambda file: _grey(read(file)), files[:COMBED_IMAGES])))
    lines += profile_lines([header.profile for header in headers], convert=convert)
    return Source(
        fps=fps,
        size=headers[0].size,
        count=len(shown),
        ground=choose_ground(samples) if clear else None,
        readers=lambda: (partial(read, files[index]) for index in shown),
        numbers=numbers,
        facts=describe_images(found, headers, frames=len(shown), fps=fps),
        lines=tuple(line for line in lines if line),
    )


def _grey(frame: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(np.ascontiguousarray(frame[..., :3]), cv2.COLOR_RGB2GRAY)
