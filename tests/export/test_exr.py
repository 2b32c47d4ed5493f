"""OpenEXR files, read with OpenImageIO: names, colour, premultiplication."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from finished import COUNT, add_near_plane, finished_clip, overlays, sweep

from toondecompose.export import exr
from toondecompose.export.exr import linear_premultiplied
from toondecompose.export.plane_layers import split_stack
from toondecompose.export.scene import Scene
from toondecompose.store.artifacts import ClipFolder
from toondecompose.store.layers import load_layers
from toondecompose.viz.pictures import lay_all_over


def test_known_values() -> None:
    found = linear_premultiplied(np.array([[[255, 188, 10, 255], [255, 188, 0, 51]]], np.uint8))
    assert found.dtype == np.float16
    assert found[0, 0] == pytest.approx([1, 0.5029, 0.003035, 1], rel=1e-3)
    assert found[0, 1] == pytest.approx([0.2, 0.10058, 0, 0.2], rel=1e-3)


def test_names_and_pixels(scene: Scene, target: ClipFolder) -> None:
    pytest.importorskip("OpenEXR")
    oiio = pytest.importorskip("OpenImageIO")
    exr.write(scene, target)
    exr.check(scene, target)
    buffer = oiio.ImageBuf(str(target.path("exr/動画 1.0003.exr")))
    spec = buffer.spec()
    assert (spec.width, spec.height, buffer.nsubimages) == (53, 37, 1)
    assert (str(spec.format), spec.getattribute("compression")) == ("half", "zip")
    assert Fraction(*spec.getattribute("framesPerSecond")) == Fraction(24000, 1001)
    names = [f"{one}.{channel}" for one in ("A", "B", "plate") for channel in "RGBA"]
    assert sorted(spec.channelnames) == sorted(names)
    pixels = dict(zip(spec.channelnames, np.moveaxis(buffer.get_pixels(), 2, 0), strict=True))
    for name, layer in scene.stack:
        rgba = layer.rgba(2) / 255.0
        colour = rgba[..., :3]
        linear = np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)
        wanted = np.dstack([linear * rgba[..., 3:], rgba[..., 3]])
        for i, channel in enumerate("RGBA"):
            assert np.abs(pixels[f"{name}.{channel}"] - wanted[..., i]).max() < 1e-3
        alone = oiio.ImageBuf(str(target.path(f"exr/{name}/{name}.0003.exr")))
        assert set(alone.spec().channelnames) == set("RGBA")
        assert np.array_equal(alone.get_pixels()[..., 3], pixels[f"{name}.A"])


def test_every_plane_is_a_layer(tmp_path: Path, target: ClipFolder) -> None:
    pytest.importorskip("OpenEXR")
    oiio = pytest.importorskip("OpenImageIO")
    gains = np.linspace(0.5, 1, COUNT)
    clip = finished_clip(
        tmp_path / "two", gains=gains, light=8.0, over_all=sweep("add"), over=overlays()
    )
    add_near_plane(clip)
    scene = Scene(load_layers(clip.root), "two")
    names = ["plate", "plate2", "A", "overlay", "overlay2"]
    for t in range(COUNT):
        layers = split_stack(scene, t)
        assert [name for name, _ in layers] == names
        together = lay_all_over([rgba for _, rgba in layers], range(len(layers)))
        assert np.abs(together.astype(int) - clip.read_png(f"source/{t}.png")).max() <= 1
        (_, rear), (_, near) = layers[:2]
        assert not near[:38, :, 3].any() and (near[42:, :, 3] == 255).all()
        assert (rear[..., 3] == 255).all(), "the rear plane goes on behind the nearer one"
        assert np.abs(rear[50:].astype(int) - near[50:]).max() > 20
    exr.write(scene, target)
    exr.check(scene, target)
    spec = oiio.ImageBuf(str(target.path("exr/two.0003.exr"))).spec()
    assert sorted(spec.channelnames) == sorted(f"{name}.{c}" for name in names for c in "RGBA")
    alone = oiio.ImageBuf(str(target.path("exr/plate2/plate2.0003.exr")))
    assert not alone.get_pixels()[:38, :, 3].any()
