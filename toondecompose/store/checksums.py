"""Whether what a stage reads is what an earlier stage wrote: hashes, compared at the first read."""

from __future__ import annotations

import threading
from pathlib import Path

from toondecompose.core.errors import UserError
from toondecompose.core.files import set_aside
from toondecompose.store.made import hash_file, recorded


class Checksums:
    """Compares artifacts with the records of earlier stages; safe to use from several threads.

    Parameters
    ----------
    root : folder of the clip.
    stages : the stages before the one that reads.
    """

    def __init__(self, root: Path, stages: tuple[str, ...]) -> None:
        self.root = root
        self.expected: dict[str, str] = {}
        for stage in stages:
            self.expected |= {name: one["sha256"] for name, one in recorded(root, stage).items()}
        self.checked: set[str] = set()
        self.lock = threading.Lock()

    def check(self, name: str) -> None:
        """Compare the hash of an artifact with its record, once; set it aside where they differ.

        Raises
        ------
        UserError
            When the artifact is damaged; it is missing then, so that the next run makes it again.
        """
        expected = self.expected.get(name)
        with self.lock:
            if expected is None or name in self.checked:
                return
            self.checked.add(name)
        path = self.root / name
        if path.exists() and hash_file(path) != expected:
            target = set_aside(self.root, name)
            raise UserError(
                f"{path} is damaged: it is not what its stage wrote (set aside as {target}); "
                "give the same command again to have it made anew"
            )
