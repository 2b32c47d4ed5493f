"""Frames as the stages take them: opaque, at full and at working size."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from toondecompose.reading.transparency import lay_over_ground

Size = tuple[int, int]


@dataclass(frozen=True)
class SizedFrame:
    """A frame at both sizes.

    Attributes
    ----------
    full, small : (H, W, 3) uint8 RGB, at the size of the input and at working size.
    alpha, small_alpha : the alpha that came with it, (H, W) uint8 at the same sizes; None for an
        opaque frame.
    """

    full: np.ndarray
    small: np.ndarray
    alpha: np.ndarray | None = None
    small_alpha: np.ndarray | None = None


def working_size(size: Size, height: int) -> Size:
    """(width, height) to work at: about ``height`` high, no enlargement but to multiples of 8.

    >>> working_size((1280, 720), 256)
    (456, 256)
    >>> working_size((100, 60), 256)
    (96, 64)
    """
    scale = min(1.0, height / size[1])
    width, height = (max(8, 8 * round(side * scale / 8)) for side in size)
    return width, height


def to_both_sizes(given: np.ndarray, ground: tuple[int, int, int], size: Size) -> SizedFrame:
    """Lay a frame over the ground, and scale it and its alpha to the working size.

    Parameters
    ----------
    given : (H, W, 3) uint8 RGB, or (H, W, 4), straight RGBA.
    ground : colour that shows through.
    size : (width, height) to work at.
    """
    full, alpha = lay_over_ground(given, ground)
    small_alpha = None if alpha is None else shrink(alpha, size)
    return SizedFrame(full, shrink(full, size), alpha, small_alpha)


def shrink(picture: np.ndarray, size: Size) -> np.ndarray:
    """Scale a picture to (width, height); each pixel is the mean of the area that it covers."""
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
