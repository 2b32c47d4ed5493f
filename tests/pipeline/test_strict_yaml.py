"""What YAML hides is refused in one sentence."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

from toondecompose.core.errors import SettingsError
from toondecompose.pipeline.settings import load_clips
from toondecompose.pipeline.strict_yaml import MAX_DEPTH, load_yaml, parse_yaml

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{b}: &{b} [*{a}, *{a}, *{a}, *{a}, *{a}, *{a}, *{a}, *{a}, *{a}]\n"
    for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)

REFUSED = {
    "code": ("__use_yte__: true\nclips: {}", r"line 1, column 1: __use_yte__ would run code"),
    "code inside": ("clips:\n  __use_yte__: true", r"__use_yte__ would run code"),
    "a key twice": ("clips:\n  a: {fps: 1}\n  a: {fps: 2}", r"line 3.* a is there .* in line 2"),
    "base of 60": ("fps: 12:30:45", r"12:30:45 as a number to the base of 60; write it in quotes"),
    "base of 60, float": ("fps: 1:30.5", r"1:30\.5 as a number to the base of 60"),
    "no number": ("fps: .nan", r"\.nan is no number to compute with"),
    "infinite": ("fps: -.inf", r"-\.inf is no number"),
    "forty nines": ("seed: " + "9" * 40, r"9\.\.\. \(40 characters\) has too many digits"),
    "deep": ("[" * 2000 + "]" * 2000, rf"more than {MAX_DEPTH} deep"),
    "deep keys": ("".join(" " * i + "a:\n" for i in range(200)), r"deep"),
    "bomb": (BOMB, r"aliases stand for more than"),
    "loop": ("a: &a [*a]", r"aliases stand for more than"),
    "tag": ("a: !!python/object/apply:os.getcwd []", r"the tag tag:yaml.org,2002:python.* is used"),
    "own tag": ("a: !mine 3", r"the tag !mine is used"),
    "control": ('a: "x\\0y"', r"a control character"),
    "surrogate": ('a: "\\ud800"', r"no text in UTF-8"),
    "list as key": ("[1, 2]: 3", r"a key is a list"),
    "no YAML": ("a: {b: [", r"is no YAML at line 1"),
    "bad date": ("a: 2026-99-99", r"value that cannot be read"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str) -> None:
    text, sentence = REFUSED[case]
    with pytest.raises(SettingsError, match=sentence) as caught:
        parse_yaml(text, "config.yaml")
    assert "\n" not in str(caught.value) and str(caught.value).startswith("config.yaml")


def test_plain_values_and_small_aliases_are_read() -> None:
    text = "a: &x {fps: 12.5, objects: 3}\nb: *x\nc: '12:30:45'\nd: 07-b\n"
    found = parse_yaml(text, "x")
    assert found["b"] == {"fps": 12.5, "objects": 3} and found["c"] == "12:30:45"


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="no text in UTF-8"):
        load_yaml(path)
    with pytest.raises(SettingsError, match="is no file"):
        load_yaml(tmp_path)
    path.write_bytes(b"#" * 5_000_000)
    with pytest.raises(SettingsError, match="5000000 bytes"):
        load_yaml(path)


def test_whole_numbers_written_as_floats() -> None:
    own = {"input": "a", "objects": 2.0, "flow": {"offsets": [-1.0, 1.0]}}
    clip = load_clips({"clips": {"a": own}})["a"]
    assert repr(clip["flow.offsets"]) == "[-1, 1]" and repr(clip["objects"]) == "2"
    with pytest.raises(SettingsError, match=r"flow\.offsets\.0 is 1\.5, .*whole number"):
        load_clips({"clips": {"a": {"input": "a", "flow": {"offsets": [1.5]}}}})
    with pytest.raises(SettingsError, match=r"clip name .* has 300 bytes"):
        load_clips({"clips": {"a" * 300: {"input": "a"}}})


@pytest.mark.parametrize(
    ("text", "status", "words"),
    [("a: 1", 0, ""), ("__use_yte__: true", 1, "would run code"), (None, 1, "there is no config")],
)
def test_command(tmp_path: Path, text: str | None, status: int, words: str) -> None:
    path = tmp_path / "other.yaml"
    if text is not None:
        path.write_text(text)
    command = [sys.executable, "-m", "toondecompose.pipeline.strict_yaml", "--configs", str(path)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr.count("\n")) == (status, status)
    assert words in result.stderr and "Traceback" not in result.stderr
