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

from toondecompose import geometry
from toondecompose.geometry import Size
from toondecompose.parallel import each
from toondecompose.reduction import in_all_channels, largest_channel

AGREEMENT = 12.0
"""Sights within this many grey levels of the median, in every channel, enter the mean."""

TILE_BYTES, TILE_WIDTH = 24 << 20, 256
"""Memory for one tile of the canvas with all frames resampled on it, and its width in pixels: tiles
run in parallel, and a frame is resampled only on those that it shows."""

FEW_SIGHTS = 3
"""Places that the masks show less often are looked at without masks."""

LONG = 0.2
"""Share of the clip for which such a place must be in the picture,"""

STILL = 0.75
"""and share of that time for which it must look the same."""


Box = tuple[int, int, int, int]
"""Left, top, width and height."""


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
    width, height = canvas
    rows = max(8, TILE_BYTES // (min(width, TILE_WIDTH) * len(frames) * 8))
    sure = None if masks is None else _levels(masks)
    again = masks is not None and not trust_masks
    maybe = _levels(doubtful) if again and doubtful is not None else None

    def tile(box: Box) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        left, top, size = box[0], box[1], box[2:]
        to_tile = geometry.translation(-left, -top) @ homographies
        near = _reaching(frames[0].shape[:2], to_tile, size)
        to_tile = to_tile[near]
        inside = _inside(frames[0].shape[:2], to_tile, size)
        shown = inside
        if sure is not None:
            shown = inside & _resample_masks([sure[t] for t in near], to_tile, size)
        if not again:
            inside = shown
        elif maybe is not None:
            inside &= _resample_masks([maybe[t] for t in near], to_tile, size)
        if not (shown.any() or inside.any()):
            return _nothing(size)
        stack = _resample([frames[t] for t in near], shown | inside, to_tile, size, cubic)
        result = summarise(stack, shown)
        return _with_still_places(result, stack, inside, len(frames)) if again else result

    boxes = _tiles(canvas, rows, wanted)
    whole = Texture(*_nothing(canvas))
    for (x, y, *_), parts in zip(boxes, each(tile, boxes), strict=True):
        for field, part in zip(fields(Texture), parts, strict=True):
            getattr(whole, field.name)[y : y + part.shape[0], x : x + part.shape[1]] = part
    return whole


def _tiles(canvas: Size, rows: int, wanted: np.ndarray | None) -> list[Box]:
    """Return the tiles of a canvas that hold all wanted places, no larger than these need."""
    width, height = canvas
    boxes = [
        (x, y, min(TILE_WIDTH, width - x), min(rows, height - y))
        for y in range(0, height, rows)
        for x in range(0, width, TILE_WIDTH)
    ]
    if wanted is None:
        return boxes
    parts = [
        (x, y, cv2.boundingRect(wanted[y : y + high, x : x + wide].astype(np.uint8)))
        for x, y, wide, high in boxes
    ]
    return [(x + dx, y + dy, wide, high) for x, y, (dx, dy, wide, high) in parts if wide]


def _reaching(shape: tuple[int, ...], homographies: np.ndarray, size: Size) -> np.ndarray:
    """Return the numbers of the frames of shape (h, w) that reach a tile, (N,) int."""
    corners = geometry.corners(size)
    ends = np.stack([geometry.apply(np.linalg.inv(h), corners) for h in homographies])
    beyond = np.array([shape[1], shape[0]]) + 1
    return np.flatnonzero(((ends.max(axis=1) >= -2) & (ends.min(axis=1) <= beyond)).all(axis=1))


def _nothing(size: Size) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    shape = (size[1], size[0])
    zero = np.zeros(shape, np.float32)
    return np.zeros((*shape, 3), np.float32), np.zeros(shape, np.uint16), zero


def _resample(
    frames: Sequence[np.ndarray],
    wanted: np.ndarray,
    homographies: np.ndarray,
    size: Size,
    cubic: bool,
) -> np.ndarray:
    """Return the frames on a tile of the canvas, (T, H, W, 3) uint8, those with wanted pixels."""
    stack = np.zeros((len(frames), size[1], size[0], 3), np.uint8)
    for t, frame in enumerate(frames):
        if wanted[t].any():
            stack[t] = geometry.to_canvas(
                frame, homographies[t], size, cubic=cubic, beyond=cv2.BORDER_REPLICATE
            )
    return stack


def _inside(shape: tuple[int, ...], homographies: np.ndarray, size: Size) -> np.ndarray:
    """Return what of a tile lies in the frames of shape (h, w), (T, H, W) bool.

    A frame ends a pixel beyond the centres of its outermost pixels: less, and those would not be
    seen where the frame lies between the pixels of the canvas.
    """
    padded = np.full((shape[0] + 2, shape[1] + 2), 255, np.uint8)
    result = np.empty((len(homographies), size[1], size[0]), bool)
    for own, homography in zip(result, homographies @ geometry.translation(-1, -1), strict=True):
        np.greater(geometry.to_canvas(padded, homography, size), 254, out=own)
    return result


def _levels(masks: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return masks (H, W) as pictures (H, W) uint8, 255 where they are true."""
    return each(lambda mask: np.asarray(mask, bool).view(np.uint8) * np.uint8(255), masks)


def _resample_masks(
    masks: Sequence[np.ndarray], homographies: np.ndarray, size: Size
) -> np.ndarray:
    """Return where all that a linear kernel takes of a frame lies in the mask, (T, H, W) bool.

    masks are (h, w) uint8, 255 where true.
    """
    result, edge = np.empty((len(masks), size[1], size[0]), bool), cv2.BORDER_REPLICATE
    for own, mask, homography in zip(result, masks, homographies, strict=True):
        np.greater(geometry.to_canvas(mask, homography, size, beyond=edge), 254, out=own)
    return result


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
