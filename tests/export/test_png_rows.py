"""PNG in strips, read with Pillow and OpenCV."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from toondecompose.export.png_rows import write_rows


def test_readers_find_the_same_pixels(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (57, 31, 4), np.uint8)
    path = tmp_path / "a.png"
    write_rows(path, (31, 57), (pixels[y : y + 10] for y in range(0, 57, 10)))
    with Image.open(path) as picture:
        picture.verify()
    with Image.open(path) as picture:
        assert np.array_equal(np.asarray(picture), pixels)
    found = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(found[..., [2, 1, 0, 3]], pixels)


def test_one_column(tmp_path: Path) -> None:
    pixels = np.full((3, 1, 4), 7, np.uint8)
    write_rows(tmp_path / "a.png", (1, 3), [pixels])
    with Image.open(tmp_path / "a.png") as picture:
        assert np.array_equal(np.asarray(picture), pixels)
