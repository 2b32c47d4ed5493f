"""The texture of a plane, gathered from the frames that show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.parallel import each
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.planes.background import Plane
from toondecompose.planes.texture import Texture, robust_texture


def gather_texture(
    frames: Sequence[np.ndarray],
    visible: Sequence[Sequence[np.ndarray]],
    free: Sequence[Sequence[np.ndarray]],
    *,
    plane: Plane,
    tuning: Tuning = DEFAULT,
) -> Texture:
    """Gather the texture of a plane from the places that are visible and free; see `gather_plate`.

    Near a sprite or the outline of another plane a frame may show more of the plane than is
    certain. Such observations serve only for places that no better observation shows.
    """
    width, height = plane.canvas
    size = (frames[0].shape[1], frames[0].shape[0])
    whole = Texture(
        np.zeros((height, width, 3), np.float32),
        np.zeros((height, width), np.uint16),
        np.zeros((height, width), np.float32),
    )
    choices = [(visible[0], masks) for masks in free] + [(seen, free[0]) for seen in visible[1:]]
    for step, pair in enumerate(choices):
        missing = (whole.seen == 0).astype(np.uint8) if step else None

        def shown(
            t: int, pair: tuple[Sequence, Sequence] = pair, missing: np.ndarray | None = missing
        ) -> np.ndarray:
            mask = pair[0][t] & pair[1][t]
            if missing is None or not mask.any():
                return mask
            return mask & (geometry.to_frame(missing, plane.homographies[t], size) > 0)

        masks = each(shown, range(len(frames)))
        _gather_missing(frames, masks, plane, whole=whole, tuning=tuning)
    return whole


def _gather_missing(
    frames: Sequence[np.ndarray],
    masks: Sequence[np.ndarray],
    plane: Plane,
    *,
    whole: Texture,
    tuning: Tuning = DEFAULT,
) -> None:
    """Write to the unknown places of a texture what the masks (H, W) bool show."""
    x, y, x_end, y_end = canvas_box(masks, plane)
    if x_end <= x or y_end <= y:
        return
    new = whole.seen[y:y_end, x:x_end] == 0
    part = robust_texture(
        frames, masks, geometry.translation(-x, -y) @ plane.homographies,
        canvas=(x_end - x, y_end - y), cubic=True, wanted=new, tuning=tuning,
    )  # fmt: skip
    for field in fields(Texture):
        getattr(whole, field.name)[y:y_end, x:x_end][new] = getattr(part, field.name)[new]


def canvas_box(masks: Sequence[np.ndarray], plane: Plane) -> tuple[int, int, int, int]:
    """Return the box on the canvas of a plane that holds T masks (H, W) bool.

    The values are left, top, right end and bottom end, in pixels; (0, 0, 0, 0) when all are empty.
    """
    corners = []
    for mask, place in zip(masks, plane.homographies, strict=True):
        left, top, width, height = cv2.boundingRect(mask.view(np.uint8))
        if width:
            box = geometry.corners((width, height)) + (left, top)
            corners.append(geometry.apply(place, box))
    if not corners:
        return (0, 0, 0, 0)
    ends = np.concatenate(corners)
    least = np.clip(np.floor(ends.min(axis=0)), 0, plane.canvas).astype(int)
    most = np.clip(np.ceil(ends.max(axis=0)) + 1, 0, plane.canvas).astype(int)
    return (*least.tolist(), *most.tolist())
