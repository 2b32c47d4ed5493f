"""Notes: small inputs of rules that change when a result that was there is gone or damaged.

Snakemake compares only the declared result of a stage, its record; the note makes it look at the
artifacts that the record lists.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from toondecompose.core.files import read_json_object, write_text
from toondecompose.store import paths
from toondecompose.store.made import MadeFiles, hash_file, is_entry, is_record


def renew_stage_note(root: Path, stage: str) -> None:
    """Renew the note of a stage if an artifact of its record is gone or was changed."""
    record, note = root / paths.record(stage), root / paths.note(stage)
    content = read_json_object(record) if record.exists() else None
    if content is None or not is_record(content):
        _renew(note, f"{record} was missing", record)
        return
    made = MadeFiles(root, stage)
    changes = {name: made.change(name, one) for name, one in content["artifacts"].items()}
    changed = [name for name, change in changes.items() if change == "changed"]
    if changed and not is_locked(root / paths.lock(stage)):
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        print(
            f"{root.name}: {root / changed[0]}{more} damaged or changed since the stage {stage} "
            "made it: the stage runs again",
            file=sys.stderr,
            flush=True,
        )
    first = next(((name, change) for name, change in changes.items() if change), None)
    _renew(note, f"{first[0]} was {first[1]}" if first else None, record)


def renew_listing_note(folder: Path, listing: Path, note: Path) -> None:
    """Renew the note of files that a JSON file lists, as `renew_stage_note` does.

    The files of a format, or of the clip that the project draws; nobody has noted their times, so
    hashes decide about files that are newer than the list.
    """
    content = read_json_object(listing) if listing.exists() else None
    if content is None:
        _renew(note, f"{listing} was missing", listing)
        return
    entries = content.get("artifacts", content)
    since = listing.stat().st_mtime_ns
    wrong = next((name for name, one in entries.items() if _is_wrong(folder / name, one, since)), 0)
    _renew(note, f"{wrong} was missing or changed" if wrong else None, listing)


def is_complete(folder: Path, listing: Path) -> bool:
    """Tell whether all files that a JSON file lists are in a folder."""
    content = read_json_object(listing) if listing.exists() else None
    return content is not None and all((folder / name).exists() for name in content)


def is_locked(path: Path) -> bool:
    """Tell whether a process holds a lock file."""
    if not path.exists():
        return False
    try:
        with FileLock(path, timeout=0):
            return False
    except Timeout:
        return True


def _renew(note: Path, why: str | None, record: Path) -> None:
    # The content differs each time, because Snakemake takes a newer file with the checksum of the
    # last run for unchanged.
    if not note.exists() or (why and not is_locked(record.with_suffix(".lock"))):
        write_text(note, f"{why} at {time.time_ns()}, so this stage has to run\n")


def _is_wrong(path: Path, entry: Mapping[str, Any] | Any, since: int) -> bool:
    if not path.is_file():
        return True
    if not is_entry(entry):
        return False
    found = path.stat()
    if found.st_size != entry["bytes"]:
        return True
    return found.st_mtime_ns > since and hash_file(path) != entry["sha256"]
