"""Sprite sheets, read with Pillow: each frame put together from sheet and list is the layer."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from toondecompose.core.errors import UserError
from toondecompose.export import aseprite
from toondecompose.export.scene import Scene
from toondecompose.store.artifacts import ClipFolder


def test_frames_come_back(scene: Scene, target: ClipFolder) -> None:
    aseprite.write(scene, target)
    aseprite.check(scene, target)
    for name, sprite in scene.sprites:
        read = json.loads(target.path(f"sheets/{name}.json").read_text())
        sheet = Image.open(target.path("sheets") / read["meta"]["image"])
        assert read["meta"]["size"] == {"w": sheet.width, "h": sheet.height}
        for t, one in enumerate(read["frames"]):
            place, source = one["frame"], one["spriteSourceSize"]
            assert one["sourceSize"] == {"w": 53, "h": 37}
            x, y, w, h = (place[key] for key in "xywh")
            made = Image.new("RGBA", (53, 37))
            made.paste(sheet.crop((x, y, x + w, y + h)), (source["x"], source["y"]))
            wanted = sprite.rgba(t)
            seen = wanted[..., 3] > 0
            assert np.array_equal(np.asarray(made)[..., 3], wanted[..., 3])
            assert np.array_equal(np.asarray(made)[seen], wanted[seen])
        lasts = [one["duration"] for one in read["frames"]]
        assert sum(lasts) == round(5000 * 1001 / 24000) and set(lasts) <= {41, 42}
        assert [one["frame"]["w"] > 0 for one in read["frames"]][-1] == (name == "A")
    assert read["frames"][0]["frame"] == read["frames"][1]["frame"]


def test_a_sheet_that_is_too_large(
    scene: Scene, target: ClipFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aseprite, "LARGEST", 20)
    with pytest.raises(UserError, match="sheet of sprite B would be .* over 20 pixels; export png"):
        aseprite.write(scene, target)
