"""Completion: one picture of each whole drawing, from all the frames that show it.

Another frame may show what a sprite in front hides in this one. The frame that shows most of the
drawing is taken unchanged and the others fill in what it does not show, so that few pixels are
resampled. Places that no frame shows are left out, or filled in where the sprite encloses them; a
mask marks them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.geometry import Size
from toondecompose.core.masks import distance_to_mask
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.drawings.parameters import Parameters
from toondecompose.plates.push_pull import push_pull

OBSERVED, FROM_SIMILAR = 255, 128
"""Levels of the mask: a frame shows this drawing; only a frame of a similar drawing shows it."""

CLEAR, DOUBTFUL = 2, 1
"""Reliability of an observation: see `_reliability`."""


WHOLE_SHIFT_TOLERANCE_PX = 1e-6
"""Shifts closer to whole pixels than this are whole: the rest is rounding."""


@dataclass(frozen=True)
class DrawingObservation:
    """What one frame shows of a drawing.

    Attributes
    ----------
    alpha : (H, W) uint8, of the sprite.
    front, behind : (H, W) bool, where sprites in front of it are, and where those behind it.
    motion : (3, 3), pixel of the frame to pixel of a grid that all frames share.
    read : returns the layer of the sprite in that frame, (H, W, 4) uint8, straight RGBA.
    gain : brightness factor of the frame in a fade, 0..1.
    """

    alpha: np.ndarray
    front: np.ndarray
    behind: np.ndarray
    motion: np.ndarray
    read: Callable[[], np.ndarray]
    gain: float = 1.0


@dataclass(frozen=True)
class WholeDrawing:
    """A drawing, as far as it is known.

    Attributes
    ----------
    picture : (h, w, 4) uint8, straight RGBA; zero where it is not known.
    observed : (h, w) uint8: 255 where some frame shows this drawing, or shows that it does not
        extend there; 128 where a similar drawing shows it; 0 where it is not known.
    place : (3, 3), pixel of the common grid to pixel of the picture.
    """

    picture: np.ndarray
    observed: np.ndarray
    place: np.ndarray


def complete_drawing(
    views: Sequence[DrawingObservation], margin: float, *, tuning: Tuning = DEFAULT
) -> WholeDrawing | None:
    """Put a drawing together from the frames that show it.

    The picture has the pixel grid of the frame that shows most, in the brightest light, and a
    margin of one pixel. Within margin pixels of another sprite a matte is uncertain. None where no
    frame shows any of the drawing.
    """
    parameters = tuning[Parameters]
    levels = [_reliability(view, margin, tuning=tuning) for view in views]
    rank = []
    for i, (view, level) in enumerate(zip(views, levels, strict=True)):
        solid = view.alpha >= parameters.solid_alpha
        # A frame at half the brightness has half the grey levels: it counts half.
        clear = solid & (level == CLEAR)
        rank.append((-clear.sum() * view.gain, -solid.sum() * view.gain, i))
    rank.sort()
    if not rank or rank[0][1] == 0:
        return None
    order = [i for _, _, i in rank]
    to_base = np.linalg.inv(views[order[0]].motion)
    shift, size = _canvas(views, to_base)
    place = shift @ to_base
    picture = np.zeros((size[1], size[0], 4), np.float32)
    observed = np.zeros((size[1], size[0]), np.uint8)
    for wanted in (CLEAR, DOUBTFUL):
        for i in order:
            _fill(
                picture,
                observed,
                views[i],
                usable=levels[i] >= wanted,
                place=place @ views[i].motion,
            )
    return crop_to_content(
        WholeDrawing(straight(fill_enclosed_gaps(picture, observed)), observed, place)
    )


def crop_to_content(whole: WholeDrawing) -> WholeDrawing:
    """Crop a drawing to its content and one pixel around it."""
    x, y, width, height = cv2.boundingRect((whole.picture[..., 3] > 0).astype(np.uint8))
    left, top = max(0, x - 1), max(0, y - 1)
    box = np.s_[top : y + height + 1, left : x + width + 1]
    place = geometry.translation(-left, -top) @ whole.place
    return WholeDrawing(whole.picture[box], whole.observed[box], place)


def _reliability(
    view: DrawingObservation, margin: float, *, tuning: Tuning = DEFAULT
) -> np.ndarray:
    """Return how reliably a frame shows the drawing at each pixel, (H, W) uint8.

    `CLEAR` where no other sprite is near, `DOUBTFUL` where one is near but does not hide the pixel,
    0 where something is in front.
    """
    parameters = tuning[Parameters]
    others = view.front | view.behind
    if not others.any():
        return np.full(others.shape, CLEAR, np.uint8)
    near = distance_to_mask(others) <= margin
    hidden = view.front & (view.alpha < parameters.solid_alpha)
    # A pixel between both sprites, partly covered by the one in front, is no edge of this one.
    between = (distance_to_mask(view.front) <= margin) & (view.alpha > 0) & (view.alpha < 255)
    return np.where(near, np.where(hidden | between, 0, DOUBTFUL), CLEAR).astype(np.uint8)


def _canvas(views: Sequence[DrawingObservation], to_base: np.ndarray) -> tuple[np.ndarray, Size]:
    """Return a canvas that holds all observations: (3, 3) from the base's pixels, and its size."""
    ends = []
    for view in views:
        x, y, width, height = cv2.boundingRect((view.alpha > 0).astype(np.uint8))
        if width:
            box = geometry.corners((width, height)) + (x, y)
            ends.append(geometry.apply(to_base @ view.motion, box))
    least = np.floor(np.concatenate(ends).min(axis=0) + WHOLE_SHIFT_TOLERANCE_PX).astype(int) - 1
    most = np.ceil(np.concatenate(ends).max(axis=0) - WHOLE_SHIFT_TOLERANCE_PX).astype(int) + 1
    width, height = (most - least + 1).tolist()
    return geometry.translation(*-least), (width, height)


def _fill(
    picture: np.ndarray,
    observed: np.ndarray,
    view: DrawingObservation,
    *,
    usable: np.ndarray,
    place: np.ndarray,
) -> None:
    """Fill the unknown places of a premultiplied picture (h, w, 4) from an observation.

    usable (H, W) bool is where the observation counts; place (3, 3) maps its pixels to the picture.
    """
    if (observed > 0).all():
        return
    near = np.round(place)
    if np.abs(place - near).max() < WHOLE_SHIFT_TOLERANCE_PX and np.array_equal(
        near[:2, :2], np.eye(2)
    ):
        _copy(picture, observed, view, usable=usable, x=int(near[0, 2]), y=int(near[1, 2]))
        return
    size = (observed.shape[1], observed.shape[0])
    mask = cv2.warpPerspective(usable.astype(np.uint8) * 255, place, size, flags=cv2.INTER_LINEAR)
    new = (mask == 255) & (observed == 0)
    if new.any():
        found = geometry.to_canvas(premultiplied(view.read()), place, size, cubic=True)
        picture[new], observed[new] = found[new], OBSERVED


def _copy(
    picture: np.ndarray,
    observed: np.ndarray,
    view: DrawingObservation,
    *,
    usable: np.ndarray,
    x: int,
    y: int,
) -> None:
    """Do the same as `_fill` for an observation that is shifted by x and y whole pixels."""
    height, width = observed.shape
    left, top = max(0, x), max(0, y)
    right, bottom = min(width, x + usable.shape[1]), min(height, y + usable.shape[0])
    if right <= left or bottom <= top:
        return
    here, there = np.s_[top:bottom, left:right], np.s_[top - y : bottom - y, left - x : right - x]
    new = usable[there] & (observed[here] == 0)
    if new.any():
        picture[here][new] = premultiplied(view.read()[there])[new]
        observed[here][new] = OBSERVED


def fill_enclosed_gaps(picture: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """Fill the unknown places that a premultiplied picture (h, w, 4) encloses."""
    unknown = observed == 0
    if not unknown.any():
        return picture
    solid = (picture[..., 3] >= 255 - 0.5) & ~unknown
    count, parts, stats, _ = cv2.connectedComponentsWithStats(unknown.astype(np.uint8))
    height, width = unknown.shape
    left, top, wide, tall = (stats[:, i] for i in range(4))
    closed = (left > 0) & (top > 0) & (left + wide < width) & (top + tall < height)
    wall = np.ones((3, 3), np.uint8)
    for i in np.nonzero(closed)[0]:
        if i == 0:
            continue
        box = np.s_[top[i] - 1 : top[i] + tall[i] + 1, left[i] - 1 : left[i] + wide[i] + 1]
        part = parts[box] == i
        rim = (cv2.dilate(part.astype(np.uint8), wall) > 0) & ~part
        closed[i] = solid[box][rim].all()
    closed[0] = False
    inside = closed[parts]
    if not inside.any():
        return picture
    filled = push_pull(picture, solid.astype(np.float32))
    filled[..., 3] = 255
    return np.where(inside[..., None], filled, picture)


def straight(picture: np.ndarray) -> np.ndarray:
    """Return a premultiplied picture (h, w, 4) float32 as straight uint8."""
    alpha = np.clip(np.round(picture[..., 3]), 0, 255)
    colour = picture[..., :3] * (255 / np.maximum(picture[..., 3:], 1e-3))
    colour = np.where(alpha[..., None] > 0, np.clip(np.round(colour), 0, 255), 0)
    return np.dstack([colour, alpha]).astype(np.uint8)


def premultiplied(layer: np.ndarray) -> np.ndarray:
    """Return a straight picture (H, W, 4) uint8 as premultiplied float32."""
    picture = layer.astype(np.float32)
    picture[..., :3] *= picture[..., 3:] / 255
    return picture
