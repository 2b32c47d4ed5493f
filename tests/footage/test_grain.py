"""Grain: what noise explains of a frame's difference from its layers, and nothing else."""

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from bench.finished import FinishedClip
from toondecompose.footage import grain as grains
from toondecompose.footage.parameters import Parameters
from toondecompose.pipeline.settings import VideoSettings
from toondecompose.pipeline.terminal import Progress
from toondecompose.reading.media import open_source
from toondecompose.stages import video
from toondecompose.store.artifacts import STAGES, ClipFolder

SIZE = (203, 118)
COUNT = 5


def smooth(seed: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    """Colours between 60 and 200 that change slowly."""
    width, height = size
    picture = np.random.default_rng(seed).uniform(60, 200, (height, width, 3))
    picture = cv2.GaussianBlur(picture.astype(np.float32), (0, 0), 12)
    return np.clip(np.rint(6 * (picture - 130) + 130), 60, 200).astype(np.uint8)


def noisy(layers: np.ndarray, left: float, right: float, seed: int = 0) -> np.ndarray:
    """The layers under noise of one strength in the left half and another in the right."""
    noise = np.random.default_rng(seed).normal(size=layers.shape)
    deviation = np.full(layers.shape[1], right)
    deviation[: len(deviation) // 2] = left
    noise *= deviation[:, None]
    return np.clip(np.rint(layers + noise), 0, 255).astype(np.uint8)


def test_strength_is_the_noises_standard_deviation() -> None:
    layers = smooth(1)
    assert grains.strength(noisy(layers, 5, 5), layers) == pytest.approx(5, rel=0.05)


def test_grain_gives_the_noise_back_where_it_is_strong_and_where_it_is_weak() -> None:
    layers = smooth(1)
    frame = noisy(layers, 2, 4)
    again = grains.add_grain(layers, grains.grain(frame, layers))
    assert (again == frame).mean() > 0.985  # Three standard deviations hold 99.7 %.
    assert np.abs(again.astype(int) - frame).max() < 8


def test_an_error_of_the_layers_is_no_grain() -> None:
    layers = smooth(1)
    frame = noisy(layers, 2, 2)
    frame[40:80, 60:120] = 255 - frame[40:80, 60:120] // 4
    found = grains.grain(frame, layers).astype(int) - grains.NEUTRAL
    usual = Parameters()
    assert np.abs(found).max() <= round(usual.grain_sigmas * usual.max_block_ratio * 2.2)
    assert np.abs(found[:, 150:]).max() <= 9


def test_equal_pictures_have_none() -> None:
    layers = smooth(1)
    assert (grains.grain(layers, layers) == grains.NEUTRAL).all()


def test_rounding_is_no_grain() -> None:
    layers = smooth(1)
    rounded = noisy(layers, 0.41, 0.41)
    assert not grains.has_grain([grains.strength(rounded, layers)])
    assert grains.has_grain([grains.strength(noisy(layers, 1, 1), layers)])


def finished_clip(root: Path, noise: float) -> ClipFolder:
    """A clip after refine: object 2 behind object 1, a plate, and frames of the three, noisy."""
    clip, (width, height) = ClipFolder(root=root), SIZE
    info = {"frames": COUNT, "source_size": SIZE, "fps_fraction": [24, 1]}
    clip.write_json("frame/info.json", info)
    clip.write_npy("model/order.npy", np.tile(np.uint8([0, 2, 1]), (COUNT, 1)))
    kinds = [{"kind": "background", "planes": [0]}, {"kind": "sprite"}, {"kind": "sprite"}]
    clip.write_json("model/objects.json", {"objects": kinds})
    for stage in STAGES:
        clip.write_json(f"records/{stage}.json", {})
    for t in range(COUNT):
        plate = smooth(1)
        opaque = np.full((height, width), 255, np.uint8)
        clip.write_png(f"vis/{t}.obj.0.png", np.dstack([plate, opaque]))
        for k in (1, 2):
            alpha = np.zeros((height, width), np.float32)
            cv2.circle(alpha, (70 + 25 * k, 50), 30, 255, -1)
            alpha = np.rint(cv2.GaussianBlur(alpha, (0, 0), 1.5)).astype(np.uint8)
            clip.write_png(f"vis/{t}.obj.{k}.png", np.dstack([smooth(1 + k), alpha]))
        frame = noisy(FinishedClip(root).recomposed(t), noise, noise, seed=t)
        clip.write_png(f"vis/{t}.img.png", frame)
        clip.write_png(f"source/{t}.png", frame)
        clip.write_png(f"vis/{t}.homo.png", plate)
        clip.write_png(f"preview_labels/{t}.png", plate)
    return clip


@pytest.mark.parametrize("noise", [0.0, 3.0])
def test_the_video_stage_writes_grain_where_there_is_any(tmp_path: Path, noise: float) -> None:
    clip = finished_clip(tmp_path, noise)
    settings = VideoSettings(crf=18, video_width=320)
    video.main(clip, settings, Progress(stage="video", clip="test"))
    written = sorted(clip.path("grain").glob("*.png"))
    assert len(written) == (COUNT if noise else 0)
    result = FinishedClip(tmp_path)
    for t in range(COUNT):
        again = result.regrained(t, result.recomposed(t))
        assert (again == result.input(t)).mean() > 0.985
    shown = open_source(str(clip.path("vis.mp4")), fps=1)
    assert shown.fps == Fraction(24) and clip.path("contact_sheet.png").exists()
