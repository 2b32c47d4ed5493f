"""PNG folders, read with Pillow: layers make the frame, cels and plate lie where they should."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from toondecompose.core import geometry
from toondecompose.core.errors import UserError
from toondecompose.export import png
from toondecompose.export.scene import Scene
from toondecompose.store.artifacts import ClipFolder
from toondecompose.viz.pictures import lay_all_over


@pytest.fixture(autouse=True)
def written(scene: Scene, target: ClipFolder) -> None:
    png.write(scene, target)
    png.check(scene, target)


def read(target: ClipFolder, name: str) -> np.ndarray:
    return np.asarray(Image.open(target.path(name)))


def test_the_files(target: ClipFolder) -> None:
    names = {path.relative_to(target.root).as_posix() for path in target.root.rglob("*.png")}
    frames = {f"{one}/{one}.{t:04d}.png" for one in ("plate", "A", "B") for t in range(1, 6)}
    cels = {"cels/A/A.0001.png", "cels/B/B.0001.png", "cels/B/B.0002.png"}
    assert names == frames | cels | {"plate.png", "plate.observed.png"}


def test_the_layers_make_the_frame(scene: Scene, target: ClipFolder) -> None:
    for t in range(5):
        layers = [read(target, f"{one}/{one}.{t + 1:04d}.png") for one in ("plate", "A", "B")]
        assert np.array_equal(lay_all_over(layers, range(3)), scene.layers.recompose(t))


def test_the_plate_is_transparent_where_no_frame_looks(scene: Scene, target: ClipFolder) -> None:
    plate = read(target, "plate.png")
    assert plate.shape == (37 + 9, 53 + 8, 4)
    assert (plate[:37, :, 3] == 255).all() and (plate[37 + png.MARGIN :, :, 3] == 0).all()
    assert np.array_equal(plate[..., :3], scene.layers.plate.colour)
    assert (read(target, "plate.observed.png") == 255).all()


def test_cels_come_back_to_their_frames(scene: Scene, target: ClipFolder) -> None:
    # All cels of a sprite have one size, and the frame lies in their middle.
    for name, sprite in scene.sprites:
        cels = scene.cels(sprite)
        beyond = (np.array(cels.size) - scene.layers.size) / 2
        assert (beyond == -np.array(cels.corner)).all()
        assert beyond.tolist() == ([6, 0] if name == "B" else [0, 0])
        for t in np.flatnonzero(cels.sheet >= 0):
            cel = read(target, f"cels/{name}/{name}.{cels.sheet[t] + 1:04d}.png")
            assert cel.shape[1::-1] == cels.size
            size, at = scene.layers.size, cels.transforms[t]
            alpha = geometry.to_frame(cel[..., 3].astype(np.float32), at, size)
            assert np.abs(alpha - sprite.alpha(t)).max() < 0.01


def test_a_damaged_file_is_found(scene: Scene, target: ClipFolder) -> None:
    target.write_png("B/B.0001.png", np.zeros((37, 53, 4), np.uint8))
    with pytest.raises(UserError, match="exported B/B.0001.png differs from the layer; delete"):
        png.check(scene, target)


def test_a_drawing_that_no_frame_shows_opaquely(scene: Scene, target: ClipFolder) -> None:
    scene.layers.clip.path("sprite/2.0.png").unlink()
    png.write(scene, target)
    assert np.array_equal(read(target, "cels/A/A.0001.png"), scene.layers.sprites[1].rgba(0))
