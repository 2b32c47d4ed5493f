"""Where the planes of the background are, how surely, and where the frames show them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.geometry import Size
from toondecompose.core.masks import signed_distance
from toondecompose.core.parallel import add_up, each
from toondecompose.planes.background import Plane

POSSIBLE, SURE = 0.05, 0.95
"""Alpha of a plane from which on it may be there, and from which on it surely is."""

MARGIN = 0.5
"""Pixels from its outline up to which a plane is looked at where nothing else shows it."""


def visibility(planes: Sequence[Plane], size: Size, blur: float) -> list[list[list[np.ndarray]]]:
    """Return, choice by choice, where frames of a size show each plane, were there no sprites.

    A choice has T images (H, W) bool for each plane. The first is where it surely is, the next come
    nearer to outlines, for places that no better one shows; see `plane_masks`.
    """
    everywhere = [np.ones((size[1], size[0]), bool)] * len(planes[0].homographies)
    return _choices(planes, everywhere, (blur, MARGIN, None) if len(planes) > 1 else (blur,))


def unhidden(
    planes: Sequence[Plane], free: Sequence[np.ndarray], blur: float
) -> list[list[np.ndarray]]:
    """Return, for each plane front to back, where no plane before it may be: T times (H, W) bool.

    free (H, W) bool of each frame is where no sprite is, blur the pixels by which the outline of
    a plane's alpha may be wrong. Of the last plane, which has no outline, only the same is known
    as of the one before it.
    """
    size = (free[0].shape[1], free[0].shape[0])
    left = [list(free)]
    for plane in planes[:-2]:
        possible = extent(plane.alpha, blur)[0]
        views = each(lambda h, of=possible: geometry.to_frame(of, h, size), plane.homographies)
        left.append([mask & (view <= 0) for mask, view in zip(left[-1], views, strict=True)])
    return [*left, left[-1]][: len(planes)]


def plane_masks(
    planes: Sequence[Plane], free: Sequence[np.ndarray], blur: float | None
) -> list[list[np.ndarray]]:
    """Return, for each plane front to back, where the frames surely show it: T times (H, W) bool.

    free (H, W) bool of each frame is where no sprite is, blur the pixels by which the outline of
    a plane's alpha may be wrong; with None, every place counts for the plane of the larger share.
    """
    return _choices(planes, free, (blur,))[0]


def _choices(
    planes: Sequence[Plane], free: Sequence[np.ndarray], blurs: Sequence[float | None]
) -> list[list[list[np.ndarray]]]:
    """Return `plane_masks` for each of some blurs."""
    size = (free[0].shape[1], free[0].shape[0])
    depths = [None if plane.alpha.min() >= 1 else _depths(plane.alpha) for plane in planes]

    def one(t: int) -> list[list[np.ndarray]]:
        left, found = [free[t]] * len(blurs), []
        for plane, depth in zip(planes, depths, strict=True):
            if depth is None:
                found.append(left)
                left = [np.zeros(size[::-1], bool)] * len(blurs)
                continue
            possible, sure, half = cv2.split(geometry.to_frame(depth, plane.homographies[t], size))
            covers = [
                (half > 0, half > 0) if blur is None else (possible > -blur, sure > blur)
                for blur in blurs
            ]
            found.append([mask & surely for mask, (_, surely) in zip(left, covers, strict=True)])
            left = [mask & ~maybe for mask, (maybe, _) in zip(left, covers, strict=True)]
        return found

    frames = each(one, range(len(free)))
    numbers = range(len(planes))
    return [[[frame[k][i] for frame in frames] for k in numbers] for i in range(len(blurs))]


def _depths(alpha: np.ndarray) -> np.ndarray:
    """Return how deep each place lies where alpha may be, where it surely is, and is the larger.

    (H, W, 3) float32, the first two in pixels; see `extent`.
    """
    possible, sure = extent(alpha, 0)
    return np.dstack([possible, sure, alpha - np.float32(0.5)]).astype(np.float32)


def count_on_canvas(plane: Plane, seen: Callable[[int], Sequence[np.ndarray]]) -> list[np.ndarray]:
    """Return how many frames show each place of a plane's canvas, (h, w) float32.

    seen(t) are masks (H, W) bool of frame t; there is a count for each of them.
    """

    def one(t: int) -> list[np.ndarray]:
        place = plane.homographies[t]
        return [
            geometry.to_canvas(mask.astype(np.float32), place, plane.canvas) for mask in seen(t)
        ]

    return add_up(one, range(len(plane.homographies)))


def extent(alpha: np.ndarray, blur: float) -> tuple[np.ndarray, np.ndarray]:
    """Return how deep in the region each place lies where a plane may be, and where it surely is.

    Both (H, W) float32, in pixels, negative outside. blur are the pixels by which the outline of
    the alpha (H, W) in 0..1 may be wrong.
    """
    possible, sure = ((alpha >= least).astype(np.float32) for least in (POSSIBLE, SURE))
    return signed_distance(possible) + blur, signed_distance(sure) - blur


def band_of(alpha: np.ndarray, blur: float) -> np.ndarray:
    """Return where alpha has to be found, (H, W) bool; see `extent`."""
    possible, sure = extent(alpha, blur)
    return (possible >= 0) & (sure <= 0)


def softened(alpha: np.ndarray, blur: float) -> np.ndarray:
    """Return the alpha (H, W) to expect where its outline may be wrong by so many pixels."""
    width = 2 * round(blur) + 1
    return cv2.blur(alpha.astype(np.float32), (width, width))
