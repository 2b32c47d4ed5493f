"""Inputs that would hang, start another program, or end in a traceback."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image

from toondecompose.core.errors import UserError
from toondecompose.reading.frame_size import check_frame_size
from toondecompose.reading.input_place import refuse_own_results
from toondecompose.reading.inputs import find_input, list_files
from toondecompose.reading.media import check_source


def pictures(folder: Path, count: int = 3) -> Path:
    folder.mkdir()
    for number in range(count):
        Image.new("RGB", (64, 48)).save(folder / f"{number}.png")
    return folder


def test_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "clip.mp4")
    with pytest.raises(UserError, match="pipe or a device"):
        find_input(str(tmp_path / "clip.mp4"))
    os.mkfifo(pictures(tmp_path / "clip") / "1x.png")
    assert len(find_input(str(tmp_path / "clip")).files) == 3


@pytest.mark.parametrize("text", ["ffconcat version 1.0\nfile b.mp4\n", "#EXTM3U\nb.mp4\n"])
def test_playlists(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.mp4").write_text(text)
    with pytest.raises(UserError, match="cannot be decoded"):
        check_source(str(tmp_path / "a.mp4"))


def test_postscript(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in pictures(tmp_path / "clip").iterdir():
        path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n")
    with pytest.raises(UserError, match="no image that can be read"):
        check_source(str(tmp_path / "clip"))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (b"\xff.png", r"name is not UTF-8, \\xff\.png; rename it"),
        (b"a\nb.png", r"name holds a control character, a\\nb\.png; rename it"),
    ],
)
def test_names_that_no_line_can_hold(tmp_path: Path, name: bytes, words: str) -> None:
    folder = pictures(tmp_path / "clip")
    os.rename(folder / "1.png", os.fsencode(folder) + b"/" + name)
    with pytest.raises(UserError, match=words):
        find_input(str(folder))


@pytest.mark.parametrize(
    ("source", "words"),
    [("a\0b", "control character"), ("a\nb", "control character"), ("x" * 5000, "too long")],
)
def test_names_that_cannot_be(source: str, words: str) -> None:
    with pytest.raises(UserError, match=words) as caught:
        find_input(source)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("size", [(20000, 20), (15, 15), (1, 1), (17000, 17000), (340, 20)])
def test_sizes_that_cannot_be_worked_on(size: tuple[int, int]) -> None:
    with pytest.raises(UserError, match=rf"frames of clip are {size[0]}x{size[1]}; sides of 16"):
        check_frame_size(size, "clip")


@pytest.mark.parametrize("size", [(16, 16), (320, 20), (16384, 8192), (1280, 720)])
def test_sizes_that_can(size: tuple[int, int]) -> None:
    check_frame_size(size, "clip")


def test_inputs_among_the_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    own = tmp_path / "workers/a"
    own.mkdir(parents=True)
    pictures(own / "source")
    (tmp_path / "link").symlink_to(own)
    for source in ("workers/a/source", "workers/a", "link/source", "workers/a/source/#.png"):
        with pytest.raises(UserError, match="where the results of the clip go"):
            refuse_own_results(source, Path("workers/a"))
    for source in ("clips/a", "workers/b/source", "workers", "workers/ab"):
        refuse_own_results(source, Path("workers/a"))


@pytest.mark.parametrize("text", ["", "null", "[1]", '{"0.png": 3}', "\0\0", '{"0.png": {}}'])
def test_a_damaged_listing_is_written_anew(tmp_path: Path, text: str) -> None:
    files = sorted(pictures(tmp_path / "clip").iterdir())
    listing = tmp_path / "input.json"
    list_files(files, listing)
    whole = listing.read_text()
    listing.write_text(text)
    list_files(files, listing)
    assert listing.read_text() == whole
