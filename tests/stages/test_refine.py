"""The refine stage on a tiny clip whose layers are known."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from toondecompose.core import geometry
from toondecompose.core.cast import Cast
from toondecompose.pipeline.settings import RefineSettings
from toondecompose.pipeline.terminal import Progress
from toondecompose.planes.background import Plane
from toondecompose.planes.texture import Texture
from toondecompose.screen.light import Light
from toondecompose.stages import refine
from toondecompose.store.artifacts import ClipFolder
from toondecompose.store.cast import write_cast
from toondecompose.store.paths import ORDER
from toondecompose.store.planes import read_background, write_background

COUNT, SOURCE, WORKING = 8, (256, 144), (128, 72)
CANVAS = (150, 74)


def street(seed: int = 3) -> np.ndarray:
    noise = np.random.default_rng(seed).random((2 * CANVAS[1], 2 * CANVAS[0], 3), dtype=np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 5)
    return 60 + 160 * (smooth - smooth.min()) / np.ptp(smooth)


def figure(t: int) -> np.ndarray:
    mask = np.zeros((SOURCE[1], SOURCE[0]), np.uint8)
    shift = 8  # OpenCV's fixed point: 1/256 pixel
    centre = ((110 + 2 * (t // 2)) << shift, 80 << shift)
    cv2.ellipse(mask, centre, (30 << shift, 45 << shift), 0, 0, 360, 255, -1, cv2.LINE_AA, shift)
    return mask.astype(np.float32) / 255


def motion() -> np.ndarray:
    return np.stack([geometry.translation(2.0 * t + 1, 1) for t in range(COUNT)])


def film(clip: ClipFolder, view: Callable[[int], np.ndarray]) -> None:
    """Write the frames: the figure before what view shows, (H, W, 3) float32."""
    for t in range(COUNT):
        alpha = figure(t)[..., None]
        frame = alpha * np.array([200, 40, 40]) + (1 - alpha) * view(t)
        clip.write_png(f"source/{t}.png", np.clip(np.round(frame), 0, 255).astype(np.uint8))


def write_objects(clip: ClipFolder, cast: Cast) -> None:
    """Write which object is what; they lie in front of each other by their numbers."""
    write_cast(clip, cast)
    clip.write_npy(ORDER, np.tile(np.arange(cast.objects, dtype=np.uint8), (COUNT, 1)))


@pytest.fixture
def clip(tmp_path: Path) -> ClipFolder:
    """A clip as the sprites stage leaves it."""
    clip = ClipFolder(root=tmp_path)
    plate = street()
    full = geometry.resize_homography(motion(), WORKING, SOURCE)
    film(clip, lambda t: geometry.to_frame(plate, full[t], SOURCE, cubic=True))
    labels = []
    for t in range(COUNT):
        small = cv2.resize(figure(t), WORKING, interpolation=cv2.INTER_AREA)
        labels.append(np.round(255 * small).astype(np.uint8))
    info = {"frames": COUNT, "source_size": SOURCE, "working_size": WORKING}
    clip.write_json("frame/info.json", info)
    clip.write_npy("frame/gain.npy", np.ones(COUNT, np.float32))
    small = cv2.resize(plate, CANVAS, interpolation=cv2.INTER_AREA)
    shape = small.shape[:2]
    texture = Texture(small, np.full(shape, 8, np.uint16), np.zeros(shape, np.float32))
    plane = Plane(motion(), CANVAS, texture, np.ones(shape, np.float32))
    write_background(clip, "model/sprites/planes", (plane,))
    clip.write_npy("model/sprites/alpha.1.npy", np.stack(labels))
    write_objects(clip, Cast(((0,),), 1))
    clip.write_npy("model/sprites/alpha.0.npy", 255 - np.stack(labels))
    clip.write_npy("model/sprites/light.npy", np.zeros((WORKING[1], WORKING[0], 3), np.float32))
    still = np.repeat(np.eye(3)[None], COUNT, axis=0)
    clip.write_npy("model/homo_matrix.1.npy", still)
    drawings = [[0, 1], [2, 3], [4, 5], [7]]  # frame 6 shows none that was recognised
    clip.write_json("model/exposure.1.json", {"drawings": drawings})
    clip.write_npy("model/exposure_motion.1.npy", still)
    return clip


def test_layers_at_full_resolution(clip: ClipFolder) -> None:
    refine.main(clip, RefineSettings(), Progress(stage="refine", clip="tiny"))
    full = geometry.resize_homography(motion(), WORKING, SOURCE)
    for t in (0, 4, 7):
        plate = clip.read_png(f"vis/{t}.obj.0.png")
        sprite = clip.read_png(f"vis/{t}.obj.1.png")
        frame = clip.read_png(f"source/{t}.png")
        observed = clip.read_png(f"plate/observed/{t}.png") == 255
        assert np.array_equal(clip.read_png(f"vis/{t}.img.png"), frame)
        assert clip.read_png(f"vis/{t}.homo.png").shape == frame.shape
        assert np.abs(sprite[..., 3] / 255 - figure(t)).mean() < 0.003
        true = geometry.to_frame(street(), full[t], SOURCE, cubic=True)
        assert np.abs(plate[..., :3] - true)[observed].mean() < 1.5
        assert observed[:, :60].all() and not observed[80, 116 - t], (
            "behind the figure it is invented"
        )
        alpha = sprite[..., 3:] / 255
        again = alpha * sprite[..., :3] + (1 - alpha) * plate[..., :3]
        assert np.abs(again - frame).mean() < 1.0
    assert clip.read_png("plate/0.png").shape[2] == 4
    assert clip.read_png("plate/0.observed.png").shape == clip.read_png("plate/0.png").shape[:2]
    assert clip.read_npy("model/full_plane_motion.0.npy").shape == (COUNT, 3, 3)
    assert clip.read_npy("model/full_homo_matrix.1.npy").shape == (COUNT, 3, 3)
    assert clip.read_npy("model/full_exposure_motion.1.npy").shape == (COUNT, 3, 3)
    alphas = [clip.read_png(f"vis/{t}.obj.1.png")[..., 3] for t in range(COUNT)]
    assert np.array_equal(alphas[2], alphas[3]), "held drawings do not flicker"
    assert alphas[6].any() and not np.array_equal(alphas[1], alphas[2])


def test_same_bytes_with_other_threads(clip: ClipFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    refine.main(clip, RefineSettings(), Progress(stage="refine", clip="tiny"))
    first = dict(clip.written)
    monkeypatch.setattr("toondecompose.core.parallel.threads", lambda: 5)
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        refine.main(clip, RefineSettings(), Progress(stage="refine", clip="tiny"))
    finally:
        cv2.setNumThreads(before)
    assert clip.written == first


def test_whole_drawings(clip: ClipFolder) -> None:
    refine.main(clip, RefineSettings(), Progress(stage="refine", clip="tiny"))
    places = clip.read_npy("model/full_sprite_motion.1.npy")
    for d, times in enumerate([[0, 1], [2, 3], [4, 5], [7]]):
        picture = clip.read_png(f"sprite/1.{d}.png")
        assert (clip.read_png(f"sprite/1.{d}.observed.png") == 255).all()
        for t in times:
            back = geometry.to_frame(picture[..., 3].astype(np.float32), places[t], SOURCE)
            layer = clip.read_png(f"vis/{t}.obj.1.png")[..., 3]
            assert np.abs(back - layer).mean() < 0.5
    assert not clip.path("sprite/1.4.png").exists()


def test_plate_only(clip: ClipFolder) -> None:
    write_objects(clip, Cast(((0,),), 0))
    refine.main(clip, RefineSettings(), Progress(stage="refine", clip="tiny"))
    assert not clip.path("vis/0.obj.1.png").exists()
    assert clip.read_png("vis/0.obj.0.png").shape == (SOURCE[1], SOURCE[0], 4)


def test_light_of_the_camera_stays_with_the_camera(clip: ClipFolder) -> None:
    light = np.zeros((WORKING[1], WORKING[0], 3), np.float32)
    light[:, :, :] = np.linspace(-12, 12, WORKING[0])[None, :, None]
    large = cv2.resize(light, SOURCE)
    before = clip.read_png("source/3.png")
    for t in range(COUNT):
        lit = np.round(clip.read_png(f"source/{t}.png") + large)
        clip.write_png(f"source/{t}.png", np.clip(lit, 0, 255).astype(np.uint8))
    clip.write_npy("model/sprites/light.npy", light)
    refine.main(clip, RefineSettings(), Progress(stage="refine", clip="tiny"))
    plate = clip.read_png("vis/3.obj.0.png")[..., :3].astype(float)
    away = np.s_[:, :60]
    assert np.abs(plate - before - large)[away].mean() < 1.5


def test_planes_that_are_objects_lie_on_each_other(clip: ClipFolder) -> None:
    """The near plane ends in the middle of its canvas: two objects, and the sprite before them."""
    (plane,) = read_background(clip, "model/sprites/planes")
    near = replace(plane, alpha=plane.alpha.copy())
    near.alpha[:, CANVAS[0] // 2 :] = 0
    slow = np.stack([geometry.translation(1.0 * t + 1, 1) for t in range(COUNT)])
    distant = cv2.resize(street(seed=4), CANVAS, interpolation=cv2.INTER_AREA)
    far = replace(plane, homographies=slow, texture=replace(plane.texture, colour=distant))
    write_background(clip, "model/sprites/planes", (near, far))
    motions = [geometry.resize_homography(m, WORKING, SOURCE) for m in (motion(), slow)]
    cover = np.zeros((2 * CANVAS[1], 2 * CANVAS[0], 1), np.float32)
    cover[:, : CANVAS[0]] = 1
    paints = [np.dstack([street(), cover]), street(seed=4)]

    def view(t: int) -> np.ndarray:
        front, back = (
            geometry.to_frame(paint, m[t], SOURCE, cubic=True)
            for paint, m in zip(paints, motions, strict=True)
        )
        alpha = np.clip(front[..., 3:], 0, 1)
        return alpha * front[..., :3] + (1 - alpha) * back

    film(clip, view)
    write_objects(clip, Cast(((1,), (0,)), 1))
    clip.write_npy("model/sprites/alpha.2.npy", clip.read_npy("model/sprites/alpha.1.npy"))
    for name in ("model/homo_matrix", "model/exposure_motion"):
        clip.write_npy(f"{name}.2.npy", clip.read_npy(f"{name}.1.npy"))
    clip.write_json("model/exposure.2.json", clip.read_json("model/exposure.1.json"))
    refine.main(clip, RefineSettings(), Progress(stage="refine", clip="tiny"))
    for t in (0, 7):
        layers = [clip.read_png(f"vis/{t}.obj.{k}.png") / 255 for k in range(3)]
        assert (layers[0][..., 3] == 1).all()
        assert 0.2 < layers[1][..., 3].mean() < 0.8
        picture = layers[0][..., :3]
        for layer in layers[1:]:
            picture = layer[..., 3:] * layer[..., :3] + (1 - layer[..., 3:]) * picture
        assert np.abs(255 * picture - clip.read_png(f"source/{t}.png")).mean() < 1.5
    assert clip.read_npy("model/full_homo_matrix.2.npy").shape == (COUNT, 3, 3)


def test_a_fade_is_in_the_layers(clip: ClipFolder) -> None:
    gains = np.linspace(0.3, 1, COUNT).astype(np.float32)
    clip.write_npy("frame/gain.npy", gains)
    for t, gain in enumerate(gains):
        frame = clip.read_png(f"source/{t}.png") * gain
        clip.write_png(f"source/{t}.png", np.round(frame).astype(np.uint8))
    refine.main(clip, RefineSettings(), Progress(stage="refine", clip="tiny"))
    for t in (0, 7):
        plate, sprite = (clip.read_png(f"vis/{t}.obj.{k}.png") / 255 for k in range(2))
        again = sprite[..., 3:] * sprite[..., :3] + (1 - sprite[..., 3:]) * plate[..., :3]
        assert np.abs(255 * again - clip.read_png(f"source/{t}.png")).mean() < 1.5
    assert clip.read_png("plate/0.png")[..., :3].mean() > 100  # the plate itself is not darkened


def test_light_over_all_is_in_the_layers_and_not_in_the_plate(clip: ClipFolder) -> None:
    strength = np.zeros((COUNT, 8, 12), np.float32)
    strength[:] = np.linspace(0, 60, COUNT)[:, None, None] * np.linspace(0, 1, 12)
    light = Light("add", np.array([1.2, 1.0, 0.8], np.float32), strength)
    clip.write_npy("screen/light.npy", light.strength)
    clip.write_json("screen/light.json", {"kind": "add", "colour": light.colour.tolist()})
    before = [clip.read_png(f"source/{t}.png") for t in range(COUNT)]
    for t, frame in enumerate(before):
        clip.write_png(f"source/{t}.png", light.restore(frame, t))
    refine.main(clip, RefineSettings(), Progress(stage="refine", clip="tiny"))
    plate = clip.read_png("plate/0.png")[..., :3].astype(float)
    inside = (slice(8, -8), slice(8, -8))
    assert np.abs(plate - street())[inside].mean() < 6
    for t in (1, 7):
        layers = [clip.read_png(f"vis/{t}.obj.{k}.png") / 255 for k in range(2)]
        again = layers[1][..., 3:] * layers[1][..., :3]
        again += (1 - layers[1][..., 3:]) * layers[0][..., :3]
        assert np.abs(255 * again - clip.read_png(f"source/{t}.png")).mean() < 2


def test_an_overlay_is_a_layer_of_its_own(clip: ClipFolder) -> None:
    picture = np.zeros((SOURCE[1], SOURCE[0], 4), np.uint8)
    picture[4:12, 8:40] = (250, 250, 90, 255)
    clip.write_png("overlay/0.png", picture)
    clip.write_json("overlay/info.json", {"overlays": [{"frames": [2, 3, 4]}]})
    for t in (2, 3, 4):
        frame = clip.read_png(f"source/{t}.png")
        clip.write_png(f"screen/source/{t}.png", frame)
        clip.write_png(f"source/{t}.png", np.where(picture[..., 3:] > 0, picture[..., :3], frame))
    refine.main(clip, RefineSettings(), Progress(stage="refine", clip="tiny"))
    assert not clip.read_png("vis/1.overlay.png").any()
    np.testing.assert_array_equal(clip.read_png("vis/3.overlay.png"), picture)
    plate = clip.read_png("vis/3.obj.0.png")[4:12, 8:40, :3].astype(float)
    clean = clip.read_png("screen/source/3.png")[4:12, 8:40].astype(float)
    assert np.abs(plate - clean).mean() < 3
    assert not clip.read_png("vis/3.obj.1.png")[4:12, 8:40, 3].any()
