"""Alpha stage: objects and background of drawn clips with known truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scenes import Disc, Scene, camera, dis_flows, draw, path, violet, write_flows

from bench.metrics import alpha_iou, corner_error
from toondecompose.core import geometry
from toondecompose.pipeline.settings import AlphaSettings
from toondecompose.pipeline.terminal import Progress
from toondecompose.planes.background import plane_masks
from toondecompose.stages import alpha
from toondecompose.store.artifacts import ClipFolder
from toondecompose.store.planes import read_background
from toondecompose.viz.pictures import label_picture

SIZE = (128, 80)
COUNT = 16
CAMERA = camera(COUNT, (2.2, 0.2), SIZE)
RED = Disc(path(COUNT, (34, 22), (98, 24)), 13, (230, 60, 40))
BLUE = Disc(path(COUNT, (98, 52), (30, 50)), 17, (40, 70, 240))


def run(root: Path, frames: np.ndarray, objects: int) -> tuple[ClipFolder, np.ndarray]:
    """Write the stage's inputs, run it, return the folder and the alphas (K, T, H, W)."""
    clip = ClipFolder(root=root)
    clip.write_npy("frame/all_frames.npy", frames)
    clip.write_npy("frame/gain.npy", np.ones(len(frames), np.float32))
    clip.write_json("frame/info.json", {"source_size": [frames.shape[2], frames.shape[1]]})
    write_flows(clip, frames, dis_flows(frames))
    clip.written.clear()
    # The small pictures hold no more structure than this.
    few = {"planes": {"pair_points": 10_000}}
    settings = AlphaSettings(objects=objects, seed=0, tuning=few)
    alpha.main(clip, settings, Progress(stage="alpha", clip="test"))
    return clip, np.stack([clip.read_npy(f"model/alpha.{k}.npy") for k in range(objects)])


@pytest.fixture(scope="module")
def crossing() -> Scene:
    return draw(CAMERA, SIZE, discs=[RED, BLUE])


@pytest.mark.slow
def test_violet(tmp_path: Path) -> None:
    truth = violet()
    clip, alphas = run(tmp_path, truth.frames, 2)
    assert alphas.shape == (2, *truth.alphas.shape) and alphas.dtype == np.uint8
    per_frame = [alpha_iou(a, b) for a, b in zip(alphas[1], truth.alphas, strict=True)]
    assert np.mean(per_frame) > 0.9 and min(per_frame) > 0.8
    size = (truth.frames.shape[2], truth.frames.shape[1])
    background = read_background(clip, "model/planes")
    assert len(background) == 2
    for plane, motion, bound in zip(background, (truth.near, truth.far), (0.6, 1.5), strict=True):
        assert corner_error(plane.homographies, motion, size).max < bound
    near, far = plane_masks(background, truth.alphas < 0.01)
    assert (truth.near_alphas[near] > 0.5).mean() > 0.95
    assert (truth.near_alphas[far] < 0.5).mean() > 0.95


@pytest.mark.slow
def test_three_objects_cross(crossing: Scene, tmp_path: Path) -> None:
    clip, alphas = run(tmp_path, crossing.frames, 3)
    assert (np.abs(alphas.sum(axis=0, dtype=int) - 255) <= 1).all()
    for found, true in ((alphas[1], crossing.alphas[1]), (alphas[2], crossing.alphas[0])):
        per_frame = [alpha_iou(a, b) for a, b in zip(found, true, strict=True)]
        assert np.mean(per_frame) > 0.92 and min(per_frame) > 0.7
    assert len(read_background(clip, "model/planes")) == 1
    pictures = {f"preview_labels/{t}.png" for t in range(COUNT)}
    assert pictures | {f"model/alpha.{k}.npy" for k in range(3)} <= set(clip.written)
    assert set(clip.written) == set(clip.owned("alpha"))
    shown = clip.read_png("preview_labels/5.png")
    np.testing.assert_array_equal(shown, label_picture(alphas[:, 5]))
    assert run(tmp_path / "again", crossing.frames, 3)[0].written == clip.written


def test_one_object_is_the_whole_picture(crossing: Scene, tmp_path: Path) -> None:
    clip, alphas = run(tmp_path, crossing.frames[:5], 1)
    assert (alphas == 255).all()
    assert clip.owned("alpha")[:1] == ["model/alpha.0.npy"]
    assert not (tmp_path / "model/alpha.1.npy").exists()


def test_a_clip_without_objects_is_background(tmp_path: Path) -> None:
    _, alphas = run(tmp_path, draw(CAMERA[:8], SIZE).frames, 2)
    assert (alphas[0] >= 254).mean() > 0.99 and (alphas[1] > 128).mean() < 0.01


def test_two_frames_are_enough(tmp_path: Path) -> None:
    _, alphas = run(tmp_path, draw(CAMERA[:2], SIZE, discs=[RED]).frames, 2)
    assert alphas.shape == (2, 2, SIZE[1], SIZE[0])
    assert (np.abs(alphas.sum(axis=0, dtype=int) - 255) <= 1).all()


def draw_hint(folder: Path, name: str, marks: np.ndarray) -> None:
    """Save a hint: white where marks (H, W) are above 0, black where below, else transparent."""
    folder.mkdir(parents=True, exist_ok=True)
    picture = np.zeros((*marks.shape, 4), np.uint8)
    picture[marks > 0] = 255
    picture[marks < 0] = (0, 0, 0, 255)
    Image.fromarray(picture).save(folder / name)


def block(x: int, y: int, value: int = 1, radius: int = 2) -> np.ndarray:
    marks = np.zeros((SIZE[1], SIZE[0]), int)
    marks[y - radius : y + radius + 1, x - radius : x + radius + 1] = value
    return marks


def on_the_wall(middle: tuple[float, float]) -> np.ndarray:
    """Return where a point of the wall is in each frame (T, 2)."""
    return np.stack([geometry.apply(np.linalg.inv(h), np.array([middle]))[0] for h in CAMERA])


@pytest.mark.slow
def test_a_hint_mends_the_frames_around(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A poster that moves with the wall is background, until one frame says that it is not."""
    poster = Disc(on_the_wall((100, 24)), 9, (240, 220, 60))
    scene = draw(CAMERA, SIZE, discs=[poster, BLUE])
    monkeypatch.chdir(tmp_path)
    _, before = run(tmp_path / "workers/plain", scene.frames, 2)
    shown = scene.alphas[0] > 0.5
    assert (before[1][shown] > 127).mean() < 0.2
    x, y = poster.centres[8].round().astype(int)
    draw_hint(tmp_path / "hints/hinted", "8.1.png", block(x, y, radius=5))
    clip, after = run(tmp_path / "workers/hinted", scene.frames, 2)
    found = [(after[1, t][shown[t]] > 127).mean() for t in range(COUNT)]
    assert min(found[5:12]) > 0.8
    assert (after[1, 8, y - 5 : y + 6, x - 5 : x + 6] == 255).all()
    elsewhere = ~(shown | (scene.alphas[1] > 0))
    assert (after[1][elsewhere] > 127).mean() < 0.02
    assert {"model/hints.npy", "model/hints/8.npy"} <= set(clip.written)
    assert set(clip.written) == set(clip.owned("alpha"))


@pytest.mark.slow
def test_a_hint_takes_wall_out_of_a_sprite(
    crossing: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    x, y = RED.centres[8].round().astype(int)
    draw_hint(tmp_path / "hints/hinted", "8.0.png", block(x, y, radius=9))
    _, after = run(tmp_path / "workers/hinted", crossing.frames, 2)
    red = crossing.alphas[0] > 0.5
    for t in (7, 8, 9):  # the hint covers two thirds of it
        assert (after[1, t][red[t]] > 127).mean() < 0.45
    assert (after[1, 0][red[0]] > 127).mean() > 0.9, "so far off nobody has said a thing"


@pytest.mark.slow
def test_hints_settle_who_owns_what_and_number_nothing_anew(
    crossing: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    _, before = run(tmp_path / "workers/plain", crossing.frames, 3)
    x, y = RED.centres[2].round().astype(int)
    draw_hint(tmp_path / "hints/hinted", "2.1.png", block(x, y, radius=8))
    _, after = run(tmp_path / "workers/hinted", crossing.frames, 3)
    red = crossing.alphas[0] > 0.5
    assert (before[2, 2][red[2]] > 127).mean() > 0.8
    for t in (1, 2, 3):
        assert (after[1, t][red[t]] > 127).mean() > 0.7
    for k in (1, 2):
        same = (after[k, 10:] > 127) == (before[k, 10:] > 127)
        assert same.mean() > 0.99


@pytest.mark.slow
def test_hints_draw_a_sprite_that_was_not_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    scene = draw(CAMERA, SIZE, discs=[BLUE])
    x, y = BLUE.centres[5].round().astype(int)
    draw_hint(tmp_path / "hints/hinted", "5.2.png", block(x, y))
    _, before = run(tmp_path / "workers/plain", scene.frames, 3)
    _, after = run(tmp_path / "workers/hinted", scene.frames, 3)
    assert not before[2].any()
    assert (after[2, 5, y - 2 : y + 3, x - 2 : x + 3] == 255).all()


def test_hints_for_all_that_is_there_do_nothing(
    crossing: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    draw_hint(tmp_path / "hints/one", "2.0.png", block(20, 20))
    clip, alphas = run(tmp_path / "workers/one", crossing.frames[:5], 1)
    assert (alphas == 255).all() and not clip.path("model/hints.npy").exists()
