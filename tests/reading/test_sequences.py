"""Frame numbers in file names: order, signs, gaps, several sequences, patterns and ranges."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from toondecompose.core.errors import UserError
from toondecompose.reading.clip_source import ReadingSettings
from toondecompose.reading.inputs import find_input, input_files
from toondecompose.reading.media import open_source
from toondecompose.reading.patterns import parse_input
from toondecompose.reading.sequences import find_sequences, hold_missing


def touch(folder: Path, *names: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).touch()
    return folder


def names_of(source: object) -> list[str]:
    return [path.name for path in input_files(str(source))]


@pytest.mark.parametrize(
    "names",
    [
        ["f-0004.png", "f-0003.png", "f-0001.png", "f00000.png", "f00002.png"],
        ["a.-2.png", "a.-1.png"],  # after another separator a hyphen is a sign
        ["-1.png", "0.png", "1.png"],
        ["shot-1.png", "shot-2.png", "shot-10.png"],  # a hyphen as a separator
        ["shot-0000.png", "shot-0001.png"],
        ["s01_v2.png", "s02_v2.png", "s10_v2.png"],  # the number that changes
        ["001.png", "002.JPG", "003.png"],
        ["é 9.png", "é 10.png"],
    ],
)
def test_images_are_in_the_order_of_their_numbers(tmp_path: Path, names: list[str]) -> None:
    touch(tmp_path, *reversed(names))
    assert names_of(tmp_path) == names


def test_a_hyphen_far_from_the_other_numbers_is_a_separator(tmp_path: Path) -> None:
    touch(tmp_path, *(f"a{n}.png" for n in (501, 502)), *(f"a-{n}.png" for n in (501, 502)))
    with pytest.raises(UserError, match="2 sequences, a501-502.png .* a-501-502.png"):
        find_input(str(tmp_path))


def test_negative_numbers_keep_their_value(tmp_path: Path) -> None:
    touch(tmp_path, "f-0002.png", "f-0001.png", "f00000.png")
    assert find_input(str(tmp_path)).numbers == [-2, -1, 0]


def test_images_without_a_common_number_are_in_natural_order(tmp_path: Path) -> None:
    names = ["back.png", "walk1.png", "walk2.png", "walked.png", "x9y.png"]
    touch(tmp_path, *names)
    found = find_input(str(tmp_path))
    assert [path.name for path in found.files] == names
    assert found.numbers is None


def test_what_is_not_part_of_the_sequence_is_left_out_with_a_line(tmp_path: Path) -> None:
    touch(tmp_path, "1.png", "2.png", "3.png", "cover.jpg", "2.jpg")
    found = find_input(str(tmp_path))
    assert [path.name for path in found.files] == ["1.png", "2.png", "3.png"]
    assert "left out: 2.jpg, cover.jpg" in found.left_out


def test_two_sequences_are_named_with_how_to_choose(tmp_path: Path) -> None:
    touch(tmp_path, *(f"shot.{n:04d}.png" for n in (0, 2, 3, 4)))
    touch(tmp_path, *(f"shot_preview.{n:04d}.jpg" for n in (0, 2, 3)))
    with pytest.raises(UserError) as caught:
        find_input(str(tmp_path))
    words = str(caught.value)
    assert "shot.0000-0004.png (4 files)" in words
    assert "shot_preview.0000-0003.jpg (3 files)" in words
    chosen = words.rpartition("input: ")[2]
    assert chosen == f"{tmp_path}/shot.####.png"
    assert len(input_files(chosen)) == 4


def test_the_same_numbers_with_two_endings_are_two_sequences() -> None:
    found = find_sequences([f"{n}.{ending}" for n in range(3) for ending in ("png", "jpg")])
    assert sorted(one.pattern for one in found) == ["#.jpg", "#.png"]


def test_two_files_with_one_number(tmp_path: Path) -> None:
    touch(tmp_path, "1.png", "01.png", "2.png")
    for source in (tmp_path, tmp_path / "#.png"):
        with pytest.raises(UserError, match="01.png and 1.png have the same frame number 1"):
            find_input(str(source))


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("shot.*.png", ["shot.0999.png", "shot.1000.png", "shot.1001.png"]),
        ("shot.%04d.png", ["shot.0999.png", "shot.1000.png", "shot.1001.png"]),
        ("shot.####.png 1000:1001", ["shot.1000.png", "shot.1001.png"]),
        ("shot.#.png:999:1000", ["shot.0999.png", "shot.1000.png"]),
        ("shot_p.%d.jpg", ["shot_p.998.jpg", "shot_p.1000.jpg"]),
    ],
)
def test_patterns_and_ranges(tmp_path: Path, pattern: str, expected: list[str]) -> None:
    touch(tmp_path, *(f"shot.{n:04d}.png" for n in (999, 1000, 1001)))
    touch(tmp_path, "shot_p.998.jpg", "shot_p.1000.jpg", "shot.notes.png")
    assert names_of(tmp_path / pattern) == expected


def test_a_range_of_a_folder(tmp_path: Path) -> None:
    touch(tmp_path, *(f"{n}.png" for n in range(-2, 9)))
    assert names_of(f"{tmp_path} -1:2") == ["-1.png", "0.png", "1.png", "2.png"]


def test_a_printf_width_counts_the_sign(tmp_path: Path) -> None:
    assert parse_input("x/a%03d").name.fullmatch("a-01")["number"] == "-01"
    assert parse_input("x/a%03d").name.fullmatch("a01") is None


def test_a_name_that_exists_is_no_pattern(tmp_path: Path) -> None:
    touch(tmp_path / "shot #1 1:2", "1.png", "2.png")
    assert names_of(tmp_path / "shot #1 1:2") == ["1.png", "2.png"]


def test_the_home_folder_and_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path / "clip", "1.png", "2.png")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert names_of("~/clip") == names_of("$HOME/clip/#.png") == ["1.png", "2.png"]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("x.*.png", r"x\.\*\.png holds no image"),
        ("1.png 1:2", "range of frame numbers for a video file"),
        ("#.png 3:9", "holds one image"),
        ("none/#.png", "does not exist"),
    ],
)
def test_what_a_pattern_does_not_find(tmp_path: Path, source: str, words: str) -> None:
    touch(tmp_path, "1.png", "2.png", "3.png")
    with pytest.raises(UserError, match=words):
        find_input(str(tmp_path / source))


def test_a_range_without_numbers(tmp_path: Path) -> None:
    touch(tmp_path, "a.png", "b.png")
    with pytest.raises(UserError, match="the names of the images have none"):
        find_input(f"{tmp_path} 1:2")


@pytest.mark.parametrize(
    ("numbers", "how", "shown", "words"),
    [
        ([1, 2, 3], "hold", [0, 1, 2], None),
        ([1, 2, 5], "hold", [0, 1, 1, 1, 2], "numbers 3 to 4 are missing: the frame before"),
        ([1, 3, 6], "hold", [0, 0, 1, 1, 1, 2], "numbers 2 and 4 to 5 are missing"),
        ([1, 3], "hold", [0, 0, 1], "the number 2 is missing: the frame before is held; missing_"),
        ([1, 2, 5], "close", [0, 1, 2], "are missing: the images follow"),
        ([1, 3, 5], "step", [0, 0, 1, 1, 2, 2], "go by 2: every image is held for 2 frames"),
        ([1, 3, 7], "step", [0, 0, 1, 1, 1, 1, 2, 2], "the number 5 is missing"),
        ([1, 2, 3], "step", [0, 1, 2], None),
    ],
)
def test_missing_numbers(numbers: list[int], how: str, shown: list[int], words: str | None) -> None:
    found, line = hold_missing(numbers, missing_numbers=how)
    assert found == shown
    assert line is None if words is None else words in line


def test_the_ends_of_a_range() -> None:
    shown, line = hold_missing([3, 4], missing_numbers="hold", asked=(1, 6))
    assert shown == [0, 1, 1, 1]
    assert line.startswith("the numbers 5 to 6 are missing: the frame before is held; ")
    assert line.endswith("the numbers 1 to 2 are missing: the clip begins with 3")
    assert hold_missing([1, 3], missing_numbers="step", asked=(1, 4))[0] == [0, 0, 1, 1]


@pytest.mark.parametrize("numbers", [[1, 2, 10**9], list(range(0, 1000, 40))])
def test_numbers_far_apart_are_not_held(numbers: list[int]) -> None:
    with pytest.raises(UserError, match="set missing_numbers: close"):
        hold_missing(numbers, missing_numbers="hold")
    assert len(hold_missing(numbers, missing_numbers="close")[0]) == len(numbers)


def test_numbers_without_a_common_step() -> None:
    with pytest.raises(UserError, match="no common step; set missing_numbers: hold"):
        hold_missing([1, 3, 6], missing_numbers="step")


def test_a_long_list_of_gaps_is_cut_short() -> None:
    line = hold_missing(list(range(0, 60, 2)), missing_numbers="hold")[1]
    assert line.startswith("the numbers 1, 3, 5, 7, 9, 11 and 23 more runs are missing: the frame ")


def test_frames_are_held_when_read(tmp_path: Path) -> None:
    for number in (7, 8, 10):
        Image.new("RGB", (8, 8), (number, 0, 0)).save(tmp_path / f"a.{number}.png")
    source = open_source(str(tmp_path), fps=24)
    assert [int(read()[0, 0, 0]) for read in source.readers()] == [7, 8, 8, 10]
    assert (source.count, source.numbers) == (4, [7, 8, 9, 10])
    assert source.lines == ("the number 9 is missing: the frame before is held",)
    closed = open_source(str(tmp_path), fps=24, reading=ReadingSettings(missing_numbers="close"))
    assert [int(np.max(read())) for read in closed.readers()] == closed.numbers == [7, 8, 10]
