"""Noise and misalignment of a clip."""

from __future__ import annotations

import numpy as np
import pytest
from scenes import Painting, bytes_of, camera

from toondecompose.core import geometry
from toondecompose.core.gradients import steepest_gradient
from toondecompose.segmentation.frame_comparison import measure_noise
from toondecompose.segmentation.parameters import Parameters
from toondecompose.segmentation.persistence import measure_persistence

USUAL = Parameters()
SIZE = (96, 64)
COUNT = 12
STILL = np.repeat(np.eye(3)[None], COUNT, axis=0)
PAN = camera(COUNT, (1.5, 0.0), SIZE)
GRID = geometry.pixel_grid(SIZE)


def noise_of(frames: np.ndarray, motion: np.ndarray) -> tuple[float, float]:
    slope = np.stack([steepest_gradient(frame)[2] for frame in frames])
    return measure_noise(frames, slope, motion)


def test_noise_is_measured_in_flat_places() -> None:
    random = np.random.default_rng(0)
    flat = np.full((COUNT, SIZE[1], SIZE[0], 3), 120.0)
    levels = [
        noise_of(bytes_of(flat + random.normal(0, sigma, (COUNT, 64, 96, 1))), STILL)[0]
        for sigma in (0, 1, 2, 3)
    ]
    assert levels[0] == USUAL.min_noise_levels
    assert levels == sorted(levels)
    # The largest channel of the difference of two frames varies more than one frame does.
    assert 2 <= levels[3] <= 7.5


def test_flat_figures_that_move_are_no_noise() -> None:
    """The wall has hardly any flat place; the figure, which moves, is flat all over."""
    frames = Painting(1).seen(STILL, SIZE)
    for t in range(COUNT):
        inside = np.hypot(*(GRID - np.array([18 + 5.5 * t, 32])).transpose(2, 0, 1)) < 18
        frames[t][inside] = (230, 60, 40)
        frames[t][inside & (GRID[..., 1] > 32)] = (40, 70, 240)
    frames = bytes_of(frames)
    flat = np.stack([steepest_gradient(frame)[2] for frame in frames]) < 1.5
    assert flat[(frames == (230, 60, 40)).all(axis=-1)].sum() > 0.3 * flat.sum()
    assert noise_of(frames, STILL)[0] <= 3


def test_misalignment_is_measured_at_edges() -> None:
    exact = bytes_of(Painting(1).seen(PAN, SIZE))
    assert noise_of(exact, PAN)[1] < 0.15
    shaken = PAN.copy()
    shaken[:, 1, 2] += 0.15 * (-1) ** (np.arange(COUNT) // 2)
    assert 0.2 < noise_of(bytes_of(Painting(1).seen(shaken, SIZE)), PAN)[1] < 0.45
    shaken[:, 1, 2] += 2 * np.arange(COUNT)
    bound = noise_of(bytes_of(Painting(1).seen(shaken, SIZE)), PAN)[1]
    assert bound == pytest.approx(USUAL.misalignment_range_px[1])


def test_nothing_to_measure_is_no_reason_to_fail() -> None:
    one = np.zeros((1, SIZE[1], SIZE[0], 3), np.uint8)
    noise, misalignment = noise_of(one, STILL[:1])
    assert (
        noise >= USUAL.min_noise_levels
        and USUAL.misalignment_range_px[0] <= misalignment <= USUAL.misalignment_range_px[1]
    )
    found = measure_persistence(one, [STILL[:1]])
    share, count = found.share()
    assert not share.any() and not count.any() and not found.moving
