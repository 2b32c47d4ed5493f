"""The texture of a rigid plane, from all the frames that show it.

Every frame is resampled on the canvas of the plane. The texture is the mean of all observations
close to their median: the median rejects outliers, and the mean of the others has less noise and
no steps of a whole grey level.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.geometry import Images, Size
from toondecompose.core.parallel import each
from toondecompose.core.reduction import in_all_channels, largest_channel
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.planes.parameters import Parameters
from toondecompose.planes.tiles import (
    Box,
    mask_levels,
    place_frames,
    resample_frames,
    resample_masks,
    tiles_for,
)


@dataclass(frozen=True)
class Texture:
    """What a plane shows.

    Attributes
    ----------
    colour : (H, W, 3) float32 RGB, 0 to 255; zero where no frame shows the place.
    seen : (H, W) uint16, number of frames that show the place.
    spread : (H, W) float32, mean distance of the observations from the median, in grey levels.
    """

    colour: np.ndarray
    seen: np.ndarray
    spread: np.ndarray


def robust_texture(
    frames: Images,
    masks: Images | None,
    homographies: np.ndarray,
    *,
    canvas: Size,
    cubic: bool = False,
    wanted: np.ndarray | None = None,
    tuning: Tuning = DEFAULT,
) -> Texture:
    """Gather the texture of a plane.

    Parameters
    ----------
    frames : T images (H, W, 3) uint8.
    masks : T images (H, W), true where the frame shows the plane; None for everywhere.
    homographies : (T, 3, 3), frame to canvas.
    canvas : width and height of the canvas.
    cubic : resample with a cubic kernel instead of a linear one.
    wanted : (H, W) bool, the places of the canvas that matter; others may stay empty.
    """
    everywhere = [mask_levels(np.ones(frames[0].shape[:2], bool))] * len(frames)
    sure = everywhere if masks is None else each(mask_levels, masks)

    def tile(box: Box) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        left, top, size = box[0], box[1], box[2:]
        to_tile = geometry.translation(-left, -top) @ homographies
        placed = place_frames(frames[0].shape[:2], to_tile, size)
        shown = resample_masks(sure, placed, size)
        if wanted is not None:
            shown = shown & wanted[top : top + size[1], left : left + size[0]]
        some = np.flatnonzero([mask.any() for mask in shown])
        if some.size == 0:
            return _nothing(size)
        shown = shown[some]
        return summarise(
            resample_frames(frames, [placed[i] for i in some], size, shown=shown, cubic=cubic),
            shown,
            tuning=tuning,
        )

    boxes = tiles_for(canvas, len(frames), wanted)
    whole = Texture(*_nothing(canvas))
    for (x, y, *_), parts in zip(boxes, each(tile, boxes), strict=True):
        for field, part in zip(fields(Texture), parts, strict=True):
            getattr(whole, field.name)[y : y + part.shape[0], x : x + part.shape[1]] = part
    return whole


def _nothing(size: Size) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    shape = (size[1], size[0])
    zero = np.zeros(shape, np.float32)
    return np.zeros((*shape, 3), np.float32), np.zeros(shape, np.uint16), zero


def summarise(
    stack: np.ndarray, valid: np.ndarray, *, tuning: Tuning = DEFAULT
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return colour, count and spread of stack (T, H, W, 3) uint8 where valid (T, H, W)."""
    parameters = tuning[Parameters]
    middle = masked_median(stack, valid)
    colour = np.zeros(stack.shape[1:], np.float32)
    weight = np.zeros(stack.shape[1:3], np.float32)
    spread = np.zeros(stack.shape[1:3], np.float32)
    for image, shown in zip(stack, valid, strict=True):
        worst = largest_channel(cv2.absdiff(image, middle))
        near = (shown & (worst <= parameters.agreement_levels)).view(np.uint8)
        cv2.accumulate(image, colour, near)
        cv2.accumulate(near, weight)
        cv2.accumulate(worst, spread, shown.view(np.uint8))
    seen = valid.sum(axis=0)
    colour = np.where((weight > 0)[..., None], colour / np.maximum(weight, 1)[..., None], middle)
    return colour.astype(np.float32), seen.astype(np.uint16), spread / np.maximum(seen, 1)


def masked_median(stack: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Return the lower median over the first axis of stack (T, H, W, C) uint8 where valid (T, H,
    W).

    The median is found bit by bit: it is the largest value that at most half of the observations
    less one are below. Eight passes over bytes are several times faster than sorting. Zero where no
    observation is valid.
    """
    seen = valid.sum(axis=0)
    counter = np.uint8 if len(stack) < 256 else np.uint32
    below = ((np.maximum(seen, 1) - 1)[..., None] // 2).astype(counter)
    unknown = (valid.view(np.uint8) - np.uint8(1)).reshape(len(stack), -1)  # 255 where not valid
    known = stack | in_all_channels(unknown, stack.shape[-1]).reshape(stack.shape)
    median = np.zeros(stack.shape[1:], np.uint8)
    for bit in (128, 64, 32, 16, 8, 4, 2, 1):
        candidate = median | np.uint8(bit)
        smaller = np.add.reduce((known < candidate).view(np.uint8), axis=0, dtype=counter)
        median = np.where(smaller <= below, candidate, median)
    return np.where((seen > 0)[..., None], median, np.uint8(0))
