"""PSD: one frame as layers, a group a sprite with one layer for every drawing.

8 bits, RGB, straight alpha, run-length coded, with the recomposed frame as the flat picture. The
alpha of a layer is its transparency, not a mask. Names are Unicode. The document has the size of
the frame; what drawings have beyond it is kept. See ``toondecompose/export/still.py``.

Written layer after layer, so that memory does not grow with the number of drawings.
"""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Iterator
from typing import IO

import numpy as np

from toondecompose.core.errors import UserError
from toondecompose.export.formats import Format, require
from toondecompose.export.packbits import pack_rows, unpack
from toondecompose.export.scene import Scene
from toondecompose.export.still import Picture, stack
from toondecompose.store.artifacts import ClipFolder

LARGEST = 30000
"""Pixels of a side that a PSD file may have."""

LARGEST_FILE = 2**31 - 2**28
"""Bytes of the layers of a PSD file, with room for its flat picture."""

FLAGS_VISIBLE, FLAGS_HIDDEN = 8, 10
"""Flags of a layer: bit 3 says that bit 4 means something, bit 1 hides."""

GROUP_OPEN, GROUP_END = 1, 3
"""Kinds of section dividers: the group itself, and the mark below its lowest layer."""

LAYER_CHANNELS = (-1, 0, 1, 2)
"""Transparency, red, green, blue."""

RLE = 1


def file_name(scene: Scene) -> str:
    """Name of the file."""
    return f"{scene.clip}.psd"


def write(scene: Scene, target: ClipFolder) -> None:
    """Write the file.

    Raises
    ------
    UserError
        When the frame is larger than a PSD file may be.
    """
    width, height = scene.layers.size
    if max(width, height) > LARGEST:
        raise UserError(f"the frame is {width}x{height}, but PSD ends at {LARGEST}; export ora")
    flat = scene.layers.recompose(scene.frame, grain=False)
    with tempfile.TemporaryFile() as pixels, target.writing(file_name(scene)) as part:
        records = list(_layers(scene, pixels))
        head = struct.pack(">h", len(records)) + b"".join(records)
        pixels.seek(0, 2)
        length = len(head) + pixels.tell()
        if length >= LARGEST_FILE:
            raise UserError(f"the layers take {length} bytes, but PSD ends at 2 GiB; export ora")
        padding = -length % 4
        with part.open("wb") as file:
            file.write(struct.pack(">4sH6xHIIHH", b"8BPS", 1, 3, height, width, 8, 3))
            file.write(struct.pack(">II", 0, 0))  # no colour table, no image resources
            file.write(struct.pack(">II", length + padding + 8, length + padding))
            file.write(head)
            _copy(pixels, file)
            file.write(bytes(padding))
            file.write(struct.pack(">I", 0))  # no global mask
            file.write(_coded([flat[..., c] for c in range(3)]))


def check(scene: Scene, target: ClipFolder) -> None:
    """Read size and flat picture of the file."""
    name, (width, height) = file_name(scene), scene.layers.size
    with target.path(name).open("rb") as file:
        found = struct.unpack(">4sH6xHIIHH", file.read(26))
        require(found == (b"8BPS", 1, 3, height, width, 8, 3), name, "has a wrong head")
        for _ in range(3):
            file.seek(struct.unpack(">I", file.read(4))[0], 1)
        file.seek(2 + 2 * 3 * height, 1)
        flat = np.frombuffer(unpack(file.read()), np.uint8)
    wanted = scene.layers.recompose(scene.frame, grain=False)
    same = np.array_equal(flat, wanted.transpose(2, 0, 1).ravel())
    require(same, name, "has another flat picture than the frame")


def _layers(scene: Scene, pixels: IO[bytes]) -> Iterator[bytes]:
    # Records from back to front; the pixels of each go to the file.
    for one in stack(scene):
        if isinstance(one, Picture):
            yield _layer(one, pixels)
            continue
        yield _divider("</Layer group>", GROUP_END, pixels)
        for picture in one.pictures:
            yield _layer(picture, pixels)
        yield _divider(one.name, GROUP_OPEN, pixels)


def _layer(picture: Picture, pixels: IO[bytes]) -> bytes:
    rgba, (x, y) = picture.read()
    coded = [_coded([rgba[..., 3]]), *(_coded([rgba[..., c]]) for c in range(3))]
    for data in coded:
        pixels.write(data)
    box = (y, x, y + rgba.shape[0], x + rgba.shape[1])
    flags = FLAGS_VISIBLE if picture.visible else FLAGS_HIDDEN
    return _record(picture.name, box, [len(data) for data in coded], flags=flags, blocks=b"")


def _divider(name: str, kind: int, pixels: IO[bytes]) -> bytes:
    empty = struct.pack(">H", 0)
    pixels.write(empty * len(LAYER_CHANNELS))
    section = _block(b"lsct", struct.pack(">I4s4s", kind, b"8BIM", b"pass"))
    lengths = [len(empty)] * len(LAYER_CHANNELS)
    return _record(name, (0, 0, 0, 0), lengths, flags=FLAGS_VISIBLE, blocks=section)


def _record(
    name: str, box: tuple[int, int, int, int], lengths: list[int], *, flags: int, blocks: bytes
) -> bytes:
    channels = b"".join(
        struct.pack(">hI", channel, length)
        for channel, length in zip(LAYER_CHANNELS, lengths, strict=True)
    )
    # The old name is of one byte a letter; programs read the Unicode one where it is there.
    old = name.encode("ascii", "replace")[:255]
    old = bytes([len(old)]) + old
    old += bytes(-len(old) % 4)
    wide = name.encode("utf-16-be")
    blocks += _block(b"luni", struct.pack(">I", len(wide) // 2) + wide)
    extra = struct.pack(">II", 0, 0) + old + blocks  # no mask, no blending ranges
    blend = b"pass" if blocks.startswith(b"8BIMlsct") else b"norm"
    return (
        struct.pack(">4iH", *box, len(LAYER_CHANNELS))
        + channels
        + struct.pack(">4s4sBBBxI", b"8BIM", blend, 255, 0, flags, len(extra))
        + extra
    )


def _block(key: bytes, data: bytes) -> bytes:
    data += bytes(-len(data) % 4)
    return struct.pack(">4s4sI", b"8BIM", key, len(data)) + data


def _coded(channels: list[np.ndarray]) -> bytes:
    packed = [pack_rows(channel) for channel in channels]
    counts = np.concatenate([rows for _, rows in packed]).astype(">u2").tobytes()
    return struct.pack(">H", RLE) + counts + b"".join(data for data, _ in packed)


def _copy(source: IO[bytes], target: IO[bytes]) -> None:
    source.seek(0)
    while data := source.read(1 << 20):
        target.write(data)


FORMAT = Format("psd", "Photoshop document of one frame, one layer a drawing", write, check)
