"""Reading image files: every kind becomes 8-bit RGB, or straight RGBA where it is transparent.

Images are read by Pillow, which (unlike OpenCV) refuses a file that is cut short; EXR and DPX by
ffmpeg. 16-bit images
keep their upper 8 bits, gray and palette images become RGB, and turned photos are set upright.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from toondecompose.core.errors import UserError
from toondecompose.core.parallel import each
from toondecompose.reading.colour_profiles import foreign_profile, to_srgb
from toondecompose.reading.film_images import FILM_IMAGES, film_image_size, read_film_image
from toondecompose.reading.inputs import PILLOW_FORMATS

ALPHA_MODES = ("LA", "PA", "RGBA", "La", "RGBa")
"""Pillow's modes with an alpha channel."""


@dataclass(frozen=True, kw_only=True)
class ImageHeader:
    """Facts from the header of an image.

    Attributes
    ----------
    size
        (width, height) after it was set upright.
    has_alpha
        Whether it may hold transparent pixels.
    profile
        Name of its colour profile if that is not sRGB, see ``colour_profiles.foreign_profile``.
    """

    size: tuple[int, int]
    has_alpha: bool
    profile: str | None = None


def read_image(path: Path, *, convert_profile: bool = False) -> np.ndarray:
    """Read one image as uint8 RGB (H, W, 3), or straight RGBA (H, W, 4) if any is transparent.

    With ``convert_profile`` colours are converted from the image's colour profile to sRGB.

    Raises
    ------
    UserError
        When the file is damaged.
    """
    if path.suffix.lower() in FILM_IMAGES:
        return without_opaque_alpha(read_film_image(path))
    try:
        with Image.open(path, formats=PILLOW_FORMATS) as image:
            image.load()
            upright = ImageOps.exif_transpose(image)
            if convert_profile:
                upright = to_srgb(upright)
            if not _has_alpha(upright):
                return to_rgb(upright)
            return without_opaque_alpha(np.asarray(upright.convert("RGBA")))
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        raise _damaged(path, error) from error


def without_opaque_alpha(frame: np.ndarray) -> np.ndarray:
    """Return RGB (H, W, 3) of RGBA (H, W, 4) that is opaque all over, else the RGBA."""
    return np.ascontiguousarray(frame[..., :3]) if frame[..., 3].min() == 255 else frame


def to_rgb(image: Image.Image) -> np.ndarray:
    """Return the pixels of a loaded image without alpha as (H, W, 3) uint8 RGB."""
    if image.mode.startswith("I"):  # 16 bits of gray
        gray = np.asarray(image).astype(np.int64).clip(0, 65535) >> 8
        return np.repeat(gray.astype(np.uint8)[..., None], 3, axis=2)
    return np.asarray(image.convert("RGB"))


def read_headers(files: list[Path]) -> list[ImageHeader]:
    """Read the headers of the images of a clip, and check that they have one size.

    Raises
    ------
    UserError
        When a file is damaged, or two differ in size.
    """
    # In parallel, for a PNG is decoded: its orientation may come last in the file.
    headers = each(_read_header, files)
    first = headers[0].size
    for file, header in zip(files, headers, strict=True):
        if header.size != first:
            raise UserError(
                f"{files[0]} is {first[0]}x{first[1]}, but {file} is "
                f"{header.size[0]}x{header.size[1]}; "
                "the frames of a clip must have one size: remove or resize the odd ones"
            )
    return headers


def _has_alpha(image: Image.Image) -> bool:
    return image.mode in ALPHA_MODES or "transparency" in image.info


def _read_header(file: Path) -> ImageHeader:
    if file.suffix.lower() in FILM_IMAGES:
        return ImageHeader(size=film_image_size(file), has_alpha=file.suffix.lower() == ".exr")
    try:
        with Image.open(file, formats=PILLOW_FORMATS) as image:
            turned = image.getexif().get(0x0112, 1) >= 5
            width, height = image.size
            size = (height, width) if turned else (width, height)
            profile = foreign_profile(image)
            return ImageHeader(size=size, has_alpha=_has_alpha(image), profile=profile)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise _damaged(file, error) from error


def _damaged(path: Path, error: Exception) -> UserError:
    known = isinstance(error, UnidentifiedImageError)
    why = "no image that can be read" if known else str(error) or type(error).__name__
    return UserError(
        f"{path} is damaged or half-written ({why}); "
        "replace it or remove it from the folder, then give the same command again"
    )
