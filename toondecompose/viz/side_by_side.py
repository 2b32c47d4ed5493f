"""Pictures of one size side by side, with even sides, as the frames of a video need them."""

from __future__ import annotations

import math

import cv2
import numpy as np

from toondecompose.viz.pictures import checkerboard, over_colour


def layout(size: tuple[int, int], count: int, width: int) -> tuple[tuple[int, int], int]:
    """(width, height) of a cell and the number of columns for ``count`` pictures of ``size``.

    The whole is at most ``width`` wide; pictures are never enlarged, sides are even.

    >>> layout((1280, 720), 4, 1920)
    ((960, 540), 2)
    """
    columns = math.ceil(math.sqrt(count))
    scale = min(1.0, width / columns / size[0])
    return (even(size[0] * scale), even(size[1] * scale)), columns


def even(side: float) -> int:
    """Nearest even number, at least 2; H.264 has no odd sides."""
    return max(2, 2 * round(side / 2))


def fit(picture: np.ndarray, cell: tuple[int, int]) -> np.ndarray:
    """Scale an RGB or RGBA picture to ``cell`` (width, height), RGBA over a checkerboard."""
    if picture.shape[2] == 4:
        height, width = picture.shape[:2]
        picture = over_colour(picture, checkerboard((width, height), cell=max(8, height // 45)))
    return cv2.resize(picture, cell, interpolation=cv2.INTER_AREA)


def grid(pictures: list[np.ndarray], columns: int) -> np.ndarray:
    """Put RGB pictures (H, W, 3) of one size side by side, ``columns`` in a row."""
    missing = -len(pictures) % columns
    pictures = pictures + [np.zeros_like(pictures[0])] * missing
    rows = [pictures[i : i + columns] for i in range(0, len(pictures), columns)]
    return np.concatenate([np.concatenate(row, axis=1) for row in rows])
