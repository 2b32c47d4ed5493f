"""Placements: names, pictures and matrices put the frames together again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from finished import COUNT, finished_clip

from toondecompose.report.composition import place_layers
from toondecompose.store.layers import Layers
from toondecompose.store.placement import Placements
from toondecompose.viz.pictures import lay_all_over


def test_names_and_pictures(tmp_path: Path) -> None:
    placements = Placements(Layers(finished_clip(tmp_path)))
    assert [layer.name for layer in placements.layers] == ["plate", "A"]
    names = [picture.name for picture in placements.pictures]
    assert names == ["plate", "A.0001", "A.0002", f"A.frame{COUNT - 1}"]
    assert [placements.size(i) for i in range(3)] == [(128, 64), (30, 34), (30, 34)]
    shown = [[names[one.picture] for one in frame] for frame in placements.frames]
    assert shown[0] == ["plate", "A.0001"] and shown[3] == ["plate", "A.0002"]
    assert shown[-1] == ["plate", f"A.frame{COUNT - 1}"], "no drawing: a part of the layer"
    assert placements.size(3) == placements.read(3).shape[1::-1] < (96, 64)


@pytest.mark.parametrize("light", [0.0, 9.0])
@pytest.mark.parametrize("fade", [False, True])
def test_they_give_the_frames(tmp_path: Path, light: float, fade: bool) -> None:
    gains = np.linspace(0.4, 1, COUNT) if fade else None
    clip = Layers(finished_clip(tmp_path, gains=gains, light=light))
    placements = Placements(clip)
    for t in range(COUNT):
        layers = place_layers(placements, t)
        again = lay_all_over(layers, range(len(layers))).astype(int)
        assert np.abs(again - clip.frame(t)).max() <= 2, t


def test_a_sprite_that_fades_is_less_opaque(tmp_path: Path) -> None:
    folder = finished_clip(tmp_path)
    opacity = np.linspace(0.2, 0.9, COUNT)
    folder.write_npy("model/opacity.1.npy", opacity)
    placements = Placements(Layers(folder))
    found = [frame[1].opacity for frame in placements.frames]
    # The drawing of frames 0, 1, 4, 5 is as opaque as frame 5.
    np.testing.assert_allclose([found[t] for t in (0, 4, 5)], opacity[[0, 4, 5]] / opacity[5])
    assert found[7] == 1


def test_sprites_are_named_from_back_to_front(tmp_path: Path) -> None:
    folder = finished_clip(tmp_path)
    objects = folder.read_json("model/objects.json")["objects"]
    folder.write_json("model/objects.json", {"objects": [*objects, {"kind": "sprite"}]})
    folder.write_npy("model/order.npy", np.tile(np.uint8([0, 2, 1]), (COUNT, 1)))
    folder.write_json("model/exposure.2.json", {"drawings": []})
    for name, value in (
        ("opacity", np.ones(COUNT)),
        ("full_sprite_motion", np.zeros((COUNT, 3, 3))),
    ):
        folder.write_npy(f"model/{name}.2.npy", value)
    for t in range(COUNT):
        folder.write_png(f"vis/{t}.obj.2.png", np.zeros((64, 96, 4), np.uint8))
    layers = Placements(Layers(folder)).layers
    assert [(layer.name, layer.object) for layer in layers] == [("plate", 0), ("A", 2), ("B", 1)]
