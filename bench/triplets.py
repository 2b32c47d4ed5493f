"""Triplets of frames: the layout of ATD-12K (Li et al., 2021), or any folder of such folders.

ATD-12K has ``train/<clip>/`` and ``test/<clip>/``, each with ``frame1``, ``frame2`` and ``frame3``
as PNG or JPEG; the middle one is the truth.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from toondecompose.core.errors import UserError
from toondecompose.reading.images import read_image

PARTS = ("train", "val", "test")
"""Folders of the parts of the set."""

ENDINGS = (".png", ".jpg", ".jpeg")
"""Kinds of images, in the order in which they are looked for."""


@dataclass(frozen=True)
class Triplet:
    """Three frames of which the middle one is the truth.

    Attributes
    ----------
    name : of its folder, after that of its part where there is one: ``test/<clip>``.
    files : of the three frames, in order.
    """

    name: str
    files: tuple[Path, ...]

    def read(self, number: int) -> np.ndarray:
        """Return a frame, (H, W, 3) uint8, counted from 0."""
        return read_image(self.files[number])[..., :3]


def read_triplets(folder: Path) -> list[Triplet]:
    """Find the triplets in a folder: of all parts, or of one, in the order of their names.

    Raises
    ------
    UserError
        When there are none, or one lacks a frame.
    """
    if not folder.is_dir():
        raise UserError(f"there is no folder {folder}; give that of the triplets")
    parts = [part for part in PARTS if (folder / part).is_dir()]
    places = [(f"{part}/", folder / part) for part in parts] or [("", folder)]
    found = [
        Triplet(prefix + one.name, _frames(one))
        for prefix, place in places
        for one in sorted(place.iterdir())
        if one.is_dir() and not one.name.startswith(".")
    ]
    if not found:
        raise UserError(
            f"{folder} holds no triplets; each is a folder with frame1.png to frame3.png"
        )
    return found


def _frames(folder: Path) -> tuple[Path, ...]:
    files = []
    for number in (1, 2, 3):
        named = [folder / f"frame{number}{ending}" for ending in ENDINGS]
        there = next((path for path in named if path.is_file()), None)
        if there is None:
            raise UserError(f"{folder} has no frame{number}.png; put it there, or leave it out")
        files.append(there)
    return tuple(files)
