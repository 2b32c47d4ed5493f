"""One writer at a time, also of two commands."""

from __future__ import annotations

import getpass
import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock


@contextmanager
def writing_alone(path: Path) -> Iterator[None]:
    """Wait while another process of this person writes the same file or folder; then hold it.

    The lock lies in the system's folder of temporary files, so that nothing is left beside what is
    written.
    """
    name = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:32]
    folder = Path(tempfile.gettempdir(), f"toondecompose-{getpass.getuser()}")
    folder.mkdir(exist_ok=True)
    with FileLock(folder / f"{name}.lock"):
        yield
