"""ICC profiles of images: whether one differs from sRGB, and the conversion to sRGB (LittleCMS)."""

from __future__ import annotations

import io
from itertools import product

import numpy as np
from PIL import Image, ImageCms

MAX_DIFFERENCE = 2
"""Profiles that change no colour by more levels are sRGB, whatever they call themselves."""

UNREADABLE = ""
"""Name of a profile that cannot be read."""


def foreign_profile(image: Image.Image) -> str | None:
    """Name of the image's ICC profile if it is one of RGB other than sRGB, else None.

    UNREADABLE stands for a profile that cannot be read. Profiles of gray and CMYK images do not
    count.
    """
    data = image.info.get("icc_profile")
    if not data or image.mode not in ("RGB", "RGBA", "P"):
        return None
    levels = (0, 64, 128, 192, 255)
    cube = np.array(list(product(levels, repeat=3)), np.uint8)[None]
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(data))
        found = np.asarray(_convert(Image.fromarray(cube), profile))
        name = ImageCms.getProfileDescription(profile).strip()
    except (ImageCms.PyCMSError, OSError, ValueError):
        return UNREADABLE
    differs = np.abs(found.astype(int) - cube).max() > MAX_DIFFERENCE
    return (name or "without a name") if differs else None


def to_srgb(image: Image.Image) -> Image.Image:
    """Convert the colours of a loaded image from its own profile to sRGB, alpha left alone."""
    if foreign_profile(image) in (None, UNREADABLE):
        return image
    if image.mode == "P":
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
    return _convert(image, profile)


def profile_lines(names: list[str | None], *, convert: bool) -> list[str]:
    """Lines about the foreign profiles of the images of a clip and what becomes of them."""
    lines = []
    foreign = sorted({name for name in names if name})
    if foreign and convert:
        lines.append(
            f"colours are converted to sRGB from the profile {', '.join(foreign)} "
            "(colour.primaries: keep leaves them)"
        )
    elif foreign:
        lines.append(f"the profile {', '.join(foreign)} is ignored (colour.primaries: keep)")
    if unreadable := names.count(UNREADABLE):
        lines.append(f"the colour profile of {unreadable} images cannot be read: taken as sRGB")
    return lines


def _convert(image: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image:
    converted = ImageCms.profileToProfile(
        image,
        profile,
        ImageCms.createProfile("sRGB"),
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        outputMode=image.mode,
    )
    assert converted is not None  # it is None where the image itself is converted
    return converted
