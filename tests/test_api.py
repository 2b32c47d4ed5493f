"""The Python API: the same bytes as the workflow, layers as arrays, errors."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import ROOT, TINY, Project
from PIL import Image

import toondecompose as td
from toondecompose.core import geometry
from toondecompose.core.errors import FrameNumberError, FramesError, SettingsError
from toondecompose.store.artifacts import ClipFolder

SETTINGS = {key: value for key, value in TINY.items() if key != "input"}

OWN = {"frame/info.json", "manifest.json", "report.html"}
"""Files that name the input, or the packages that the process had imported."""


@pytest.fixture(scope="module")
def frames(finished: Project) -> np.ndarray:
    names = sorted((finished.root / "clip").glob("*.png"))
    return np.stack([np.asarray(Image.open(name)) for name in names])


@pytest.fixture(scope="module")
def layers(frames: np.ndarray) -> td.Layers:
    return td.decompose(frames, videos=True, **SETTINGS)


def test_the_bytes_are_those_of_the_workflow(finished: Project, layers: td.Layers) -> None:
    made = {
        name: data
        for name, data in finished.artifacts().items()
        if not name.startswith(("records/", ".snakemake"))
    }
    assert set(layers.clip.names()) == set(made)
    assert {"plate/0.png", "vis/3.obj.1.png", "model/full_homo_matrix.1.npy", "vis.mp4"} < set(made)
    other = [
        name for name in made if name not in OWN and layers.clip.read_bytes(name) != made[name]
    ]
    assert not other
    info, theirs = (c.read_json("frame/info.json") for c in (layers.clip, _folder(finished)))
    own = {"source": "<array>", "numbers": None}
    assert info == theirs | own


def test_a_path_and_hints(
    finished: Project, layers: td.Layers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    hint = np.zeros((128, 192, 4), np.uint8)
    hint[4:24, 4:24] = 255  # the wall's corner is said to be object 1
    Image.fromarray(hint).save(tmp_path / "2.1.png")
    reports: list[td.Report] = []
    torch.use_deterministic_algorithms(False)
    found = td.decompose(
        finished.root / "clip",
        hints=tmp_path,
        progress=reports.append,
        flow={"backend": "dis", "offsets": (-3, -1, 1, 3)},
        seed=np.int64(0),
        **SETTINGS,
    )
    assert not torch.are_deterministic_algorithms_enabled()
    assert [path.name for path in tmp_path.iterdir()] == ["2.1.png"], "no folder is left"
    assert found.clip.read_json("frame/info.json")["numbers"] == list(range(6))
    assert found.sprites[0].alpha(2)[8:20, 8:20].min() == 255
    assert layers.sprites[0].alpha(2)[8:20, 8:20].max() == 0
    assert not found.clip.exists("vis.mp4")
    stages = list(dict.fromkeys(report.stage for report in reports))
    assert stages[:4] == ["frames", "flow", "alpha", "homography"]
    assert td.Report("frames", "decoding", 6, 6) in reports
    assert any("hints in frame 2 about object 1" in report.text for report in reports)


def test_layers_are_arrays(layers: td.Layers, frames: np.ndarray) -> None:
    count, height, width, _ = frames.shape
    (sprite,) = layers.sprites
    assert (len(layers), layers.size, layers.fps) == (count, (width, height), 24)
    assert np.array_equal(layers.frame(5), frames[5])
    rgba = sprite.rgba(4)
    assert rgba.shape == (height, width, 4) and rgba.dtype == np.uint8
    assert np.array_equal(sprite.alpha(4), rgba[..., 3])
    assert np.array_equal(sprite.colour(4), rgba[..., :3])
    y, x = np.mgrid[:height, :width]
    disc = np.hypot(x - 0.3 * width - 4, y - 0.5 * height) < 0.25 * height
    assert np.abs(sprite.alpha(4) / 255 - disc).mean() < 0.012
    assert np.abs(sprite.colour(4)[disc] - np.array([230, 60, 40.0])).mean() < 2
    assert 0 <= sprite.confidence <= 1 and np.array_equal(sprite.opacity, np.ones(count))


def test_the_plate_is_where_the_transforms_say(layers: td.Layers, frames: np.ndarray) -> None:
    plate, size = layers.plate, layers.size
    assert layers.plates == (plate,)
    assert plate.rgba.shape[:2] == plate.observed.shape == plate.colour.shape[:2]
    assert plate.observed.dtype == bool and 0.5 < plate.observed.mean() < 1
    view = geometry.to_frame(plate.colour.astype(np.float32), plate.transforms[1], size)
    free = layers.sprites[0].alpha(1) == 0
    assert np.abs(view - frames[1])[free].mean() < 4
    assert np.abs(layers.background(1)[free].astype(int) - frames[1][free]).mean() < 2
    observed = layers.background_observed(1)
    assert not observed[64, 58] and observed[free].mean() > 0.95


def test_drawings_and_exposure(layers: td.Layers) -> None:
    (drawings,) = layers.drawings
    assert sorted(t for drawing in drawings for t in drawing.frames) == list(range(6))
    for drawing in drawings:
        assert (layers.exposure[0, list(drawing.frames)] == drawing.number).all()
    first, motion = drawings[0], layers.sprites[0].drawing_transforms
    assert first.observed.shape == first.rgba.shape[:2] and (first.observed == 255).all()
    t = first.frames[-1]
    back = geometry.to_frame(first.rgba[..., 3].astype(np.float32), motion[t], layers.size)
    assert np.abs(back - layers.sprites[0].alpha(t)).mean() < 1
    assert [len(m) for m in layers.transforms] == [6, 6]
    assert layers.order.tolist() == [[0, 1]] * 6


def test_recompose(layers: td.Layers, frames: np.ndarray) -> None:
    for t in range(6):
        assert np.abs(layers.recompose(t).astype(int) - frames[t]).mean() < 0.5


def test_grain_is_added(layers: td.Layers, tmp_path: Path) -> None:
    layers.save(tmp_path / "a")
    clip = ClipFolder(root=tmp_path / "a")
    clip.write_png("grain/2.png", np.full((128, 192, 3), 131, np.uint8))
    loaded = td.load(tmp_path / "a")
    plain = loaded.recompose(2, grain=False)
    assert np.array_equal(plain, layers.recompose(2))
    assert np.array_equal(loaded.recompose(2), np.minimum(plain, 252) + 3)


def test_save_and_load(finished: Project, layers: td.Layers, tmp_path: Path) -> None:
    layers.save(tmp_path / "a")
    loaded = td.load(tmp_path / "a")
    assert loaded.clip.names() == layers.clip.names()
    theirs = td.load(finished.root / "workers/tiny")
    for found in (loaded, theirs):
        assert np.array_equal(found.exposure, layers.exposure)
        assert np.array_equal(found.recompose(3), layers.recompose(3))
    with pytest.raises(td.UserError, match="a is not empty; give another one, or overwrite=True"):
        layers.save(tmp_path / "a")
    loaded.save(tmp_path / "b")
    (tmp_path / "a/vis/9.obj.1.png").write_bytes(b"of a longer clip")
    theirs.save(tmp_path / "a", overwrite=True)
    assert td.load(tmp_path / "a").clip.names() == td.load(tmp_path / "b").clip.names()


@pytest.mark.parametrize("t", [-1, 6])
def test_frames_that_are_not_there(layers: td.Layers, t: int) -> None:
    for ask in (layers.recompose, layers.frame, layers.sprites[0].alpha, layers.background):
        with pytest.raises(FrameNumberError, match=f"there is no frame {t}; .* 0 to 5"):
            ask(t)


PICTURE = np.zeros((64, 64, 3), np.uint8)


@pytest.mark.parametrize(
    ("clip", "words"),
    [
        (PICTURE, r"the frames have the shape \(64, 64, 3\); give \(T, H, W, 3\)"),
        ([PICTURE], "1 frames are no clip; give two or more"),
        ([], "0 frames are no clip"),
        ([PICTURE, PICTURE.astype(float)], "frame 1 is float64; give uint8"),
        ([PICTURE, PICTURE[..., 0]], r"frame 1 has the shape \(64, 64\)"),
        ([PICTURE, PICTURE[:32]], "frame 1 is 64x32, but frame 0 is 64x64"),
    ],
)
def test_arrays_that_are_no_clip(clip: object, words: str) -> None:
    with pytest.raises(FramesError, match=words) as caught:
        td.decompose(clip)
    assert isinstance(caught.value, ValueError) and isinstance(caught.value, td.UserError)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"objcts": 3}, "objcts is not a known key; did you mean 'objects'?"),
        ({"objects": 0}, "objects is 0, which cannot be; give 1 or more"),
        ({"flow": {"backed": "dis"}}, "flow.backed is not a known key"),
        ({"input": "x"}, "input is the first argument"),
    ],
)
def test_settings_that_are_none(settings: dict, words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        td.decompose([PICTURE] * 4, **settings)
    assert str(caught.value).startswith(words) and isinstance(caught.value, ValueError)


def test_several_shots_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    noise = np.random.default_rng(0).integers(0, 90, (8, 64, 64, 3), np.uint8)
    noise[:4] = noise[0]
    noise[4:] = 255 - noise[4] // 2
    with pytest.raises(td.UserError, match="holds 2 shots, .* frames 3/4"):
        td.decompose(noise)
    assert not list(tmp_path.iterdir())


def test_the_example_of_the_readme(
    layers: td.Layers, frames: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    asked: list[object] = []
    monkeypatch.setattr(
        td, "decompose", lambda clip, **own: asked.append((clip, own)) or layers, raising=False
    )
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    names: dict[str, object] = {"frames": frames}
    exec(code, names)
    assert asked[0][0] is frames and asked[0][1] == {"objects": 2}
    assert names["matte"].shape == frames.shape[1:3] and names["sheet"].shape == (1, 6)
    assert names["layers"].clip.names() == layers.clip.names()
    assert [path.name for path in tmp_path.iterdir()] == ["shot"]


def test_a_report_that_raises_ends_the_run(frames: np.ndarray) -> None:
    def stop(report: td.Report) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        td.decompose(frames, progress=stop)


def test_a_folder_that_is_no_clip(tmp_path: Path) -> None:
    with pytest.raises(td.UserError, match="because frame/info.json is missing; give a folder"):
        td.load(tmp_path)


def test_the_import_is_cheap() -> None:
    code = (
        "import sys, toondecompose as td; "
        "assert not {'torch', 'numpy', 'cv2', 'snakemake'} & set(sys.modules), 'heavy'; "
        "td.decompose; assert not {'torch', 'torchvision', 'snakemake'} & set(sys.modules); "
        "assert 'load' in dir(td); td.nothing"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert "module 'toondecompose' has no attribute 'nothing'" in found.stderr, found.stderr


def test_planning_a_run_imports_nothing_that_only_stages_need() -> None:
    code = (
        "import sys, toondecompose.pipeline.workflow; "
        "assert not {'torch', 'scipy', 'toondecompose.store.layers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def _folder(project: Project) -> ClipFolder:
    return ClipFolder(root=project.root / "workers/tiny")
