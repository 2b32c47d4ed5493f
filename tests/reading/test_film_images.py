"""EXR and DPX folders."""

from __future__ import annotations

import subprocess
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

from toondecompose.core.errors import UserError
from toondecompose.reading.film_images import film_image_size, read_film_image, srgb_of_light
from toondecompose.reading.images import read_image
from toondecompose.reading.media import open_source

WIDTH, HEIGHT = 90, 40


def write(path: Path, planes: np.ndarray, pixels: str, *more: str) -> Path:
    """Write planes (G, B, R and perhaps alpha) as an image."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "rawvideo"]
    command += ["-pix_fmt", pixels, "-s", f"{WIDTH}x{HEIGHT}", "-i", "-", *more, str(path)]
    subprocess.run(command, input=planes.tobytes(), check=True)
    return path


def ramps() -> np.ndarray:
    """(3, H, W) red, green and blue light in 0..1."""
    red = np.linspace(0, 1, WIDTH)[None].repeat(HEIGHT, 0)
    green = np.linspace(0, 1, HEIGHT)[:, None].repeat(WIDTH, 1)
    return np.stack([red, green, 0.5 * (red + green)]).astype(np.float32)


@pytest.mark.parametrize("compression", ["none", "rle", "zip1", "zip16"])
@pytest.mark.parametrize("kind", ["half", "float"])
def test_exr_is_coded_as_srgb(tmp_path: Path, kind: str, compression: str) -> None:
    light = ramps()
    options = ("-c:v", "exr", "-format", kind, "-compression", compression)
    path = write(tmp_path / "a.exr", light[[1, 2, 0]], "gbrpf32le", *options)
    found = read_image(path)
    assert found.shape == (HEIGHT, WIDTH, 3)
    assert np.abs(found - 255 * srgb_of_light(light).transpose(1, 2, 0)).max() <= 1
    assert srgb_of_light(np.array([0.0, 0.18, 1.0, 7.0])).round(3).tolist() == [0, 0.461, 1, 1]


def test_alpha_of_exr_becomes_straight(tmp_path: Path) -> None:
    light = ramps()
    alpha = np.zeros((HEIGHT, WIDTH), np.float32)
    alpha[:, 20:60], alpha[:, 60:] = 0.5, 1
    planes = np.concatenate([light[[1, 2, 0]], alpha[None]])  # which ffmpeg multiplies
    path = write(tmp_path / "a.exr", planes, "gbrapf32le", "-c:v", "exr", "-format", "float")
    found = read_image(path)
    assert np.abs(found[..., 3] - 255 * alpha).max() <= 0.5
    true = 255 * srgb_of_light(light).transpose(1, 2, 0)
    assert np.abs(found[:, 20:, :3] - true[:, 20:]).max() <= 1


@pytest.mark.parametrize("pixels", ["gbrp10le", "gbrp12le"])
def test_dpx_is_taken_as_it_is_coded(tmp_path: Path, pixels: str) -> None:
    top = 2 ** int(pixels[4:6]) - 1
    codes = np.rint(ramps() * top).astype("<u2")
    path = write(tmp_path / "a.dpx", codes[[1, 2, 0]], pixels)
    found = read_image(path)
    assert found.shape == (HEIGHT, WIDTH, 3)
    assert np.abs(found - 255 * ramps().transpose(1, 2, 0)).max() <= 1


@pytest.mark.parametrize("ending", ["exr", "dpx"])
def test_folders(tmp_path: Path, ending: str) -> None:
    for number in (8, 9, 10):
        light = ramps()[[1, 2, 0]] * np.float32(number / 10)
        write(tmp_path / f"a.{number:04d}.{ending}", light, "gbrpf32le")
    source = open_source(str(tmp_path), fps=24)
    assert (source.size, source.count, source.numbers) == ((WIDTH, HEIGHT), 3, [8, 9, 10])
    frames = [read() for read in source.readers()]
    assert all(frame.shape == (HEIGHT, WIDTH, 3) for frame in frames)
    assert frames[0].mean() < frames[1].mean() < frames[2].mean()
    assert f"{ending.upper()} is taken as" in "; ".join(source.lines)


@pytest.mark.parametrize("ending", ["exr", "dpx"])
@pytest.mark.parametrize("share", [0.001, 0.05, 0.3, 0.9, 0.995])
def test_a_file_cut_short_is_refused(tmp_path: Path, ending: str, share: float) -> None:
    path = write(tmp_path / f"a.{ending}", ramps()[[1, 2, 0]], "gbrpf32le")
    data = path.read_bytes()
    path.write_bytes(data[: max(2, int(share * len(data)))])
    with pytest.raises(UserError, match=rf"a\.{ending} is damaged or half-written"):
        read_film_image(path)


def test_a_header_that_asks_for_too_much_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.dpx", ramps()[[1, 2, 0]], "gbrpf32le")
    data = bytearray(path.read_bytes())
    data[772:780] = b"\xff" * 4 + b"\0\0\xff\xff"
    path.write_bytes(data)
    with pytest.raises(UserError, match="damaged or half-written .*its header says"):
        film_image_size(path)
