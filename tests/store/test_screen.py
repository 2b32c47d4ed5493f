"""Flashes are layers in front as they came, and the frame before is held behind them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from finished import COUNT, SIZE, finished_clip
from scenes import bytes_of

from toondecompose.footage.shots import hold_behind
from toondecompose.screen.search import ScreenLayers
from toondecompose.store import paths
from toondecompose.store.layer_parts import AnimatedOverlay
from toondecompose.store.layers import Layers
from toondecompose.store.placement import Placements
from toondecompose.store.screen import (
    held_frames,
    read_clean_source,
    read_lighting,
    read_over_all,
    write_overlays,
)


def test_what_is_held_behind_flashes() -> None:
    assert hold_behind([(6, 6), (3, 4)]) == {3: 2, 4: 2, 6: 5}
    assert hold_behind([(3, 4), (5, 6)]) == {3: 2, 4: 2, 5: 2, 6: 2}


def test_flashes_are_layers(tmp_path: Path) -> None:
    clip = finished_clip(tmp_path)
    random = np.random.default_rng(0)
    info = clip.read_json(paths.INFO) | {"flashes": [[2, 3]], "working_size": list(SIZE)}
    clip.write_json(paths.INFO, info)
    given = {t: bytes_of(random.uniform(0, 255, (*SIZE[::-1], 3))) for t in (2, 3)}
    before = clip.read_png(paths.source(1))
    for t, picture in given.items():
        clip.write_png(paths.source(t), picture)
    assert held_frames(clip) == {2: 1, 3: 1}
    still = np.repeat(np.eye(3)[None], COUNT, axis=0)
    write_overlays(clip, ScreenLayers(np.zeros((COUNT, 2, 2, 3), np.uint8), None, [], still), {})
    layers, lighting = Layers(clip), read_lighting(clip)
    (flash,) = layers.overlays
    assert isinstance(flash, AnimatedOverlay) and flash.kind == "flash"
    assert np.flatnonzero(flash.shown).tolist() == [2, 3]
    assert flash.sheet.tolist() == [-1, -1, 0, 1] + [-1] * (COUNT - 4)
    for t in range(COUNT):
        over = read_over_all(clip, t)
        assert over is not None and over[..., 3].all() == (t in given) == over.any()
        np.testing.assert_array_equal(over, flash.part(t))
        if t in given:
            np.testing.assert_array_equal(layers.recompose(t, grain=False), given[t])
            np.testing.assert_array_equal(read_clean_source(clip, lighting, t), before)
        else:
            assert not clip.exists(paths.clean_source(t))
    pictures = [one for one in Placements(layers).pictures if one.name.startswith("flash")]
    assert [(one.name, one.frames) for one in pictures] == [
        ("flash.0001", (2,)), ("flash.0002", (3,))
    ]  # fmt: skip


def test_a_transparent_clip_holds_nothing(tmp_path: Path) -> None:
    clip = finished_clip(tmp_path)
    info = clip.read_json(paths.INFO) | {"flashes": [[2, 3]], "alpha": True}
    clip.write_json(paths.INFO, info)
    assert held_frames(clip) == {}
