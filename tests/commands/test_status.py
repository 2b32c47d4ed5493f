"""The commands that look at many clips: status, verify, submit."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from filelock import FileLock
from PIL import Image

from toondecompose.cli import main
from toondecompose.store.artifacts import ClipFolder


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def command(*words: str) -> int:
    with pytest.raises(SystemExit) as end:
        main(words)
    return int(end.value.code or 0)


def test_a_table_of_all_clips(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, seconds in (("b", 12.4), ("aa", 3.0)):
        clip = ClipFolder(root=folder / "workers" / name)
        clip.write_json("records/frames.json", {"artifacts": {}})
        text = f"s\tmax_rss\n{seconds}\t{100 * seconds}\n"
        clip.write_bytes("benchmarks/frames.tsv", text.encode())
    with FileLock(folder / "workers/b/records/flow.lock"):
        assert command("status") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == [
        *("clip", "done", "frames", "flow", "alpha", "homography", "preview", "sprites"),
        *("refine", "report", "video", "total", "s", "MiB"),
    ]
    assert lines[1].split() == ["aa", "1/9", "3", *"--------", "3", "300"]
    assert lines[2].split() == ["b", "1/9", "12", "*", *"-------", "12", "1240"]
    assert len({len(line) for line in lines}) == 1
    assert command("status", "b") == 0
    assert capsys.readouterr().out.count("\n") == 2


def test_no_clip(capsys: pytest.CaptureFixture[str]) -> None:
    assert command("status") == command("status", "x") == command("verify", "x") == 1
    assert capsys.readouterr().err.count("error: there is no clip") == 3


def test_one_command_line_a_clip(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "clip").mkdir()
    for number in range(2):
        Image.new("RGB", (64, 48)).save(folder / f"clip/{number}.png")
    (folder / "config.yaml").write_text("clips: {a: {input: clip}, b.1: {input: clip}}")
    assert command("submit", "--print", "--cores", "4") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("# a: about ") and "2 frames of 64x48" in lines[0]
    assert lines[3] == (
        f"cd {shlex.quote(str(folder))} && snakemake --cores 4 --nocolor -- workers/b.1/vis.mp4"
    )
    assert command("submit", "--print", "c") == 1
    assert "config.yaml has no clip c; its clips: a, b.1" in capsys.readouterr().err
    assert command("submit") == 2, "nothing is submitted by itself"
