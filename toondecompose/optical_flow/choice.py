"""Chooses the backend of the flow, once, before anything runs, and reports it in one line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from third_party.raft.table import COMMAND, WEIGHTS, checkpoints, named
from toondecompose.core.errors import UserError
from toondecompose.core.typed_commands import typed
from toondecompose.optical_flow.pairs import check_offsets

INSTALL = "pip install 'toondecompose[raft]'"
"""The command that installs what RAFT needs."""


@dataclass(frozen=True)
class Choice:
    """The flow stage's settings with the chosen backend, and the line that reports it.

    ``settings`` holds neutral values for what the backend does not read, so that changing those
    runs nothing again; ``checkpoint`` is the file that the flow depends on, if any.
    """

    settings: dict[str, Any]
    checkpoint: Path | None
    line: str


def choose(clip: Mapping[str, Any], folder: Path = WEIGHTS) -> Choice:
    """Decide the backend for a clip's settings (by whole key) and the checkpoints in a folder.

    Raises
    ------
    UserError
        When RAFT is required and its checkpoint is missing, or the offsets cannot be used.
    """
    check_offsets(clip["flow.offsets"])
    backend = clip["flow.backend"]
    # A named checkpoint requires RAFT.
    needed = backend == "raft" or (backend == "auto" and clip["flow.checkpoint"] != "auto")
    checkpoint = None if backend == "dis" else find_checkpoint(clip["flow.checkpoint"], folder)
    no_torchvision = find_spec("torchvision") is None and checkpoint is not None
    if no_torchvision and needed:
        raise UserError(
            "flow.backend or flow.checkpoint ask for RAFT, but torchvision is not "
            f"installed; give: {INSTALL}"
        )
    if no_torchvision:
        checkpoint = None
    if checkpoint is None and needed:
        raise UserError(
            f"flow.backend is {backend} and flow.checkpoint {clip['flow.checkpoint']}, "
            f"but there is no such checkpoint in {folder}; get one: {typed(COMMAND)}"
        )
    if checkpoint is None:
        offer = "" if backend == "dis" else f"; for RAFT get a checkpoint: {typed(COMMAND)}"
        if no_torchvision:
            offer = f"; for RAFT install torchvision: {INSTALL}"
        unread = {"flow.checkpoint": "", "flow.updates": 1, "flow.half_precision": False}
        return Choice(
            {**clip, **unread, "flow.backend": "dis", "device": "cpu"}, None, f"flow: DIS{offer}"
        )
    decided = {"flow.backend": "raft", "flow.checkpoint": str(checkpoint)}
    return Choice({**clip, **decided}, checkpoint, f"flow: RAFT with {checkpoint.name}")


def find_checkpoint(name: str, folder: Path) -> Path | None:
    """Return the file of a checkpoint (a table's name, a path, or "auto"), if it is there."""
    known = named(name)
    if name == "auto":
        paths = [folder / one.file for one in checkpoints()]
    else:
        paths = [Path(name) if known is None else folder / known.file]
    return next((path for path in paths if path.is_file()), None)
