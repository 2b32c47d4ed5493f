"""Which object is what, and the background's share of each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from toondecompose.core.cast import Cast, cast_objects, share_background
from toondecompose.store.artifacts import ClipFolder
from toondecompose.store.cast import read_cast, write_cast


@pytest.mark.parametrize("objects", [None, 1, 2, 3, 4, 8])
@pytest.mark.parametrize("planes", [1, 2, 3])
@pytest.mark.parametrize("sprites", [0, 1, 2])
def test_every_plane_has_its_object(objects: int | None, planes: int, sprites: int) -> None:
    cast = cast_objects(objects, planes, sprites)
    assert cast.objects == (planes + sprites if objects is None else objects)
    # All planes once, from back to front.
    assert sorted(i for numbers in cast.planes for i in numbers) == list(range(planes))
    assert [numbers[0] for numbers in cast.planes] == sorted(
        (numbers[0] for numbers in cast.planes), reverse=True
    )
    assert cast.sprites >= min(sprites, cast.objects - 1)
    assert list(cast.sprite_numbers) == list(range(len(cast.planes), cast.objects))


def test_the_file_holds_it_all(tmp_path: Path) -> None:
    clip = ClipFolder(root=tmp_path)
    write_cast(clip, Cast(((2,), (0, 1)), 3))
    assert read_cast(clip) == Cast(((2,), (0, 1)), 3)
    kinds = [one["kind"] for one in clip.read_json("model/objects.json")["objects"]]
    assert kinds == ["background", "background", "sprite", "sprite", "sprite"]


def test_the_backgrounds_shares_sum_to_what_is_free() -> None:
    free = np.array([1.0, 0.5, 1.0, 0.0])
    covers = [np.array([1.0, 1.0, 0.25, 1.0]), np.array([0.0, 0.5, 0.5, 0.5])]
    together = share_background(Cast(((0, 1, 2),), 1), free, covers)
    np.testing.assert_allclose(together, [free])
    back, middle, front = share_background(Cast(((2,), (1,), (0,)), 1), free, covers)
    np.testing.assert_allclose(front, [1, 0.5, 0.25, 0])
    np.testing.assert_allclose(middle, [0, 0, 0.375, 0])
    np.testing.assert_allclose(back, [0, 0, 0.375, 0])
