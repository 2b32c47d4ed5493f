"""Colour profiles of images."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from toondecompose.reading.clip_source import ReadingSettings
from toondecompose.reading.colour_profiles import UNREADABLE, foreign_profile
from toondecompose.reading.media import open_source
from toondecompose.reading.video_colour import ColourSettings

ADOBE_TO_XYZ = np.array(
    [[0.60974, 0.20528, 0.14919], [0.31111, 0.62567, 0.06322], [0.01947, 0.06087, 0.74457]]
)
"""Adobe RGB (1998) to XYZ, adapted to D50."""

SRGB_TO_XYZ = np.array(
    [[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]]
)
"""sRGB to XYZ, adapted to D50."""


def profile(matrix: np.ndarray, gamma: float, name: bytes) -> bytes:
    """An ICC version 2 profile with a matrix and a gamma."""

    def fixed(*values: float) -> bytes:
        return struct.pack(f">{len(values)}i", *(round(value * 65536) for value in values))

    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"
    text = b"desc\0\0\0\0" + struct.pack(">I", len(name) + 1) + name + b"\0" * 79
    tags = {b"desc": text, b"cprt": b"text\0\0\0\0none\0", b"wtpt": b"XYZ \0\0\0\0"}
    tags[b"wtpt"] += fixed(0.9642, 1, 0.8249)
    for column, letter in enumerate(b"rgb"):
        tags[bytes([letter]) + b"XYZ"] = b"XYZ \0\0\0\0" + fixed(*matrix[:, column])
        tags[bytes([letter]) + b"TRC"] = curve
    table, data, at = struct.pack(">I", len(tags)), b"", 128 + 4 + 12 * len(tags)
    for tag, content in tags.items():
        content += b"\0" * (-len(content) % 4)
        table += tag + struct.pack(">II", at + len(data), len(content))
        data += content
    size = 128 + len(table) + len(data)
    header = struct.pack(">I4sI4s4s4s", size, b"\0\0\0\0", 0x02100000, b"mntr", b"RGB ", b"XYZ ")
    header += b"\0" * 12 + b"acsp" + b"\0" * 28 + fixed(0.9642, 1, 0.8249)
    return header.ljust(128, b"\0") + table + data


ADOBE = profile(ADOBE_TO_XYZ, 563 / 256, b"Adobe RGB")


def save(folder: Path, pixels: np.ndarray, icc: bytes) -> Path:
    for number in range(2):
        Image.fromarray(pixels).save(folder / f"{number}.png", icc_profile=icc)
    return folder


def read(folder: Path, primaries: str = "auto") -> tuple[np.ndarray, str]:
    reading = ReadingSettings(colour=ColourSettings(primaries=primaries))
    source = open_source(str(folder), fps=24, reading=reading)
    return next(source.readers())(), "; ".join(source.lines)


def colours(alpha: bool = False) -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.integers(60, 200, (16, 16, 4 if alpha else 3), np.uint8)


def test_a_wide_profile_is_converted(tmp_path: Path) -> None:
    given = colours()
    linear = (given / 255) ** (563 / 256) @ (np.linalg.inv(SRGB_TO_XYZ) @ ADOBE_TO_XYZ).T
    linear = np.clip(linear, 0, 1)
    curve = np.where(linear < 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    found, said = read(save(tmp_path, given, ADOBE))
    assert np.abs(found - 255 * curve).max() <= 2
    assert np.abs(found.astype(int) - given).max() > 15
    assert "converted to sRGB from the profile Adobe RGB (colour.primaries: keep" in said
    found, said = read(tmp_path, "keep")
    assert np.array_equal(found, given)
    assert "the profile Adobe RGB is ignored" in said


def test_alpha_is_left_alone(tmp_path: Path) -> None:
    given = colours(alpha=True)
    found, _ = read(save(tmp_path, given, ADOBE))
    assert np.array_equal(found[..., 3], given[..., 3])
    opaque, _ = read(save(tmp_path, given[..., :3], ADOBE))
    assert np.array_equal(found[..., :3], opaque)


@pytest.mark.parametrize("which", ["own", "another"])
def test_srgb_is_left_alone(tmp_path: Path, which: str) -> None:
    own = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    icc = own if which == "own" else None
    given = colours()
    found, said = read(save(tmp_path, given, icc))
    assert np.array_equal(found, given)
    assert said == ""


def test_a_profile_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    given = colours()
    found, said = read(save(tmp_path, given, b"no profile at all"))
    assert np.array_equal(found, given)
    assert "the colour profile of 2 images cannot be read: taken as sRGB" in said


def test_names() -> None:
    image = Image.fromarray(colours())
    assert foreign_profile(image) is None
    image.info["icc_profile"] = ADOBE
    assert foreign_profile(image) == "Adobe RGB"
    assert foreign_profile(image.convert("L")) is None
    image.info["icc_profile"] = ADOBE[:60]
    assert foreign_profile(image) == UNREADABLE
