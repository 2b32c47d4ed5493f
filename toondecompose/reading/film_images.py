"""EXR and DPX images, decoded by ffmpeg, because Pillow reads neither.

EXR holds linear light, with colours multiplied with alpha; it becomes straight and sRGB-coded, and
light above 1 becomes white. DPX is taken as it is coded.
"""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

import numpy as np

from toondecompose.core.errors import UserError
from toondecompose.reading.video_probe import MAX_PIXELS, ffmpeg

FILM_IMAGES = (".exr", ".dpx")
"""Endings of the images that this module reads."""

CHUNK_LINES = (1, 1, 1, 16, 32, 16, 32, 32, 32, 256)
"""Lines in a chunk of EXR, by the number of its compression."""


def read_film_image(path: Path) -> np.ndarray:
    """Read an EXR or DPX image as uint8 straight RGBA (H, W, 4).

    Raises
    ------
    UserError
        When it is damaged.
    """
    width, height = film_image_size(path)
    if path.suffix.lower() == ".exr":
        _check_exr_chunks(path)
        data = _decode(path, "gbrapf32le")
        planes = np.frombuffer(data, np.float32).reshape(4, height, width)
        alpha = np.clip(planes[3], 0, 1)
        light = planes[[2, 0, 1]] / np.where(alpha > 0, alpha, 1)
        picture = np.concatenate([srgb_of_light(light), alpha[None]]).transpose(1, 2, 0)
    else:
        data = _decode(path, "rgba64le")
        picture = np.frombuffer(data, "<u2").reshape(height, width, 4) / np.float32(65535)
    return np.rint(255 * picture).astype(np.uint8)


def film_image_size(path: Path) -> tuple[int, int]:
    """(width, height) of an EXR or DPX image, from its header.

    Raises
    ------
    UserError
        When the header is damaged, or the image is larger than MAX_PIXELS.
    """
    with path.open("rb") as file:
        head = file.read(2**16)
    try:
        width, height = (_exr_size if path.suffix.lower() == ".exr" else _dpx_size)(head)
    except (ValueError, IndexError):
        raise _damaged(path, "its header cannot be read") from None
    if not 0 < width * height <= MAX_PIXELS:
        raise _damaged(path, f"its header says {width}x{height} pixels")
    return width, height


def srgb_of_light(light: np.ndarray) -> np.ndarray:
    """Code linear light as sRGB (IEC 61966-2-1), both 0..1; what is outside is clipped."""
    light = np.clip(light, 0, 1)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def film_lines(files: list[Path]) -> list[str]:
    """Lines about how EXR and DPX images are taken, for those that there are."""
    said = {
        ".exr": "EXR is taken as linear light with sRGB primaries: it is coded as sRGB, and light "
        "above 1 becomes white",
        ".dpx": "DPX is taken as it is coded: a logarithmic one looks pale and should be converted "
        "first",
    }
    endings = {file.suffix.lower() for file in files}
    return [line for ending, line in said.items() if ending in endings]


def _check_exr_chunks(path: Path) -> None:
    # ffmpeg decodes a file that is cut short without a word, so look whether its last chunk is
    # there. Each chunk is a line number, a length, and so many bytes.
    data = path.read_bytes()
    tiled_deep_or_in_parts = struct.unpack("<I", data[4:8])[0] & 0x1A00
    if tiled_deep_or_in_parts:
        return
    at, attributes = 8, {}
    try:
        while data[at]:
            name, kind, rest = data[at : at + 2048].split(b"\0", 2)
            at += len(name) + len(kind) + 2
            (length,) = struct.unpack("<I", data[at : at + 4])
            attributes[name] = data[at + 4 : at + 4 + length]
            at += 4 + length
        top, bottom = struct.unpack("<4xi4xi", attributes[b"dataWindow"])
        lines = CHUNK_LINES[attributes[b"compression"][0]]
        count = -(-(bottom - top + 1) // lines)
        starts = np.frombuffer(data, "<u8", count, at + 1).tolist()
        lengths = [struct.unpack("<I", data[start + 4 : start + 8])[0] for start in starts]
    except (struct.error, ValueError, IndexError, KeyError):
        raise _damaged(path, "it is cut short") from None
    if any(start + 8 + length > len(data) for start, length in zip(starts, lengths, strict=True)):
        raise _damaged(path, "it is cut short")


def _exr_size(head: bytes) -> tuple[int, int]:
    # The attribute "displayWindow": its type, its length, then left, top, right and bottom.
    name = b"displayWindow\0box2i\0\x10\0\0\0"
    start = head.index(name) + len(name)
    left, top, right, bottom = np.frombuffer(head[start : start + 16], "<i4").tolist()
    return right - left + 1, bottom - top + 1


def _dpx_size(head: bytes) -> tuple[int, int]:
    order = {b"SDPX": ">u4", b"XPDS": "<u4"}.get(head[:4])
    if order is None:
        raise ValueError("no DPX")
    width, height = np.frombuffer(head[772:780], order).tolist()
    return width, height


def _decode(path: Path, pixels: str) -> bytes:
    command = [ffmpeg(), "-v", "error", "-xerror", "-protocol_whitelist", "file,pipe"]
    command += ["-f", f"{path.suffix[1:].lower()}_pipe", "-i", f"file:{path}", "-frames:v", "1"]
    command += ["-pix_fmt", pixels, "-f", "rawvideo", "-"]
    result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if result.returncode or not result.stdout:
        words = result.stderr.decode("utf-8", "replace").strip().splitlines()
        raise _damaged(path, words[-1] if words else "it holds no picture")
    return result.stdout


def _damaged(path: Path, why: str) -> UserError:
    return UserError(
        f"{path} is damaged or half-written ({why}); "
        "replace it or remove it from the folder, then give the same command again"
    )
