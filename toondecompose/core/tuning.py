"""Tuning: the parameters of all packages as one value, which functions pass on to each other.

Each package has its numbers, with unit and effect, in ``<package>/parameters.py``: one frozen
dataclass `Parameters` whose fields have the usual values as defaults. A function that reads some
of them, or calls one that does, takes the keyword ``tuning`` and passes it on:

    def step(frames, *, tuning: Tuning = DEFAULT):
        parameters = tuning[Parameters]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar

P = TypeVar("P")


@dataclass(frozen=True)
class Tuning:
    """Parameters of packages; those that are not given have their usual values.

    Examples
    --------
    >>> @dataclass(frozen=True)
    ... class Parameters:
    ...     search_radius_px: float = 24.0
    >>> Tuning()[Parameters].search_radius_px
    24.0
    >>> Tuning.of(Parameters(search_radius_px=8.0))[Parameters].search_radius_px
    8.0
    """

    given: Mapping[type, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, *parameters: Any) -> Tuning:
        """Return a tuning with the given parameters, one ``Parameters`` a package."""
        return cls({type(own): own for own in parameters})

    def __getitem__(self, kind: type[P]) -> P:
        """Return the parameters of a type."""
        return self.given[kind] if kind in self.given else _usual(kind)


@cache
def _usual(kind: type[P]) -> P:
    return kind()


DEFAULT = Tuning()
"""All parameters at their usual values."""
