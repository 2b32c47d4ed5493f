"""The minimum cut."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import pytest

from toondecompose.core.min_cut import edge_weights, minimum_cut


def energy(u: np.ndarray, cost: np.ndarray, weights: np.ndarray, smoothness: float) -> float:
    """Return what the cut minimises, of a labelling (H, W) of zeros and ones."""
    right = weights[0, :, :-1] * np.abs(u[:, 1:] - u[:, :-1])
    down = weights[1, :-1] * np.abs(u[1:] - u[:-1])
    return float((cost * u).sum() + smoothness * (right.sum() + down.sum()))


@pytest.mark.parametrize("shape", [(3, 3), (2, 4)])
def test_cut_is_the_best_of_all_labellings(shape: tuple[int, int]) -> None:
    random = np.random.default_rng(0)
    every = [np.reshape(u, shape) for u in itertools.product((0.0, 1.0), repeat=np.prod(shape))]
    changed = 0
    for _ in range(12):
        cost = random.normal(0, 1, shape)
        weights = random.uniform(0.05, 1, (2, *shape))
        best = min(every, key=lambda u: energy(u, cost, weights, 0.8))
        found = minimum_cut(cost, weights, 0.8, iterations=600)
        assert found.dtype == np.float32 and found.min() >= 0 and found.max() <= 1
        np.testing.assert_array_equal(found > 0.5, best > 0.5)
        changed += int(((best > 0.5) != (cost < 0)).any())
    assert changed > 5  # that is, the cost of single pixels alone says something else


def test_start_of_the_cut_saves_iterations_only() -> None:
    random = np.random.default_rng(1)
    cost = cv2.GaussianBlur(random.normal(0, 4, (20, 30)), (0, 0), 1.5)
    weights = np.ones((2, 20, 30))
    kept = cost.copy()
    far = minimum_cut(cost, weights, 0.3, start=(cost > 0).astype(float), iterations=400)
    near = minimum_cut(cost, weights, 0.3, iterations=400)
    np.testing.assert_array_equal(far > 0.5, near > 0.5)
    again = minimum_cut(cost, weights, 0.3, start=near, iterations=1)
    np.testing.assert_array_equal(again > 0.5, near > 0.5)
    np.testing.assert_array_equal(cost, kept)


def test_without_smoothness_every_pixel_decides_for_itself() -> None:
    cost = np.array([[-1.0, 2.0], [0.5, -3.0]])
    found = minimum_cut(cost, np.ones((2, 2, 2)), 0.0)
    np.testing.assert_array_equal(found, [[1, 0], [0, 1]])


def test_outline_follows_the_edge_of_the_picture() -> None:
    frame = np.full((20, 30, 3), 80, np.uint8)
    frame[:, 15:, 1] = 160
    cost = np.zeros((20, 30))
    cost[:, 4], cost[:, 25] = 5, -5
    found = minimum_cut(cost, edge_weights(frame, 25), 1.0, iterations=800) > 0.5
    assert not found[:, :15].any() and found[:, 15:].all()


def test_edge_weights_lie_between_a_pixel_and_the_next() -> None:
    frame = np.full((4, 6, 3), 100, np.uint8)
    frame[:, 3:, 2] = 130  # between columns 2 and 3 one channel steps by 30
    frame[2:, :, 0] = 40  # between rows 1 and 2 another one by 60
    g = edge_weights(frame, 30)
    assert g.shape == (2, 4, 6) and g.dtype == np.float32
    np.testing.assert_allclose(g[0, :, 2], np.exp(-1), rtol=1e-5)
    np.testing.assert_allclose(g[1, 1], np.exp(-4), rtol=1e-5)
    np.testing.assert_array_equal(g[0][:, [0, 1, 3, 4]], 1)
    np.testing.assert_array_equal(g[1][[0, 2]], 1)
