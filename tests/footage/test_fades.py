"""Fades are measured, taken out and found nowhere else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scenes import Disc, camera, draw, path

from toondecompose.core.tuning import Tuning
from toondecompose.footage.fades import estimate_gains, remove_gain
from toondecompose.footage.parameters import Parameters
from toondecompose.store.artifacts import ClipFolder
from toondecompose.store.frames import read_frames

SIZE, COUNT = (128, 80), 16
GAINS = np.concatenate([np.linspace(0.1, 1, 8), np.ones(COUNT - 8)])


@pytest.fixture(scope="module")
def panning() -> np.ndarray:
    """A fast pan and a large character: much changes from frame to frame."""
    discs = [Disc(path(COUNT, (34, 40), (98, 44)), 20, (230, 60, 40))]
    return draw(camera(COUNT, (3.0, 0.4), SIZE), SIZE, discs=discs).frames


def faded(frames: np.ndarray, gains: np.ndarray) -> np.ndarray:
    return np.round(frames * gains[:, None, None, None]).astype(np.uint8)


def test_without_a_fade_factors_are_exactly_one(panning: np.ndarray) -> None:
    assert (estimate_gains(panning) == 1).all()
    noise = np.random.default_rng(0).normal(0, 6, panning.shape)
    assert (estimate_gains(np.clip(panning + noise, 0, 255).astype(np.uint8)) == 1).all()


def test_fades_below_the_limit_are_left_alone(panning: np.ndarray) -> None:
    limit = Tuning.of(Parameters(min_fade=3.0))  # the fade's logarithm is 2.3
    assert (estimate_gains(faded(panning, GAINS), tuning=limit) == 1).all()


@pytest.mark.parametrize("back", [False, True], ids=["in", "out"])
def test_factors_of_a_fade(panning: np.ndarray, back: bool) -> None:
    gains = GAINS[::-1] if back else GAINS
    found = estimate_gains(faded(panning, gains))
    np.testing.assert_allclose(found, gains, rtol=0.06)
    assert (found[gains == 1] == 1).all()


def test_a_part_that_darkens_is_no_fade(panning: np.ndarray) -> None:
    frames = panning.copy()
    for t, gain in enumerate(GAINS):
        frames[t, :40] = frames[t, :40] * gain
    assert (estimate_gains(frames) == 1).all()


def test_stages_see_frames_without_the_fade(panning: np.ndarray, tmp_path: Path) -> None:
    clip = ClipFolder(root=tmp_path)
    dark = faded(panning, GAINS)
    clip.write_npy("frame/all_frames.npy", dark)
    clip.write_npy("frame/gain.npy", GAINS.astype(np.float32))
    found = read_frames(clip)
    assert np.abs(found[0].astype(int) - panning[0]).max() <= 6  # 256 levels became 26
    np.testing.assert_array_equal(found[8:], panning[8:])


def test_taking_out_a_factor() -> None:
    frame = np.array([[[0, 40, 200]]], np.uint8)
    assert remove_gain(frame, 1.0) is frame, "frames without a fade are not copied"
    np.testing.assert_array_equal(remove_gain(frame, 0.5), [[[0, 80, 255]]])
    np.testing.assert_array_equal(remove_gain(frame, 0.3), [[[0, 133, 255]]])
