"""Reading and writing in the clip folder."""

from __future__ import annotations

import fnmatch
import hashlib
import zlib
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from toondecompose.core.errors import UserError
from toondecompose.store.artifacts import PATTERNS, ClipFolder


@pytest.fixture
def clip(tmp_path: Path) -> ClipFolder:
    return ClipFolder(root=tmp_path / "violet")


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3), (5, 7, 4)])
def test_png_round_trip(clip: ClipFolder, shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    clip.write_png("a/b.png", pixels)
    assert np.array_equal(clip.read_png("a/b.png"), pixels)


def test_png_lines_are_differences_from_the_line_above(clip: ClipFolder) -> None:
    clip.write_png("a.png", np.random.default_rng(0).integers(0, 256, (9, 7, 3), np.uint8))
    data = clip.path("a.png").read_bytes()
    start = data.index(b"IDAT") + 4
    length = int.from_bytes(data[start - 8 : start - 4], "big")
    lines = np.frombuffer(zlib.decompress(data[start : start + length]), np.uint8).reshape(9, -1)
    up = 2  # PNG's number of that filter, at the start of each line
    assert (lines[1:, 0] == up).all()


def test_png_channels_are_rgb(clip: ClipFolder) -> None:
    from PIL import Image

    clip.write_png("red.png", np.full((2, 2, 3), (255, 0, 0), np.uint8))
    assert Image.open(clip.path("red.png")).getpixel((0, 0)) == (255, 0, 0)


@pytest.mark.parametrize("array", [np.zeros((2, 2, 2), np.uint8), np.zeros((2, 2, 3))])
def test_png_refuses_other_arrays(clip: ClipFolder, array: np.ndarray) -> None:
    with pytest.raises(ValueError, match="expected uint8"):
        clip.write_png("a.png", array)


@pytest.mark.parametrize("array", [np.arange(24.0).reshape(2, 3, 4), np.float32(3), np.zeros(0)])
def test_npy_round_trip(clip: ClipFolder, array: np.ndarray) -> None:
    clip.write_npy("a.npy", np.asarray(array))
    found = clip.read_npy("a.npy", mmap=array.size > 0 and array.ndim > 0)
    assert found.dtype == array.dtype
    assert np.array_equal(found, array)


def test_npy_rows_must_fill_the_shape(clip: ClipFolder) -> None:
    with pytest.raises(ValueError, match="rows hold"):
        clip.write_npy_rows("a.npy", (3, 2), np.uint8, rows=[np.zeros(2, np.uint8)] * 2)
    assert not clip.path("a.npy").exists()


def test_writes_are_noted_with_their_hash(clip: ClipFolder) -> None:
    clip.write_json("a.json", {"b": 1, "a": "ä"})
    data = clip.path("a.json").read_bytes()
    expected = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    assert clip.written == {"a.json": expected}
    assert clip.read_json("a.json") == {"b": 1, "a": "ä"}


def test_a_failed_write_leaves_the_old_file(clip: ClipFolder) -> None:
    clip.write_bytes("a.bin", b"old")
    with pytest.raises(RuntimeError), clip.writing("a.bin") as part:
        part.write_bytes(b"ne")
        raise RuntimeError
    assert [path.name for path in clip.root.iterdir()] == ["a.bin"]
    assert clip.path("a.bin").read_bytes() == b"old"


def test_a_full_disk_is_told_in_one_sentence(clip: ClipFolder) -> None:
    clip.root.mkdir()
    clip.path(".part-a.npy").symlink_to("/dev/full")
    with pytest.raises(UserError, match=r"cannot write .*violet/a\.npy: No space left on device"):
        clip.write_npy("a.npy", np.zeros(100_000))
    assert list(clip.root.iterdir()) == []


def test_together_is_all_or_nothing(clip: ClipFolder) -> None:
    clip.write_bytes("a", b"old")
    with pytest.raises(UserError), clip.together():
        clip.write_bytes("a", b"new")
        raise UserError("no")
    assert {path.name: path.read_bytes() for path in clip.root.iterdir()} == {"a": b"old"}
    with clip.together():
        clip.write_bytes("a", b"new")
        clip.write_bytes("b", b"new")
        assert clip.path("a").read_bytes() == b"old"
    assert {path.name: path.read_bytes() for path in clip.root.iterdir()} == dict.fromkeys(
        "ab", b"new"
    )


@pytest.mark.parametrize(
    ("name", "read"), [("a.png", "read_png"), ("a.npy", "read_npy"), ("a.json", "read_json")]
)
def test_unreadable_files_are_named(clip: ClipFolder, name: str, read: str) -> None:
    with pytest.raises(UserError, match=rf"{name}: it is missing"):
        getattr(clip, read)(name)
    clip.write_bytes(name, b"{ nonsense")
    with pytest.raises(UserError, match=rf"{name}: it is not"):
        getattr(clip, read)(name)


def test_files_of_fewer_objects_are_removed(clip: ClipFolder) -> None:
    for k in range(3):
        clip.write_npy(f"model/alpha.{k}.npy", np.zeros(1))
    clip.write_npy("model/homo_matrix.2.npy", np.zeros(1))
    again = ClipFolder(root=clip.root)
    again.write_npy("model/alpha.0.npy", np.zeros(1))
    again.remove_stale("alpha")
    assert sorted(p.name for p in clip.path("model").iterdir()) == [
        "alpha.0.npy",
        "homo_matrix.2.npy",
    ]


def test_half_written_files_are_removed(clip: ClipFolder) -> None:
    for name in ("vis/.part-3.img.png", "frame/.part-3.png", "vis/3.img.png", ".part-vis.mp4"):
        path = clip.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    clip.remove_parts("refine")
    clip.remove_parts("video")
    left = {path.relative_to(clip.root).as_posix() for path in clip.root.rglob("*.*")}
    assert left == {"frame/.part-3.png", "vis/3.img.png"}


def test_no_file_has_two_owners() -> None:
    for (_, first), (_, second) in combinations(PATTERNS.items(), 2):
        for a in first:
            for b in second:
                example = a.replace("**", "x").replace("*", "7")
                assert not fnmatch.fnmatch(example, b), (a, b)
