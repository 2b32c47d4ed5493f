"""What lies over the whole picture: overlays are layers in front, light is a picture of its own."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import numpy as np
import pytest
from export.synthetic import FRAMES, make_clip, make_scene
from PIL import Image

from toondecompose.export import aftereffects, blender, exr, nuke, ora, png, prores, psd, transforms
from toondecompose.export.run import export
from toondecompose.export.scene import Scene
from toondecompose.store import paths
from toondecompose.store.artifacts import ClipFolder
from toondecompose.viz.pictures import lay_all_over

NAMES = ["plate", "A", "B", "overlay", "overlay2"]


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return make_scene(tmp_path / "over", over=True)


def test_png(scene: Scene, target: ClipFolder) -> None:
    png.write(scene, target)
    png.check(scene, target)

    def read(name: str) -> np.ndarray:
        return np.asarray(Image.open(target.path(name)))

    for t in range(FRAMES):
        layers = [read(f"{one}/{one}.{t + 1:04d}.png") for one in NAMES]
        assert np.array_equal(lay_all_over(layers, range(5)), scene.layers.recompose(t))
        assert layers[4].any() == (t >= 2)
    assert np.array_equal(read("overlay2.png"), scene.layers.overlays[1].picture)
    light = scene.layers.lighting.light
    assert light is not None
    low, high = transforms.describe(scene)["light"]["range"]
    for t in range(FRAMES):
        levels = read(f"light/light.{t + 1:04d}.png").astype(float)
        strength = low + levels / 65535 * (high - low)
        np.testing.assert_allclose(strength, light.strength[t], atol=1e-3)


def test_transforms_stand_still(scene: Scene, target: ClipFolder) -> None:
    transforms.write(scene, target)
    transforms.check(scene, target)
    read = json.loads(target.path("transforms.json").read_text())
    jsonschema.validate(read, json.loads(target.path("transforms.schema.json").read_text()))
    assert [one["name"] for one in read["layers"]] == read["order"][3] == NAMES
    subtitle = read["layers"][4]
    assert (subtitle["kind"], subtitle["pictures"]) == ("overlay", "overlay2.png")
    assert [one["opacity"] for one in subtitle["frames"]] == [0, 0, 1, 1, 1]
    for one in subtitle["frames"]:
        assert one["corners"] == [[-0.5, -0.5], [52.5, -0.5], [52.5, 36.5], [-0.5, 36.5]]
    assert read["light"]["kind"] == "add" and read["light"]["dark"] == 4
    assert read["light"]["colour"] == pytest.approx([1.1, 1.0, 0.9])


@pytest.fixture
def snowy(tmp_path: Path) -> tuple[Scene, list[np.ndarray]]:
    """A clip in which each frame has another picture of snow."""
    scene = make_scene(tmp_path / "snow")
    layers = []
    for t in range(FRAMES):
        layer = np.zeros((37, 53, 4), np.uint8)
        layer[3 + t : 6 + t, 5 * t + 4 : 5 * t + 7] = (250, 252, 255, 160)
        scene.layers.clip.write_png(paths.weather(t), layer)
        layers.append(layer)
    scene.layers.clip.write_json(paths.OVERLAYS, {"overlays": [], "weather": list(range(FRAMES))})
    return scene, layers


def test_snow_has_a_cel_a_frame(snowy: tuple[Scene, list[np.ndarray]], target: ClipFolder) -> None:
    scene, layers = snowy
    for kind in (png, transforms, nuke, aftereffects, blender, psd, ora, prores):
        kind.write(scene, target)
        kind.check(scene, target)
    names = ["plate", "A", "B", "weather"]
    for t, own in enumerate(layers):
        shown, cel = (
            np.asarray(Image.open(target.path(f"{folder}weather/weather.{t + 1:04d}.png")))
            for folder in ("", "cels/")
        )
        faded = np.round(own[..., :3] * scene.gains[t]).astype(np.uint8)
        np.testing.assert_array_equal(cel, own)
        np.testing.assert_array_equal(shown, np.dstack([faded, own[..., 3]]))
        parts = [np.asarray(Image.open(target.path(f"{one}/{one}.{t + 1:04d}.png")))
                 for one in names]  # fmt: skip
        assert np.array_equal(lay_all_over(parts, range(4)), scene.layers.recompose(t))
    read = json.loads(target.path("transforms.json").read_text())["layers"][3]
    assert (read["kind"], read["pictures"]) == ("overlay", "cels/weather/weather.%04d.png")
    assert [one["drawing"] for one in read["frames"]] == [t + 1 for t in range(FRAMES)]
    assert aftereffects.describe(scene)["layers"][3]["drawings"] == FRAMES
    assert not target.path("weather.png").exists()


def test_scripts(scene: Scene) -> None:
    text = nuke.script(scene)
    assert text.count("\nCornerPin2D {") == 5 and "# Without the light over all" in text
    assert text.index("name Over_overlay2") > text.index("name Over_overlay\n")
    after = aftereffects.describe(scene)["layers"]
    assert [(one["name"], one["file"]) for one in after[3:]] == [
        ("overlay", "overlay.png"),
        ("overlay2", "overlay2.png"),
    ]
    assert after[4]["opacity"] == [0, 0, 100, 100, 100]
    depth = {one["name"]: one["depth"] for one in blender.describe(scene)["layers"]}
    assert depth["overlay"] == [3] * 5 and depth["overlay2"] == [4] * 5


def test_after_effects_says_what_it_lacks(scene: Scene, target: ClipFolder) -> None:
    aftereffects.write(scene, target)
    aftereffects.check(scene, target)
    assert target.read_bytes("transforms.jsx").startswith(b"// Without the light over all")


@pytest.mark.parametrize("frame", [0, 3])
def test_stills(scene: Scene, target: ClipFolder, frame: int) -> None:
    still = Scene(scene.layers, "x", frame)
    for kind in (psd, ora):
        kind.write(still, target)
        kind.check(still, target)
    with zipfile.ZipFile(target.path("x.ora")) as file:
        root = ElementTree.fromstring(file.read("stack.xml"))
    front = [(one.get("name"), one.get("visibility")) for one in root.iter("layer")][:2]
    shown = "visible" if frame >= 2 else "hidden"
    assert front == [("overlay2", shown), ("overlay", "visible")]
    tools = pytest.importorskip("psd_tools")
    document = tools.PSDImage.open(target.path("x.psd"))
    assert [(one.name, one.visible) for one in document][3:] == [
        ("overlay", True),
        ("overlay2", frame >= 2),
    ]
    own = scene.layers.overlays[1].picture
    found = document[4]
    x, y = found.offset
    part = own[y : y + found.height, x : x + found.width]
    assert np.array_equal(np.asarray(found.topil()), part) and part[..., 3].sum() == own[
        ..., 3
    ].sum(dtype=int)


def test_exr_and_videos(scene: Scene, target: ClipFolder) -> None:
    pytest.importorskip("OpenEXR")
    for kind in (exr, prores):
        kind.write(scene, target)
        kind.check(scene, target)
    assert target.path("overlay2.mov").exists() and target.path("exr/overlay").is_dir()


def test_the_command_says_where_the_light_is(tmp_path: Path) -> None:
    said: list[str] = []
    export(make_clip(tmp_path / "clip", over=True), ["sheet"], say=said.append)
    assert "light over all" in said[0] and "in light/" in said[0]
