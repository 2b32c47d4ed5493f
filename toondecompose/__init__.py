"""Turn a drawn clip into layers: a clean plate and one moving, soft-edged sprite per object.

    import toondecompose as td

    layers = td.decompose(frames, objects=2)

What the module offers is listed here and written in ``toondecompose/api.py``, which is imported
when it is first asked for, so that importing the package is cheap.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.9.0"

__all__ = [
    "Drawing",
    "Layer",
    "Layers",
    "Plate",
    "Report",
    "Sprite",
    "UserError",
    "decompose",
    "load",
]

if TYPE_CHECKING:
    from toondecompose.api import (
        Drawing,
        Layer,
        Layers,
        Plate,
        Report,
        Sprite,
        UserError,
        decompose,
        load,
    )


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'toondecompose' has no attribute '{name}'")
    # Not an import statement: stages import this module, but do not depend on the whole API.
    return getattr(import_module("toondecompose.api"), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
