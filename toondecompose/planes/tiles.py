"""Tiles of a canvas, and the frames resampled on them: only frames that reach the tile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.geometry import Images, Size

TILE_BYTES, TILE_WIDTH = 24 << 20, 256
"""Memory for one tile with all frames resampled on it, and its width in pixels: tiles run in
parallel, and a frame is resampled only on those that it shows."""

Box = tuple[int, int, int, int]
"""Left, top, width and height."""


def tiles_for(canvas: Size, count: int, wanted: np.ndarray | None) -> list[Box]:
    """Return tiles for count frames that hold all wanted places (H, W); see `divide`."""
    width = min(canvas[0], TILE_WIDTH)
    return divide(canvas, width, max(8, TILE_BYTES // (width * count * 8)), wanted=wanted)


def divide(canvas: Size, columns: int, rows: int, *, wanted: np.ndarray | None) -> list[Box]:
    """Return the tiles that hold all wanted places (H, W), no larger than necessary."""
    width, height = canvas
    boxes = [
        (x, y, min(columns, width - x), min(rows, height - y))
        for y in range(0, height, rows)
        for x in range(0, width, columns)
    ]
    if wanted is None:
        return boxes
    parts = [
        (x, y, cv2.boundingRect(wanted[y : y + high, x : x + wide].astype(np.uint8)))
        for x, y, wide, high in boxes
    ]
    return [(x + dx, y + dy, wide, high) for x, y, (dx, dy, wide, high) in parts if wide]


@dataclass(frozen=True)
class PlacedFrame:
    """A frame that reaches a tile.

    Attributes
    ----------
    t : number of the frame.
    to_tile : (3, 3), pixel of the frame to pixel of the tile.
    part : rows and columns of its `mask_levels` around what the tile shows.
    ends : whether the frame may end inside the tile.
    """

    t: int
    to_tile: np.ndarray
    part: tuple[slice, slice]
    ends: bool


def place_frames(shape: tuple[int, ...], homographies: np.ndarray, size: Size) -> list[PlacedFrame]:
    """Return the frames of shape (h, w) that reach a tile."""
    at = geometry.apply(np.linalg.inv(homographies)[:, None], geometry.corners(size))
    # Two pixels more for the kernel and for rounding, and one for the border of the levels.
    starts = (np.floor(at.min(axis=1)) - 1).astype(int)
    stops = (np.ceil(at.max(axis=1)) + 4).astype(int)
    last = np.array([shape[1], shape[0]]) + 2
    ends = ((starts < 0) | (stops > last)).any(axis=1)
    placed: list[PlacedFrame] = []
    for t in np.flatnonzero(((stops > 0) & (starts < last)).all(axis=1)):
        (left, top), (right, bottom) = np.maximum(starts[t], 0), stops[t]
        part = (slice(top, bottom), slice(left, right))
        placed.append(PlacedFrame(int(t), homographies[t], part, bool(ends[t])))
    return placed


def resample_frames(
    frames: Images,
    placed: Sequence[PlacedFrame],
    size: Size,
    *,
    shown: np.ndarray,
    cubic: bool,
) -> np.ndarray:
    """Return the frames resampled on a tile of the canvas, (N, H, W, 3) uint8.

    Only the pixels that are shown, (N, H, W) bool, are defined.
    """
    stack, edge = np.zeros((len(placed), size[1], size[0], 3), np.uint8), cv2.BORDER_REPLICATE
    for own, one, mask in zip(stack, placed, shown, strict=True):
        # From the first pixel of the tile, and with a linear kernel whole rows: rounding depends
        # on where a row begins and ends.
        x, y, width, height = cv2.boundingRect(mask.view(np.uint8))
        part = (x + width if cubic else size[0], y + height)
        own[: part[1], : part[0]] = geometry.to_canvas(
            frames[one.t], one.to_tile, part, cubic=cubic, beyond=edge
        )
    return stack


def mask_levels(mask: np.ndarray) -> np.ndarray:
    """Return a mask (H, W) as an image (H + 2, W + 2) uint8, 255 where it is true.

    A frame ends one pixel beyond the centres of its outermost pixels. Otherwise these would be lost
    where the frame lies between the pixels of the canvas.
    """
    level = np.asarray(mask, bool).view(np.uint8) * np.uint8(255)
    return cv2.copyMakeBorder(level, 1, 1, 1, 1, cv2.BORDER_REPLICATE)


def resample_masks(
    masks: Sequence[np.ndarray], placed: Sequence[PlacedFrame], size: Size
) -> np.ndarray:
    """Return where all pixels of a linear kernel lie inside the mask, (N, H, W) bool.

    masks are the `mask_levels` of all frames; outside of them nothing is visible.
    """
    result, margin = np.empty((len(placed), size[1], size[0]), bool), geometry.translation(-1, -1)
    for own, one in zip(result, placed, strict=True):
        mask = masks[one.t]
        part = mask[one.part]
        level = part[0, 0]
        # Most masks are the same all over a tile.
        if (level == 0 or not one.ends) and part.min() == part.max():
            own[:] = level > 0
        else:
            np.greater(geometry.to_canvas(mask, one.to_tile @ margin, size), 254, out=own)
    return result
