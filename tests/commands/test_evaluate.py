"""``toondecompose evaluate``: clips, folders of clips, several methods, bad input."""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
import pytest

from toondecompose.commands import evaluate
from toondecompose.commands.evaluate import clips_in, name_methods
from toondecompose.core.errors import UserError


def write(
    folder: Path, *, count: int = 3, size: tuple[int, int] = (48, 36), offset: int = 0
) -> None:
    """Write frames of a square that moves; ``offset`` is added to their levels."""
    folder.mkdir(parents=True)
    for t in range(count):
        frame = np.full((size[1], size[0], 3), 90, np.uint8)
        frame[8:20, 6 + 3 * t : 18 + 3 * t] = 200
        cv2.imwrite(str(folder / f"{t}.png"), frame + offset)


def run(*words: str | Path) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser()
    evaluate.add_arguments(parser)
    assert evaluate.run(parser.parse_args(list(map(str, words)))) == 0


def test_a_clip_against_its_reference(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    write(tmp_path / "a", offset=5)
    write(tmp_path / "b")
    run(tmp_path / "a", tmp_path / "b")
    out, err = capsys.readouterr()
    # 20 log10(255 / 5); the frames are too small for MS-SSIM.
    assert out.splitlines()[2].startswith("| a | 1 | 34.15 | 0.99")
    assert " | - | " in out and out.rstrip().endswith("| 34.15 | 0.000 |")
    assert "LPIPS" in err or "LPIPS" in out


@pytest.mark.slow
def test_methods_over_clips_into_one_table(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    for clip, offset in (("one", 0), ("two", 0)):
        write(tmp_path / "truth" / clip, offset=offset)
        write(tmp_path / "ours" / clip, offset=3)
        write(tmp_path / "theirs" / clip, offset=9)
    words = (f"new={tmp_path / 'ours'}", tmp_path / "theirs", tmp_path / "truth", "--out")
    run(*words, tmp_path / "x")
    run(*words, tmp_path / "y")
    table = (tmp_path / "x/evaluation.md").read_text()
    assert table in capsys.readouterr().out
    assert "| new | 2 | 38.59 [38.59, 38.59] |" in table and "| two | theirs | 29.05 |" in table
    for name in ("evaluation.csv", "evaluation.md", "evaluation.png"):
        assert (tmp_path / "x" / name).read_bytes() == (tmp_path / "y" / name).read_bytes()


def test_bad_input_is_one_sentence(tmp_path: Path) -> None:
    write(tmp_path / "b")
    write(tmp_path / "small", size=(40, 36))
    write(tmp_path / "short", count=2)
    write(tmp_path / "clips" / "one")
    with pytest.raises(UserError, match="frames of 40x36, but .* of 48x36 pixels; give"):
        run(tmp_path / "small", tmp_path / "b")
    with pytest.raises(UserError, match="short ends after 2 frames, but .*b goes on"):
        run(tmp_path / "short", tmp_path / "b")
    with pytest.raises(UserError, match="short ends after 2 frames"):
        run(tmp_path / "b", tmp_path / "short")
    with pytest.raises(UserError, match="there is no .*none"):
        run(tmp_path / "none", tmp_path / "b")
    with pytest.raises(UserError, match="b has no clip one, but .*clips has"):
        run(tmp_path / "b", tmp_path / "clips")


def test_missing_libraries_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluate, "find_spec", lambda name: None if name == "kornia" else name)
    with pytest.raises(UserError, match=r"^evaluate needs kornia; give: .*\[evaluate\]"):
        run(tmp_path, tmp_path)


def test_names_of_methods(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(tmp_path / name / "same")
    first, second = name_methods([str(tmp_path / "a/same"), f"x={tmp_path / 'b/same'}"])
    assert (first.name, second.name) == ("same", "x")
    third = name_methods([str(tmp_path / "a/same"), str(tmp_path / "b/same")])[1]
    assert third.name == str(tmp_path / "b/same")
    with pytest.raises(UserError, match="two methods are named"):
        name_methods([str(tmp_path / "a"), str(tmp_path / "a"), str(tmp_path / "a")])


def test_a_folder_of_images_is_a_clip_and_holds_none(tmp_path: Path) -> None:
    write(tmp_path / "all" / "one")
    (tmp_path / "all" / "two.mp4").touch()
    (tmp_path / "all" / "notes.txt").touch()
    assert sorted(clips_in(tmp_path / "all")) == ["one", "two"]
    assert clips_in(tmp_path / "all/one") == {}
