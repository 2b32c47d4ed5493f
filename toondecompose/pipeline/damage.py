"""Files of the program's own that cannot be read: set aside before a run, and made again."""

from __future__ import annotations

import base64
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from toondecompose.core.files import naming_file, read_json_object, set_aside
from toondecompose.store.artifacts import STAGES
from toondecompose.store.made import is_entry, is_record

LISTINGS = ("input.json", "hints.json")
"""Records that list files of the user's."""

SETTLED = 10.0
"""Seconds after which nobody is still writing a small file."""

SNAKEMAKE = ".snakemake"
"""Where Snakemake keeps its own notes, of which a damaged one ends each run with a traceback."""


def repair_clip(root: Path) -> None:
    """Set aside what cannot be read among the records of a clip; one line each.

    Raises
    ------
    UserError
        When a file cannot be moved.
    """
    for name in _damaged_records(root):
        target = set_aside(root, name)
        _say(f"{root / name} was damaged: it is set aside as {target}, and made again")


def repair_snakemake(folder: Path) -> None:
    """Remove notes of Snakemake's that cannot be read, and let the stages they are about run again.

    Raises
    ------
    UserError
        When a file cannot be removed.
    """
    for kind in ("metadata", "incomplete"):
        for path in sorted((folder / SNAKEMAKE / kind).rglob("*")):
            if not path.is_file() or time.time() - path.stat().st_mtime < SETTLED:
                continue  # another run may be writing it
            if read_json_object(path) is None:
                with naming_file(path):
                    path.unlink()
                    _output_of(path, folder).with_suffix(".note").unlink(missing_ok=True)
                _say(f"{path} was damaged: it is removed, and Snakemake writes it anew")


def _damaged_records(root: Path) -> Iterator[str]:
    for path in sorted(root.glob("records/*")):
        name = path.relative_to(root).as_posix()
        if path.is_dir() or (path.suffix == ".json" and not _is_whole(path)):
            yield name
    for path in sorted(root.glob("export/*.done")):
        if read_json_object(path) is None:
            yield path.relative_to(root).as_posix()


def _is_whole(path: Path) -> bool:
    content = read_json_object(path)
    if content is None:
        return False
    if path.name in LISTINGS:
        return all(map(is_entry, content.values()))
    return is_record(content) if path.stem in STAGES else True


def _output_of(path: Path, folder: Path) -> Path:
    # Snakemake's names are those of the outputs, coded.
    try:
        return folder / base64.urlsafe_b64decode(path.name).decode()
    except ValueError:
        return path


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
