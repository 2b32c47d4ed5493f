"""Changed images: what of a picture of the clip differs in an image of the folder of edits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from toondecompose.core.errors import UserError

NOTICEABLE = 2
"""Levels: programs that store colours otherwise change them by less."""


@dataclass(frozen=True)
class ChangedImage:
    """A picture that was painted over.

    Attributes
    ----------
    rgba : (h, w, 4) uint8, straight; the clip's own where it was not changed.
    changed : (h, w) uint8, 255 where it differs from the clip's own picture, else 0.
    corner : (x, y) of its first pixel, in pixels of the clip's own picture; negative where
        something was painted beyond its borders.
    """

    rgba: np.ndarray
    changed: np.ndarray
    corner: tuple[int, int] = (0, 0)


def find_change(
    painted: np.ndarray, own: np.ndarray, *, corner: tuple[int, int] = (0, 0), opaque: bool = False
) -> ChangedImage | None:
    """Return an image as a change of a picture, or None where nothing differs.

    Parameters
    ----------
    painted, own : straight RGBA uint8, of any sizes.
    corner : (x, y) of the image's first pixel, in pixels of the picture.
    opaque : transparent pixels of the image change nothing.
    """
    left, top = min(0, corner[0]), min(0, corner[1])
    right = max(own.shape[1], corner[0] + painted.shape[1])
    bottom = max(own.shape[0], corner[1] + painted.shape[0])
    whole = np.zeros((bottom - top, right - left, 4), np.uint8)
    whole[-top : own.shape[0] - top, -left : own.shape[1] - left] = own
    here = np.s_[corner[1] - top :, corner[0] - left :]
    part = whole[here][: painted.shape[0], : painted.shape[1]]
    alpha = cv2.absdiff(painted[..., 3], np.ascontiguousarray(part[..., 3])) > NOTICEABLE
    colour = cv2.absdiff(painted[..., :3], np.ascontiguousarray(part[..., :3])) > NOTICEABLE
    changed = alpha | (colour.any(axis=2) & (painted[..., 3] > 0))
    if opaque:
        changed &= painted[..., 3] > 0
    if not changed.any():
        return None
    part[changed] = painted[changed]
    mask = np.zeros(whole.shape[:2], np.uint8)
    mask[here][: painted.shape[0], : painted.shape[1]][changed] = 255
    return _without_margins(whole, mask, corner=(left, top), size=own.shape[1::-1])


def _without_margins(
    whole: np.ndarray, mask: np.ndarray, *, corner: tuple[int, int], size: tuple[int, int]
) -> ChangedImage:
    """Cut off what lies beyond the clip's own picture and was not painted."""
    x, y, width, height = cv2.boundingRect(mask)
    left, top = min(x, -corner[0]), min(y, -corner[1])
    right, bottom = max(x + width, size[0] - corner[0]), max(y + height, size[1] - corner[1])
    part = np.s_[top:bottom, left:right]
    place = (left + corner[0], top + corner[1])
    return ChangedImage(whole[part].copy(), mask[part].copy(), place)


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
