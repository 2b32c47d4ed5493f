"""Loops over frames, run by threads: OpenCV and numpy work outside of Python's lock."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, TypeVar, overload

import numpy as np

MAX_THREADS = 8
"""More threads than this slow the small arrays of this project down."""

NUMERIC_THREADS = 2
"""Threads of torch and of the libraries of linear algebra, whatever cores there are: the order in
which they add, and so the last bits of their sums, depends on it."""

Item = TypeVar("Item")
Result = TypeVar("Result")


def threads() -> int:
    """Threads that loops over frames use, whatever ``--cores`` is; results do not depend on it."""
    # Windows and macOS do not say which cores a process may use, only how many there are.
    ask = getattr(os, "sched_getaffinity", None)
    cores = len(ask(0)) if ask else os.cpu_count() or 1
    return min(cores, MAX_THREADS)


class computed_once(Generic[Result]):
    """Property that is computed at its first use, by one thread; the other threads wait for it.

    `functools.cached_property` has no lock since Python 3.12: every thread of a pool would compute
    the value, and hold its own copy meanwhile. The instance needs a ``__dict__``.
    """

    def __init__(self, function: Callable[[Any], Result]) -> None:
        self.function = function
        self.__doc__ = function.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type) -> computed_once[Result]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> Result: ...
    def __get__(self, instance: object | None, owner: type) -> computed_once[Result] | Result:
        if instance is None:
            return self
        values = vars(instance)
        # One lock an instance: values of several instances are computed side by side.
        with values.setdefault(f"_lock_of_{self.name}", threading.Lock()):
            if self.name not in values:
                values[self.name] = self.function(instance)
        return values[self.name]


def each(function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """Apply a function to every item; the results in the order of the items."""
    with ThreadPoolExecutor(threads()) as pool:
        return list(pool.map(function, items))


def stacked(function: Callable[[Item], np.ndarray], items: Sequence[Item]) -> np.ndarray:
    """Apply a function to every item; the arrays that it returns, stacked along a new first axis.

    All must have the shape and type of the first. The threads write to the result: there is no
    second copy of it, and no copying at the end.
    """
    return all_stacked(lambda item: (function(item),), items)[0]


def all_stacked(
    function: Callable[[Item], Sequence[np.ndarray]], items: Sequence[Item]
) -> tuple[np.ndarray, ...]:
    """Apply a function that returns several arrays; see `stacked` for each of them."""
    first = function(items[0])
    stacks = tuple(np.empty((len(items), *one.shape), one.dtype) for one in first)

    def fill(i: int) -> None:
        for stack, one in zip(stacks, function(items[i]) if i else first, strict=True):
            if one.shape != stack.shape[1:] or one.dtype != stack.dtype:
                raise ValueError(
                    f"item {i} has {one.dtype} of shape {one.shape}, "
                    f"the first one {stack.dtype} of shape {stack.shape[1:]}"
                )
            stack[i] = one

    each(fill, range(len(items)))
    return stacks


def evenly_spread(count: int, most: int) -> list[int]:
    """Return at most ``most`` of the numbers below ``count``, the first and the last among them.

    >>> evenly_spread(10, 4)
    [0, 3, 6, 9]
    """
    return np.unique(np.linspace(0, count - 1, most).round().astype(int)).tolist()


def add_up(
    function: Callable[[Item], Sequence[np.ndarray]], items: Iterable[Item]
) -> list[np.ndarray]:
    """Apply a function to every item and add up the arrays it returns, in the order of the items.

    The first array of each item is added to the first of the others, and so on; they must be
    floats, and the first item's are overwritten.
    """
    totals: list[np.ndarray] = []
    with ThreadPoolExecutor(threads()) as pool:
        for arrays in pool.map(function, items):
            for total, array in zip(totals, arrays, strict=True) if totals else ():
                total += array
            totals = totals or list(arrays)
    return totals
