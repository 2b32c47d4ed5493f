"""``toondecompose new``: the config keeps what is in it and gets one clip more."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from conftest import ROOT, draw_clip

from toondecompose.cli import main
from toondecompose.commands.clip_config import clip_name


@pytest.fixture(autouse=True)
def clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draw_clip(tmp_path / "clip", frames=2)
    monkeypatch.chdir(tmp_path)


def new(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["new", *arguments])
    return ended.value.code


def test_a_config_is_made(capsys: pytest.CaptureFixture[str]) -> None:
    assert new("clip", "--objects", "3") == 0
    assert Path("config.yaml").read_text() == "clips:\n  clip:\n    input: clip\n    objects: 3\n"
    assert capsys.readouterr().out.endswith("make its layers with: toondecompose run clip\n")


@pytest.mark.parametrize(
    "text",
    [
        (ROOT / "config.yaml").read_text(),
        "# mine\nclips:\n    a: # the first\n        input: x   # a folder\n\n# for all\n"
        "defaults:\n    crf: 20\n",
        "defaults: {crf: 20}\nclips:\n  a: {input: x, flow: {offsets: [1, -1]}}",
        "clips:\n  a:\n    input: x\n    flow:\n      offsets:\n      - 1\n      - -1\n# the end\n",
        "# nothing yet\n",
    ],
)
def test_all_else_stays(text: str) -> None:
    Path("config.yaml").write_text(text)
    before = yaml.safe_load(text) or {}
    assert new("clip", "--name", "b", "--set", "fps=12") == 0
    found = Path("config.yaml").read_text()
    own = {"input": "clip", "fps": 12}
    assert yaml.safe_load(found) == before | {"clips": before.get("clips", {}) | {"b": own}}
    left = iter(found.splitlines())
    assert all(line in left for line in text.splitlines()), "no line is lost or moved"


@pytest.mark.parametrize(
    ("text", "words", "said"),
    [
        ("clips: {a: {input: x}}\n", ["clip"], "cannot add lines to config.yaml"),
        ("clips:\n  clip:\n    input: x\n", ["clip"], "has a clip clip already"),
        ("clips: [", ["clip"], "config.yaml is no YAML"),
        ("clips:\n  a:\n    inptu: x\n", ["clip"], "config.yaml: clips.a.inptu is not a known key"),
        ("", ["none"], "there is no file or folder 'none'; correct the path"),
        ("", ["clib"], "there is no file or folder 'clib'; did you mean 'clip'?"),
    ],
)
def test_refusals_change_nothing(
    text: str, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("config.yaml").write_text(text)
    assert new(*words) == 1
    assert said in capsys.readouterr().err
    assert Path("config.yaml").read_text() == text and len(list(Path().iterdir())) == 2


def test_names() -> None:
    assert clip_name("clip") == "clip" and clip_name("x/My shot.v2.mov") == "My_shot_v2"
    assert clip_name("shots/a.####.exr 1:20") == "a" and clip_name("%04d.png") == "clip"
