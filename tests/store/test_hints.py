"""Hints: names, pictures, what they rule out, and layers that show it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from toondecompose.core.cast import Cast
from toondecompose.core.errors import UserError
from toondecompose.core.hints import apply_hard_constraints, hinted_membership, rule_out
from toondecompose.store.artifacts import ClipFolder
from toondecompose.store.hints import (
    check_frames,
    check_objects,
    find_hints,
    note_hints,
    read_evidence,
    read_hint,
    read_ruled_out,
    write_hints,
)

CLEAR, WHITE, BLACK, GREY = (0, 0, 0, 0), (255,) * 4, (0, 0, 0, 255), (128, 128, 128, 255)


def save(path: Path, *stripes: tuple[int, int, int, int]) -> Path:
    """Save a picture of stripes, each 4 pixels wide and 3 high."""
    pixels = np.repeat(np.array(stripes, np.uint8), 4, axis=0)
    Image.fromarray(np.repeat(pixels[None], 3, axis=0)).save(path)
    return path


def test_painted_white_and_black_say_something(tmp_path: Path) -> None:
    path = save(tmp_path / "0.1.png", CLEAR, WHITE, CLEAR, BLACK, GREY, (255, 255, 255, 90))
    expected = np.repeat([0, 1, 0, -1, 0, 0], 4)
    np.testing.assert_array_equal(read_hint(path, (24, 3)), np.stack([expected] * 3))


def test_a_mask_without_alpha_leaves_its_outline_open(tmp_path: Path) -> None:
    levels = np.array([255] * 5 + [0] * 5, np.uint8)
    expected = np.array([1] * 4 + [0, 0] + [-1] * 4)
    for name, array in (("8", levels), ("16", levels.astype(np.uint16) * 257)):
        path = tmp_path / f"{name}.1.png"
        Image.fromarray(np.stack([array] * 3)).save(path)
        np.testing.assert_array_equal(read_hint(path, (10, 3)), np.stack([expected] * 3))


def test_bad_pictures_are_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "0.1.png", WHITE, CLEAR)
    with pytest.raises(UserError, match=r"0\.1\.png is 8x3, but the frames are 16x9"):
        read_hint(path, (16, 9))
    with pytest.raises(UserError, match=r"shows colours; paint only white"):
        read_hint(save(path, (250, 20, 20, 255), CLEAR), (8, 3))
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(UserError, match=r"0\.1\.png is damaged .*save it again or remove it"):
        read_hint(path, (8, 3))


def test_hints_are_found_by_frame_and_object(tmp_path: Path) -> None:
    assert find_hints(tmp_path / "none") == []
    for name in ("10.1.png", "9.2.png", "9.0.png", ".DS_Store"):
        (tmp_path / name).touch()
    hints = find_hints(tmp_path)
    assert [(h.frame, h.object, h.path.name) for h in hints] == [
        (9, 0, "9.0.png"), (9, 2, "9.2.png"), (10, 1, "10.1.png")
    ]  # fmt: skip
    check_frames(hints, 11)
    check_objects(hints, 3)
    with pytest.raises(UserError, match=r"10\.1\.png is about frame 10, .* 10 frames, .* 0 to 9"):
        check_frames(hints, 10)
    with pytest.raises(UserError, match=r"9\.2\.png is about object 2, .* 2 objects, .* 0 to 1"):
        check_objects(hints, 2)


@pytest.mark.parametrize("name", ["9.png", "09.1.png", "9.1.jpg", "x.1.png", "9.1.png~"])
def test_other_names_are_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / name).touch()
    with pytest.raises(UserError, match=r"is no hint: its name must be <frame>\.<object>\.png"):
        find_hints(tmp_path)


def test_the_listing_changes_with_the_hints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    listing, seen = Path("workers/a/records/hints.json"), []

    def note() -> None:
        note_hints("a", listing, 2)
        seen.append(listing.read_bytes())

    note()
    Path("hints/a").mkdir(parents=True)
    note()
    save(Path("hints/a/3.1.png"), WHITE, CLEAR)
    note()
    save(Path("hints/a/3.1.png"), CLEAR, WHITE)
    note()
    Path("hints/a/3.1.png").unlink()
    note()
    assert seen[0] == seen[1] == seen[4]
    assert len(set(seen)) == 3
    save(Path("hints/a/3.2.png"), WHITE)
    with pytest.raises(UserError, match="about object 2"):
        note()


def test_what_hints_rule_out_together() -> None:
    one, two = np.array([[1, -1, 0, 1, 0, -1]], np.int8), np.array([[0, 0, -1, 1, 0, -1]], np.int8)
    ruled, torn = rule_out({1: one, 2: two}, 3)
    np.testing.assert_array_equal(ruled, [[0b101, 0b010, 0b100, 0, 0, 0b110]])
    assert torn == 1
    np.testing.assert_array_equal(hinted_membership(ruled, [0], 3), [[-1, 0, 0, 0, 0, 1]])
    np.testing.assert_array_equal(hinted_membership(ruled, [1], 3), [[1, -1, 0, 0, 0, -1]])
    np.testing.assert_array_equal(hinted_membership(ruled, [0, 1], 3), [[1, 0, 1, 0, 0, 1]])
    assert rule_out({15: np.ones((1, 1), np.int8)}, 16)[0] == 0x7FFF


def test_hints_about_more_objects_than_sixteen(tmp_path: Path) -> None:
    """As many as `objects: auto` may find."""
    clip, mark = ClipFolder(root=tmp_path), np.array([[1, -1, 0]], np.int8)
    write_hints(clip, {0: rule_out({20: mark}, 24)[0]}, np.zeros((1, 1, 3)))
    ruled = read_ruled_out(clip, 0)
    np.testing.assert_array_equal(ruled, [[(1 << 24) - 1 - (1 << 20), 1 << 20, 0]])
    np.testing.assert_array_equal(hinted_membership(ruled, [20], 24), [[1, -1, 0]])
    np.testing.assert_array_equal(hinted_membership(ruled, range(20), 24), [[-1, 0, 0]])
    assert rule_out({63: mark}, 64)[0][0, 0] == (1 << 63) - 1
    assert rule_out({1: mark}, 16)[0].dtype == np.uint16, "files of few objects stay as they are"
    with pytest.raises(UserError, match="64 objects at most, and 65 were found; give a number"):
        rule_out({1: mark}, 65)


def test_layers_show_what_was_said() -> None:
    cast = Cast(((0,),), 2)
    # Object 1, not 1, the background, not the background, nothing.
    ruled = np.array([[0b101, 0b010, 0b110, 0b001, 0b000]], np.uint16)
    layer = np.full((1, 5, 4), 90, np.uint8)
    frame = np.full((1, 5, 3), 200, np.uint8)
    owned = np.array([[False, True, True, True, True]])
    first = apply_hard_constraints(layer, frame, ruled, cast=cast, sprite=1, owned=owned)
    np.testing.assert_array_equal(first[0, :, 3], [255, 0, 0, 255, 90])
    np.testing.assert_array_equal(first[0, :, 0], [200, 90, 90, 200, 90])
    second = apply_hard_constraints(layer, frame, ruled, cast=cast, sprite=2, owned=~owned)
    np.testing.assert_array_equal(second[0, :, 3], [0, 90, 0, 0, 90])


def test_hints_are_kept_for_later_stages(tmp_path: Path) -> None:
    clip = ClipFolder(root=tmp_path)
    assert read_evidence(clip) is None and read_ruled_out(clip, 4) is None
    ruled = np.array([[1, 2]], np.uint16)
    write_hints(clip, {4: ruled}, np.full((5, 1, 2), -100.0))
    np.testing.assert_array_equal(read_ruled_out(clip, 4), ruled)
    assert read_ruled_out(clip, 3) is None
    assert (read_evidence(clip) == -100).all()
    assert set(clip.written) <= set(clip.owned("alpha"))
