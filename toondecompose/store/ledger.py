"""What a long stage has finished so far, so that a run that was killed goes on from there.

The ledger is ``records/<stage>.ledger``: a first line, the fingerprint of everything the results
depend on, then one line for each finished artifact with its hash. Lines are only appended, so a
killed run leaves a good ledger, its last line possibly cut. An artifact counts as finished when
the ledger was begun under the same fingerprint and the file still has the hash.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from toondecompose.store import paths
from toondecompose.store.artifacts import ClipFolder


class NoLedger:
    """The ledger of a clip that no later run finds: nothing is ever finished."""

    def has(self, rels: Iterable[str]) -> bool:
        """Whether these artifacts are finished: never."""
        return False

    def note(self, rels: Iterable[str]) -> None:
        """Forget that artifacts were written."""


class Ledger:
    """The ledger of one stage of one clip; safe to use from several threads.

    Parameters
    ----------
    clip, stage
        Whose.
    depends_on
        Everything the artifacts depend on: settings, code, versions, hashes of what is read.
    """

    def __init__(self, clip: ClipFolder, stage: str, depends_on: Mapping[str, Any]) -> None:
        text = json.dumps(depends_on, sort_keys=True, default=str)
        fingerprint = hashlib.sha256(text.encode()).hexdigest()
        self.clip = clip
        self.lock = threading.Lock()
        self.path = clip.path(paths.ledger(stage))
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # What follows the last end of line was cut by a kill.
        whole = self.path.read_text().rpartition("\n")[0] if self.path.exists() else ""
        first, *lines = whole.split("\n")
        if first != fingerprint:
            lines = []
        self.path.write_text("\n".join([fingerprint, *lines, ""]))
        self.noted = dict(line.rsplit(" ", 1) for line in lines)

    def has(self, rels: Iterable[str]) -> bool:
        """Whether these artifacts are finished and whole; then they count as written."""
        return all(self.clip.keep(rel, self.noted.get(rel)) for rel in rels)

    def note(self, rels: Iterable[str]) -> None:
        """Note artifacts that were just written."""
        text = "".join(f"{rel} {self.clip.written[rel]['sha256']}\n" for rel in rels)
        with self.lock, self.path.open("a") as file:
            file.write(text)


def open_ledger(
    clip: ClipFolder, stage: str, depends_on: Callable[[], Mapping[str, Any]]
) -> Ledger | NoLedger:
    """Open the ledger of a stage of a clip, where a later run could find it; see `Ledger`."""
    return Ledger(clip, stage, depends_on()) if clip.lasting else NoLedger()
