"""A video file as a clip: fields, colours, pixel shape, frame times, alpha, its description."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from functools import partial
from itertools import islice, repeat
from pathlib import Path
from typing import TypeVar

import numpy as np

from toondecompose.footage.timing import Grid, choose_grid
from toondecompose.reading.blended_pulldown import (
    MEASURED_WIDTH,
    find_blends,
    may_be_blended,
    undo_blends,
)
from toondecompose.reading.clip_source import ReadingSettings, Source
from toondecompose.reading.description import describe_video
from toondecompose.reading.images import without_opaque_alpha
from toondecompose.reading.sound import write_sound
from toondecompose.reading.transparency import choose_ground, to_straight
from toondecompose.reading.video_colour import colour_filters, has_alpha
from toondecompose.reading.video_fields import MEASURED_FRAMES, field_filters
from toondecompose.reading.video_files import decode, square_pixels
from toondecompose.reading.video_probe import VideoInfo, frame_times, probe

T = TypeVar("T")

GROUND_FRAMES = 12
"""Frames at the beginning of a video in which a ground is sought."""


def open_video(path: Path, *, reading: ReadingSettings) -> Source:
    """Open a video file.

    Raises
    ------
    UserError
        When it cannot be decoded, or holding frames would make too many.
    """
    info = probe(path)
    progressive, ratio, lines = field_filters(info, reading.deinterlace)
    phase = None if progressive else _blend_phase(info, reading.deinterlace)
    if phase is not None:
        film = f"{float(info.rate * 4 / 5):.6g} frames per second"
        undone = reading.deinterlace == "unblend"
        ratio = Fraction(4, 5) if undone else ratio
        lines.append(
            "blended pulldown (two of five frames are means of two): "
            + (f"undone, {film}" if undone else f"left; deinterlace: unblend makes {film} of it")
        )
    elif reading.deinterlace == "unblend":
        lines.append("no blended pulldown is found: frames stay as they are")
    colours, colour_lines = colour_filters(info, reading.colour)
    lines += colour_lines
    size, squaring = square_pixels(info)
    if squaring:
        lines.append(
            f"pixels are {info.pixel_aspect.numerator}:{info.pixel_aspect.denominator}: frames of "
            f"{info.size[0]}x{info.size[1]} are scaled to {size[0]}x{size[1]} square pixels"
        )
    left = [kind for kind in info.unused if kind != "sound"]
    if left:
        lines.append(f"left out of the file: {', '.join(left)}")
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
        decoded = decode(info, size, filters, alpha=alpha)
        return decoded if phase is None or ratio == 1 else undo_blends(decoded, phase)

    def sound(path: Path, start: float, length: Fraction) -> None:
        write_sound(info, path, start, length=length)

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
        sound=sound if "sound" in info.unused else None,
    )


def _blend_phase(info: VideoInfo, deinterlace: str) -> int | None:
    if deinterlace not in ("auto", "unblend") or not may_be_blended(info.rate):
        return None
    if has_alpha(info.pixel_format) or info.size[0] < MEASURED_WIDTH:
        size, filters = info.size, []
    else:
        size = (MEASURED_WIDTH, max(1, round(info.size[1] * MEASURED_WIDTH / info.size[0])))
        filters = [f"scale={size[0]}:{size[1]}:flags=area"]
    return find_blends(list(islice(decode(info, size, filters), MEASURED_FRAMES)))


def _held(items: Iterable[T], holds: Sequence[int] | None) -> Iterator[T]:
    # Each item as often as it is held; the last for those that nobody has counted.
    for number, item in enumerate(items):
        yield from repeat(item, 1 if holds is None or number >= len(holds) else holds[number])


def _finish(frame: np.ndarray, premultiplied: bool) -> np.ndarray:
    if frame.shape[2] == 3:
        return frame
    return without_opaque_alpha(to_straight(frame) if premultiplied else frame)
