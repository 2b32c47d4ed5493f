"""The table of published checkpoints, ``checkpoints.yaml``, and the folder where they lie."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml


def weights_folder() -> Path:
    """Return the folder of the checkpoints.

    It is what the environment variable TOONDECOMPOSE_WEIGHTS says, or else ``weights`` beside
    this file, where git ignores what is in it; an installed package has none, and then it is a
    folder of the user's, which stays when the package is replaced.
    """
    own = os.environ.get("TOONDECOMPOSE_WEIGHTS")
    if own:
        return Path(own)
    beside = Path(__file__).with_name("weights")
    if beside.is_dir():
        return beside
    windows = os.environ.get("LOCALAPPDATA")
    cache = Path(windows or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "toondecompose/raft"


WEIGHTS = weights_folder()
"""Folder of the checkpoints."""

COMMAND = "toondecompose fetch-raft"
"""The command that fetches a checkpoint."""


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """A published checkpoint; what the fields mean is written in ``checkpoints.yaml``."""

    name: str
    file: str
    network: str
    layout: str
    sha256: str
    trained: str
    licence: str
    weights: str | None = None
    member: str | None = None
    bytes: int | None = None
    mebibytes: float | None = None

    @property
    def size(self) -> str:
        """Size for a person to read."""
        if self.bytes is not None:
            return f"{self.bytes / 2**20:.1f} MiB"
        return "" if self.mebibytes is None else f"{self.mebibytes:.1f} MiB"

    def matches(self, path: Path) -> bool:
        """Whether a file is this checkpoint, by size and checksum."""
        if self.bytes is not None and path.stat().st_size != self.bytes:
            return False
        return digest(path).startswith(self.sha256)


@cache
def checkpoints() -> tuple[Checkpoint, ...]:
    """All published checkpoints, the preferred first."""
    return tuple(Checkpoint(**row) for row in _table()["checkpoints"])


def archive() -> dict[str, str]:
    """The original authors' archive: ``address``, ``file`` name and ``sha256``."""
    return _table()["archive"]


def named(name: str) -> Checkpoint | None:
    """Return the checkpoint of that name, if there is one."""
    return next((checkpoint for checkpoint in checkpoints() if checkpoint.name == name), None)


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@cache
def _table() -> dict[str, Any]:
    return yaml.safe_load(Path(__file__).with_name("checkpoints.yaml").read_text())
