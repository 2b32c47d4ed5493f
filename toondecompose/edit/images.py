"""Changed images: which there are, and which of their pixels differ from the clip's own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from toondecompose.core.errors import UserError
from toondecompose.store.placement import NamedPlane, Placements

NOTICEABLE = 2
"""Levels: programs that store colours otherwise change them by less."""

IMAGES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp", ".tga", ".psd", ".exr")
"""Ends of names of images, in small letters."""


@dataclass(frozen=True)
class ChangedImage:
    """A picture that was painted over.

    Attributes
    ----------
    rgba : (h, w, 4) uint8, straight.
    changed : (h, w) uint8, 255 where it differs from the clip's own picture, else 0.
    """

    rgba: np.ndarray
    changed: np.ndarray


def file_name(name: str) -> str:
    """Return where the image of a picture lies in the folder of edits.

    >>> file_name("plate"), file_name("A.0001")
    ('plate.png', 'cels/A/A.0001.png')
    """
    layer, _, drawing = name.partition(".")
    return f"cels/{layer}/{name}.png" if drawing else f"{name}.png"


def find_changes(
    placements: Placements, folder: Path, background: str | None
) -> dict[int, ChangedImage]:
    """Read all changed images of a folder, by the number of their picture.

    Images that are the clip's own, as an export left them, count as none.

    Raises
    ------
    UserError
        When an image has another size than the picture, or the name of none, or is no PNG.
    """
    known = {file_name(one.name): i for i, one in enumerate(placements.pictures)}
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if name == background or name.endswith(".observed.png"):
            continue
        if path.suffix != ".png":
            wanted = path.relative_to(folder).with_suffix(".png").as_posix()
            if path.suffix.lower() in IMAGES and wanted in known:
                raise UserError(f"{path} is not taken, because it is no .png; save it as {wanted}")
            continue
        if name not in known:
            some = ", ".join(list(known)[:4])
            raise UserError(
                f"{path} has the name of no picture of this clip; name it as the picture that it "
                f"takes the place of, such as {some}"
            )
        number = known[name]
        change = compare(read_image(path), placements, number, path=path)
        if change is not None:
            found[number] = change
    return found


def compare(
    rgba: np.ndarray, placements: Placements, number: int, *, path: Path
) -> ChangedImage | None:
    """Return an image (h, w, 4) as a change of a picture, or None where nothing differs."""
    own = placements.read(number)
    if rgba.shape != own.shape:
        (height, width), replaced = own.shape[:2], placements.pictures[number].path
        raise UserError(
            f"{path} has {rgba.shape[1]}x{rgba.shape[0]} pixels, but the picture that it takes "
            f"the place of, {replaced}, has {width}x{height}; change a copy of that one"
        )
    alpha = cv2.absdiff(rgba[..., 3], own[..., 3]) > NOTICEABLE
    colour = cv2.absdiff(rgba[..., :3], own[..., :3]).max(axis=2) > NOTICEABLE
    changed = alpha | (colour & (rgba[..., 3] > 0))
    if isinstance(placements.layers[placements.pictures[number].layer], NamedPlane):
        changed &= rgba[..., 3] > 0  # an export leaves a plate transparent where nobody saw it
    if not changed.any():
        return None
    return ChangedImage(rgba, changed.astype(np.uint8) * 255)


def read_image(path: Path) -> np.ndarray:
    """Read an image as straight RGBA, (h, w, 4) uint8."""
    try:
        data = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}); save the image anew") from None
    pixels = cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if len(data) else None
    if pixels is None or pixels.dtype not in (np.uint8, np.uint16):
        raise UserError(f"{path} is no image that can be read; save it as PNG of 8 or 16 bits")
    if pixels.dtype == np.uint16:
        pixels = (pixels / 257).round().astype(np.uint8)
    if pixels.ndim == 2:
        return cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGBA)
    return cv2.cvtColor(pixels, cv2.COLOR_BGRA2RGBA if pixels.shape[2] == 4 else cv2.COLOR_BGR2RGBA)
