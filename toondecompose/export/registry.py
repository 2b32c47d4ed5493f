"""The table of formats: their names, and the module of each, imported when it is asked for."""

from __future__ import annotations

import difflib
from importlib import import_module

from toondecompose.core.errors import UserError
from toondecompose.export.formats import Format

FORMATS = (
    "png",
    "transforms",
    "nuke",
    "aftereffects",
    "blender",
    "sheet",
    "psd",
    "ora",
    "exr",
    "prores",
    "webm",
    "aseprite",
)
"""The formats, in the order in which they are written; each is a module of this package."""

FOLDER = "export"
"""The folder of all exports, in that of the clip."""


def done_file(name: str) -> str:
    """Name of the file that a format ends with."""
    return f"{name}.done"


def load_format(name: str) -> Format:
    """Return a format by its name.

    Raises
    ------
    UserError
        When there is none of that name.
    """
    if name not in FORMATS:
        near = difflib.get_close_matches(name.lower(), FORMATS, n=1)
        fix = f"did you mean '{near[0]}'?" if near else f"give one of {', '.join(FORMATS)}"
        raise UserError(f"there is no format '{name}'; {fix}")
    return import_module(f"toondecompose.export.{name}").FORMAT
