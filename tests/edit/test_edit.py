"""Edits: nothing changes without one; what is painted once shows in every frame."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest
from finished import (
    CANVAS,
    COUNT,
    DRAWINGS,
    PAN,
    SIZE,
    add_snow,
    drawing,
    finished_clip,
    overlays,
    sprite_place,
    sweep,
)
from PIL import Image

from toondecompose.cli import main
from toondecompose.core.cast import Cast
from toondecompose.core.errors import UserError
from toondecompose.edit.composition import compose_frame
from toondecompose.edit.video import frame_times, open_edit, write_edit
from toondecompose.pipeline.terminal import Progress
from toondecompose.reading.media import open_source
from toondecompose.reading.video_probe import ffmpeg
from toondecompose.store.artifacts import ClipFolder
from toondecompose.store.cast import write_cast

GREEN = (20, 250, 30)

GAINS = np.linspace(0.5, 1, COUNT)


@pytest.fixture
def clip(tmp_path: Path) -> ClipFolder:
    return finished_clip(tmp_path / "shot")


def said(clip: ClipFolder, text: str) -> None:
    clip.write_bytes("edit/edit.yaml", text.encode())


def frames(clip: ClipFolder) -> list[np.ndarray]:
    edited = open_edit(clip.root)
    return [compose_frame(edited, time) for time in frame_times(edited)]


@pytest.mark.parametrize("light", [0.0, 8.0])
def test_without_an_edit_it_is_the_input(tmp_path: Path, light: float) -> None:
    clip = finished_clip(tmp_path, gains=GAINS, light=light)
    for t, frame in enumerate(frames(clip)):
        np.testing.assert_array_equal(frame, clip.read_png(f"source/{t}.png"))


@pytest.mark.parametrize("kind", ["add", "multiply", "screen"])
def test_without_an_edit_light_and_overlays_are_there(tmp_path: Path, kind: str) -> None:
    clip = finished_clip(tmp_path, gains=GAINS, over_all=sweep(kind), over=overlays())
    plain = finished_clip(tmp_path / "plain", gains=GAINS)
    for t, frame in enumerate(frames(clip)):
        np.testing.assert_array_equal(frame, clip.read_png(f"source/{t}.png"))
        assert np.abs(frame.astype(int) - plain.read_png(f"source/{t}.png")).max() > 15


def test_what_is_painted_is_lit(tmp_path: Path) -> None:
    light = sweep("multiply")
    clip = finished_clip(tmp_path, gains=GAINS, over_all=light)
    said(clip, "layers: {A: {hide: true}}")
    plate = clip.read_png("plate/0.png")
    plate[..., :3] = GREEN
    clip.write_png("edit/plate.png", plate)
    flat = np.full((*SIZE[::-1], 3), GREEN, np.uint8)
    for t, frame in enumerate(frames(clip)):
        wanted = np.round(light.restore(flat, t) * GAINS[t])
        np.testing.assert_allclose(frame, wanted, atol=1)
    clip.path("edit/plate.png").unlink()
    said(clip, f"layers: {{A: {{hide: true}}, plate: {{tint: {list(GREEN)}, strength: 1}}}}")
    np.testing.assert_allclose(frames(clip)[4], light.restore(flat, 4) * GAINS[4], atol=1)
    # With another camera the light stays on what it lies on.
    said(
        clip,
        f"""layers: {{A: {{hide: true}}, plate: {{tint: {list(GREEN)}, strength: 1}}}}
size: [48, 32]
camera: [{{frame: 0, zoom: 0.5}}]""",
    )
    small = cv2.resize(light.restore(flat, 4), (48, 32), interpolation=cv2.INTER_AREA)
    np.testing.assert_allclose(frames(clip)[4], small * GAINS[4], atol=3)


def test_a_layer_that_comes_from_its_drawing_is_lit(tmp_path: Path) -> None:
    clip = finished_clip(tmp_path, gains=GAINS, over_all=sweep("add"))
    said(clip, "layers: {A: {move: [0, 0], scale: 1.0000001}}")
    for t, frame in list(enumerate(frames(clip)))[:-1]:  # the last has no drawing
        assert np.abs(frame.astype(int) - clip.read_png(f"source/{t}.png")).max() <= 1


def test_overlays_are_edited_as_layers(tmp_path: Path) -> None:
    clip = finished_clip(tmp_path, gains=GAINS, over_all=sweep("add"), over=overlays())
    without = finished_clip(tmp_path / "without", gains=GAINS, over_all=sweep("add"))
    said(clip, "layers: {overlay: {hide: true}, overlay2: {hide: true}}")
    for t, frame in enumerate(frames(clip)):
        np.testing.assert_array_equal(frame, without.read_png(f"source/{t}.png"))
    logo = clip.read_png("overlay/0.png")
    logo[..., :3] = GREEN
    clip.write_png("edit/overlay.png", logo)
    said(clip, "layers: {overlay2: {hide: true}, overlay: {move: [-30, 20]}}")
    for t, frame in enumerate(frames(clip)):
        share = np.float32([[1, 0, -30], [0, 1, 20]])
        mask = cv2.warpAffine(logo[..., 3], share, SIZE) / 255.0
        behind = without.read_png(f"source/{t}.png").astype(float)
        wanted = (1 - mask[..., None]) * behind + mask[..., None] * np.array(GREEN) * GAINS[t]
        np.testing.assert_allclose(frame, wanted, atol=1.6)
    said(clip, "order: [plate, overlay, A, overlay2]")
    assert frames(clip)[0].shape == (SIZE[1], SIZE[0], 3)


def test_snow_is_edited_as_a_layer(tmp_path: Path) -> None:
    clip, dry = finished_clip(tmp_path / "snow"), finished_clip(tmp_path / "dry")
    layers = add_snow(clip)
    for t, frame in enumerate(frames(clip)):
        np.testing.assert_array_equal(frame, clip.read_png(f"source/{t}.png"))
    said(clip, "layers: {weather: {hide: true}}")
    for t, frame in enumerate(frames(clip)):
        np.testing.assert_array_equal(frame, dry.read_png(f"source/{t}.png"))
    # A repainted drawing of the snow shows in its frame only.
    painted = layers[1].copy()
    painted[..., :3] = GREEN
    clip.write_png("edit/cels/weather/weather.0002.png", painted)
    said(clip, "{}")
    for t, frame in enumerate(frames(clip)):
        same = np.array_equal(frame, clip.read_png(f"source/{t}.png"))
        assert same == (t != 1)


def test_another_camera_leaves_overlays_where_they_are(tmp_path: Path) -> None:
    clip = finished_clip(tmp_path, over=overlays())
    said(clip, "layers: {A: {hide: true}}\ncamera: [{frame: 0, centre: [30, 20], zoom: 3}]")
    opaque = overlays()[0].picture[..., 3] >= 190
    first, last = frames(clip)[0], clip.read_png("source/0.png")
    assert opaque.sum() > 100
    # Over another background an alpha of 0.78 leaves a fifth of it.
    assert np.abs(first[opaque].astype(int) - last[opaque]).max() < 50
    said(clip, "size: [116, 84]")
    inner = frames(clip)[5][10:-10, 10:-10]
    np.testing.assert_allclose(inner, clip.read_png("source/5.png"), atol=2)


def test_a_sprite_of_another_clip_keeps_its_timing(tmp_path: Path) -> None:
    clip = finished_clip(tmp_path / "shot", gains=GAINS, over_all=sweep("add"), over=overlays())
    other = finished_clip(tmp_path / "other", gains=0.5 * GAINS, over_all=sweep("multiply"))
    info = other.read_json("frame/info.json")
    other.write_json("frame/info.json", info | {"fps_fraction": [6, 1]})
    hide = "layers: {A: {hide: true}, X: {move: [0, -10]}}"
    said(clip, f"add: {{X: {{clip: other, sprite: A, start: 2}}}}\n{hide}")
    plain = finished_clip(tmp_path / "plain", gains=GAINS, over_all=sweep("add"), over=overlays())
    said(plain, "layers: {A: {hide: true}}")
    for t, (frame, before) in enumerate(zip(frames(clip), frames(plain), strict=True)):
        if t < 2:
            np.testing.assert_array_equal(frame, before)
            continue
        own = (t - 2) // 2  # at 6 frames a second each of its frames lasts for two of ours
        x, y = sprite_place(own)
        number = next(d for d, times in enumerate(DRAWINGS) if own in times)
        part = np.s_[y - 10 + 13 : y - 10 + 22, x + 12 : x + 19]
        plain_colour = np.zeros((*SIZE[::-1], 3), np.uint8)
        plain_colour[part] = drawing(number)[13:22, 12:19, :3]
        wanted = sweep("add").restore(plain_colour, t)[part] * GAINS[t]
        np.testing.assert_allclose(frame[part], wanted, atol=1)
    said(clip, "add: {X: {clip: other, sprite: A}}\norder: [X, plate, A, overlay, overlay2]")
    said(plain, "order: [plate, A, overlay, overlay2]")
    np.testing.assert_array_equal(frames(clip)[0], frames(plain)[0])


def test_an_export_that_was_not_changed_is_no_edit(clip: ClipFolder) -> None:
    plate = clip.read_png("plate/0.png")
    plate[20:40, 40:60] = 0  # the export leaves out what nobody has seen
    clip.write_png("edit/plate.png", plate)
    clip.write_png("edit/cels/A/A.0001.png", drawing(0))
    assert not open_edit(clip.root).images
    np.testing.assert_array_equal(frames(clip)[2], clip.read_png("source/2.png"))


def test_grain_is_put_back(clip: ClipFolder) -> None:
    grain = np.random.default_rng(0).integers(120, 137, (COUNT, *SIZE[::-1], 3), np.uint8)
    for t in range(COUNT):
        clip.write_png(f"grain/{t}.png", grain[t])
    wanted = np.clip(clip.read_png("source/3.png").astype(int) + grain[3] - 128, 0, 255)
    np.testing.assert_array_equal(frames(clip)[3], wanted)
    said(clip, "size: [120, 80]")
    assert frames(clip)[3].shape == (80, 120, 3)


@pytest.mark.parametrize("light", [0.0, 8.0])
def test_a_window_painted_on_the_plate_follows_the_pan(tmp_path: Path, light: float) -> None:
    clip = finished_clip(tmp_path, gains=GAINS, light=light)
    said(clip, "layers: {A: {hide: true}}")
    plate = clip.read_png("plate/0.png")
    canvas = np.zeros(CANVAS[::-1], np.float32)
    cv2.circle(canvas, (50, 30), 9, 1, -1, cv2.LINE_AA)
    window = cv2.GaussianBlur(canvas, (0, 0), 1)[..., None]
    plate[..., :3] = np.round((1 - window) * plate[..., :3] + window * np.array(GREEN))
    clip.write_png("edit/plate.png", plate)
    before = [clip.read_png(f"vis/{t}.obj.0.png")[..., :3] for t in range(COUNT)]
    for t, frame in enumerate(frames(clip)):
        change = np.abs(frame.astype(float) - before[t]).sum(axis=2) / GAINS[t]
        change[change < 6] = 0
        y, x = np.mgrid[: SIZE[1], : SIZE[0]]
        inside = np.hypot(x - (50 - PAN * t), y - 30) < 6
        assert np.abs(frame[inside] / GAINS[t] - GREEN).max() < 14, "light and fade are in it"
        assert change[np.hypot(x - (50 - PAN * t), y - 30) > 15].max() == 0
        centre = centre_of_share(frame / GAINS[t], before[t] / GAINS[t], GREEN)
        assert np.hypot(*(centre - (50 - PAN * t, 30))) <= 0.25, (t, centre)


def centre_of_share(frame: np.ndarray, before: np.ndarray, colour: tuple) -> np.ndarray:
    """Centre of mass of how much of a colour was painted over what was there before."""
    contrast = np.array(colour) - before
    share = ((frame - before) * contrast).sum(axis=2) / (contrast**2).sum(axis=2)
    moments = cv2.moments(share.astype(np.float32))
    return np.array([moments["m10"], moments["m01"]]) / moments["m00"]


def test_a_recoloured_drawing_is_recoloured_in_every_frame_that_holds_it(tmp_path: Path) -> None:
    clip = finished_clip(tmp_path, gains=GAINS)
    ribbon = drawing(1)
    ribbon[12:22, 10:20, :3] = GREEN
    clip.write_png("edit/cels/A/A.0002.png", ribbon)
    for t, frame in enumerate(frames(clip)):
        source = clip.read_png(f"source/{t}.png")
        if t not in DRAWINGS[1]:
            np.testing.assert_array_equal(frame, source)
            continue
        x, y = sprite_place(t)
        part = np.s_[y + 12 : y + 22, x + 10 : x + 20]
        assert np.abs(frame[part] - np.array(GREEN) * GAINS[t]).max() <= 1
        frame[part] = source[part]
        np.testing.assert_array_equal(frame, source)


def test_a_hidden_sprite_leaves_the_clean_plate(clip: ClipFolder) -> None:
    said(clip, "layers: {A: {hide: true}}")
    for t, frame in enumerate(frames(clip)):
        np.testing.assert_array_equal(frame, clip.read_png(f"vis/{t}.obj.0.png")[..., :3])


def middle(frame: np.ndarray, plate: np.ndarray) -> tuple[np.ndarray, float]:
    """Centre and area of what differs from the plate."""
    mask = (np.abs(frame.astype(int) - plate[..., :3]).max(axis=2) > 25).astype(np.uint8)
    moments = cv2.moments(mask, binaryImage=True)
    return np.array([moments["m10"], moments["m01"]]) / moments["m00"], moments["m00"]


def test_move_and_scale(clip: ClipFolder) -> None:
    plain = middle(frames(clip)[2], clip.read_png("vis/2.obj.0.png"))
    said(clip, "layers: {A: {move: [12, -5]}}")
    there = middle(frames(clip)[2], clip.read_png("vis/2.obj.0.png"))
    np.testing.assert_allclose(there[0] - plain[0], [12, -5], atol=1)
    said(clip, "layers: {A: {scale: 0.5}}")
    small = middle(frames(clip)[2], clip.read_png("vis/2.obj.0.png"))
    np.testing.assert_allclose(small[0], plain[0], atol=1)
    assert 0.2 < small[1] / plain[1] < 0.3


def test_tint_and_blur(clip: ClipFolder) -> None:
    x, y = sprite_place(0)[0] + 15, sprite_place(0)[1] + 17
    said(clip, "layers: {A: {tint: [0, 0, 255], strength: 1}}")
    assert tuple(frames(clip)[0][y, x]) == (0, 0, 255)
    said(clip, "layers: {A: {blur: 4}, plate: {tint: [10, 10, 10], strength: 1}}")
    frame = frames(clip)[0]
    assert tuple(frame[2, 90]) == (10, 10, 10)
    soft = np.abs(np.diff(frame[y, x - 15 : x + 15].astype(int), axis=0)).max()
    sharp = np.abs(np.diff(clip.read_png("source/0.png")[y, x - 15 : x + 15].astype(int), axis=0))
    assert soft < sharp.max() / 2


def test_the_order_is_changed(clip: ClipFolder) -> None:
    said(clip, "order: [A, plate]")
    np.testing.assert_array_equal(frames(clip)[1], clip.read_png("vis/1.obj.0.png")[..., :3])


def test_a_sprite_goes_between_the_planes_of_an_object(clip: ClipFolder) -> None:
    # A second plane, opaque all over, in front of the first; both are one object.
    write_cast(clip, Cast(((0, 1),), 1), [0.9])
    for name in ("plate/{}.png", "plate/{}.observed.png", "model/full_plane_motion.{}.npy"):
        clip.write_bytes(name.format(1), clip.read_bytes(name.format(0)))
    said(clip, "order: [plate, plate2, A]")
    np.testing.assert_array_equal(frames(clip)[1], clip.read_png("source/1.png"))
    said(clip, "order: [plate, A, plate2]")
    np.testing.assert_array_equal(frames(clip)[1], clip.read_png("vis/1.obj.0.png")[..., :3])


def test_drawings_stay_on_threes(clip: ClipFolder) -> None:
    said(clip, "hold: 3")
    found = frames(clip)
    x, y = sprite_place(0)  # the sprite as a whole does not move: its motion is the identity
    for t in (0, 1, 2):
        part = found[t][y : y + 34, x : x + 30][13:22, 12:19]
        np.testing.assert_array_equal(part, drawing(0)[13:22, 12:19, :3])


def test_another_frame_rate(clip: ClipFolder) -> None:
    said(clip, "fps: 24")
    found = frames(clip)
    assert len(found) == 2 * COUNT
    np.testing.assert_array_equal(found[5], clip.read_png("source/2.png"))
    said(clip, "fps: 6")
    assert len(frames(clip)) == COUNT // 2


@pytest.mark.parametrize("fps", [5, 7, 24])
def test_sound_stays_in_sync_when_retimed(clip: ClipFolder, fps: int) -> None:
    samples = np.zeros(48000 * COUNT // 12, np.int16)
    samples[16000:16400] = 20000
    raw = clip.root / "click.raw"
    raw.write_bytes(samples.tobytes())
    command = [ffmpeg(), "-v", "error", "-f", "s16le", "-ar", "48000", "-ac", "1", "-i", str(raw)]
    subprocess.run([*command, str(clip.path("source/sound.flac"))], check=True)
    said(clip, f"fps: {fps}")
    path = write_edit(clip.root, Progress(stage="edit", clip="shot"))
    command = [ffmpeg(), "-v", "error", "-i", str(path), "-f", "s16le", "-ar", "48000", "-"]
    found = np.frombuffer(subprocess.run(command, capture_output=True, check=True).stdout, "<i2")
    assert abs(np.argmax(np.abs(found) > 5000) - 16000) < 100
    assert len(list(open_source(str(path), fps=1).readers())) == -(-COUNT * fps // 12)


def test_camera_and_size(clip: ClipFolder) -> None:
    said(clip, "size: [80, 60]\ncamera: [{frame: 0, centre: [40, 30]}, {frame: 7, zoom: 2}]")
    found = frames(clip)
    assert found[0].shape == (60, 80, 3)
    # Pixel (39.5, 29.5) of the video is (40, 30) of the frame: half a pixel.
    shift = np.float32([[1, 0, 0.5], [0, 1, 0.5]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    wanted = cv2.warpAffine(clip.read_png("source/0.png"), shift, (80, 60), flags=flags)
    assert np.abs(found[0].astype(int) - wanted).mean() < 1
    # At the end it is twice as near, in the middle of the frame.
    centre = clip.read_png("source/7.png")[17:47, 28:68]
    near = cv2.resize(found[7], (40, 30), interpolation=cv2.INTER_AREA)
    assert np.abs(near.astype(int) - centre).mean() < 3


def test_another_background(clip: ClipFolder) -> None:
    said(clip, "background: sky.png")
    clip.write_png("edit/sky.png", np.full((30, 50, 3), 77, np.uint8))
    frame = frames(clip)[1]
    assert (frame[:10] == 77).all() and frame[sprite_place(1)[1] + 17, 39].max() > 200


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("layers: {B: {hide: true}}", "edit.yaml: there is no layer B; the layers are plate, A"),
        ("layers: {plat: {hide: true}}", "no layer plat; did you mean plate?"),
        ("layers: {a: {hide: true}}", "no layer a; did you mean A?"),
        ("layers: {PLATE: {hide: true}}", "no layer PLATE; did you mean plate?"),
        ("order: [Plate, A]", "no layer Plate; did you mean plate?"),
        ("layers: {plate: {hold: 2}}", "layers.plate.hold is given, but only sprites have"),
        ("camera: [{frame: 8}]", "camera.0.frame is 8, but the clip has frames 0 to 7"),
        (
            "camera: [{frame: 0}, {zoom: 2}]",
            r"""edit.yaml: camera.1 is {"zoom": 2}, without the key 'frame'; add it""",
        ),
        ("add: {X: {clip: b}}", r"""add.X is {"clip": "b"}, without the key 'sprite'; add it"""),
        ("camera: [{frame: 3}, {frame: 0}, {frame: 3}]", "camera gives frame 3 more than once"),
        ("add: {X: {clip: b, sprite: A, start: 9}}", "add.X.start is 9, but the clip has frames"),
        ("add: {X: {clip: shot, sprite: a}}", "add.X.sprite is a, .*; did you mean A?"),
        ("layers: {A: {hid: true}}", "layers.A.hid is not a known key; did you mean 'hide'?"),
        ("layers: {A: {scale: 0}}", r"layers.A.scale is 0, which cannot be; give 0.01 or more"),
        (
            "layers: {A: {move: [1]}}",
            r"layers.A.move is \[1\], which cannot be; give a list of 2 or more",
        ),
        ("order: [A]", "order is A, but it has to name each layer once"),
        ("fps: fast", 'fps is "fast", which cannot be; give a number'),
        ("ease: quick", "give one of smooth, linear"),
        ("a: [", "edit.yaml is no YAML at line 1"),
        ("[]", r"edit.yaml: the whole file is \[\], which cannot be; give keys with values"),
        ("hide", 'edit.yaml: the whole file is "hide", which cannot be; give keys with values'),
        ("add: {A: {clip: b, sprite: A}}", "add.A has the name of a layer of this clip"),
        ("add: {X: {clip: b, sprite: A}}", "add.X.clip is b, but there is no folder .*b; give the"),
        ("add: {X: {clip: shot, sprite: C}}", "add.X.sprite is C, but the sprites of .* are A;"),
        ("background: sky.png", "background is sky.png, but there is no .*sky.png"),
    ],
)
def test_a_wrong_edit_is_one_sentence(clip: ClipFolder, text: str, sentence: str) -> None:
    said(clip, text)
    with pytest.raises(UserError, match=sentence):
        open_edit(clip.root)


@pytest.mark.parametrize(
    "text",
    [
        *("size: [100000, 100]", "fps: 1000000", "fps: 0.001", "layers: {A: {scale: 1000}}"),
        *("layers: {A: {blur: 1000000}}", "layers: {A: {move: [1000000000000, 0]}}"),
        "camera: [{frame: 0, zoom: 0.0001}]",
    ],
)
def test_what_no_machine_can_make_is_refused(clip: ClipFolder, text: str) -> None:
    said(clip, text)
    with pytest.raises(UserError, match=r"which cannot be; give .* or (less|more)"):
        open_edit(clip.root)


def test_images_of_other_kinds(clip: ClipFolder) -> None:
    own = clip.read_png("plate/0.png")
    painted = own.copy()
    painted[10:20, 10:20, :3] = 255 - painted[10:20, 10:20, :3]
    path = clip.path("edit/plate.png")
    path.parent.mkdir()
    deep = painted.astype(np.uint16)[..., [2, 1, 0, 3]] * 257
    for write in (
        lambda: cv2.imwrite(str(path), deep),
        lambda: Image.fromarray(painted).convert("RGB").save(path),
    ):
        write()
        (change,) = open_edit(clip.root).images.values()
        assert change.changed[10:20, 10:20].all() and change.changed.sum() == 100 * 255
    for kind in ("L", "LA", "1", "P"):
        Image.fromarray(painted).convert("RGB").convert(kind).save(path)
        assert len(open_edit(clip.root).images) == 1, kind


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("plate.png", b"", "plate.png is no image that can be read"),
        ("plate.png", b"PNG", "plate.png is no image that can be read"),
        ("plate.JPG", b"x", "plate.JPG is not taken, because it is no .png; save it as plate.png"),
        ("cels/A/A.0001.tif", b"x", "save it as cels/A/A.0001.png"),
        ("plate.png", None, "plate.png cannot be read"),
    ],
)
def test_images_that_cannot_be_taken(
    clip: ClipFolder, name: str, data: bytes | None, sentence: str
) -> None:
    if data is None:
        clip.path(f"edit/{name}").mkdir(parents=True)
    else:
        clip.write_bytes(f"edit/{name}", data)
    with pytest.raises(UserError, match=sentence):
        open_edit(clip.root)


def test_an_edit_under_another_suffix_is_not_passed_over(clip: ClipFolder) -> None:
    clip.write_bytes("edit/edit.yml", b"layers: {A: {hide: true}}")
    with pytest.raises(UserError, match=r"edit.yml is not read; name it edit.yaml"):
        open_edit(clip.root)
    clip.path("edit/edit.yml").unlink()


def test_wrong_images(clip: ClipFolder) -> None:
    clip.write_png("edit/cels/A/A.0009.png", drawing(0))
    with pytest.raises(UserError, match=r"A.0009.png has the name of no picture .* such as plate"):
        open_edit(clip.root)
    clip.path("edit/cels/A/A.0009.png").unlink()
    clip.write_png("edit/plate.png", drawing(0))
    with pytest.raises(
        UserError, match="plate.png has 30x34 pixels, but .*plate/.*png, has 128x64; change a copy"
    ):
        open_edit(clip.root)


def test_progress_is_shown(
    clip: ClipFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("toondecompose.pipeline.terminal.PATIENCE", 0.0)
    monkeypatch.setattr("toondecompose.pipeline.terminal.INTERVAL", 0.0)
    said(clip, "hold: 2")
    with pytest.raises(SystemExit):
        main(["edit", str(clip.root)])
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "edit · shot"
    assert any("shot: frames: 4/8, about " in line for line in lines)


def test_the_command(
    clip: ClipFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(clip.root.parent)
    with pytest.raises(SystemExit) as ended:
        main(["edit", "shot"])
    assert ended.value.code == 0 and "edit.mp4" in capsys.readouterr().out
    shown = open_source("shot/edit.mp4", fps=1)
    pictures = [read() for read in shown.readers()]
    assert shown.fps == 12 and len(pictures) == COUNT
    assert np.abs(pictures[3].astype(int) - clip.read_png("source/3.png")).mean() < 5
    first = clip.path("edit.mp4").read_bytes()
    write_edit(clip.root, Progress(stage="edit", clip="shot"))
    assert clip.path("edit.mp4").read_bytes() == first
    with pytest.raises(SystemExit) as ended:
        main(["edit", "nobody"])
    assert ended.value.code == 1
    assert re.search("there is no clip 'nobody' in workers/", capsys.readouterr().err)
