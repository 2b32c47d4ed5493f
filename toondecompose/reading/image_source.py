"""A sequence of images as a clip: order, missing numbers, ground, its description."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import partial

import cv2
import numpy as np

from toondecompose.core.parallel import each, evenly_spread
from toondecompose.reading.clip_source import ReadingSettings, Source
from toondecompose.reading.colour_profiles import profile_lines
from toondecompose.reading.combed_images import deinterlace_images
from toondecompose.reading.description import describe_images
from toondecompose.reading.film_images import film_lines
from toondecompose.reading.images import read_headers, read_image
from toondecompose.reading.inputs import InputFiles
from toondecompose.reading.sequences import hold_missing
from toondecompose.reading.transparency import choose_ground
from toondecompose.reading.video_fields import (
    classify_fields,
    combed_line,
    may_be_interlaced,
    measure_pictures,
)

Reader = Callable[[], np.ndarray]

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
    readers = [partial(read, file) for file in files]
    combed = None if reading.deinterlace in ("auto", "none") or clear else _field_order(readers)
    if combed is not None and reading.deinterlace == "frames":
        lines.append("combed images: deinterlaced with bwdif, one picture of each")
    elif reading.deinterlace not in ("auto", "none"):
        combed = None
        lines.append(
            f"deinterlace: {reading.deinterlace} does nothing to these images: only opaque ones "
            "that are combed can be deinterlaced, by deinterlace: frames"
        )
    if reading.deinterlace == "auto" and may_be_interlaced(headers[0].size[1]):
        lines.append(combed_line(each(lambda file: _grey(read(file)), files[:COMBED_IMAGES])))
    lines += profile_lines([header.profile for header in headers], convert=convert)
    return Source(
        fps=fps,
        size=headers[0].size,
        count=len(shown),
        ground=choose_ground(samples) if clear else None,
        readers=lambda: (
            (readers[index] for index in shown)
            if combed is None
            else _deinterlaced(readers, shown, combed)
        ),
        numbers=numbers,
        facts=describe_images(found, headers, frames=len(shown), fps=fps),
        lines=tuple(line for line in lines if line),
    )


def _field_order(readers: Sequence[Reader]) -> str | None:
    """Return the field order of the first images, None where they are not combed."""
    fields = measure_pictures(each(lambda read: _grey(read()), readers[:COMBED_IMAGES]))
    return None if classify_fields(fields, flagged=False) == "progressive" else fields.order


def _deinterlaced(readers: Sequence[Reader], shown: Sequence[int], order: str) -> Iterator[Reader]:
    frames, index, frame = deinterlace_images(readers, order), -1, np.empty(0, np.uint8)
    for wanted in shown:
        while index < wanted:
            frame, index = next(frames), index + 1
        yield partial(np.asarray, frame)
    for _ in frames:  # to the end, for errors
        pass


def _grey(frame: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(np.ascontiguousarray(frame[..., :3]), cv2.COLOR_RGB2GRAY)
