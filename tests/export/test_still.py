"""PSD and ORA, read by psd-tools and by the rules of OpenRaster: the frame to the level."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from toondecompose.export import ora, psd
from toondecompose.export.packbits import pack_rows, unpack
from toondecompose.export.scene import Scene
from toondecompose.export.still import cropped
from toondecompose.store.artifacts import ClipFolder
from toondecompose.viz.pictures import lay_over

JAPANESE = {0: "背景", 2: "キャラA", 1: "主人公"}


@pytest.fixture
def named(scene: Scene) -> Scene:
    """The clip in its third frame, with Japanese names."""
    found = Scene(scene.layers, scene.clip, 2)
    found.__dict__["names"] = JAPANESE
    return found


def put(canvas: np.ndarray, rgba: np.ndarray, at: tuple[int, int]) -> np.ndarray:
    """Lay a layer at a place over a picture; what is beyond its borders is cut."""
    full = np.zeros((canvas.shape[0] + 200, canvas.shape[1] + 200, 4), np.uint8)
    x, y = at[0] + 100, at[1] + 100
    full[y : y + rgba.shape[0], x : x + rgba.shape[1]] = rgba
    full = full[100:-100, 100:-100]
    return lay_over(np.ascontiguousarray(full[..., :3]), full[..., 3], canvas)


def test_psd(named: Scene, target: ClipFolder) -> None:
    tools = pytest.importorskip("psd_tools")
    psd.write(named, target)
    psd.check(named, target)
    document = tools.PSDImage.open(target.path("動画 1.psd"))
    assert (document.size, document.channels) == ((53, 37), 3)
    frame = named.layers.recompose(2)
    assert np.array_equal(np.asarray(document.topil()), frame)
    assert [(one.name, one.kind) for one in document] == [
        ("背景", "pixel"),
        ("キャラA", "group"),
        ("主人公", "group"),
    ]
    drawings = {one.name: one for group in document if group.kind == "group" for one in group}
    assert list(drawings) == ["キャラA1", "主人公2", "主人公1"]
    assert [one.visible for one in drawings.values()] == [True, True, False]
    made = np.zeros_like(frame)
    for layer in document.descendants():
        assert not layer.has_mask()
        if layer.kind == "pixel" and layer.visible:
            made = put(made, np.asarray(layer.topil()), layer.offset)
    assert np.array_equal(made, frame)
    # The hidden drawing is whole, beyond the left border too.
    whole = drawings["主人公1"]
    assert whole.offset == (-6, 9)
    assert np.array_equal(np.asarray(whole.topil()), named.layers.sprites[0].drawings[0].rgba)


def test_ora(named: Scene, target: ClipFolder) -> None:
    ora.write(named, target)
    ora.check(named, target)
    frame = named.layers.recompose(2)
    with zipfile.ZipFile(target.path("動画 1.ora")) as file:
        assert file.infolist()[0].filename == "mimetype"
        assert file.infolist()[0].compress_type == zipfile.ZIP_STORED
        assert file.read("mimetype") == b"image/openraster"
        root = ElementTree.fromstring(file.read("stack.xml"))

        def picture(name: str) -> np.ndarray:
            return np.asarray(Image.open(io.BytesIO(file.read(name))))

        assert np.array_equal(picture("mergedimage.png"), frame)
        assert picture("Thumbnails/thumbnail.png").shape == (37, 53, 3)
        made = np.zeros_like(frame)
        for layer in reversed(list(root.iter("layer"))):  # the first is in front
            if layer.get("visibility") == "visible":
                at = (int(layer.get("x")), int(layer.get("y")))
                made = put(made, picture(layer.get("src")), at)
    assert (root.get("w"), root.get("h")) == ("53", "37")
    groups = [one.get("name") for one in root.find("stack").findall("stack")]
    assert groups == ["主人公", "キャラA"]
    assert np.array_equal(made, frame)


@pytest.mark.parametrize("kind", [psd, ora])
def test_the_same_bytes_again(kind: object, scene: Scene, tmp_path: Path) -> None:
    files = []
    for name in "ab":
        target = ClipFolder(root=tmp_path / name)
        kind.write(scene, target)
        files.append(target.path(kind.file_name(scene)).read_bytes())
    assert files[0] == files[1]


def test_a_sprite_that_is_absent(scene: Scene, target: ClipFolder) -> None:
    tools = pytest.importorskip("psd_tools")
    psd.write(Scene(scene.layers, "x", 4), target)
    document = tools.PSDImage.open(target.path("x.psd"))
    assert [one.visible for one in document[2]] == [False, False]
    assert np.array_equal(np.asarray(document.topil()), scene.layers.recompose(4))


@pytest.mark.parametrize("seed", range(20))
def test_packbits(seed: int) -> None:
    random = np.random.default_rng(seed)
    width = int(random.integers(1, 700))
    values = random.integers(0, 3, 9 * width)
    channel = np.repeat(values, random.integers(1, 2 + 40 * (seed % 4), 9 * width))
    channel = channel[: 9 * width].reshape(9, width).astype(np.uint8)
    data, rows = pack_rows(channel)
    assert unpack(data) == channel.tobytes()
    ends = np.cumsum(rows)
    assert ends[-1] == len(data)
    for row, end, length in zip(channel, ends, rows, strict=True):
        assert unpack(data[end - length : end]) == row.tobytes()
    assert len(data) <= 9 * (width + 2 + width // 100)


def test_cropped() -> None:
    rgba = np.zeros((8, 9, 4), np.uint8)
    assert cropped(rgba)[0].shape == (1, 1, 4)
    rgba[2:5, 3:9, 3] = 1
    cut, at = cropped(rgba)
    assert cut.shape == (3, 6, 4) and at == (3, 2)
