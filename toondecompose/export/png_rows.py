"""PNG written a few rows at a time, for pictures that are larger than memory should be."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import IO

import numpy as np

SIGNATURE = b"\x89PNG\r\n\x1a\n"

RGBA = 6
"""PNG's number of this kind of colour."""

SUB = 1
"""PNG's number of the filter that stores the difference from the pixel before."""

LEVEL = 6
"""Effort of the compression, 0..9."""


def write_rows(path: Path, size: tuple[int, int], strips: Iterable[np.ndarray]) -> None:
    """Write an RGBA picture of 8 bits.

    Parameters
    ----------
    path : written in place; give that of ``ClipFolder.writing``.
    size : (width, height).
    strips : from top to bottom, each (n, width, 4) uint8, together height rows.
    """
    packer = zlib.compressobj(LEVEL)
    with path.open("wb") as file:
        file.write(SIGNATURE)
        _chunk(file, b"IHDR", struct.pack(">IIBBBBB", *size, 8, RGBA, 0, 0, 0))
        for strip in strips:
            _chunk(file, b"IDAT", packer.compress(_filtered(strip)))
        _chunk(file, b"IDAT", packer.flush())
        _chunk(file, b"IEND", b"")


def _filtered(strip: np.ndarray) -> bytes:
    rows = np.empty((strip.shape[0], 1 + 4 * strip.shape[1]), np.uint8)
    rows[:, 0] = SUB
    rows[:, 1:5] = strip[:, 0]
    rows[:, 5:] = (strip[:, 1:] - strip[:, :-1]).reshape(strip.shape[0], -1)  # modulo 256
    return rows.tobytes()


def _chunk(file: IO[bytes], kind: bytes, data: bytes) -> None:
    if data or kind == b"IEND":
        file.write(struct.pack(">I", len(data)) + kind + data)
        file.write(struct.pack(">I", zlib.crc32(kind + data)))
