"""Texture of a rigid plane from all the frames that show it.

Every frame is resampled on the plane's canvas; what is seen most often there is the median, and
the texture is the mean of all sights close to the median: the median refuses outliers, the mean
of the rest has less noise and no steps of a whole grey level.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.geometry import Size
from toondecompose.core.parallel import each
from toondecompose.core.reduction import in_all_channels, largest_channel
from toondecompose.planes.tiles import Box, frames_on, levels, looks_at, masks_on, tiles_for

AGREEMENT = 12.0
"""Sights within this many grey levels of the median, in every channel, enter the mean."""

FEW_SIGHTS = 3
"""Places that the masks show less often are looked at without masks."""

LONG = 0.2
"""Share of the clip for which such a place must be in the picture,"""

STILL = 0.75
"""and share of that time for which it must look the same."""


@dataclass(frozen=True)
class Texture:
    """What a plane shows.

    Attributes
    ----------
    colour : (H, W, 3) float32 RGB, 0 to 255; zero where nothing was seen.
    seen : (H, W) uint16, number of frames that show the place.
    spread : (H, W) float32, mean distance of the sights from the median, in grey levels.
    """

    colour: np.ndarray
    seen: np.ndarray
    spread: np.ndarray


def robust_texture(
    frames: Sequence[np.ndarray],
    masks: Sequence[np.ndarray] | None,
    homographies: np.ndarray,
    canvas: Size,
    *,
    doubtful: Sequence[np.ndarray] | None = None,
    cubic: bool = False,
    trust_masks: bool = False,
    wanted: np.ndarray | None = None,
) -> Texture:
    """Gather the texture of a plane.

    Parameters
    ----------
    frames : T images (H, W, 3) uint8.
    masks : T images (H, W), true where the frame shows the plane; None for everywhere.
    homographies : (T, 3, 3), frame to canvas.
    canvas : width and height of the canvas.
    doubtful : T images (H, W), true where the frame may show the plane, None for everywhere. A
        place that the masks leave out in (nearly) all frames is gathered from these where most
        of them agree on it: what stands still for so long is no character.
    cubic : resample with a cubic kernel instead of a linear one.
    trust_masks : gather nothing but what the masks show, whatever is doubtful.
    wanted : (H, W) bool, the places of the canvas that matter; others may stay empty.
    """
    everywhere = [levels(np.ones(frames[0].shape[:2], bool))] * len(frames)
    sure = everywhere if masks is None else each(levels, masks)
    again = masks is not None and not trust_masks
    maybe = everywhere if doubtful is None or not again else each(levels, doubtful)

    def tile(box: Box) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        left, top, size = box[0], box[1], box[2:]
        to_tile = geometry.translation(-left, -top) @ homographies
        looks = looks_at(frames[0].shape[:2], to_tile, size)
        shown = inside = masks_on(sure, looks, size)
        if again:
            inside = masks_on(maybe, looks, size)
        elif wanted is not None:
            shown = inside = shown & wanted[top : top + size[1], left : left + size[0]]
        resampled = inside if inside is shown else inside | shown
        some = np.flatnonzero([mask.any() for mask in resampled])
        if some.size == 0:
            return _nothing(size)
        shown, inside, resampled = shown[some], inside[some], resampled[some]
        stack = frames_on(frames, [looks[i] for i in some], size, resampled, cubic)
        result = summarise(stack, shown)
        return _with_still_places(result, stack, inside, len(frames)) if again else result

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


def _with_still_places(
    masked: tuple[np.ndarray, np.ndarray, np.ndarray],
    stack: np.ndarray,
    inside: np.ndarray,
    count: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fill in the places that the masks hide although nothing moves there, in count frames."""
    colour, seen, spread = masked
    visits = inside.sum(axis=0)
    rows, columns = np.nonzero((seen < FEW_SIGHTS) & (visits >= LONG * count))
    if rows.size == 0:
        return masked
    part, valid = stack[:, rows, columns][:, :, None], inside[:, rows, columns][:, :, None]
    middle = masked_median(part, valid)
    near = (
        largest_channel(np.maximum(part, middle) - np.minimum(part, middle)) <= AGREEMENT
    ) & valid
    still = near.sum(axis=0)[:, 0] >= STILL * visits[rows, columns]
    if not still.any():
        return masked
    rows, columns = rows[still], columns[still]
    part, valid = part[:, still], valid[:, still]
    found = summarise(part, valid)
    colour[rows, columns] = found[0][:, 0]
    seen[rows, columns] = FEW_SIGHTS
    spread[rows, columns] = found[2][:, 0]
    return colour, seen, spread


def summarise(stack: np.ndarray, valid: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return colour, count and spread of stack (T, H, W, 3) uint8 where valid (T, H, W)."""
    middle = masked_median(stack, valid)
    colour = np.zeros(stack.shape[1:], np.float32)
    weight = np.zeros(stack.shape[1:3], np.float32)
    spread = np.zeros(stack.shape[1:3], np.float32)
    for image, shown in zip(stack, valid, strict=True):
        worst = largest_channel(cv2.absdiff(image, middle))
        near = (shown & (worst <= AGREEMENT)).view(np.uint8)
        cv2.accumulate(image, colour, near)
        cv2.accumulate(near, weight)
        cv2.accumulate(worst, spread, shown.view(np.uint8))
    seen = valid.sum(axis=0)
    colour = np.where((weight > 0)[..., None], colour / np.maximum(weight, 1)[..., None], middle)
    return colour.astype(np.float32), seen.astype(np.uint16), spread / np.maximum(seen, 1)


def masked_median(stack: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Lower median over the first axis of stack (T, H, W, C) uint8 where valid (T, H, W).

    Found bit by bit: the median is the largest value below which lie at most half of the sights
    less one. Eight passes of comparing bytes are several times faster than sorting. Zero where
    nothing is valid.
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
