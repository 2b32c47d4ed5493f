"""What a long stage has finished so far, so that a run that was killed goes on from there.

The ledger is ``records/<stage>.ledger``: a first line, the fingerprint of everything the results
depend on, then one line for each finished artifact with its hash. Lines are only appended, so a
killed run leaves a good ledger, its last line possibly cut. An artifact counts as finished when
the ledger was begun under the same fingerprint and the file still has the hash.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from toondecompose.core.files import append_text, write_text
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
        first, *lines = self._read()
        if first != fingerprint:
            lines = []
        self.noted = {rel: digest for rel, _, digest in (line.rpartition(" ") for line in lines)}
        write_text(self.path, "\n".join([fingerprint, *lines, ""]))

    def has(self, rels: Iterable[str]) -> bool:
        """Whether these artifacts are finished and whole; then they count as written."""
        return all(self.clip.keep(rel, self.noted.get(rel)) for rel in rels)

    def note(self, rels: Iterable[str]) -> None:
        """Note artifacts that were just written."""
        text = "".join(f"{rel} {self.clip.written[rel]['sha256']}\n" for rel in rels)
        with self.lock:
            append_text(self.path, text)

    def _read(self) -> list[str]:
        # What follows the last end of line was cut by a kill. A line that is damaged names no
        # artifact, so that what it stood for is made again.
        try:
            text = self.path.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return [""]
        if "\0" in text or "\N{REPLACEMENT CHARACTER}" in text:
            logging.getLogger(__name__).warning("%s is damaged and not used", self.path)
            return [""]
        return text.rpartition("\n")[0].split("\n")


def open_ledger(
    clip: ClipFolder, stage: str, depends_on: Callable[[], Mapping[str, Any]]
) -> Ledger | NoLedger:
    """Open the ledger of a stage of a clip, where a later run could find it; see `Ledger`."""
    return Ledger(clip, stage, depends_on()) if clip.lasting else NoLedger()
