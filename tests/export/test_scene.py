"""Names and order of layers, the frame of stills."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from export.synthetic import make_scene
from finished import COUNT, finished_clip, overlays

from toondecompose.core.cast import Cast
from toondecompose.core.errors import FrameNumberError
from toondecompose.export.scene import Scene
from toondecompose.store import paths
from toondecompose.store.cast import write_cast
from toondecompose.store.layers import load_layers
from toondecompose.store.placement import NamedPlane
from toondecompose.viz.pictures import lay_all_over


def test_names_follow_the_order(scene: Scene) -> None:
    assert scene.names == {0: "plate", 2: "A", 1: "B"}
    assert [name for name, _ in scene.stack_at(3)] == ["plate", "A", "B"]
    assert not scene.order_changes and [name for name, _ in scene.plates] == ["plate"]


def test_an_order_that_changes(scene: Scene) -> None:
    order = scene.layers.order
    order[4] = [0, 1, 2]
    scene.layers.clip.write_npy(paths.ORDER, order)
    assert scene.order_changes and scene.names == {0: "plate", 2: "A", 1: "B"}
    assert [name for name, _ in scene.stack_at(4)] == ["plate", "B", "A"]


def test_planes_of_the_background(scene: Scene) -> None:
    # Two objects of the background; that in front has two planes. A sprite walks between them.
    write_cast(scene.layers.clip, Cast(((2,), (0, 1)), 1))
    scene.layers.clip.write_npy(paths.ORDER, np.array([[0, 2, 1]] * 5, np.uint8))
    assert scene.names == {0: "plate", 2: "A", 1: "plate2"}
    found = [(name, plate.number) for name, plate in scene.plates]
    assert found == [("plate", 2), ("plate2", 1), ("plate3", 0)]
    named = [one for one in scene.named if isinstance(one, NamedPlane)]
    assert [(one.name, one.plane) for one in named] == found, "said once, for edits as well"


def test_overlays_are_layers_in_front(tmp_path: Path) -> None:
    clip = finished_clip(tmp_path, gains=np.linspace(0.5, 1, COUNT), over=overlays())
    scene = Scene(load_layers(clip.root), "x")
    assert [name for name, _ in scene.stack] == ["plate", "A", "overlay", "overlay2"]
    for t in (0, 5):
        layers = [layer.rgba(t) for _, layer in scene.stack_at(t)]
        again = lay_all_over(layers, range(4))
        np.testing.assert_array_equal(again, clip.read_png(paths.source(t)))
        np.testing.assert_array_equal(again, scene.layers.recompose(t))
    assert layers[3].any() and not scene.stack[3][1].rgba(2).any(), "from frame 3 on"


def test_the_frame_of_stills(scene: Scene) -> None:
    assert scene.frame == 0  # the first with both sprites
    assert Scene(scene.layers, "x", 4).frame == 4
    with pytest.raises(FrameNumberError, match="no frame 6 to export; exports count .* 1 to 5"):
        _ = Scene(scene.layers, "x", 5).frame


def test_a_clip_without_sprites(tmp_path: Path) -> None:
    scene = make_scene(tmp_path / "clip", sprites=False)
    assert (scene.names, scene.sprites, scene.frame) == ({0: "plate"}, (), 0)
