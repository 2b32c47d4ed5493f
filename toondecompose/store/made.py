"""The files that a stage has made, with their checksums: ``records/<stage>.made``.

A line a file: size in bytes, time of modification in ns, SHA-256 and name, between tabs. Lines are
appended just before a file gets its name, so that a killed run leaves no file that nobody knows.
A file whose size and time are those of a line is taken for unchanged; else its hash decides.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from toondecompose.core.files import append_text, read_json_object, set_aside, write_text
from toondecompose.store import paths


class Made(NamedTuple):
    """A file as it was when it was made; `time` is -1 where nobody noted it."""

    size: int
    time: int
    sha256: str


class MadeFiles:
    """The files that one stage of a clip has made; safe to use from several threads.

    Parameters
    ----------
    root : folder of the clip.
    stage : name of the stage.
    say : called with one line about each file that is set aside.
    """

    def __init__(self, root: Path, stage: str, say: Callable[[str], object] | None = None) -> None:
        self.root = root
        self.stage = stage
        self.say = say or (lambda line: None)
        self.path = root / paths.made(stage)
        self.lock = threading.Lock()
        self.known: dict[str, set[Made]] = defaultdict(set)
        for name, artifact in recorded(root, stage).items():
            self.known[name].add(Made(artifact["bytes"], -1, artifact["sha256"]))
        for line in _lines(self.path):
            size, time, sha256, name = line
            self.known[name].add(Made(int(size), int(time), sha256))

    def is_own(self, name: str) -> bool:
        """Tell whether a file is as this stage left it."""
        return self._matches(name, {made.sha256 for made in self.known.get(name, ())})

    def change(self, name: str, artifact: Mapping[str, Any]) -> str | None:
        """Return how an artifact differs from its record: "missing", "changed", or None."""
        try:
            size = os.stat(self.root / name).st_size
        except FileNotFoundError:
            return "missing"
        if size == artifact["bytes"] and self._matches(name, {artifact["sha256"]}):
            return None
        return "changed"

    def before_writing(self, name: str, part: Path, sha256: str) -> None:
        """Note a file that is about to get its name; set aside what has that name but is not own.

        Raises
        ------
        UserError
            When the note cannot be written.
        """
        if os.path.lexists(self.root / name) and not self.is_own(name):
            self.remove_foreign(name)
        self._note(name, _made(part, sha256))

    def remove_foreign(self, name: str) -> None:
        """Set aside a file that this stage has not made, or that somebody changed."""
        target = set_aside(self.root, name)
        self.say(f"{self.root / name} was changed or not made here: it is now {target}")

    def settle(self, written: Mapping[str, Mapping[str, Any]]) -> None:
        """Note that these files, and no others, are what the stage has made.

        Raises
        ------
        UserError
            When the note cannot be written.
        """
        known = {name: _made(self.root / name, one["sha256"]) for name, one in written.items()}
        self.known = defaultdict(set, {name: {made} for name, made in known.items()})
        write_text(self.path, "".join(_line(name, known[name]) for name in sorted(known)))

    def forget_times(self, names: set[str]) -> None:
        """Compare these files by their hashes next time, whatever their times are."""
        lines = []
        for name, mades in sorted(self.known.items()):
            for made in sorted(mades):
                lines.append(_line(name, made._replace(time=-1) if name in names else made))
        write_text(self.path, "".join(lines))

    def _matches(self, name: str, hashes: set[str]) -> bool:
        path = self.root / name
        try:
            found = os.stat(path)
        except FileNotFoundError:
            return False
        known = [made for made in self.known.get(name, ()) if made.sha256 in hashes]
        if any((made.size, made.time) == (found.st_size, found.st_mtime_ns) for made in known):
            return True
        if not path.is_file() or not any(made.size == found.st_size for made in known):
            return False
        made = _made(path, hash_file(path))
        if made.sha256 not in hashes:
            return False
        self._note(name, made)
        return True

    def _note(self, name: str, made: Made) -> None:
        with self.lock:
            self.known[name].add(made)
            append_text(self.path, _line(name, made))


def recorded(root: Path, stage: str) -> dict[str, dict[str, Any]]:
    """Artifacts in the record of a stage, with size and hash; empty without a whole record."""
    path = root / paths.record(stage)
    record = read_json_object(path) if path.exists() else None
    return {} if record is None or not is_record(record) else record["artifacts"]


def is_record(content: Mapping[str, Any]) -> bool:
    """Tell whether a JSON object is a whole record of a stage."""
    artifacts = content.get("artifacts")
    return isinstance(artifacts, dict) and all(map(is_entry, artifacts.values()))


def is_entry(entry: object) -> bool:
    """Tell whether a value in a record or listing gives size and hash of a file."""
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("bytes"), int)
        and isinstance(entry.get("sha256"), str)
    )


def hash_file(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _made(path: Path, sha256: str) -> Made:
    found = os.stat(path)
    return Made(found.st_size, found.st_mtime_ns, sha256)


def _line(name: str, made: Made) -> str:
    return f"{made.size}\t{made.time}\t{made.sha256}\t{name}\n"


def _lines(path: Path) -> list[list[str]]:
    # What a kill cut, or somebody damaged, is passed over: then hashes decide.
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, IsADirectoryError):
        return []
    rows = [line.split("\t") for line in text.split("\n")[:-1]]
    return [row for row in rows if len(row) == 4 and _is_number(row[0]) and _is_number(row[1])]


def _is_number(text: str) -> bool:
    return text.removeprefix("-").isascii() and text.removeprefix("-").isdigit()
