"""One loop over frames, run by threads: OpenCV and numpy work outside of Python's lock."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from toondecompose.stage import threads

Item = TypeVar("Item")
Result = TypeVar("Result")


def each(function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """Apply a function to every item; the results in the order of the items."""
    with ThreadPoolExecutor(threads()) as pool:
        return list(pool.map(function, items))
