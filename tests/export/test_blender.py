"""The Blender script: what it is given places the plate; its text is Python."""

from __future__ import annotations

import ast
import json

import cv2
import numpy as np

from toondecompose.export import blender
from toondecompose.export.scene import Scene
from toondecompose.store import paths
from toondecompose.store.artifacts import ClipFolder


def test_rows_map_the_frame_to_the_plate(scene: Scene, target: ClipFolder) -> None:
    blender.write(scene, target)
    blender.check(scene, target)
    text = target.path("blender.py").read_text()
    ast.parse(text)
    read = json.loads(text.split('r"""')[1].split('"""')[0])
    assert (read["size"], read["frames"]) == ([53, 37], 5)
    frames, plate, *sprites = read["layers"]
    assert (frames["file"], frames["rows"]) == ("plate/plate.0001.png", None)
    assert (plate["name"], plate["file"]) == ("plate canvas", "plate.png")
    assert [one["file"] for one in sprites] == ["A/A.0001.png", "B/B.0001.png"]
    pixels = np.array([[[0, 0], [52, 0], [20, 30]]], np.float64)
    for t, motion in enumerate(scene.layers.plate.transforms):
        # Places in the frame and in the plate, 0 to 1 from the lower left outer corner.
        u = np.stack([(pixels[..., 0] + 0.5) / 53, 1 - (pixels[..., 1] + 0.5) / 37], -1)
        found = cv2.perspectiveTransform(u, np.array(plate["rows"][t]))
        on_plate = cv2.perspectiveTransform(pixels, motion)
        wanted = np.stack([(on_plate[..., 0] + 0.5) / 61, 1 - (on_plate[..., 1] + 0.5) / 46], -1)
        assert np.abs(found - wanted).max() < 1e-7


def test_depth_follows_the_order(scene: Scene) -> None:
    order = scene.layers.order
    order[3] = [0, 1, 2]
    scene.layers.clip.write_npy(paths.ORDER, order)
    depth = {one["name"]: one["depth"] for one in blender.describe(scene)["layers"]}
    assert depth.pop("plate canvas") == [0.5] * 5
    assert depth == {"plate": [0] * 5, "A": [1, 1, 1, 2, 1], "B": [2, 2, 2, 1, 2]}


def test_no_layer_is_left_out_by_chance(scene: Scene, target: ClipFolder) -> None:
    # Cycles stops rays by chance after so many transparent surfaces: noise where soft edges of
    # two layers lie over each other. Seen in Blender 5.0.1: 26 dB without, 75 dB with it.
    blender.write(scene, target)
    text = target.path("blender.py").read_text()
    assert "scene.cycles.transparent_max_bounces = scene.cycles.min_transparent_bounces = " in text
