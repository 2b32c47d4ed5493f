"""Alpha that an input brings: kept beside the frames, in every kind of file."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import cv2
import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image

from toondecompose.pipeline.settings import FramesSettings, load_clips, stage_settings
from toondecompose.pipeline.terminal import Progress
from toondecompose.reading.images import read_image
from toondecompose.reading.transparency import GROUNDS, choose_ground, lay_over_ground, to_straight
from toondecompose.stages.frames import main
from toondecompose.store.artifacts import ClipFolder

COUNT, SIZE = 5, (96, 64)


def figure(t: int) -> np.ndarray:
    """A figure with black ink around red, on nothing: straight RGBA."""
    y, x = np.mgrid[: SIZE[1], : SIZE[0]]
    distance = np.hypot(x - 30 - 6 * t, y - 32)
    alpha = np.clip(22.5 - distance, 0, 1)
    colour = np.where(distance[..., None] < 18, (220, 40, 30), (5, 5, 5))
    return np.concatenate([colour, 255 * alpha[..., None]], axis=2).round().astype(np.uint8)


FIGURES = [figure(t) for t in range(COUNT)]


def save(folder: Path, kind: str) -> Path:
    """Write the figures as a folder of images or as a video."""
    pictures = [Image.fromarray(rgba, "RGBA") for rgba in FIGURES]
    if kind in ("png", "webp"):
        for number, picture in enumerate(pictures):
            (folder / "a").mkdir(exist_ok=True)
            picture.save(
                folder / f"a/{number}.{kind}", **({"lossless": True} if kind == "webp" else {})
            )
        return folder / "a"
    if kind == "gif":
        pictures[0].save(folder / "a.gif", save_all=True, append_images=pictures[1:], duration=80,
                         disposal=2)  # fmt: skip
        return folder / "a.gif"
    codec = {
        "webm": ["-c:v", "libvpx-vp9", "-pix_fmt", "yuva420p", "-crf", "4", "-b:v", "0"],
        "mov": ["-c:v", "prores_ks", "-pix_fmt", "yuva444p10le"],
        "mkv": ["-c:v", "ffv1", "-pix_fmt", "bgra"],
    }[kind]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "rawvideo", "-pix_fmt", "rgba"]
    command += ["-s", f"{SIZE[0]}x{SIZE[1]}", "-r", "12", "-i", "-", *codec]
    path = folder / f"a.{kind}"
    subprocess.run([*command, str(path)], input=b"".join(map(bytes, FIGURES)), check=True)
    return path


def run(folder: Path, source: Path) -> ClipFolder:
    config = {"clips": {"a": {"input": str(source), "working_height": 64}}}
    settings = FramesSettings(**json.loads(stage_settings("frames", load_clips(config)["a"])))
    clip = ClipFolder(root=folder / "workers/a")
    main(clip, settings, Progress(stage="frames", clip="a"))
    return clip


@pytest.mark.parametrize("kind", ["png", "webp", "gif", "webm", "mov", "mkv"])
def test_alpha_is_kept(tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    clip = run(tmp_path, save(tmp_path, kind))
    said = capsys.readouterr().err
    info = clip.read_json("frame/info.json")
    assert (info["alpha"], info["ground"]) == (True, [128, 128, 128])
    assert f"transparent in {COUNT} of {COUNT} frames: its alpha is taken for" in said
    assert "a fade" not in said
    exact = kind in ("png", "webp", "mkv")
    for number, true in enumerate(FIGURES):
        alpha = clip.read_png(f"source/alpha/{number}.png")
        assert alpha.shape == SIZE[::-1]
        off = np.abs(alpha.astype(int) - true[..., 3])
        assert off.max() == 0 if exact else off[(true[..., 3] % 255) == 0].max() < 24
        frame, _ = lay_over_ground(true, (128, 128, 128))
        solid = cv2.erode(true[..., 3], np.ones((5, 5))) == 255
        found = clip.read_png(f"source/{number}.png")
        assert np.abs(found.astype(int) - frame)[solid].mean() < (0.01 if exact else 12)
        assert np.abs(found[0, 0].astype(int) - 128).max() < 3
        small = clip.read_png(f"frame/alpha/{number}.png")
        assert np.array_equal(small, cv2.resize(alpha, SIZE, interpolation=cv2.INTER_AREA))
    written = set(clip.owned("frames"))
    assert {f"source/alpha/{COUNT - 1}.png", f"frame/alpha/{COUNT - 1}.png"} <= written


def test_opaque_frames_among_transparent_ones_have_full_alpha(tmp_path: Path) -> None:
    folder = save(tmp_path, "png")
    Image.new("RGB", SIZE, (90, 200, 250)).save(folder / "2.png")
    config = {"input": str(folder), "working_height": 64, "allow_cuts": True}
    settings = json.loads(stage_settings("frames", load_clips({"clips": {"a": config}})["a"]))
    clip = ClipFolder(root=tmp_path / "workers/a")
    main(clip, FramesSettings(**settings), Progress(stage="frames", clip="a"))
    assert (clip.read_png("source/alpha/2.png") == 255).all()
    assert (clip.read_png("source/alpha/1.png") < 255).any()


def test_opaque_images_with_an_alpha_channel_are_opaque(tmp_path: Path) -> None:
    for number, rgba in enumerate(FIGURES):
        Image.fromarray(rgba[..., :3]).convert("RGBA").save(tmp_path / f"{number}.png")
    clip = run(tmp_path, tmp_path)
    info = clip.read_json("frame/info.json")
    assert (info["alpha"], info["ground"]) == (False, None)
    assert not list(clip.root.rglob("alpha/*"))
    assert np.array_equal(clip.read_png("source/1.png"), FIGURES[1][..., :3])


def test_alpha_of_an_earlier_run_is_removed(tmp_path: Path) -> None:
    folder = save(tmp_path, "png")
    clip = run(tmp_path, folder)
    for number, rgba in enumerate(FIGURES):
        Image.fromarray(rgba[..., :3]).save(folder / f"{number}.png")
    clip = run(tmp_path, folder)
    clip.remove_stale("frames")
    assert not list(clip.root.rglob("alpha/*.png"))
    assert len(list(clip.root.glob("source/*.png"))) == COUNT


@pytest.mark.parametrize(
    ("colours", "ground"),
    [
        ([(0, 0, 0), (255, 255, 255), (200, 40, 40)], GROUNDS[0]),
        ([(120, 130, 140), (0, 0, 0)], GROUNDS[1]),
        ([(128, 128, 128), (10, 150, 70), (0, 0, 0)], GROUNDS[2]),
    ],
)
def test_the_ground_is_a_colour_that_the_figure_has_not(
    colours: list[tuple[int, int, int]], ground: tuple[int, int, int]
) -> None:
    frame = np.zeros((40, 40, 4), np.uint8)
    frame[..., :3] = 128  # under transparent pixels colours do not count
    for number, colour in enumerate(colours):
        frame[8 * number : 8 * number + 8] = (*colour, 255)
    assert choose_ground([frame]) == ground


def test_premultiplied_colours_are_made_straight() -> None:
    straight = FIGURES[0]
    alpha = straight[..., 3:].astype(float) / 255
    multiplied = np.concatenate([np.rint(straight[..., :3] * alpha), straight[..., 3:]], axis=2)
    found = to_straight(multiplied.astype(np.uint8))
    solid = straight[..., 3] > 60
    assert np.abs(found.astype(int) - straight)[solid].max() <= 3


def test_palette_and_gray_with_alpha(tmp_path: Path) -> None:
    Image.fromarray(FIGURES[0], "RGBA").convert("LA").save(tmp_path / "a.png")
    found = read_image(tmp_path / "a.png")
    assert np.array_equal(found[..., 3], FIGURES[0][..., 3])
