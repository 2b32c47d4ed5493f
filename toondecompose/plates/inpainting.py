"""Inpainting of the plates where no frame shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.geometry import Size
from toondecompose.core.parallel import each
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.plates.parameters import Parameters
from toondecompose.plates.patch_inpainting import inpaint_patches
from toondecompose.plates.plates import Plate


def inpaint_hidden(
    plates: Sequence[Plate], size: Size, *, tuning: Tuning = DEFAULT
) -> tuple[Plate, ...]:
    """Inpaint the places of the plates, front to back, that frames see but no frame shows.

    size is that of the frames. Only the paint changes: the facts still mark these places as not
    observed. See `inpaint_patches`.
    """
    parameters = tuning[Parameters]

    def one(i: int) -> Plate:
        plate = plates[i]
        alpha = plate.paint[..., 3:]
        hole = (
            visible_canvas(plates[: i + 1], size, tuning=tuning)
            & ~plate.observed
            & (alpha[..., 0] > 0)
        )
        colour = plate.paint[..., :3] / np.maximum(alpha, 1e-3)
        found = inpaint_patches(
            colour,
            (plate.facts[..., 0] >= 1) & (alpha[..., 0] >= parameters.solid_alpha),
            hole,
            tuning=tuning,
        )
        paint = np.where(hole[..., None], np.dstack([found * alpha, alpha]), plate.paint)
        return replace(plate, paint=paint.astype(np.float32))

    return tuple(each(one, range(len(plates))))


def visible_canvas(plates: Sequence[Plate], size: Size, *, tuning: Tuning = DEFAULT) -> np.ndarray:
    """Return where frames see the last plate past the others, (h, w) bool on its canvas."""
    parameters = tuning[Parameters]
    *front, plate = plates
    covers = [np.ascontiguousarray(other.paint[..., 3]) for other in front]
    result = np.zeros((plate.canvas[1], plate.canvas[0]), bool)
    for t, place in enumerate(plate.homographies):
        through = np.full((size[1], size[0]), 255, np.uint8)
        for other, alpha in zip(front, covers, strict=True):
            cover = geometry.to_frame(alpha, other.homographies[t], size)
            through[cover >= parameters.covering_alpha] = 0
        # One pixel more: a pixel of a frame is interpolated from several pixels of the canvas.
        wide = cv2.dilate(through, np.ones((3, 3), np.uint8))
        seen = geometry.to_canvas(wide, place, plate.canvas, beyond=cv2.BORDER_CONSTANT)
        result |= seen > 0
    return result
