"""Soft outlines of planes, at the resolution at which motion is measured.

Labels have the working resolution and end where the picture has edges. But backgrounds are often
painted out of focus: an outline may be twenty pixels wide, and a label ends anywhere inside it. So
alpha is solved in a wide band, over the plane that moves behind. A better outline improves the
plane behind, which improves the next round.
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
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.planes.background import Background, Plane
from toondecompose.plates.parameters import Parameters
from toondecompose.plates.plates import Plate, gather_plate, render_plates, sample_plates
from toondecompose.plates.triangulation import solve_outline
from toondecompose.plates.visibility import (
    count_on_canvas,
    softened_alpha,
    unknown_band,
    unoccluded,
    visibility,
)


def find_plane_outlines(
    frames: Sequence[np.ndarray],
    free: Sequence[np.ndarray],
    planes: Background,
    *,
    outline_error: float,
    tuning: Tuning = DEFAULT,
) -> Background:
    """Solve the alpha of all planes but the last.

    Parameters
    ----------
    frames : T images (H, W, 3) uint8.
    free : T images (H, W) bool, true where no sprite is near.
    planes : front to back; their textures are not used.
    outline_error : pixels by which the outline of a plane's alpha is commonly wrong.
    """
    parameters = tuning[Parameters]
    if len(planes) < 2:
        return planes
    chosen = evenly_spread(len(frames), parameters.outline_frames)
    frames, free = [frames[t] for t in chosen], [free[t] for t in chosen]
    size = (frames[0].shape[1], frames[0].shape[0])
    part = [replace(plane, homographies=plane.homographies[chosen]) for plane in planes]
    part = [replace(plane, alpha=continued_alpha(plane, size)) for plane in part]
    doubtful = [
        unknown_band(plane.alpha, parameters.band_outline_errors * outline_error, tuning=tuning)
        for plane in part
    ]
    for turn in range(parameters.outline_rounds):
        part = _solve_all(
            frames,
            free,
            part,
            bands=doubtful,
            outline_error=outline_error,
            close=turn == parameters.outline_rounds - 1,
            tuning=tuning,
        )
    return tuple(replace(p, alpha=s.alpha) for p, s in zip(planes, part, strict=True))


def continued_alpha(plane: Plane, size: Size) -> np.ndarray:
    """Return a plane's alpha; places outside of all frames get that of the nearest place."""
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
    *,
    bands: Sequence[np.ndarray],
    outline_error: float,
    close: bool,
    tuning: Tuning = DEFAULT,
) -> list[Plane]:
    """Solve alpha once in the bands (h, w) bool of all planes but the last, from back to front.

    close: whether gaps through which no frame shows any background are closed.
    """
    parameters = tuning[Parameters]
    visible = visibility(
        planes, (frames[0].shape[1], frames[0].shape[0]), outline_error, tuning=tuning
    )
    open_to = unoccluded(planes, free, outline_error, tuning=tuning)
    plates: list[Plate] = []
    solved: list[Plane] = []
    for i in reversed(range(len(planes))):
        if plates:
            plane = _solved(
                frames,
                open_to[i],
                planes[i],
                behind=plates,
                band=bands[i],
                outline_error=outline_error,
                tuning=tuning,
            )
            if close:
                plane.alpha[_without_background(open_to[i], plane, plates, tuning=tuning)] = 1
                # Single lines of such places come from the limits of what was observed.
                plane = replace(plane, alpha=cv2.medianBlur(plane.alpha, parameters.speck_px))
            solved.insert(0, plane)
        else:
            solved.insert(0, planes[i])
        if i:
            seen = [masks[i] for masks in visible]
            plate = gather_plate(
                frames,
                seen,
                [free],
                open_to=open_to[i],
                plane=solved[0],
                behind=plates,
                outline_error=outline_error,
                sharp=False,
                tuning=tuning,
            )
            plates.insert(0, plate)
    return solved


def _solved(
    frames: Sequence[np.ndarray],
    free: Sequence[np.ndarray],
    plane: Plane,
    *,
    behind: Sequence[Plate],
    band: np.ndarray,
    outline_error: float,
    tuning: Tuning = DEFAULT,
) -> Plane:
    """Solve a plane's alpha in a band (h, w) bool over the plates behind it."""
    parameters = tuning[Parameters]
    if not band.any():
        return replace(plane, alpha=plane.alpha.copy())
    spread = behind[0].facts[..., 2][behind[0].facts[..., 1] > 0]
    noise = max(1.0, float(np.median(spread))) if spread.size else 1.0

    alpha = plane.alpha.copy()
    found, _, count = solve_outline(
        frames, free, partial(sample_plates, behind, tuning=tuning),
        homographies=plane.homographies, label=softened_alpha(alpha, outline_error), band=band,
        noise=noise, together=parameters.averaging_px, tuning=tuning,
    )  # fmt: skip
    alpha[band] = np.where(count > 0, found, alpha[band])
    return replace(plane, alpha=cv2.medianBlur(alpha, parameters.speck_px))


def _without_background(
    free: Sequence[np.ndarray], plane: Plane, behind: Sequence[Plate], *, tuning: Tuning = DEFAULT
) -> np.ndarray:
    """Return where no frame that shows a place knows the background there, (h, w) bool.

    A gap there is false: the frames show the plane itself.
    """
    size = (free[0].shape[1], free[0].shape[0])

    seen, known = count_on_canvas(
        plane, lambda t: (free[t], free[t] & render_plates(behind, t, size, tuning=tuning).observed)
    )
    return (seen > 0.5) & (known < 0.5)
