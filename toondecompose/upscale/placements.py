"""The layers of a clip at a larger size: enlarged pictures, and where each frame shows them."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from toondecompose.core import geometry
from toondecompose.core.parallel import computed_once
from toondecompose.store import paths
from toondecompose.store.layers import Layers
from toondecompose.store.placement import Picture, Placement, Placements

KEPT_DRAWINGS = 16
"""Enlarged drawings that stay in memory: neighbouring frames mostly show the same."""


class EnlargedPlacements(Placements):
    """The pictures of a clip, enlarged, with the matrices of that size.

    Parameters
    ----------
    clip : the finished clip, in whose folder the enlarged pictures lie.
    factor : how many times larger they are.
    """

    def __init__(self, clip: Layers, factor: int) -> None:
        super().__init__(clip)
        self.factor = factor
        self._drawing = lru_cache(KEPT_DRAWINGS)(self._read)

    @property
    def frame_size(self) -> geometry.Size:
        """Width and height of the enlarged frames."""
        width, height = self.clip.size
        return self.factor * width, self.factor * height

    @computed_once
    def frames(self) -> list[list[Placement]]:
        """The placements of each frame, from back to front, in enlarged pixels."""
        size, larger = self.clip.size, self.frame_size
        return [
            [
                Placement(
                    one.picture,
                    geometry.resize_homography(one.matrix, size, larger),
                    one.opacity,
                )
                for one in row
            ]
            for row in Placements(self.clip).frames
        ]

    def size(self, number: int) -> geometry.Size:
        """Return width and height of an enlarged picture."""
        width, height = super().size(number)
        return self.factor * width, self.factor * height

    def read(self, number: int) -> np.ndarray:
        """Return an enlarged picture, (h, w, 4) uint8, straight RGBA; it is not to be changed."""
        if self._is_plane(self.pictures[number]):
            return self._larger_planes[number]
        return self._drawing(number)

    @computed_once
    def _larger_planes(self) -> dict[int, np.ndarray]:
        numbers = [i for i, one in enumerate(self.pictures) if self._is_plane(one)]
        return {i: self._read(i) for i in numbers}

    def _read(self, number: int) -> np.ndarray:
        return self.clip.clip.read_png(paths.upscaled(self.pictures[number].name))


def describe(placements: EnlargedPlacements, engine: str) -> dict:
    """Return what ``upscale/layers.json`` says of the enlarged pictures."""
    pictures = placements.pictures
    return {
        "engine": engine,
        "factor": placements.factor,
        "size": list(placements.frame_size),
        "frames": [
            [
                {
                    "picture": file_name(pictures[one.picture]),
                    "matrix": one.matrix.tolist(),
                    "opacity": one.opacity,
                }
                for one in row
            ]
            for row in placements.frames
        ],
    }


def file_name(picture: Picture) -> str:
    """Return the name of an enlarged picture in the folder ``upscale``."""
    return f"{picture.name}.png"
