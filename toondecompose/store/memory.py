"""The artifacts of a clip in memory: what `ClipFolder` is on disk, for runs without a folder."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import numpy as np

from toondecompose.core.errors import UserError
from toondecompose.store.artifacts import ClipFolder, npy_header


@dataclass(frozen=True, kw_only=True)
class ClipMemory(ClipFolder):
    """The artifacts of one clip, none of them on disk.

    Read and written like a `ClipFolder`, under the same names and with the same bytes; the name
    of ``root`` is the name of the clip. Pictures are kept encoded, as small as on disk.

    Attributes
    ----------
    hint_folder : folder of the user's hints about the clip; None for none.
    kept : the artifacts by name: read-only arrays, and the bytes of all other files.
    """

    lasting: ClassVar[bool] = False

    hint_folder: Path | None = None
    kept: dict[str, bytes | np.ndarray] = field(default_factory=dict, repr=False, compare=False)

    @property
    def hints(self) -> Path | None:
        """Folder of the user's hints about the clip."""
        return self.hint_folder

    def path(self, rel: str) -> Path:
        """Artifacts in memory have no path: a stage that asks for one is wrong."""
        raise TypeError(f"{rel} is in memory and has no path")

    def exists(self, rel: str) -> bool:
        """Whether the artifact ``rel`` is there."""
        return rel in self.kept

    def names(self) -> list[str]:
        """Names of all artifacts, sorted; the records of stages are none."""
        return sorted(name for name in self.kept if not name.startswith("records/"))

    def read_bytes(self, rel: str) -> bytes:
        """Return the bytes that the artifact's file would have."""
        content = self._content(rel)
        if isinstance(content, bytes):
            return content
        return npy_header(content.shape, content.dtype) + content.tobytes()

    def read_npy(self, rel: str, *, mmap: bool = False) -> np.ndarray:
        """Return an array; with ``mmap`` the kept one, which is read-only, else a copy."""
        content = self._content(rel)
        assert isinstance(content, np.ndarray), f"{rel} is no array"
        return content if mmap else content.copy()

    def write_npy_rows(
        self,
        rel: str,
        shape: tuple[int, ...],
        dtype: np.dtype | type,
        *,
        rows: Iterable[np.ndarray],
    ) -> None:
        """Keep an array of ``shape`` made of its ``rows`` along the first axis."""
        array = np.empty(shape, dtype)
        table = array if array.ndim else array.reshape(1)
        filled = 0
        for filled, row in enumerate(rows, start=1):
            if filled <= len(table):
                table[filled - 1] = row
        if filled != len(table):
            raise ValueError(f"{rel}: there are {filled} rows, but the shape is {shape}")
        array.flags.writeable = False
        digest = hashlib.sha256(npy_header(array.shape, array.dtype))
        digest.update(array.data)
        self.kept[rel] = array
        self._note(
            rel, digest.hexdigest(), len(npy_header(array.shape, array.dtype)) + array.nbytes
        )

    def write_bytes(self, rel: str, data: bytes) -> None:
        """Keep raw bytes."""
        self.kept[rel] = data
        self._note(rel, hashlib.sha256(data).hexdigest(), len(data))

    @contextmanager
    def writing(self, rel: str) -> Iterator[Path]:
        """Give a temporary path to write to; on success the file's bytes are kept as ``rel``."""
        with tempfile.TemporaryDirectory() as folder:
            part = Path(folder, Path(rel).name)
            yield part
            self.write_bytes(rel, part.read_bytes())

    def keep(self, rel: str, sha256: str | None) -> bool:
        """There is no earlier run."""
        return False

    @contextmanager
    def together(self) -> Iterator[None]:
        """After an error the whole memory is given up, so there is nothing to take back."""
        yield

    def owned(self, stage: str) -> list[str]:
        """Nothing on disk belongs to a stage of this clip."""
        return []

    def _note(self, rel: str, digest: str, size: int) -> None:
        self.written[rel] = {"sha256": digest, "bytes": size}

    def _content(self, rel: str) -> bytes | np.ndarray:
        if rel not in self.kept:
            raise UserError(f"the clip {self.name} has no artifact {rel}")
        return self.kept[rel]
