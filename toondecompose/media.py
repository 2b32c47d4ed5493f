"""Clips that come in: every folder of images or video becomes 8-bit RGB frames of one size.

Images are read by Pillow, which (unlike OpenCV) refuses a file that is cut short. 16-bit images
keep their upper 8 bits, gray and palette images become RGB, transparent pixels are laid over
black, and turned photos and videos are set upright.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from toondecompose.errors import UserError
from toondecompose.inputs import input_files
from toondecompose.parallel import each
from toondecompose.video_files import decode, probe

FRAME_RATES = tuple(Fraction(n, 1001) for n in (24000, 30000, 48000, 60000, 120000))
"""Frame rates that their two or three digits do not say exactly."""


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
    readers
        Call it for an iterator over one function per frame, in order; each function gives the
        frame as (height, width, 3) uint8 RGB and may be called in any thread.
    """

    fps: Fraction
    size: tuple[int, int]
    count: int | None
    readers: Callable[[], Iterator[Callable[[], np.ndarray]]]


def open_source(source: str, *, fps: float) -> Source:
    """Open the folder of images or the video file ``source``; ``fps`` holds for a folder.

    Raises
    ------
    UserError
        When it is missing, is no clip, mixes sizes, or cannot be decoded; the functions of
        ``readers`` raise it for a damaged frame.
    """
    files = input_files(source)
    if Path(source).is_dir():
        return Source(
            fps=as_fraction(fps),
            size=_common_size(files),
            count=len(files),
            readers=lambda: (partial(read_image, file) for file in files),
        )
    size, rate, filters = probe(files[0])
    return Source(
        fps=rate,
        size=size,
        count=None,
        readers=lambda: (partial(_same, f) for f in decode(files[0], size, filters)),
    )


def check_source(source: str) -> None:
    """Decode all of ``source`` and keep nothing; raises what ``open_source`` and readers raise."""
    for read in open_source(source, fps=24).readers():
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


def read_image(path: Path) -> np.ndarray:
    """Read one image as (height, width, 3) uint8 RGB."""
    try:
        with Image.open(path) as image:
            image.load()
            return to_rgb(ImageOps.exif_transpose(image))
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        raise _damaged(path, error) from error


def to_rgb(image: Image.Image) -> np.ndarray:
    """Return the pixels of a loaded image of any kind as (height, width, 3) uint8 RGB."""
    if image.mode.startswith("I"):  # 16 bits of gray
        gray = np.asarray(image).astype(np.int64).clip(0, 65535) >> 8
        return np.repeat(gray.astype(np.uint8)[..., None], 3, axis=2)
    if image.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, (0, 0, 0, 255)), image)
    return np.asarray(image.convert("RGB"))


def _common_size(files: list[Path]) -> tuple[int, int]:
    # In parallel, for a PNG is decoded: its orientation may come last in the file.
    first, *others = each(_upright_size, files)
    for file, size in zip(files[1:], others, strict=True):
        if size != first:
            raise UserError(
                f"{files[0]} is {first[0]}x{first[1]}, but {file} is {size[0]}x{size[1]}; "
                "the frames of a clip must have one size: remove or resize the odd ones"
            )
    return first


def _upright_size(file: Path) -> tuple[int, int]:
    try:
        with Image.open(file) as image:
            turned = image.getexif().get(0x0112, 1) >= 5
            return image.size[::-1] if turned else image.size
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise _damaged(file, error) from error


def _damaged(path: Path, error: Exception) -> UserError:
    known = isinstance(error, UnidentifiedImageError)
    why = "no image that can be read" if known else str(error) or type(error).__name__
    return UserError(
        f"{path} is damaged or half-written ({why}); "
        "replace it or remove it from the folder, then give the same command again"
    )


def _same(frame: np.ndarray) -> np.ndarray:
    return frame
