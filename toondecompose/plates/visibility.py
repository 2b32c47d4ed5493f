"""Visibility: where the planes are, how certain that is, and which frames show them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.geometry import Size
from toondecompose.core.masks import signed_distance
from toondecompose.core.parallel import add_up, each
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.planes.background import Plane
from toondecompose.plates.parameters import Parameters


def visibility(
    planes: Sequence[Plane], size: Size, outline_error: float, *, tuning: Tuning = DEFAULT
) -> list[list[list[np.ndarray]]]:
    """Return where frames of a size show each plane if there were no sprites, choice by choice.

    A choice has T images (H, W) bool for each plane. In the first choice the plane is certainly
    visible; the next choices come nearer to outlines, for places that no better choice shows. See
    `plane_masks`.
    """
    parameters = tuning[Parameters]
    everywhere = [np.ones((size[1], size[0]), bool)] * len(planes[0].homographies)
    return _choices(
        planes,
        everywhere,
        (outline_error, parameters.near_outline_px, None) if len(planes) > 1 else (outline_error,),
        tuning=tuning,
    )


def unoccluded(
    planes: Sequence[Plane],
    free: Sequence[np.ndarray],
    outline_error: float,
    *,
    tuning: Tuning = DEFAULT,
) -> list[list[np.ndarray]]:
    """Return, for each plane front to back, where no plane in front of it may be: T times (H, W)
    bool.

    free (H, W) bool of each frame is true where no sprite is; outline_error is in pixels, the error
    to expect in the outline of a plane's alpha. The last plane has no outline: it gets the same
    masks as the plane in front of it.
    """
    size = (free[0].shape[1], free[0].shape[0])
    left = [list(free)]
    for plane in planes[:-2]:
        possible = region_depths(plane.alpha, outline_error, tuning=tuning)[0]
        views = each(lambda h, of=possible: geometry.to_frame(of, h, size), plane.homographies)
        left.append([mask & (view <= 0) for mask, view in zip(left[-1], views, strict=True)])
    return [*left, left[-1]][: len(planes)]


def plane_masks(
    planes: Sequence[Plane],
    free: Sequence[np.ndarray],
    outline_error: float | None,
    *,
    tuning: Tuning = DEFAULT,
) -> list[list[np.ndarray]]:
    """Return, for each plane front to back, where frames certainly show it: T times (H, W) bool.

    free (H, W) bool of each frame is true where no sprite is; outline_error is in pixels, the error
    to expect in the outline of a plane's alpha. With None, each place counts for the plane with the
    larger share.
    """
    return _choices(planes, free, (outline_error,), tuning=tuning)[0]


def _choices(
    planes: Sequence[Plane],
    free: Sequence[np.ndarray],
    outline_errors: Sequence[float | None],
    *,
    tuning: Tuning = DEFAULT,
) -> list[list[list[np.ndarray]]]:
    """Return `plane_masks` for each of several outline errors."""
    size = (free[0].shape[1], free[0].shape[0])
    depths = [
        None if plane.alpha.min() >= 1 else _depths(plane.alpha, tuning=tuning) for plane in planes
    ]

    def one(t: int) -> list[list[np.ndarray]]:
        left, found = [free[t]] * len(outline_errors), []
        for plane, depth in zip(planes, depths, strict=True):
            if depth is None:
                found.append(left)
                left = [np.zeros(size[::-1], bool)] * len(outline_errors)
                continue
            possible, sure, half = cv2.split(geometry.to_frame(depth, plane.homographies[t], size))
            covers = [
                (half > 0, half > 0)
                if outline_error is None
                else (possible > -outline_error, sure > outline_error)
                for outline_error in outline_errors
            ]
            found.append([mask & surely for mask, (_, surely) in zip(left, covers, strict=True)])
            left = [mask & ~maybe for mask, (maybe, _) in zip(left, covers, strict=True)]
        return found

    frames = each(one, range(len(free)))
    numbers = range(len(planes))
    return [
        [[frame[k][i] for frame in frames] for k in numbers] for i in range(len(outline_errors))
    ]


def _depths(alpha: np.ndarray, *, tuning: Tuning = DEFAULT) -> np.ndarray:
    """Return the depth of each place inside three regions, (H, W, 3) float32; see `region_depths`.

    The first is where alpha may be above 0 and the second where alpha is certainly 1, in pixels.
    The third is alpha - 0.5.
    """
    possible, sure = region_depths(alpha, 0, tuning=tuning)
    return np.dstack([possible, sure, alpha - np.float32(0.5)]).astype(np.float32)


def count_on_canvas(plane: Plane, seen: Callable[[int], Sequence[np.ndarray]]) -> list[np.ndarray]:
    """Return how many frames show each place of a plane's canvas, (h, w) float32.

    seen(t) returns masks (H, W) bool of frame t; there is one count for each of these masks.
    """

    def one(t: int) -> list[np.ndarray]:
        place = plane.homographies[t]
        return [
            geometry.to_canvas(mask.astype(np.float32), place, plane.canvas) for mask in seen(t)
        ]

    return add_up(one, range(len(plane.homographies)))


def region_depths(
    alpha: np.ndarray, outline_error: float, *, tuning: Tuning = DEFAULT
) -> tuple[np.ndarray, np.ndarray]:
    """Return how deep each place lies in the region where a plane may be, and where it certainly
    is.

    Both are (H, W) float32 in pixels, negative outside. outline_error is in pixels, the error to
    expect in the outline of alpha (H, W), which is in 0..1.
    """
    parameters = tuning[Parameters]
    possible, sure = (
        (alpha >= least).astype(np.float32)
        for least in (parameters.min_possible_alpha, parameters.min_certain_alpha)
    )
    return signed_distance(possible) + outline_error, signed_distance(sure) - outline_error


def unknown_band(
    alpha: np.ndarray, outline_error: float, *, tuning: Tuning = DEFAULT
) -> np.ndarray:
    """Return where alpha has to be solved, (H, W) bool; see `region_depths`."""
    possible, sure = region_depths(alpha, outline_error, tuning=tuning)
    return (possible >= 0) & (sure <= 0)


def softened_alpha(alpha: np.ndarray, outline_error: float) -> np.ndarray:
    """Return the expected alpha (H, W) when its outline is wrong by up to so many pixels."""
    width = 2 * round(outline_error) + 1
    return cv2.blur(alpha.astype(np.float32), (width, width))
