"""The commands that look at many clips: status, verify, submit."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from conftest import ROOT
from filelock import FileLock
from PIL import Image

from toondecompose.cli import main
from toondecompose.store.artifacts import ClipFolder
from toondecompose.store.made import hash_file


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


def test_no_clip(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commands = ("status", "verify", "export", "edit")
    assert command("status") == 1
    assert capsys.readouterr().err.startswith("error: there is no clip in workers/; make one")
    for word in commands:
        assert command(word, "violt") == 1
    said = "error: there is no clip 'violt' in workers/; make one with: toondecompose run CLIP\n"
    assert capsys.readouterr().err == said * 4
    ClipFolder(root=folder / "workers/violet").write_json("records/frames.json", {"artifacts": {}})
    (folder / "other").mkdir()
    for word in commands:
        assert command(word, "violt") == command(word, "other") == 1
    near = "error: there is no clip 'violt' in workers/; did you mean 'violet'?\n"
    far = "error: there is no clip 'other' in workers/; give one of violet\n"
    assert capsys.readouterr().err == (near + far) * 4


def test_verify_names_what_is_not_made_yet(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = ClipFolder(root=folder / "workers/a")
    clip.write_json("frame/info.json", {})
    path = clip.path("frame/info.json")
    entry = {"bytes": path.stat().st_size, "sha256": hash_file(path)}
    clip.write_json("records/frames.json", {"artifacts": {"frame/info.json": entry}})
    assert command("verify", "a") == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "workers/a: 1 files of 1 stages are whole"
    assert said[1].startswith("not made yet: flow, alpha, ") and said[1].endswith("run a goes on")


def test_one_command_line_a_clip(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "clip").mkdir()
    for number in range(2):
        Image.new("RGB", (64, 48)).save(folder / f"clip/{number}.png")
    (folder / "config.yaml").write_text("clips: {a: {input: clip}, b.1: {input: clip}}")
    assert command("submit", "--print", "--cores", "4") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("# a: about ") and "2 frames of 64x48" in lines[0]
    assert lines[3] == (
        f"cd {shlex.quote(str(folder))} && snakemake --snakefile {ROOT}/Snakefile "
        "--cores 4 --nocolor -- workers/b.1/vis.mp4"
    )
    assert command("submit", "--print", "c") == 1
    said = "there is no clip 'c' in config.yaml; give one of a, b.1"
    assert said in capsys.readouterr().err
    assert command("submit") == 2, "nothing is submitted by itself"
