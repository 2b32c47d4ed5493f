"""The benchmark of in-betweens: clips at two rates, triplets."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from bench.clips.twice import FRAMES, TWICE, drawn_times
from bench.inbetween import measure_triplets
from bench.triplets import read_triplets
from toondecompose.core.errors import UserError
from toondecompose.inbetween.engine import open_engine


def test_every_second_moment_has_the_camera_of_the_clip() -> None:
    for draw in TWICE.values():
        once, twice = draw(1), draw(2)
        assert (once.frames, twice.frames) == (FRAMES, 2 * FRAMES - 1)
        for t in (0, 5, FRAMES - 1):
            np.testing.assert_allclose(once.plane_matrix(0, t), twice.plane_matrix(0, 2 * t))
    assert drawn_times(1)[4:7] == [4, 4, 6] and drawn_times(2)[8:11] == [4, 4.5, 5]


@pytest.mark.slow
def test_drawings_of_even_frames_are_the_same() -> None:
    once, twice = TWICE["walk_across"](1), TWICE["walk_across"](2)
    np.testing.assert_array_equal(once.frame(4), twice.frame(8))
    assert np.abs(once.frame(5) - twice.frame(10)).max() > 50  # held, and on its way


def write_triplet(folder: Path, *, ending: str = ".png") -> None:
    folder.mkdir(parents=True)
    noise = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    picture = cv2.resize(noise, (160, 96), interpolation=cv2.INTER_CUBIC)
    for n in (1, 2, 3):
        cv2.imwrite(str(folder / f"frame{n}{ending}"), np.roll(picture, 2 * n, axis=1))


def test_triplets_of_parts_or_of_one(tmp_path: Path) -> None:
    write_triplet(tmp_path / "set/train/b")
    write_triplet(tmp_path / "set/test/a", ending=".jpg")
    assert [one.name for one in read_triplets(tmp_path / "set")] == ["train/b", "test/a"]
    (one,) = read_triplets(tmp_path / "set/test")
    assert one.name == "a" and one.read(1).shape == (96, 160, 3)


def test_triplets_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no folder"):
        read_triplets(tmp_path / "none")
    with pytest.raises(UserError, match="holds no triplets"):
        read_triplets(tmp_path)
    write_triplet(tmp_path / "a")
    (tmp_path / "a/frame2.png").unlink()
    with pytest.raises(UserError, match="a has no frame2.png; put it there"):
        read_triplets(tmp_path)


@pytest.mark.slow
def test_the_engine_is_better_than_a_mean(tmp_path: Path) -> None:
    write_triplet(tmp_path / "a")
    held, mean, engine = measure_triplets(tmp_path, open_engine("flow"))
    assert [one.method for one in (held, mean, engine)] == ["held", "mean", "engine"]
    assert engine.means[0] > max(held.means[0], mean.means[0]) + 3
