"""The folder of one clip: atomic reading and writing of artifacts, and the record of each stage.

A file appears under its name only when it is complete: everything is written under a temporary
name in the same folder and renamed. Each write is noted with its hash, so that a stage ends with
a record (``records/<stage>.json``) that says exactly what it made, from which settings and with
which versions. Records hold no times: the same results give the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import cv2
import numpy as np

from toondecompose.core.errors import UserError
from toondecompose.core.files import naming_file
from toondecompose.store.checksums import Checksums
from toondecompose.store.made import MadeFiles

PATTERNS: dict[str, tuple[str, ...]] = {
    "frames": (
        "frame/*",
        "frame/alpha/*",
        "source/*.png",
        "source/sound.flac",
        "source/alpha/*",
        "shots.yaml",
    ),
    "flow": ("flow/*",),
    "alpha": (
        "preview_labels/*.png",
        "model/alpha.*.npy",
        "model/planes/*",
        "model/objects.json",
        "model/order.npy",
        "model/hints.npy",
        "model/hints/*.npy",
        "screen/*",
        "screen/source/*.png",
        "overlay/*",
    ),
    "homography": (
        "model/homo_matrix.*.npy",
        "model/plane_motion.*.npy",
        "model/motion.json",
        "model/exposure.*.json",
        "model/exposure_motion.*.npy",
    ),
    "preview": ("preview_vis/*.png", "preview_position.mp4"),
    "sprites": ("model/sprites/**/*",),
    "refine": (
        "vis/*.png",
        "plate/**/*",
        "sprite/*.png",
        "model/full_*.npy",
        "model/opacity.*.npy",
    ),
    "report": ("report.html",),
    "video": ("grain/*.png", "vis.mp4", "contact_sheet.png", "manifest.json"),
}
"""Glob patterns, relative to the clip folder, of the files each stage owns; in DAG order."""

STAGES: tuple[str, ...] = tuple(PATTERNS)
"""The stages in DAG order."""

MISSING = "it is missing"
"""Why a file cannot be read that is not there."""

PART = ".part-"
"""Prefix of the name of a file that is being written."""

PNG_WRITING = (
    *(cv2.IMWRITE_PNG_COMPRESSION, 1),
    *(cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_UP),
)
"""How every PNG is written: zlib level 1 takes a quarter of the time of 6 and is 15 % larger. The
difference from the line above as the only filter takes half the time of a choice of filters, to
write and to read, at the same size."""


@dataclass(frozen=True, kw_only=True)
class ClipFolder:
    """The artifacts of one clip, under ``root`` (``workers/<clip>``).

    Paths are given relative to ``root``, with forward slashes. Images are RGB, RGBA or gray
    uint8 arrays of shape (H, W, 3), (H, W, 4) or (H, W). Safe to use from several threads.
    """

    lasting: ClassVar[bool] = True
    """Whether a run that was stopped finds here what it made before."""

    root: Path
    written: dict[str, dict[str, Any]] = field(default_factory=dict, repr=False, compare=False)
    held: list[tuple[str, Path]] = field(default_factory=list, repr=False, compare=False)
    holding: threading.Event = field(default_factory=threading.Event, repr=False, compare=False)
    made: MadeFiles | None = field(default=None, repr=False, compare=False)
    """What the stage at work has made; None for a folder that no stage of the workflow writes."""
    checksums: Checksums | None = field(default=None, repr=False, compare=False)
    """What the stage at work must find; None where nobody compares."""

    @property
    def name(self) -> str:
        """Name of the clip, as in the config."""
        return self.root.name

    @property
    def hints(self) -> Path | None:
        """Folder of the user's hints about the clip, ``hints/<clip>`` beside ``workers``."""
        return Path("hints", self.name)

    def path(self, rel: str) -> Path:
        """Path of the artifact ``rel``."""
        return self.root / rel

    def exists(self, rel: str) -> bool:
        """Whether the artifact ``rel`` is there."""
        return self.path(rel).exists()

    def names(self) -> list[str]:
        """Names of all artifacts that are there, sorted."""
        return sorted(name for stage in STAGES for name in self.owned(stage))

    def read_bytes(self, rel: str) -> bytes:
        """Read the bytes of the artifact's file.

        Raises
        ------
        UserError
            When it is missing, or is not what its stage wrote.
        """
        self._check(rel)
        try:
            return self.path(rel).read_bytes()
        except FileNotFoundError:
            raise self._unreadable(rel, MISSING) from None

    def read_png(self, rel: str) -> np.ndarray:
        """Read a PNG as uint8 RGB (H, W, 3), RGBA (H, W, 4) or gray (H, W)."""
        pixels = cv2.imdecode(np.frombuffer(self.read_bytes(rel), np.uint8), cv2.IMREAD_UNCHANGED)
        if pixels is None:
            raise self._unreadable(rel, "it is not a whole PNG file")
        if pixels.ndim == 2:
            return pixels
        code = cv2.COLOR_BGRA2RGBA if pixels.shape[2] == 4 else cv2.COLOR_BGR2RGB
        return cv2.cvtColor(pixels, code)

    def write_png(self, rel: str, pixels: np.ndarray) -> None:
        """Write uint8 RGB (H, W, 3), RGBA (H, W, 4) or gray (H, W), also uint16, as a PNG."""
        channels = 1 if pixels.ndim == 2 else pixels.shape[-1]
        allowed = (np.uint8, np.uint16) if pixels.ndim == 2 else (np.uint8,)
        if pixels.dtype not in allowed or pixels.ndim not in (2, 3) or channels not in (1, 3, 4):
            raise ValueError(
                f"{rel}: expected uint8 of shape (H, W), (H, W, 3) or (H, W, 4), "
                f"got {pixels.dtype} of shape {pixels.shape}"
            )
        if channels > 1:
            code = cv2.COLOR_RGBA2BGRA if channels == 4 else cv2.COLOR_RGB2BGR
            pixels = cv2.cvtColor(pixels, code)
        done, data = cv2.imencode(".png", pixels, PNG_WRITING)
        if not done:
            raise ValueError(f"{rel}: OpenCV cannot encode an array of shape {pixels.shape}")
        self.write_bytes(rel, data.tobytes())

    def read_npy(self, rel: str, *, mmap: bool = False) -> np.ndarray:
        """Read an array; with ``mmap`` it stays on disk and is read-only."""
        self._check(rel)
        try:
            path = self.path(rel)
            return np.load(path, mmap_mode="r" if mmap else None, allow_pickle=False)
        except FileNotFoundError:
            raise self._unreadable(rel, MISSING) from None
        except (ValueError, EOFError) as error:
            raise self._unreadable(rel, f"it is not a whole .npy file ({error})") from None

    def write_npy(self, rel: str, array: np.ndarray) -> None:
        """Write an array (C order, no pickles)."""
        array = np.ascontiguousarray(array) if array.ndim else array
        rows = array.reshape(1, *array.shape) if not array.ndim else array
        self.write_npy_rows(rel, array.shape, array.dtype, rows=rows)

    def write_npy_rows(
        self,
        rel: str,
        shape: tuple[int, ...],
        dtype: np.dtype | type,
        *,
        rows: Iterable[np.ndarray],
    ) -> None:
        """Write an array of ``shape`` from its ``rows`` along the first axis, one at a time.

        Rows are written with plain calls rather than through a memory map: a disk that fills then
        raises an error instead of killing the process.
        """
        dtype = np.dtype(dtype)
        header = npy_header(shape, dtype)
        with self.writing(rel) as part, part.open("wb") as file:
            size = file.write(header)
            for row in rows:
                size += file.write(np.ascontiguousarray(row, dtype).data)
            expected = len(header) + int(np.prod(shape)) * dtype.itemsize
            if size != expected:
                raise ValueError(f"{rel}: the rows hold {size} bytes, shape {shape} {expected}")

    def read_json(self, rel: str) -> Any:
        """Read a JSON file."""
        try:
            return json.loads(self.read_bytes(rel))
        except ValueError as error:  # no JSON, or no text
            raise self._unreadable(rel, f"it is not JSON ({error})") from None

    def write_json(self, rel: str, value: Any) -> None:
        """Write JSON with sorted keys."""
        text = json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
        self.write_bytes(rel, text.encode() + b"\n")

    def write_bytes(self, rel: str, data: bytes) -> None:
        """Write raw bytes."""
        with self.writing(rel) as part:
            part.write_bytes(data)

    @contextmanager
    def writing(self, rel: str) -> Iterator[Path]:
        """Give a temporary path to write to; on success it becomes the artifact ``rel``.

        Raises
        ------
        UserError
            When the disk is full or does not take the file; the temporary file is removed.
        """
        path = self.path(rel)
        part = path.with_name(PART + path.name)
        try:
            with naming_file(path):
                path.parent.mkdir(parents=True, exist_ok=True)
                yield part
                with part.open("rb") as file:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
                self.written[rel] = {"sha256": digest, "bytes": part.stat().st_size}
                if self.holding.is_set():
                    self.held.append((rel, part))
                else:
                    self._name(rel, part)
        except BaseException:
            part.unlink(missing_ok=True)
            self.written.pop(rel, None)
            raise

    def keep(self, rel: str, sha256: str | None) -> bool:
        """Count an artifact of an earlier run as written, if it is there with this hash."""
        if sha256 is None:
            return False
        try:
            with self.path(rel).open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
                size = file.tell()
        except FileNotFoundError:
            return False
        if found != sha256:
            return False
        self.written[rel] = {"sha256": found, "bytes": size}
        return True

    @contextmanager
    def together(self) -> Iterator[None]:
        """Let all files written inside appear at the end, or, after an error, none of them."""
        self.holding.set()
        try:
            yield
            for rel, part in self.held:
                with naming_file(self.path(rel)):
                    self._name(rel, part)
        finally:
            for _, part in self.held:
                part.unlink(missing_ok=True)
            self.held.clear()
            self.holding.clear()

    def owned(self, stage: str) -> list[str]:
        """Files that match the patterns of ``stage``, sorted."""
        found = (path for pattern in PATTERNS[stage] for path in self.root.glob(pattern))
        return sorted({path.relative_to(self.root).as_posix() for path in found if path.is_file()})

    def remove_parts(self, stage: str) -> None:
        """Remove what a killed run of ``stage`` left half-written."""
        for pattern in PATTERNS[stage]:
            folder, _, last = pattern.rpartition("/")
            for path in self.root.glob(f"{folder}/{PART}{last}".lstrip("/")):
                path.unlink(missing_ok=True)

    def remove_stale(self, stage: str) -> None:
        """Remove files ``stage`` made before and not this time (there are fewer objects now).

        Files that nobody knows stay; files that somebody changed are set aside.
        """
        for rel in self.owned(stage):
            if rel in self.written:
                continue
            if self.made is None or self.made.is_own(rel):
                self.path(rel).unlink()
            elif rel in self.made.known:
                self.made.remove_foreign(rel)

    def _name(self, rel: str, part: Path) -> None:
        if self.made is not None:
            self.made.before_writing(rel, part, self.written[rel]["sha256"])
        os.replace(part, self.path(rel))

    def _check(self, rel: str) -> None:
        if self.checksums is not None and rel not in self.written:
            self.checksums.check(rel)

    def _unreadable(self, rel: str, why: str) -> UserError:
        before = "" if why == MISSING else "delete it and "
        return UserError(
            f"cannot read {self.path(rel)}: {why}; {before}run the clip again, which makes it anew"
        )


def npy_header(shape: tuple[int, ...], dtype: np.dtype) -> bytes:
    """Return what a .npy file of an array in C order begins with."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header,
        {
            "descr": np.lib.format.dtype_to_descr(dtype),
            "fortran_order": False,
            "shape": tuple(shape),
        },
    )
    return header.getvalue()
