"""Loops that threads run: results and sums in the order of the items."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np
import pytest

from toondecompose.core.parallel import add_up, all_stacked, computed_once, each, stacked
from toondecompose.plates.plates import Plate
from toondecompose.segmentation.gathered_drawings import Drawing


def later(t: int) -> int:
    time.sleep(0.002 * (5 - t))
    return t


def test_results_come_in_the_order_of_the_items() -> None:
    assert each(later, range(5)) == list(range(5))


def test_arrays_are_stacked_in_the_order_of_the_items() -> None:
    values = np.random.default_rng(0).normal(size=(5, 2, 3)).astype(np.float32)
    np.testing.assert_array_equal(stacked(lambda t: values[later(t)], range(5)), values)
    one, other = all_stacked(lambda t: (values[later(t)], values[t, 0] > 0), range(5))
    np.testing.assert_array_equal(one, values)
    assert other.dtype == bool and (other == (values[:, 0] > 0)).all()


def test_arrays_of_another_type_or_shape_are_not_stacked() -> None:
    with pytest.raises(ValueError, match="item 1 has float64"):
        stacked(lambda t: np.zeros(2, np.float32 if t == 0 else np.float64), range(2))
    with pytest.raises(ValueError, match="shape"):
        stacked(lambda t: np.zeros(2 if t == 0 else 1), range(2))


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


@dataclass(frozen=True)
class Slow:
    """Counts how often its value is computed."""

    calls: list[int] = field(default_factory=list)

    @computed_once
    def value(self) -> list[int]:
        """Something large."""
        self.calls.append(1)
        time.sleep(0.02)
        return [7]


def test_threads_share_what_is_computed_once() -> None:
    slow = Slow()
    values = each(lambda _: slow.value, range(8))
    assert len(slow.calls) == 1
    assert all(value is values[0] for value in values) and values[0] == [7]
    assert Slow().value is not values[0]
    assert Slow.value.__doc__ == "Something large."


def test_what_failed_is_computed_again() -> None:
    class Failing:
        @computed_once
        def value(self) -> int:
            if not hasattr(self, "ready"):
                raise ValueError("not yet")
            return 3

    failing = Failing()
    with pytest.raises(ValueError, match="not yet"):
        _ = failing.value
    failing.ready = True
    assert failing.value == 3


@pytest.mark.parametrize(("owner", "name"), [(Plate, "fine"), (Drawing, "sums")])
def test_large_arrays_that_threads_share(owner: type, name: str) -> None:
    assert isinstance(vars(owner)[name], computed_once)
