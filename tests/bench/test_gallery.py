"""The picture of edits: what is painted is seen, and the folder of the clip stays as it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from finished import SIZE, drawing, finished_clip, sprite_place

from bench.gallery import WINDOW, make_rows
from toondecompose.store import paths
from toondecompose.store.layers import load_layers
from toondecompose.store.placement import Placements


def test_three_edits(tmp_path: Path) -> None:
    clip = finished_clip(tmp_path)
    rgba = drawing(0)
    rgba[12:20, 10:20, :3] = (232, 164, 62)
    clip.write_png(paths.sprite_picture(1, 0), rgba)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    given, window, ribbon, hidden = make_rows(Placements(load_layers(tmp_path)), (5, 1))
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    x, y = (np.mean(WINDOW, axis=0) * SIZE).astype(int)
    assert np.abs(window[0][y, x].astype(int) - given[0][y, x]).max() > 20
    np.testing.assert_array_equal(window[0][:5], given[0][:5])
    for t, found in zip((5, 1), ribbon, strict=True):
        left, top = sprite_place(t)
        red, green, blue = found[top + 15, left + 15].astype(int)
        assert red > green + 60 and blue > green + 60, "purple"
    np.testing.assert_array_equal(hidden[1], clip.read_png(paths.layer(1, 0))[..., :3])
