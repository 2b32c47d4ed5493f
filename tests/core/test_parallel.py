"""Loops that threads run: results and sums in the order of the items."""

from __future__ import annotations

import time

import numpy as np
import pytest

from toondecompose.core.parallel import add_up, each


def later(t: int) -> int:
    time.sleep(0.002 * (5 - t))
    return t


def test_results_come_in_the_order_of_the_items() -> None:
    assert each(later, range(5)) == list(range(5))


def test_sums_are_of_each_array_in_the_order_of_the_items() -> None:
    values = np.random.default_rng(0).normal(size=(40, 2, 3, 4)).astype(np.float32)

    def maps(t: int) -> list[np.ndarray]:
        later(t % 5)
        return [values[t, 0].copy(), 2 * values[t, 1]]

    first, second = add_up(maps, range(40))
    # Floats added in another order would differ in the last bit.
    np.testing.assert_array_equal(first, np.sum(values[:, 0], axis=0))
    np.testing.assert_array_equal(second, np.sum(2 * values[:, 1], axis=0))
    assert add_up(maps, []) == []


def test_the_first_error_is_raised() -> None:
    def fail(t: int) -> list[np.ndarray]:
        raise ValueError(f"item {t}")

    with pytest.raises(ValueError, match="item 0"):
        add_up(fail, range(3))
