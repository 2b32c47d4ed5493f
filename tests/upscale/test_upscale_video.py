"""The enlarged clip: layers where they belong, light, grain, sound and sizes."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from finished import COUNT, SIZE, drawing, finished_clip, overlays, sweep

from toondecompose.cli import main
from toondecompose.core.errors import UserError
from toondecompose.core.geometry import apply
from toondecompose.pipeline.settings import UpscaleSettings, clip_settings, settings_of
from toondecompose.pipeline.terminal import Progress
from toondecompose.reading.media import open_source
from toondecompose.store.artifacts import ClipFolder
from toondecompose.store.layers import load_layers
from toondecompose.upscale import video
from toondecompose.upscale.placements import EnlargedPlacements
from toondecompose.upscale.video import compose_frame, correct, write_upscale

PROGRESS = Progress(stage="upscale", clip="shot")


def settings(**given: object) -> UpscaleSettings:
    return settings_of("upscale", clip_settings({"upscale": {"engine": "lanczos"} | given}))


def enlarged(clip: ClipFolder, factor: int = 2) -> list[np.ndarray]:
    write_upscale(clip.root, settings(factor=factor), PROGRESS)
    placements = EnlargedPlacements(load_layers(clip.root), factor)
    return [compose_frame(placements, t) for t in range(COUNT)]


def shrunk(picture: np.ndarray) -> np.ndarray:
    return cv2.resize(picture, SIZE, interpolation=cv2.INTER_AREA)


@pytest.mark.parametrize("factor", [2, 3])
def test_frames_are_the_input_larger(tmp_path: Path, factor: int, monkeypatch) -> None:
    clip = finished_clip(
        tmp_path / "shot", gains=np.linspace(0.5, 1, COUNT), light=8.0, over_all=sweep(),
        over=overlays(),
    )  # fmt: skip
    monkeypatch.setattr(video, "correct", lambda picture, frame: picture)  # the layers alone
    for t, frame in enumerate(enlarged(clip, factor)):
        assert frame.shape == (factor * SIZE[1], factor * SIZE[0], 3)
        difference = np.abs(shrunk(frame).astype(int) - clip.read_png(f"source/{t}.png"))
        assert difference.mean() < 1.5
        assert np.quantile(difference, 0.98) < 14


def test_what_layers_lack_is_corrected(tmp_path: Path) -> None:
    clip = finished_clip(tmp_path / "shot")
    frame = clip.read_png("vis/3.img.png")
    frame[40:56, 60:76] = (250, 10, 20)  # no layer has it
    clip.write_png("vis/3.img.png", frame)
    larger = enlarged(clip)[3]
    assert np.abs(larger[90:102, 130:142].astype(int) - (250, 10, 20)).max() < 12
    assert np.abs(shrunk(larger).astype(int) - frame).mean() < 1


def test_correct_changes_nothing_that_is_right() -> None:
    picture = np.random.default_rng(0).integers(0, 255, (20, 24, 3)).astype(np.uint8)
    small = cv2.resize(picture, (12, 10), interpolation=cv2.INTER_AREA)
    np.testing.assert_array_equal(correct(picture, small.astype(np.int16)), picture)


def test_grain_keeps_its_size(tmp_path: Path) -> None:
    clip = finished_clip(tmp_path / "shot")
    plain = enlarged(clip)
    random = np.random.default_rng(1)
    for t in range(COUNT):
        grain = random.integers(118, 139, (SIZE[1], SIZE[0], 3)).astype(np.uint8)
        image = clip.read_png(f"vis/{t}.img.png").astype(int) + grain - 128
        clip.write_png(f"grain/{t}.png", grain)
        clip.write_png(f"vis/{t}.img.png", np.clip(image, 0, 255).astype(np.uint8))
    grainy = enlarged(clip)
    difference = grainy[0].astype(int) - plain[0]
    assert np.abs(difference - np.tile(clip.read_png("grain/0.png").astype(int) - 128, (2, 2, 1))
                  ).mean() < 0.5  # fmt: skip


def test_layers_and_where_they_lie(tmp_path: Path) -> None:
    clip = finished_clip(tmp_path / "shot")
    clip.write_png("upscale/B.0007.png", drawing(0))  # of an earlier run
    write_upscale(clip.root, settings(), PROGRESS)
    about = clip.read_json("upscale/layers.json")
    assert (about["factor"], about["engine"], about["size"]) == (2, "lanczos", [192, 128])
    names = {one["picture"] for row in about["frames"] for one in row}
    assert {path.name for path in (clip.root / "upscale").glob("*.png")} == names
    assert clip.read_png("upscale/A.0001.png").shape == (68, 60, 4)
    # The middle of the drawing's enlarged pixel (0, 0) lies at the enlarged middle of its place.
    (one,) = [one for one in about["frames"][1] if one["picture"] == "A.0001.png"]
    place = np.array([[2 * 24 + 0.5, 2 * 16 + 0.5]])
    np.testing.assert_allclose(apply(np.array(one["matrix"]), place), [[0.5, 0.5]])


def test_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    hashes = []
    for name in ("a", "b"):
        clip = finished_clip(tmp_path / name)
        write_upscale(clip.root, settings(), PROGRESS)
        paths = [clip.root / "upscale.mp4", *sorted((clip.root / "upscale").iterdir())]
        hashes.append([hashlib.sha256(path.read_bytes()).hexdigest() for path in paths])
    assert hashes[0] == hashes[1]


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clip = finished_clip(tmp_path / "shot")
    clip.write_json("records/config.json", {"upscale": {"factor": 4, "engine": "lanczos"}})
    with pytest.raises(SystemExit) as end:
        main(["upscale", str(clip.root), "--factor", "3"])
    assert end.value.code == 0
    assert "upscale.mp4" in capsys.readouterr().out
    shown = open_source(str(clip.root / "upscale.mp4"), fps=1)
    pictures = [read() for read in shown.readers()]
    assert shown.fps == 12 and len(pictures) == COUNT
    assert pictures[0].shape == (3 * SIZE[1], 3 * SIZE[0], 3)
    assert np.abs(shrunk(pictures[3]).astype(int) - clip.read_png("source/3.png")).mean() < 5


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--factor", "5"], "upscale.factor is 5, which cannot be; give one of 2, 3, 4"),
        (["--engine", "esrgan"], 'upscale.engine is "esrgan", which cannot be; give one of'),
        (["--factor", "3", "--engine", "waifu2x"], "upscale.factor is 3, but the engine waifu2x"),
    ],
)
def test_bad_input(tmp_path: Path, words: list[str], sentence: str, capsys) -> None:
    clip = finished_clip(tmp_path / "shot")
    with pytest.raises(SystemExit) as end:
        main(["upscale", str(clip.root), *words])
    assert end.value.code == 1
    assert sentence in capsys.readouterr().err
    assert not (clip.root / "upscale").exists()


def test_too_large_a_clip_is_refused(tmp_path: Path, monkeypatch) -> None:
    clip = finished_clip(tmp_path / "shot")
    monkeypatch.setattr(video, "WIDEST_VIDEO", 200)
    with pytest.raises(UserError, match=r"upscale.factor is 3, with which frames would be 288 x"):
        write_upscale(clip.root, settings(factor=3), PROGRESS)
    assert json.loads((clip.root / "frame/info.json").read_text())["frames"] == COUNT


def test_a_clip_that_is_not_finished(tmp_path: Path) -> None:
    clip = finished_clip(tmp_path / "shot")
    clip.path("plate/0.png").unlink()
    with pytest.raises(UserError, match=r"plate/0.png is missing"):
        write_upscale(clip.root, settings(), PROGRESS)
