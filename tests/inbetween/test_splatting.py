"""Softmax splatting: places, weights, and what is in front."""

from __future__ import annotations

import numpy as np

from toondecompose.inbetween.splatting import splat


def ways(x: float, y: float, size: tuple[int, int] = (8, 10)) -> np.ndarray:
    return np.broadcast_to(np.float32([x, y]), (*size, 2)).copy()


def test_whole_pixels_move_whole() -> None:
    values = np.random.default_rng(0).random((8, 10, 2))
    moved, landed = splat(values, ways(2, -1), np.zeros((8, 10)))
    np.testing.assert_allclose(moved[:7, 2:], values[1:, :8], rtol=1e-6)
    assert (landed[:7, 2:] == 1).all()
    assert (moved[7] == 0).all() and (moved[:, :2] == 0).all() and (landed[:, :2] == 0).all()


def test_halves_are_shared_and_normalised() -> None:
    values = np.zeros((8, 10, 1))
    values[4, 5] = 1
    moved, landed = splat(values, ways(0.5, 0), np.zeros((8, 10)))
    assert moved[4, 5] == moved[4, 6] == 0.5 and landed[4, 5] == 1
    assert landed[4, 0] == 0.5  # nothing comes from beyond the border


def test_what_is_more_important_is_in_front() -> None:
    values = np.zeros((1, 4, 1))
    values[0, :2, 0] = 10, 20
    flow = np.zeros((1, 4, 2), np.float32)
    flow[0, 0, 0] = 1  # the first lands on the second
    level = np.zeros((1, 4))
    assert splat(values, flow, level)[0][0, 1, 0] == 15
    level[0, 0] = 10
    assert abs(splat(values, flow, level)[0][0, 1, 0] - 10) < 1e-3
    level[0, 0] = 1e4  # no overflow
    assert splat(values, flow, level)[0][0, 1, 0] == 10
