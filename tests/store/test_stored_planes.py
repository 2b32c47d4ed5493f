"""Planes on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from toondecompose.core import geometry
from toondecompose.planes.background import Plane
from toondecompose.planes.texture import Texture
from toondecompose.store.artifacts import ClipFolder
from toondecompose.store.planes import read_background, write_background


def plane(seed: int) -> Plane:
    """Return a plane of 12 x 10 pixels that holds random numbers, in two frames."""
    random = np.random.default_rng(seed)
    texture = Texture(
        random.uniform(0, 255, (10, 12, 3)).astype(np.float32),
        random.integers(0, 9, (10, 12)).astype(np.uint16),
        random.uniform(0, 9, (10, 12)).astype(np.float32),
    )
    motion = np.stack([geometry.translation(2.5 * t, seed) for t in range(2)])
    return Plane(motion, (12, 10), texture, random.uniform(0, 1, (10, 12)).astype(np.float32))


def test_a_background_is_read_as_it_was_written(tmp_path: Path) -> None:
    planes = (plane(1), plane(2))
    clip = ClipFolder(root=tmp_path)
    write_background(clip, "model/planes", planes)
    found = read_background(clip, "model/planes")
    assert [p.canvas for p in found] == [(12, 10), (12, 10)]
    for given, again in zip(planes, found, strict=True):
        np.testing.assert_array_equal(again.homographies, given.homographies)
        np.testing.assert_array_equal(again.alpha, given.alpha)
        for name, values in vars(given.texture).items():
            np.testing.assert_array_equal(getattr(again.texture, name), values)
            assert getattr(again.texture, name).dtype == values.dtype
    write_background(clip, "model/planes", planes[1:])
    assert len(read_background(clip, "model/planes")) == 1
