"""Networks on pictures of any size: tile by tile, so that memory does not grow with the picture.

A pixel of the result depends on the pixels around it up to a distance, the context of the network.
Each tile is read with as much around it, so the result is that of the whole picture: tiles make no
seams. Beyond the picture its outermost pixels are repeated.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from toondecompose.upscale.lanczos import interpolate
from toondecompose.upscale.runtime import Runtime

if TYPE_CHECKING:
    from toondecompose.upscale.networks import Network

SIDES = tuple(range(64, 513, 32))
"""Sides of what a network reads at once, in pixels. They are few, because a model of onnxruntime
has one size; the largest bounds the memory."""


class NetworkEngine:
    """Enlarges pictures with a network.

    Parameters
    ----------
    network : with its weights.
    runtime : what runs it; errors as of `Runtime.open`.
    sides : of tiles to choose from.
    """

    def __init__(self, network: Network, runtime: Runtime, sides: Sequence[int] = SIDES) -> None:
        self.factor, self.context, self.lost = network.scale, network.context, network.lost
        self.sides = [side for side in sides if side > 2 * self.context]
        self.run = runtime.open(network)

    def __call__(self, picture: np.ndarray, needed: np.ndarray | None = None) -> np.ndarray:
        """Return a picture (H, W, 3) uint8, enlarged.

        needed : (H, W) bool; tiles without any of these pixels are only interpolated.
        """
        height, width = picture.shape[:2]
        side_y, side_x = (best_side(one, self.context, self.sides) for one in (height, width))
        core_y, core_x = side_y - 2 * self.context, side_x - 2 * self.context
        result = interpolate(picture, self.factor)
        for y in range(0, height, core_y):
            for x in range(0, width, core_x):
                here = np.s_[y : y + core_y, x : x + core_x]
                if needed is not None and not needed[here].any():
                    continue
                tile = self._tile(picture, (y, x), (side_y, side_x))
                there = tuple(slice(self.factor * s.start, self.factor * s.stop) for s in here)
                space = result[there]
                space[:] = tile[: space.shape[0], : space.shape[1]]
        return result

    def _tile(
        self, picture: np.ndarray, corner: tuple[int, int], sides: tuple[int, int]
    ) -> np.ndarray:
        """Return a tile, enlarged, from its first pixel on and without its context."""
        rows, columns = (
            np.clip(np.arange(start - self.context, start - self.context + side), 0, length - 1)
            for start, side, length in zip(corner, sides, picture.shape, strict=False)
        )
        read = picture[rows[:, None], columns].transpose(2, 0, 1)[None].astype(np.float32) / 255
        cut = self.factor * (2 * self.context - self.lost) // 2
        enlarged = self.run(read)[0, :, cut:, cut:]
        enlarged = enlarged[:, : -cut or None, : -cut or None]
        return np.rint(np.clip(enlarged, 0, 1) * 255).astype(np.uint8).transpose(1, 2, 0)


def best_side(length: int, context: int, sides: Sequence[int]) -> int:
    """Return the side of tiles with which fewest pixels are read along a length.

    >>> best_side(90, 7, (64, 128, 256)), best_side(1000, 7, (64, 128, 256))
    (64, 128)
    """
    return min(sides, key=lambda side: -(-length // (side - 2 * context)) * side)
