"""The outlines of planes, soft, at the resolution at which motion is measured.

Labels are found at the working resolution and cut where the picture has edges. But backgrounds are
often painted out of focus: then an outline is as wide as twenty pixels, and a cut runs anywhere in
it. So alpha is solved in a wide band over what moves behind it. Once an outline is known better so
is the plane behind, which is what the next round needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.geometry import Size
from toondecompose.core.masks import nearest_in_mask
from toondecompose.core.parallel import evenly_spread
from toondecompose.planes.background import Background, Plane
from toondecompose.plates.plates import Plate, gather_plate, look, look_at
from toondecompose.plates.triangulation import solve_outline
from toondecompose.plates.visibility import band_of, count_on_canvas, softened, unhidden, visibility

FRAMES = 40
"""Frames, evenly spaced, that are looked at."""

ROUNDS = 3
"""Turns of solving outlines and gathering what is behind them."""

REACH = 3.0
"""How many times farther than labels are commonly wrong alpha is solved."""

TOGETHER = 3
"""Pixels across over which alpha is found together."""

SPECK = 5
"""Pixels across up to which an alpha that differs from all around it is noise."""


def find_plane_outlines(
    frames: Sequence[np.ndarray], free: Sequence[np.ndarray], planes: Background, blur: float
) -> Background:
    """Solve the alpha of all planes but the last.

    Parameters
    ----------
    frames : T images (H, W, 3) uint8.
    free : T images (H, W) bool, true where no sprite is near.
    planes : front to back; their textures are not used.
    blur : pixels by which the outline of a plane's alpha is commonly wrong.
    """
    if len(planes) < 2:
        return planes
    chosen = evenly_spread(len(frames), FRAMES)
    frames, free = [frames[t] for t in chosen], [free[t] for t in chosen]
    size = (frames[0].shape[1], frames[0].shape[0])
    part = [replace(plane, homographies=plane.homographies[chosen]) for plane in planes]
    part = [replace(plane, alpha=continued(plane, size)) for plane in part]
    doubtful = [band_of(plane.alpha, REACH * blur) for plane in part]
    for turn in range(ROUNDS):
        part = _solve_all(frames, free, part, doubtful, blur, close=turn == ROUNDS - 1)
    return tuple(replace(p, alpha=s.alpha) for p, s in zip(planes, part, strict=True))


def continued(plane: Plane, size: Size) -> np.ndarray:
    """Return a plane's alpha; where no frame of a size looks, that of the nearest place."""
    seen = np.zeros((plane.canvas[1], plane.canvas[0]), bool)
    whole = np.ones((size[1], size[0]), np.uint8)
    for place in plane.homographies:
        seen |= geometry.to_canvas(whole, place, plane.canvas, beyond=cv2.BORDER_CONSTANT) > 0
    rows, columns = np.nonzero(~seen)
    alpha = np.clip(plane.alpha, 0, 1)
    alpha[rows, columns] = alpha[nearest_in_mask(seen, rows, columns)]
    return alpha


def _solve_all(
    frames: Sequence[np.ndarray],
    free: Sequence[np.ndarray],
    planes: Sequence[Plane],
    bands: Sequence[np.ndarray],
    blur: float,
    *,
    close: bool,
) -> list[Plane]:
    """Solve alpha in the bands (h, w) bool of all planes but the last once, from back to front.

    close: whether gaps through which nothing was seen are closed.
    """
    visible = visibility(planes, (frames[0].shape[1], frames[0].shape[0]), blur)
    open_to = unhidden(planes, free, blur)
    plates: list[Plate] = []
    solved: list[Plane] = []
    for i in reversed(range(len(planes))):
        if plates:
            plane = _solved(frames, open_to[i], planes[i], plates, bands[i], blur)
            if close:
                plane.alpha[_without_background(open_to[i], plane, plates)] = 1
                # A line of them is only where what is seen of both planes ends.
                plane = replace(plane, alpha=cv2.medianBlur(plane.alpha, SPECK))
            solved.insert(0, plane)
        else:
            solved.insert(0, planes[i])
        if i:
            seen = [masks[i] for masks in visible]
            plate = gather_plate(
                frames, seen, [free], open_to[i], solved[0], plates, blur, sharp=False
            )
            plates.insert(0, plate)
    return solved


def _solved(
    frames: Sequence[np.ndarray],
    free: Sequence[np.ndarray],
    plane: Plane,
    behind: Sequence[Plate],
    band: np.ndarray,
    blur: float,
) -> Plane:
    """Solve a plane's alpha in a band (h, w) bool over the plates behind it."""
    if not band.any():
        return replace(plane, alpha=plane.alpha.copy())
    spread = behind[0].facts[..., 2][behind[0].facts[..., 1] > 0]
    noise = max(1.0, float(np.median(spread))) if spread.size else 1.0

    alpha = plane.alpha.copy()
    found, _, count = solve_outline(
        frames, free, partial(look_at, behind), plane.homographies, softened(alpha, blur), band,
        noise, TOGETHER,
    )  # fmt: skip
    alpha[band] = np.where(count > 0, found, alpha[band])
    return replace(plane, alpha=cv2.medianBlur(alpha, SPECK))


def _without_background(
    free: Sequence[np.ndarray], plane: Plane, behind: Sequence[Plate]
) -> np.ndarray:
    """Return where no frame that sees a place knows what is behind it, (h, w) bool.

    Nothing has been seen through a gap there: what the frames show is the plane itself.
    """
    size = (free[0].shape[1], free[0].shape[0])

    seen, known = count_on_canvas(
        plane, lambda t: (free[t], free[t] & look(behind, t, size).observed)
    )
    return (seen > 0.5) & (known < 0.5)
