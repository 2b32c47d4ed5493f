"""What the programs that spoil and kill have in common, and a little of the fuzzing."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from bench.fuzz import KINDS, run_kind, spoil
from bench.trials import Trial, differing, sentences, stages_run

OUTPUT = """Building DAG of jobs...
[1/9] frames · one
      6 frames of 192x128
[2/9] flow · two.1
error: flow · two.1: cannot write x
"""


def test_what_a_run_said() -> None:
    assert stages_run(OUTPUT) == [("frames", "one"), ("flow", "two.1")]
    assert sentences(OUTPUT) == ["error: flow · two.1: cannot write x"]


def test_differences() -> None:
    assert differing({"a": "1", "b": "2", "d": "5"}, {"a": "1", "b": "3", "c": "4"}) == list("bcd")


def test_results_leave_out_what_varies(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    for name in ("vis/0.png", "logs/a.log", "records/a.json", "records/a.made", "set_aside/x.png"):
        path = trial.clip() / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert sorted(trial.results()) == ["records/a.json", "vis/0.png"]


def test_spoiling_follows_the_seed() -> None:
    data = bytes(range(256)) * 4
    once, again = (spoil(data, random.Random(3)) for _ in range(2))
    assert once == again != data
    assert any(spoil(data, random.Random(seed)) == data for seed in range(20)), "some stay whole"


@pytest.mark.parametrize("kind", ["config", "names", "images", "hints", "edits", "records"])
def test_odd_inputs_get_one_sentence(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    problems, refused = run_kind(kind, KINDS[kind][0], 25, seed=1)
    assert problems == []
    assert refused > 10 or kind == "records"


def test_a_traceback_a_hang_and_a_stranger_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    problems, _ = run_kind("a", lambda chance, folder: 1 / 0, 1, seed=0)
    assert "ZeroDivisionError" in problems[0]
    problems, _ = run_kind("b", lambda chance, folder: Path("out").touch(), 1, seed=0)
    assert "left ['out']" in problems[0]
