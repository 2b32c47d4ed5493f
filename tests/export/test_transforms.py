"""Transforms: corners land where the matrices say, in JSON, Nuke's and After Effects' terms."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import cv2
import jsonschema
import numpy as np
import pytest
from export.synthetic import make_scene

from toondecompose.core import geometry
from toondecompose.core.errors import UserError
from toondecompose.export import aftereffects, nuke, transforms
from toondecompose.export.scene import Scene
from toondecompose.store import paths
from toondecompose.store.artifacts import ClipFolder

PINNED = np.array([[-0.5, -0.5], [60.5, -0.5], [60.5, 45.5], [-0.5, 45.5]])
"""Outer corners of the plate of the synthetic clip."""


@pytest.fixture(autouse=True)
def perspective(scene: Scene) -> np.ndarray:
    """Let the camera tilt, so that a mistake in the last row shows."""
    tilt = np.eye(3)
    tilt[0, 1], tilt[2, :2] = 0.03, (1e-3, -5e-4)
    motion = np.stack([geometry.normalised(tilt @ m) for m in scene.layers.plate.transforms])
    scene.layers.clip.write_npy(paths.full_plane_motion(0), motion)
    return motion


def corners(motion: np.ndarray) -> np.ndarray:
    """Where the plate's corners lie in a frame, by OpenCV."""
    return cv2.perspectiveTransform(PINNED[None], np.linalg.inv(motion))[0]


def test_json(scene: Scene, target: ClipFolder, perspective: np.ndarray) -> None:
    transforms.write(scene, target)
    transforms.check(scene, target)
    read = json.loads(target.path("transforms.json").read_text())
    jsonschema.validate(read, json.loads(target.path("transforms.schema.json").read_text()))
    assert (read["fps"], read["size"], read["frames"]) == ([24000, 1001], [53, 37], 5)
    assert [one["name"] for one in read["layers"]] == read["order"][2] == ["plate", "A", "B"]
    plate, _, sprite = read["layers"]
    for t in range(5):
        wanted = corners(perspective[t])
        assert np.abs(np.array(plate["frames"][t]["corners"]) - wanted).max() < 0.01
        matrix = np.array(plate["frames"][t]["matrix"])
        assert np.abs(cv2.perspectiveTransform(PINNED[None], matrix)[0] - wanted).max() < 0.01
    assert [one["drawing"] for one in sprite["frames"]] == [1, 1, 2, 2, 0]
    assert [one["opacity"] for one in sprite["frames"]] == [1, 1, 1, 1, 0]
    assert sprite["pictures"] % sprite["frames"][2]["drawing"] == "cels/B/B.0002.png"
    # The second frame of a drawing lies a pixel to the right of the first; the canvas at -6.
    assert sprite["frames"][1]["corners"][0] == [-5.5, -0.5]


def test_the_schema_refuses(scene: Scene, target: ClipFolder) -> None:
    transforms.write(scene, target)
    read = target.read_json("transforms.json")
    read["layers"][0]["frames"][0]["opacity"] = 2
    target.write_json("transforms.json", read)
    with pytest.raises(UserError, match="2 is greater than the maximum of 1"):
        transforms.check(scene, target)


def test_the_opacity_of_a_cel_is_within_its_drawing(scene: Scene) -> None:
    scene.layers.clip.write_npy(paths.opacity(1), np.array([0.5, 0.25, 0.8, 0.8, 1]))
    shown = transforms.cel_opacity(scene.cels(scene.layers.sprites[0]))
    assert shown.tolist() == [1, 0.5, 1, 1, 0]


def test_nuke(scene: Scene, target: ClipFolder, perspective: np.ndarray) -> None:
    nuke.write(scene, target)
    nuke.check(scene, target)
    text = target.path("transforms.nk").read_text()
    pin = text.split("CornerPin2D {")[1].split("name Pin_plate")[0]
    found = re.findall(r"to\d \{\{curve (.*?)\} \{curve (.*?)\}\}", pin)
    source = re.findall(r"from\d \{(\S+) (\S+)\}", pin)
    values = np.array([[[float(v) for v in axis.split()[1::2]] for axis in one] for one in found])
    assert np.array(source, float).tolist() == [[0, 0], [61, 0], [61, 46], [0, 46]]
    for t in range(5):
        # Nuke counts from the lower left outer corner; y of the frame is 37 there.
        place = np.stack([values[:, 0, t] - 0.5, 37 - values[:, 1, t] - 0.5], axis=1)
        assert np.abs(place - corners(perspective[t])[[3, 2, 1, 0]]).max() < 0.01
    assert "lookup {{curve x1 1.000000 x2 1.000000 x3 2.000000 x4 2.000000 x5 1.000000}}" in text
    assert "mix {{curve x1 1.000000 x2 1.000000 x3 1.000000 x4 1.000000 x5 0.000000}}" in text
    assert text.isascii() and "Multiply" not in text


def test_the_stack_of_the_nuke_script(scene: Scene) -> None:
    """Run the script's stack: each Merge has what was before as B and its branch as A."""
    stack: list[str] = []
    known: dict[str, str] = {}
    for line in re.sub(r" \{\n.*?\n\}", _inputs, nuke.script(scene), flags=re.S).splitlines():
        word, *rest = line.split()
        if word == "set":
            known[f"${rest[0]}"] = stack[-1]
        elif word == "push":
            stack.append(known[rest[0]])
        elif word == "Merge2":
            below, above = stack.pop(), stack.pop()
            stack.append(f"({above} over {below})")
        elif word == "Read":
            stack.append(rest[-1])
        elif word == "Constant":
            stack.append("frame")
    assert stack[-1] == "(Read_B over (Read_A over (Read_plate over frame)))"


def _inputs(found: re.Match[str]) -> str:
    return " " + " ".join(re.findall(r"name (\S+)", found[0])[-1:])


def test_fades(tmp_path: Path, target: ClipFolder) -> None:
    scene = make_scene(tmp_path / "dark", gain=0.25)
    assert nuke.script(scene).count("value {{curve x1 0.25") == 3
    assert aftereffects.describe(scene)["dark"] == [75] * 5


MOCK = r"""
const made = { layers: [] };
function property(name) {
  const own = { name, keys: [], children: {}, numKeys: 0 };
  own.property = (n) => (own.children[n] = own.children[n] || property(n));
  own.addProperty = own.property;
  own.setValue = (v) => { own.value = v; };
  own.setValueAtTime = (t, v) => {
    own.keys = own.keys.filter((k) => Math.abs(k[0] - t) > 1e-9).concat([[t, v]]);
    own.keys.sort((a, b) => a[0] - b[0]);
    own.numKeys = own.keys.length;
  };
  own.setValuesAtTimes = (ts, vs) => ts.forEach((t, i) => own.setValueAtTime(t, vs[i]));
  own.keyTime = (i) => own.keys[i - 1][0];
  own.removeKey = (i) => { own.keys.splice(i - 1, 1); own.numKeys = own.keys.length; };
  own.setInterpolationTypeAtKey = (i, kind) => { own.held = kind; };
  return own;
}
const AlphaMode = { STRAIGHT: "straight" }, KeyframeInterpolationType = { HOLD: "hold" };
function File(path) { this.path = path; this.fsName = path; this.parent = { fsName: "/folder" }; }
function ImportOptions(file) { this.file = file; }
const $ = { fileName: "/folder/transforms.jsx" };
const app = {
  beginUndoGroup() {}, endUndoGroup() {},
  project: {
    importFile: (o) => ({ file: o.file.path, sequence: o.sequence, mainSource: {} }),
    items: { addComp: (...all) => {
      made.comp = all;
      return { openInViewer() {}, layers: { add: (footage, duration) => {
        const layer = property("layer");
        layer.footage = footage;
        made.layers.push(layer);
        return layer;
      } } };
    } },
  },
};
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_after_effects(scene: Scene, target: ClipFolder, perspective: np.ndarray) -> None:
    aftereffects.write(scene, target)
    aftereffects.check(scene, target)
    script = target.path("transforms.jsx").read_text()
    assert script.isascii()
    code = f"{MOCK}\n{script}\nconsole.log(JSON.stringify(made));"
    said = subprocess.run(["node", "-e", code], capture_output=True, text=True, check=True).stdout
    made = json.loads(said)
    assert made["comp"][:4] == ["動画 1", 53, 37, 1]
    assert made["comp"][4:] == pytest.approx([5 * 1001 / 24000, 24000 / 1001])
    plate, stays, walks = made["layers"]
    assert [one["footage"]["file"] for one in made["layers"]] == [
        "/folder/plate.png",
        "/folder/cels/A/A.0001.png",
        "/folder/cels/B/B.0001.png",
    ]
    assert walks["footage"]["sequence"] and not stays["footage"]["sequence"]
    pin = plate["children"]["ADBE Effect Parade"]["children"]["ADBE Corner Pin"]["children"]
    for i, corner in enumerate((0, 1, 3, 2)):
        keys = pin[f"ADBE Corner Pin-000{i + 1}"]["keys"]
        for t, (time, place) in enumerate(keys):
            assert time == pytest.approx(t * 1001 / 24000)
            assert np.abs(np.array(place) - 0.5 - corners(perspective[t])[corner]).max() < 0.01
    remap = walks["children"]["ADBE Time Remapping"]
    shown = [int(value * 24000 / 1001) for _, value in remap["keys"]]
    assert shown[:4] == [0, 0, 1, 1] and remap["held"] == "hold"
    opacity = walks["children"]["ADBE Transform Group"]["children"]["ADBE Opacity"]
    assert [value for _, value in opacity["keys"]] == [100, 100, 100, 100, 0]
