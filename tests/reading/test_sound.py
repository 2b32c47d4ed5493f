"""Sound: it is kept with the frames, in time with them, and goes into the videos."""

from __future__ import annotations

import subprocess
from fractions import Fraction
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

from toondecompose.core.errors import UserError
from toondecompose.reading.media import open_source
from toondecompose.reading.sound import write_sound
from toondecompose.reading.video_files import encode_mp4
from toondecompose.reading.video_probe import probe

RATE = 48000
"""Samples in a second."""

FPS = 24

FLASH = 12
"""The frame that is white, at whose beginning a click is heard."""


def ffmpeg(*arguments: object) -> bytes:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *map(str, arguments)]
    return subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True).stdout


def samples(path: Path) -> np.ndarray:
    """Decode the sound of a file, mono, in -1..1."""
    data = ffmpeg("-i", path, "-map", "0:a:0", "-ac", 1, "-ar", RATE, "-f", "f32le", "-")
    return np.frombuffer(data, "<f4")


def frames(count: int = 24) -> list[np.ndarray]:
    shown = [np.zeros((48, 64, 3), np.uint8) for _ in range(count)]
    shown[FLASH][:] = 255
    return shown


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A second of video whose sound clicks where the picture flashes."""
    silent, wave, path = tmp_path / "silent.mp4", tmp_path / "click.raw", tmp_path / "film.mkv"
    encode_mp4(silent, frames(), fps=FPS)
    click = np.zeros(RATE, np.float32)
    at = FLASH * RATE // FPS
    click[at : at + 480] = 0.9 * np.sin(np.arange(480) * 0.5)
    wave.write_bytes(click.tobytes())
    raw = ("-f", "f32le", "-ar", RATE, "-ac", 1)
    ffmpeg("-i", silent, *raw, "-i", wave, "-c:v", "copy", "-c:a", "pcm_s16le", path)
    return path


def onset(sound: np.ndarray) -> float:
    """Time in s at which a sound begins."""
    return float(np.argmax(np.abs(sound) > 0.2)) / RATE


def test_it_goes_with_the_frames(film: Path, tmp_path: Path) -> None:
    source = open_source(str(film), fps=1)
    assert source.sound is not None and not any("sound" in line for line in source.lines)
    kept = tmp_path / "kept.flac"
    source.sound(kept, 0.25, Fraction(1, 2))
    found = samples(kept)
    assert len(found) == RATE // 2
    assert abs(onset(found) - (FLASH / FPS - 0.25)) < 0.001


def test_silence_where_the_track_ends(film: Path, tmp_path: Path) -> None:
    write_sound(probe(film), tmp_path / "long.flac", 0.0, length=Fraction(2))
    found = samples(tmp_path / "long.flac")
    assert len(found) == 2 * RATE and np.abs(found[RATE + 100 :]).max() == 0


def test_a_track_that_starts_late(film: Path, tmp_path: Path) -> None:
    late = tmp_path / "late.mkv"
    ffmpeg(
        "-i", film, "-itsoffset", 0.3, "-i", film, "-map", "0:v", "-map", "1:a", "-c", "copy", late
    )
    write_sound(probe(late), tmp_path / "late.flac", 0.0, length=Fraction(1))
    assert abs(onset(samples(tmp_path / "late.flac")) - (FLASH / FPS + 0.3)) < 0.002


def test_a_video_with_sound_is_in_sync(film: Path, tmp_path: Path) -> None:
    kept, made = tmp_path / "kept.flac", [tmp_path / "a.mp4", tmp_path / "b.mp4"]
    write_sound(probe(film), kept, 0.0, length=Fraction(1))
    for path in made:
        encode_mp4(path, frames(), fps=FPS, sound=kept)
    assert made[0].read_bytes() == made[1].read_bytes()
    pictures = [read() for read in open_source(str(made[0]), fps=1).readers()]
    assert len(pictures) == 24 and np.argmax([one.mean() for one in pictures]) == FLASH
    assert abs(onset(samples(made[0])) - FLASH / FPS) < 0.005


def test_sound_ends_with_the_last_frame(film: Path, tmp_path: Path) -> None:
    kept, path = tmp_path / "kept.flac", tmp_path / "a.mp4"
    write_sound(probe(film), kept, 0.0, length=Fraction(1))
    encode_mp4(path, frames(26), fps=FPS, sound=kept, count=26)
    assert len(list(open_source(str(path), fps=1).readers())) == 26
    assert abs(len(samples(path)) / RATE - 26 / FPS) < 0.03
    encode_mp4(path, frames(20), fps=FPS, sound=kept, count=20)
    assert len(list(open_source(str(path), fps=1).readers())) == 20
    assert abs(len(samples(path)) / RATE - 20 / FPS) < 0.03


def test_no_sound(tmp_path: Path) -> None:
    silent = tmp_path / "silent.mp4"
    encode_mp4(silent, frames(16), fps=FPS)
    assert open_source(str(silent), fps=1).sound is None
    with pytest.raises(UserError, match="sound of the video .* cannot be decoded"):
        write_sound(probe(silent), tmp_path / "none.flac", 0.0, length=Fraction(1))
