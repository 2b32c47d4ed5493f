"""Where the planes of the background are, how surely, and where the frames show them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from toondecompose import geometry
from toondecompose.geometry import Size
from toondecompose.parallel import each
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
    widths = (blur, MARGIN, None) if len(planes) > 1 else (blur,)
    return [list(plane_masks(planes, everywhere, width)) for width in widths]


def plane_masks(
    planes: Sequence[Plane], free: Sequence[np.ndarray], blur: float | None
) -> Iterator[list[np.ndarray]]:
    """Yield, for each plane front to back, where the frames surely show it: T times (H, W) bool.

    free (H, W) bool of each frame is where no sprite is, blur the pixels by which the outline of
    a plane's alpha may be wrong; with None, every place counts for the plane of the larger share.
    """
    size = (free[0].shape[1], free[0].shape[0])
    left = list(free)
    for plane in planes:
        covers = covers_of(plane, len(free), size, blur)
        yield [mask & surely for mask, (_, surely) in zip(left, covers, strict=True)]
        left = [mask & ~maybe for mask, (maybe, _) in zip(left, covers, strict=True)]


def covers_of(
    plane: Plane, count: int, size: Size, blur: float | None
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return, frame by frame, where a plane may be and where it surely is, (H, W) bool each.

    See `plane_masks`.
    """
    if plane.alpha.min() >= 1:
        whole = np.ones((size[1], size[0]), bool)
        return [(whole, whole)] * count
    if blur is None:
        possible = sure = plane.alpha - 0.5
    else:
        possible, sure = extent(plane.alpha, blur)

    def one(t: int) -> tuple[np.ndarray, np.ndarray]:
        at = plane.homographies[t]
        return geometry.to_frame(possible, at, size) > 0, geometry.to_frame(sure, at, size) > 0

    return each(one, range(count))


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


def signed_distance(alpha: np.ndarray) -> np.ndarray:
    """Return the distance in pixels from the outline at 0.5, positive inside, (H, W) float32."""
    inside = (alpha >= 0.5).astype(np.uint8)
    if inside.all() or not inside.any():
        return np.full(alpha.shape, 1e4 if inside.any() else -1e4, np.float32)
    within = cv2.distanceTransform(inside, cv2.DIST_L2, 5)
    without = cv2.distanceTransform(1 - inside, cv2.DIST_L2, 5)
    return np.where(inside, within - 0.5, 0.5 - without).astype(np.float32)


def softened(alpha: np.ndarray, blur: float) -> np.ndarray:
    """Return the alpha (H, W) to expect where its outline may be wrong by so many pixels."""
    width = 2 * round(blur) + 1
    return cv2.blur(alpha.astype(np.float32), (width, width))
