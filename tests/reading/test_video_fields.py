"""Interlaced and telecined videos against the progressive frames they were made from."""

from __future__ import annotations

import subprocess
from fractions import Fraction
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from conftest import draw_clip
from PIL import Image

from toondecompose.core.errors import UserError
from toondecompose.reading.clip_source import ReadingSettings, Source
from toondecompose.reading.media import open_source
from toondecompose.reading.video_fields import Fields, classify_fields, measure_fields
from toondecompose.reading.video_probe import probe

COUNT = 30


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> list[np.ndarray]:
    """Frames with a pan and a disc on twos."""
    folder = tmp_path_factory.mktemp("drawn")
    draw_clip(folder, frames=COUNT)
    return [np.asarray(Image.open(folder / f"{t}.png")) for t in range(COUNT)]


def write(path: Path, frames: list[np.ndarray], filters: str, rate: str, *more: str) -> Path:
    """Write a lossless YUV video of frames at so many frames per second through filters."""
    height, width = frames[0].shape[:2]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-f", "rawvideo"]
    command += ["-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", rate, "-i", "-"]
    command += ["-vf", f"format=yuv444p,{filters}", "-c:v", "ffv1", "-pix_fmt", "yuv444p"]
    subprocess.run([*command, *more, str(path)], input=b"".join(map(bytes, frames)), check=True)
    return path


def read(path: Path, deinterlace: str = "auto") -> tuple[list[np.ndarray], Source, str]:
    source = open_source(str(path), fps=1, reading=ReadingSettings(deinterlace=deinterlace))
    return [frame() for frame in source.readers()], source, "; ".join(source.lines)


def psnr(found: np.ndarray, true: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / max(np.mean((found.astype(float) - true) ** 2), 1e-9)))


@pytest.mark.parametrize("flag", ["tff", "prog"])
@pytest.mark.parametrize(
    "telecine", ["pattern=23", "pattern=32:first_field=bottom", "pattern=2332"]
)
@pytest.mark.parametrize("held", [1, 2, 3], ids=["ones", "twos", "threes"])
def test_pulldown_is_undone(
    tmp_path: Path, drawn: list[np.ndarray], telecine: str, flag: str, held: int
) -> None:
    flag = "bff" if flag == "tff" and "bottom" in telecine else flag
    given = [frame for frame in drawn for _ in range(held)]
    filters = f"telecine={telecine},setfield={flag}"
    path = write(tmp_path / "a.mkv", given, filters, "24000/1001")
    assert probe(path).rate == Fraction(30000, 1001)
    frames, source, said = read(path)
    assert source.fps == Fraction(24000, 1001)
    assert "2:3 pulldown" in said and "deinterlace: none leaves" in said
    assert abs(len(frames) - len(given)) <= 1
    # Every drawing comes back whole, in its order, for as long; but for the cycles at the ends.
    best = [int(np.argmax([psnr(frame, true) for true in drawn])) for frame in frames]
    assert best == sorted(best)
    assert set(best) >= set(range(1, COUNT - 1))
    whole = [psnr(frame, drawn[number]) > 40 for frame, number in zip(frames, best, strict=True)]
    assert np.mean(whole) > 0.93
    if held == 1:
        assert len(set(best)) >= len(best) - 1


@pytest.mark.parametrize(
    ("order", "mode"), [("tff", "interleave_top"), ("bff", "interleave_bottom")]
)
@pytest.mark.parametrize("flagged", [True, False])
def test_interlaced_frames_are_deinterlaced(
    tmp_path: Path, drawn: list[np.ndarray], order: str, mode: str, flagged: bool
) -> None:
    filters = f"tinterlace=mode={mode},setfield={order if flagged else 'prog'}"
    path = write(tmp_path / "a.mkv", drawn, filters, "60000/1001")
    combed, source, said = read(path, "none")
    assert "interlaced" in said and "left as it is" in said
    frames, source, said = read(path)
    assert (source.fps, len(frames)) == (Fraction(30000, 1001), COUNT // 2)
    assert f"interlaced ({'top' if order == 'tff' else 'bottom'} field first" in said
    true = drawn[0::2]
    before = np.mean([psnr(a, b) for a, b in zip(combed, true, strict=True)])
    after = np.mean([psnr(a, b) for a, b in zip(frames, true, strict=True)])
    assert after > before + 5
    doubled, source, said = read(path, "fields")
    assert (source.fps, len(doubled)) == (Fraction(60000, 1001), COUNT)
    assert np.mean([psnr(a, b) for a, b in zip(doubled, drawn, strict=True)]) > before + 5


def test_progressive_frames_with_an_interlaced_flag_are_left_alone(
    tmp_path: Path, drawn: list[np.ndarray]
) -> None:
    path = write(tmp_path / "a.mkv", drawn, "setfield=tff", "30000/1001")
    assert probe(path).fields == "top"
    frames, _, said = read(path)
    assert "flagged as interlaced, but no frame is combed" in said
    assert min(psnr(a, b) for a, b in zip(frames, drawn, strict=True)) > 40


@pytest.mark.parametrize("rate", ["24", "30", "25"])
def test_progressive_frames_are_left_alone(
    tmp_path: Path, drawn: list[np.ndarray], rate: str
) -> None:
    lines = [frame // 2 + 100 * (np.arange(128) % 2 == 0)[:, None, None] for frame in drawn]
    for number, given in enumerate((drawn, [line.astype(np.uint8) for line in lines])):
        path = write(tmp_path / f"{number}.mkv", given, "null", rate)
        frames, source, said = read(path)
        assert (source.fps, len(frames)) == (Fraction(rate), COUNT)
        assert "interlaced" not in said and "pulldown" not in said


@pytest.mark.parametrize("flag", ["tff", "bff"])
def test_pulldown_of_a_compressed_video_with_a_right_or_wrong_flag(
    tmp_path: Path, drawn: list[np.ndarray], flag: str
) -> None:
    more = ("-c:v", "libx264", "-crf", "12", "-flags", "+ildct+ilme", "-pix_fmt", "yuv420p")
    path = write(tmp_path / "a.mkv", drawn, f"telecine,setfield={flag}", "24000/1001", *more)
    frames, source, said = read(path)
    assert "2:3 pulldown (top field first" in said
    assert source.fps == Fraction(24000, 1001)
    best = [max(psnr(frame, true) for true in drawn) for frame in frames]
    combed, _, _ = read(path, "none")
    assert min(best[1:-1]) > 27
    assert np.mean(best) > np.mean([max(psnr(f, true) for true in drawn) for f in combed]) + 2


def test_fields_at_twenty_per_second_are_matched_without_pulldown(
    tmp_path: Path, drawn: list[np.ndarray]
) -> None:
    given = [frame for frame in drawn for _ in range(3)]
    path = write(tmp_path / "a.mkv", given, "tinterlace=mode=interleave_top", "60000/1001")
    frames, source, said = read(path)
    assert "fields out of step" in said
    assert source.fps == Fraction(30000, 1001)
    assert min(max(psnr(frame, true) for true in drawn) for frame in frames) > 40


@pytest.mark.parametrize("first", ["top", "bottom"])
def test_fields_out_of_step_are_matched(
    tmp_path: Path, drawn: list[np.ndarray], first: str
) -> None:
    other = {"top": "bottom", "bottom": "top"}[first]
    filters = f"setfield={first[0]}ff,separatefields,trim=start_frame=1,weave=first_field={other}"
    path = write(tmp_path / "a.mkv", drawn, filters, "25")
    frames, source, said = read(path)
    assert f"fields out of step ({other} field first" in said and "fieldmatch" in said
    assert (source.fps, len(frames)) == (25, COUNT - 1)
    best = [int(np.argmax([psnr(frame, true) for true in drawn])) for frame in frames]
    whole = [psnr(frame, drawn[number]) > 40 for frame, number in zip(frames, best, strict=True)]
    assert sum(whole) >= COUNT - 3
    assert best == sorted(best) and len(set(best)) >= COUNT - 3


def test_what_is_asked_for_is_done(tmp_path: Path, drawn: list[np.ndarray]) -> None:
    path = write(tmp_path / "a.mkv", drawn, "null", "24")
    assert len(read(path, "fields")[0]) == 2 * COUNT
    assert "one picture of each frame" in read(path, "frames")[2]


@pytest.mark.parametrize(
    ("combed", "progressive", "flagged", "kind"),
    [
        (0, 50, False, "progressive"),
        (2, 3, False, "progressive"),
        (9, 41, False, "progressive"),
        (20, 30, False, "interlaced"),
        (1, 49, True, "interlaced"),
        (0, 50, True, "progressive"),
        (0, 0, True, "interlaced"),
        (0, 0, False, "progressive"),
    ],
)
def test_flags_and_measuring(combed: int, progressive: int, flagged: bool, kind: str) -> None:
    counts = {"tff": combed, "progressive": progressive}
    fields = Fields(counts=counts, repeats=("neither",) * 50)
    assert classify_fields(fields, flagged=flagged) == kind


def test_repeated_fields_out_of_phase_are_no_pulldown() -> None:
    rng = np.random.default_rng(0)
    kinds = tuple(rng.choice(["neither", "top", "bottom"], 100, p=[0.6, 0.2, 0.2]))
    counts = {"tff": 60, "progressive": 40}
    for repeats in (kinds, ("neither", "top", "bottom") * 30, ("neither",) * 90):
        fields = Fields(counts=counts, repeats=repeats)
        assert classify_fields(fields, flagged=True) == "interlaced"


def test_combed_images_are_said(tmp_path: Path, drawn: list[np.ndarray]) -> None:
    path = write(tmp_path / "a.mkv", drawn, "tinterlace=mode=interleave_top", "50")
    for name, frames in (("combed", read(path, "none")[0]), ("whole", drawn[::2])):
        (tmp_path / name).mkdir()
        for number, frame in enumerate(frames):
            Image.fromarray(frame).save(tmp_path / f"{name}/{number}.png")
        source = open_source(str(tmp_path / name), fps=24)
        said = "; ".join(source.lines)
        assert ("of 15 images are combed" in said) == (name == "combed")
        given = [read_frame() for read_frame in source.readers()]
        assert all(np.array_equal(a, b) for a, b in zip(given, frames, strict=True))


def test_combed_images_are_deinterlaced_if_asked(tmp_path: Path, drawn: list[np.ndarray]) -> None:
    path = write(tmp_path / "a.mkv", drawn, "tinterlace=mode=interleave_top", "50")
    combed = read(path, "none")[0]
    for name, frames in (("combed", combed), ("whole", drawn[::2])):
        (tmp_path / name).mkdir()
        for number, frame in enumerate(frames):
            Image.fromarray(frame).save(tmp_path / f"{name}/{number}.png")
    frames, _, said = read(tmp_path / "combed", "frames")
    assert "deinterlaced with bwdif" in said and len(frames) == len(combed)
    before, after = (
        np.mean([psnr(a, b) for a, b in zip(one, drawn[::2], strict=True)])
        for one in (combed, frames)
    )
    assert after > before + 5
    # What is not combed, or asked for by a setting for videos, stays, and a line says so.
    for name, setting in (("whole", "frames"), ("combed", "fields")):
        frames, _, said = read(tmp_path / name, setting)
        given = drawn[::2] if name == "whole" else combed
        assert f"deinterlace: {setting} does nothing" in said
        assert all(np.array_equal(a, b) for a, b in zip(frames, given, strict=True))
    # A missing image is held after it, and a damaged one is an error.
    (tmp_path / "combed/7.png").unlink()
    assert len(read(tmp_path / "combed", "frames")[0]) == len(combed)
    data = (tmp_path / "combed/9.png").read_bytes()
    (tmp_path / "combed/9.png").write_bytes(data[: len(data) // 2])
    with pytest.raises(UserError):
        read(tmp_path / "combed", "frames")


def test_measuring(tmp_path: Path, drawn: list[np.ndarray]) -> None:
    path = write(tmp_path / "a.mkv", drawn, "tinterlace=mode=interleave_bottom", "50")
    fields = measure_fields(probe(path))
    assert (fields.order, fields.combed, fields.judged) == ("bff", COUNT // 2, COUNT // 2)
