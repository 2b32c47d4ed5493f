"""What an input is, in five lines: kind, size, time, colour, numbering."""

from __future__ import annotations

from fractions import Fraction

from toondecompose.reading.images import ImageHeader
from toondecompose.reading.inputs import InputFiles
from toondecompose.reading.video_probe import VideoInfo


def describe_images(
    found: InputFiles, headers: list[ImageHeader], *, frames: int, fps: Fraction
) -> tuple[str, ...]:
    """Describe a sequence of images that gives so many frames.

    Parameters
    ----------
    found, headers
        Its files, and the header of each.
    frames, fps
        Number of frames, and frames per second.
    """
    first, last = found.files[0].name, found.files[-1].name
    width, height = headers[0].size
    profiles = sorted({header.profile for header in headers if header.profile})
    clear = sum(header.has_alpha for header in headers)
    alpha = f"{clear} images may have alpha" if clear else "without alpha"
    if found.numbers is None:
        numbers = "none in the names, natural order"
    else:
        missing = found.numbers[-1] - found.numbers[0] + 1 - len(found.numbers)
        numbers = f"{found.numbers[0]} to {found.numbers[-1]}, {missing or 'none'} missing"
    return (
        f"kind: {len(found.files)} images, {first} to {last}",
        f"size: {width}x{height}, square pixels",
        f"time: {_time(frames, fps)}, the rate as the key 'fps' says",
        f"colour: {', '.join(profiles) or 'as sRGB'}, {alpha}",
        f"numbers: {numbers}",
    )


def describe_video(info: VideoInfo, *, frames: int | None, fps: Fraction) -> tuple[str, ...]:
    """Describe a video that is read at a frame rate; frames is None where nobody has counted."""
    width, height = info.size
    pixels = "square pixels" if info.pixel_aspect == 1 else f"pixels {_ratio(info.pixel_aspect)}"
    tags = {"matrix": info.matrix, "range": info.range, "primaries": info.primaries}
    tags["transfer"] = info.transfer
    said = ", ".join(f"{name} {tag}" for name, tag in tags.items() if tag != "unknown")
    order = "" if info.fields == "progressive" else f" ({info.fields} field first)"
    return (
        f"kind: video, {info.codec}, stream {info.stream} of {info.streams}",
        f"size: {width}x{height}, {pixels}",
        f"time: {_time(frames, fps)}",
        f"colour: {info.pixel_format}, tags: {said or 'none'}",
        f"fields: flagged as {'progressive' if not order else 'interlaced'}{order}",
    )


def _time(frames: int | None, fps: Fraction) -> str:
    rate = f"{float(fps):.6g} frames per second"
    return rate if not frames else f"{rate}, {frames} frames, {float(frames / fps):.2f} s"


def _ratio(ratio: Fraction) -> str:
    return f"{ratio.numerator}:{ratio.denominator}"
