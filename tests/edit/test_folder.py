"""The pictures that exports write are edits once somebody has painted on them."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from finished import (
    COUNT,
    DRAWINGS,
    SIZE,
    add_near_plane,
    add_snow,
    finished_clip,
    overlays,
    sprite_place,
    sweep,
)

from toondecompose.core.errors import UserError
from toondecompose.edit.composition import compose_frame
from toondecompose.edit.video import frame_times, open_edit
from toondecompose.export.run import export
from toondecompose.store.artifacts import ClipFolder

GREEN = np.uint8([20, 250, 30, 255])

GAINS = np.linspace(0.5, 1, COUNT)


def frames(clip: ClipFolder) -> list[np.ndarray]:
    edited = open_edit(clip.root)
    return [compose_frame(edited, time) for time in frame_times(edited)]


def exported(clip: ClipFolder, *names: str) -> ClipFolder:
    export(clip.root, names or ["png"], say=lambda line: None)
    return clip


def said(clip: ClipFolder, text: str) -> None:
    clip.write_bytes("edit/edit.yaml", text.encode())


def paint(clip: ClipFolder, name: str, *, at: tuple[int, int], size: int = 3) -> None:
    """Paint a green square on an exported picture and put it into the folder of edits."""
    rgba = clip.read_png(f"export/{name}")
    (x, y), green = at, GREEN[: rgba.shape[2]]
    rgba[y : y + size, x : x + size] = green
    clip.write_png(f"edit/{name}", rgba)


def is_green(pixels: np.ndarray, gain: float = 1) -> np.ndarray:
    return np.abs(pixels - np.minimum(np.round(GREEN[:3] * gain), 255)).max(axis=-1) <= 2


@pytest.fixture
def clip(tmp_path: Path) -> ClipFolder:
    return exported(finished_clip(tmp_path / "shot", gains=GAINS, over=overlays()))


def test_an_export_that_was_not_changed_is_no_edit(tmp_path: Path) -> None:
    clip = finished_clip(tmp_path, gains=GAINS, over_all=sweep("add"), over=overlays())
    exported(clip, "png", "aseprite", "sheet")
    shutil.copytree(clip.path("export"), clip.path("edit"))
    edited = open_edit(clip.root)
    assert not edited.images and not edited.frame_images
    shutil.rmtree(clip.path("export"))
    for name in ("plate.png", "cels/A/A.0001.png", "A/A.0003.png", "overlay.png"):
        assert clip.path(f"edit/{name}").exists()
    shutil.rmtree(clip.path("edit/light"))
    shutil.rmtree(clip.path("edit/sheets"))
    edited = open_edit(clip.root)
    assert not edited.images and not edited.frame_images, "also without the export"


@pytest.mark.parametrize("cut", [False, True])
def test_a_painted_cel_is_a_painted_drawing(tmp_path: Path, cut: bool) -> None:
    clip = finished_clip(tmp_path)
    # In its first frame the drawing lies partly beyond the frame, so that the canvas is larger.
    motion = clip.read_npy("model/full_sprite_motion.1.npy")
    motion[:, 0, 2] += 25
    clip.write_npy("model/full_sprite_motion.1.npy", motion)
    exported(clip)
    cel = clip.read_png("export/cels/A/A.0001.png")
    margin = (cel.shape[1] - SIZE[0]) // 2
    assert margin > 0 and cel.shape[0] == SIZE[1]
    x, y = sprite_place(0)
    x += -25 + margin
    cel[y + 15 : y + 18, x + 14 : x + 17] = GREEN  # on the drawing
    cel[y - 9 : y - 5, x + 14 : x + 18] = GREEN  # beyond its box
    if cut:
        cel = cel[:, margin:-margin]
    clip.write_png("edit/cels/A/A.0001.png", cel)
    (change,) = open_edit(clip.root).images.values()
    assert change.changed.sum() == (9 + 16) * 255
    assert change.corner == (0, -9), "painted beyond the drawing's own picture"
    said(clip, "layers: {A: {move: [3, 0]}}")
    moved = frames(clip)
    clip.path("edit/edit.yaml").unlink()
    for t, frame in enumerate(frames(clip)):
        x, y = sprite_place(t)
        holds = t in DRAWINGS[0]
        for part in (np.s_[y + 15 : y + 18, x - 11 : x - 8], np.s_[y - 9 : y - 5, x - 11 : x - 7]):
            assert is_green(frame[part]).all() == holds
            there = (part[0], slice(part[1].start + 3, part[1].stop + 3))
            assert is_green(moved[t][there]).all() == holds


def test_a_painted_layer_changes_its_frame(clip: ClipFolder) -> None:
    plain = frames(clip)
    paint(clip, "A/A.0003.png", at=(40, 30))
    paint(clip, "plate/plate.0005.png", at=(2, 2))
    paint(clip, "overlay2/overlay2.0002.png", at=(50, 50))
    found = frames(clip)
    places = {2: np.s_[30:33, 40:43], 4: np.s_[2:5, 2:5], 1: np.s_[50:53, 50:53]}
    for t, frame in enumerate(found):
        wanted = plain[t].copy()
        if t in places:
            wanted[places[t]] = GREEN[:3]
        np.testing.assert_allclose(frame, wanted, atol=1)
    # Of a layer that was moved, what was painted moves along.
    said(clip, "layers: {A: {move: [5, 2]}, plate: {move: [4, 4]}}")
    found = frames(clip)
    assert is_green(found[2][32:35, 45:48]).all() and is_green(found[4][6:9, 6:9]).all()
    said(clip, "camera: [{frame: 0, centre: [50.5, 34.5]}]")
    found = frames(clip)
    assert is_green(found[2][27:30, 37:40]).all()
    said(clip, "layers: {A: {hide: true}}")
    assert not is_green(frames(clip)[2]).any()


def test_a_held_drawing_has_what_was_painted_on_its_first_frame(clip: ClipFolder) -> None:
    x, y = sprite_place(2)
    paint(clip, "A/A.0003.png", at=(x + 14, y + 15))
    said(clip, "hold: 2")
    gains = [1, 1, 1, GAINS[3] / GAINS[2], 1, 1, 1, 1]
    found = [is_green(frame, gain) for frame, gain in zip(frames(clip), gains, strict=True)]
    shown = [t for t, green in enumerate(found) if green.any()]
    assert shown == [2, 3]


def test_parts_of_a_layer_are_painted_away(clip: ClipFolder) -> None:
    hidden = finished_clip(clip.root.parent / "hidden", gains=GAINS, over=overlays())
    said(hidden, "layers: {A: {hide: true}}")
    x, y = sprite_place(2)
    rgba = clip.read_png("export/A/A.0003.png")
    rgba[y + 10 : y + 20, x + 10 : x + 20] = 0
    clip.write_png("edit/A/A.0003.png", rgba)
    part = np.s_[y + 10 : y + 20, x + 10 : x + 20]
    np.testing.assert_array_equal(frames(clip)[2][part], frames(hidden)[2][part])


def test_planes_of_one_object(tmp_path: Path) -> None:
    clip = finished_clip(tmp_path)
    add_near_plane(clip)
    exported(clip)
    paint(clip, "plate2.png", at=(10, 50))
    rear = clip.read_png("export/plate.png")
    rear[10:13, 10:13] = rear[45:48, 10:13] = GREEN  # the second is hidden by the nearer plane
    clip.write_png("edit/plate.png", rear)
    found = frames(clip)
    for t, frame in enumerate(found):
        rows, _ = np.nonzero((frame != clip.read_png(f"source/{t}.png")).any(axis=2))
        assert set(rows) <= {10, 11, 12, 50, 51, 52}, "nothing else changes"
    assert is_green(found[0][50:53, 10:13]).all() and is_green(found[0][10:13, 10:13]).all()
    shutil.rmtree(clip.path("edit"))
    paint(clip, "plate/plate.0001.png", at=(10, 50))
    assert is_green(frames(clip)[0][50:53, 10:13]).all()
    said(clip, "layers: {plate2: {tint: [20, 250, 30], strength: 0.1}}")
    found = frames(clip)
    assert is_green(found[0][50:53, 10:13]).all() and not is_green(found[1][50:53, 10:13]).any()


def test_snow_of_a_frame(tmp_path: Path) -> None:
    clip = finished_clip(tmp_path)
    add_snow(clip)
    exported(clip)
    paint(clip, "weather/weather.0002.png", at=(5, 5))
    paint(clip, "cels/weather/weather.0004.png", at=(5, 5))
    green = [is_green(frame[5:8, 5:8]).all() for frame in frames(clip)]
    assert green == [t in (1, 3) for t in range(COUNT)]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("Plate.PNG", "Plate.PNG is not taken; its name has to be plate.png, in these letters"),
        ("cels/a/a.0001.png", "its name has to be cels/A/A.0001.png"),
        ("PLATE.JPG", "is not taken, because it is no .png; save it as plate.png"),
        ("A.0002.png", r"no picture .* did you mean cels/A/A.0002.png or A/A.0002.png\?"),
        ("A.0008.png", r"did you mean A/A.0008.png\?"),
        ("plate.observed.png", "is a mask of what frames have shown, .*; change plate.png instead"),
        ("light/light.0001.png", "is light over all, and is not taken; change plate.png or"),
        ("sheets/A.png", "sheets/A.png is not taken; edits are PNG of one picture each"),
        ("exr/A/A.0001.exr", "A.0001.exr is not taken; edits are PNG of one picture each"),
        ("mine.jpeg", "mine.jpeg is not taken; edits are PNG of one picture each"),
        ("Edit.yaml", "Edit.yaml is not read; name it edit.yaml"),
        ("edit.YML", "edit.YML is not read; name it edit.yaml"),
    ],
)
def test_what_is_no_edit_is_one_sentence(clip: ClipFolder, name: str, sentence: str) -> None:
    clip.write_bytes(f"edit/{name}", cv2.imencode(".png", np.zeros((9, 9, 4), np.uint8))[1])
    with pytest.raises(UserError, match=sentence):
        open_edit(clip.root)


def test_exported_files_of_other_kinds_are_no_edits(clip: ClipFolder) -> None:
    exported(clip, "sheet")
    name = "cels/shot.csv"
    clip.write_bytes(f"edit/{name}", clip.read_bytes(f"export/{name}"))
    open_edit(clip.root)
    clip.write_bytes(f"edit/{name}", b"Frame,A\r\n1,2\r\n")
    with pytest.raises(UserError, match=r"shot.csv is not taken; edits are PNG of one picture"):
        open_edit(clip.root)


def test_notes_and_hidden_files_are_passed_over(clip: ClipFolder) -> None:
    for name in ("notes.txt", "plate.kra", "._plate.png", ".DS_Store", "plate.png~"):
        clip.write_bytes(f"edit/{name}", b"x")
    assert not open_edit(clip.root).images


def test_a_drawing_that_no_frame_shows_opaquely(clip: ClipFolder) -> None:
    clip.path("sprite/1.1.png").unlink()
    shutil.rmtree(clip.path("export"))
    exported(clip)
    name = "cels/A/A.0002.png"
    clip.write_bytes(f"edit/{name}", clip.read_bytes(f"export/{name}"))
    assert not open_edit(clip.root).images
    paint(clip, name, at=(40, 30))
    with pytest.raises(UserError, match=r"change its frames instead, such as A/A.0003.png"):
        open_edit(clip.root)
    clip.path(f"edit/{name}").unlink()
    paint(clip, "A/A.0003.png", at=(40, 30))
    assert is_green(frames(clip)[2][30:33, 40:43]).all()


def test_sizes_that_are_none(clip: ClipFolder) -> None:
    for name in ("cels/A/A.0001.png", "A/A.0001.png"):
        clip.write_png(f"edit/{name}", np.zeros((20, 31, 4), np.uint8))
        with pytest.raises(UserError, match=f"{name} has 31x20 pixels, .* of export/{name}"):
            open_edit(clip.root)
        clip.path(f"edit/{name}").unlink()
