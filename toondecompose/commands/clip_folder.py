"""Finished clips, and those under way, by their name or folder: what commands share."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from toondecompose.core.errors import UserError
from toondecompose.core.files import read_json_object
from toondecompose.core.typed_commands import typed
from toondecompose.store import paths

WORKERS = Path("workers")
"""The folder of all clips, in the folder in which a command is given."""

MAX_LISTED = 10
"""Known clips that a sentence names."""


def find_folder(clip: str) -> Path:
    """Return the folder of a clip that is given by its name or its folder.

    Raises
    ------
    UserError
        When there is none.
    """
    for folder in (WORKERS / clip, Path(clip)) if clip else ():
        if is_clip(folder):
            return folder
    raise no_clip(clip, list_clips(), f"in {WORKERS}/")


def own_settings(folder: Path) -> dict[str, Any]:
    """Return the keys with which a clip was made; none for layers that the API saved.

    Raises
    ------
    UserError
        When the file that holds them is damaged.
    """
    path = folder / paths.OWN_SETTINGS
    if not path.exists():
        return {}
    found = read_json_object(path)
    if found is None:
        raise UserError(f"{path} is damaged; run the clip again, which makes it anew")
    return found


def list_clips(workers: Path = WORKERS) -> list[str]:
    """Return the names of all clips that were begun."""
    return sorted(path.name for path in workers.glob("*") if is_clip(path))


def is_clip(folder: Path) -> bool:
    """Whether a folder holds a clip: records of stages, or layers that the API saved."""
    return (folder / "records").is_dir() or (folder / paths.INFO).is_file()


def no_clip(name: str, known: Iterable[str], where: str) -> UserError:
    """Return the error of a name that no clip has, in the same words for all commands.

    >>> str(no_clip("violt", ["other", "violet"], "in workers/"))
    "there is no clip 'violt' in workers/; did you mean 'violet'?"
    >>> str(no_clip("x", [], "in workers/"))
    "there is no clip 'x' in workers/; make one with: toondecompose run CLIP"
    """
    known = list(known)
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        fix = f"did you mean '{near[0]}'?"
    elif known:
        more = ", ..." if len(known) > MAX_LISTED else ""
        fix = f"give one of {', '.join(known[:MAX_LISTED])}{more}"
    else:
        fix = f"make one with: {typed('toondecompose run CLIP')}"
    return UserError(f"there is no clip '{name}' {where}; {fix}")
