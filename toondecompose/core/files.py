"""Small text files that a killed or a full disk must not spoil, and files that are set aside."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from toondecompose.core.errors import UserError

SET_ASIDE = "set_aside"
"""Folder, in that of the clip, of files that were in the way or damaged."""


@contextmanager
def naming_file(path: Path) -> Iterator[None]:
    """Turn an error of the system into one sentence that names the file.

    Raises
    ------
    UserError
        When the disk is full, the folder is read-only, or the like.
    """
    try:
        yield
    except OSError as error:
        place = error.filename if error.filename is not None else path
        raise UserError(
            f"cannot write {place}: {error.strerror or error}; "
            "make room or correct the folder, then give the same command again"
        ) from error


def write_text(path: Path, text: str) -> None:
    """Write a text file, whole or not at all; errors as of `naming_file`."""
    part = path.with_name(f".part-{os.getpid()}-{path.name}")
    with naming_file(path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            part.write_text(text, encoding="utf-8")
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


def append_text(path: Path, text: str) -> None:
    """Append whole lines to a text file; errors as of `naming_file`."""
    with naming_file(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(text)


def read_json_object(path: Path) -> dict[str, Any] | None:
    """Return the content of a JSON file; None where it holds anything but one JSON object."""
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError, IsADirectoryError):
        return None
    return content if isinstance(content, dict) else None


def set_aside(root: Path, name: str) -> Path:
    """Move a file or folder of a clip out of the way; return where it is now.

    Nothing is overwritten: ``set_aside/<name>`` gets a number where it is there already.
    """
    target, number = root / SET_ASIDE / name, 1
    while target.exists() or target.is_symlink():
        number += 1
        target = root / SET_ASIDE / f"{name}.{number}"
    with naming_file(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(root / name, target)
    return target
