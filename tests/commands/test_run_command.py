"""``toondecompose run``: clips by path and by name, the config that is written, refusals."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from conftest import Project, draw_clip

from toondecompose.cli import main
from toondecompose.commands import run as module
from toondecompose.store.artifacts import STAGES


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """An empty folder but for a clip; the workflow is only noted."""
    draw_clip(tmp_path / "clip", frames=3)
    monkeypatch.chdir(tmp_path)
    noted: list[list[str]] = []

    class Process:
        def __init__(self, command: list[str]) -> None:
            noted.append(command)

        def wait(self) -> int:
            return 0

    monkeypatch.setattr(module.subprocess, "Popen", Process)
    return noted


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["run", *arguments])
    return ended.value.code


def test_a_path_gets_a_config_of_its_own(calls: list[list[str]]) -> None:
    assert run("clip", "--objects", "3", "--set", "flow.backend=dis", "--cores", "2") == 0
    (command,) = calls
    assert command[-2:] == ["--configfile", "workers/clip/config.yaml"]
    assert command[-5:-2] == ["--cores", "2", "workers/clip/vis.mp4"]
    own = {"input": "clip", "flow": {"backend": "dis"}, "objects": 3}
    assert yaml.safe_load(Path("workers/clip/config.yaml").read_text()) == {"clips": {"clip": own}}
    assert run("clip", "--objects", "auto") == 0, "the same clip with other settings"
    assert not Path("config.yaml").exists()


def test_a_name_of_the_config_uses_the_config(
    calls: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("config.yaml").write_text(yaml.safe_dump({"clips": {"mine": {"input": "clip"}}}))
    assert run("mine") == 0
    assert calls[0][-1] == "workers/mine/vis.mp4" and not Path("workers").exists()
    assert run("mine", "--objects", "3") == 1
    assert "change them there" in capsys.readouterr().err
    assert run("clip", "--name", "mine") == 1
    assert "config.yaml has a clip mine already" in capsys.readouterr().err
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["none"], "error: there is no file or folder 'none'; correct the path"),
        (["clip", "--objects", "0"], "error: objects is 0, which cannot be; give 1 or more"),
        (["clip", "--set", "fps"], "error: --set fps is no setting; write KEY=VALUE"),
        (["clip", "--set", "fpz=1"], "error: fpz is not a known key; did you mean 'fps'?"),
        (["clip", "--set", "flow=1", "--set", "flow.updates=1"], "flow is given a value as well"),
        (["clip", "--set", "fps=["], "error: --set fps=[ cannot be read as a value"),
        (["clip", "--name", "a/b"], "'a/b' under 'clips' is no clip name"),
    ],
)
def test_refusals_write_nothing(
    words: list[str], said: str, calls: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*words) == 1
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1
    assert not calls and not Path("workers").exists()


def test_two_clips_of_one_name(calls: list[list[str]], capsys: pytest.CaptureFixture[str]) -> None:
    draw_clip(Path("other/clip"), frames=3)
    assert run("clip") == 0
    assert run("other/clip") == 1
    assert "workers/clip holds the layers of another clip, clip;" in capsys.readouterr().err
    assert run("other/clip", "--name", "other") == 0
    assert calls[1][-1] == "workers/other/config.yaml"


def test_a_near_name_is_offered(calls: list[list[str]], capsys: pytest.CaptureFixture[str]) -> None:
    Path("config.yaml").write_text("clips: {violet: {input: clip}}")
    assert run("violett") == 1 and not calls
    assert "no clip of that name in config.yaml; did you mean 'violet'?" in capsys.readouterr().err


def test_without_snakemake(
    calls: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    assert run("clip") == 1
    assert "pip install 'toondecompose[workflow]'" in capsys.readouterr().err


def test_an_interrupted_workflow(calls: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([KeyboardInterrupt(), 1])

    def wait(process: object) -> int:
        answer = next(answers)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    monkeypatch.setattr(module.subprocess.Popen, "wait", wait)
    assert run("clip") == 130


def test_the_workflow_takes_it(new_project: Project) -> None:
    command = [sys.executable, "-m", "toondecompose.cli", "run", "clip", "--dry-run"]
    found = subprocess.run(
        command, cwd=new_project.root, capture_output=True, text=True, check=False
    )
    said = found.stdout + found.stderr
    assert found.returncode == 0, said
    assert set(re.findall(r"^  (\w+) +not made yet$", said, re.MULTILINE)) == set(STAGES)
    assert "tiny" not in said and said.count("\n") <= 12
    wrong = [*command, "--set", "fps=0"]
    found = subprocess.run(wrong, cwd=new_project.root, capture_output=True, text=True, check=False)
    assert found.returncode == 1 and found.stderr.startswith("error: fps is 0")


def test_what_a_dry_run_says() -> None:
    text = (
        "rule alpha:\n    input: x\n    reason: Updated input files: a.json\n    jobid: 3\n"
        "rule video:\n    reason: Input files updated by another job: b; Code has changed\n"
    )
    assert module.planned_stages(text) == {
        "alpha": "its input has changed, or a file it made is gone",
        "video": "follows a step above",
    }
    assert module.planned_stages("Nothing to be done") == {}
