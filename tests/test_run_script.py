"""The command ``run``: it sets up once, notices what changes, and says what it lacks."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import ClassVar

import pytest
from conftest import ROOT

UV = """#!/usr/bin/env python3
import os, pathlib, sys
root = pathlib.Path(__file__).parents[2]
with open(root / "calls", "a") as calls:
    calls.write(" ".join(sys.argv[1:3]) + chr(10))
if (root / "broken").exists() and sys.argv[1] == "pip":
    sys.exit("no route to host")
if sys.argv[1] == "venv":
    bin = root / ".venv/bin"
    bin.mkdir(parents=True, exist_ok=True)
    (bin / "python").unlink(missing_ok=True)
    (bin / "python").symlink_to(sys.executable)
    (bin / "hello").write_text("#!/bin/sh" + chr(10) + 'echo "hello $1 from $VIRTUAL_ENV in $PWD"')
    (bin / "hello").chmod(0o755)
"""
"""Stands for the installer: notes how it is called, makes a folder with one command."""


SET_UP = ["venv --quiet", "pip sync", "pip install"]
"""Calls of the installer that set up: the folder, the pinned packages, the project itself."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("run", "pyproject.toml", "constraints.txt"):
        shutil.copy2(ROOT / name, tmp_path)
    bootstrap = tmp_path / ".venv-bootstrap"
    (bootstrap / f"uv-{load(tmp_path).UV}.dist-info").mkdir(parents=True)
    (bootstrap / "bin").mkdir()
    (bootstrap / "bin/uv").write_text(UV)
    (bootstrap / "bin/uv").chmod(0o755)
    return tmp_path


def load(folder: Path) -> ModuleType:
    loader = importlib.machinery.SourceFileLoader("run", str(folder / "run"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("run", loader))
    loader.exec_module(module)
    return module


def run(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(project / "run"), *arguments]
    return subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)


def calls(project: Path) -> list[str]:
    return (project / "calls").read_text().splitlines()


def test_it_sets_up_once(project: Path) -> None:
    expected = f"hello you from {project}/.venv in {project}\n"
    assert run(project, "hello", "you").stdout == expected
    assert calls(project) == SET_UP
    again = run(project, "hello", "you")
    assert (again.stdout, again.stderr, again.returncode) == (expected, "", 0)
    assert calls(project) == SET_UP


@pytest.mark.skipif(os.name == "nt", reason="starts the file itself")
def test_it_says_how_it_was_called(project: Path) -> None:
    run(project, "hello")
    (project / ".venv/bin/say").write_text('#!/bin/sh\necho "$TOONDECOMPOSE_STARTER"')
    (project / ".venv/bin/say").chmod(0o755)
    for folder, called in ((project, "./run"), (project.parent, f"{project.name}/run")):
        done = subprocess.run(
            [called, "say"], cwd=folder, capture_output=True, text=True, check=False
        )
        assert done.stdout == f"{called}\n"
    done = subprocess.run(
        [sys.executable, "run", "say"], cwd=project, capture_output=True, text=True, check=False
    )
    assert done.stdout == "./run\n"


def test_other_pins_set_up_again(project: Path) -> None:
    run(project, "hello")
    (project / "constraints.txt").write_text("numpy==1.0\n")
    run(project, "hello")
    assert calls(project) == SET_UP * 2


def test_touching_the_pins_does_not(project: Path) -> None:
    run(project, "hello")
    os.utime(project / "constraints.txt")
    run(project, "hello")
    assert calls(project) == SET_UP


def test_a_moved_project_sets_up_again(project: Path) -> None:
    run(project, "hello")
    moved = project.rename(project.with_name("moved"))
    assert "moved/.venv" in run(moved, "hello").stdout
    assert calls(moved) == SET_UP * 2


def test_a_failed_set_up_is_told_and_done_again(project: Path) -> None:
    (project / "broken").touch()
    failed = run(project, "hello")
    assert failed.returncode == 1
    assert "error: the packages could not be installed (no network" in failed.stderr
    assert "Traceback" not in failed.stderr
    (project / "broken").unlink()
    assert run(project, "hello").returncode == 0


def test_a_removed_python_sets_up_again(project: Path) -> None:
    run(project, "hello")
    (project / ".venv/bin/python").unlink()
    assert run(project, "hello").returncode == 0
    assert calls(project) == SET_UP * 2


def test_commands_that_are_none(project: Path) -> None:
    assert run(project).returncode == 2
    unknown = run(project, "nonsense")
    assert unknown.returncode == 127
    assert "there is no command 'nonsense'" in unknown.stderr


OLD = sorted(Path.home().glob(".pyenv/versions/3.[789].*/bin/python"))
"""Older Pythons on this machine, if there are any."""


@pytest.mark.parametrize("python", OLD, ids=[path.parts[-3] for path in OLD])
def test_old_pythons_understand_enough_to_say_so(python: Path, project: Path) -> None:
    command = [str(python), str(project / "run"), "hello"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "error: Python 3.11 or newer is needed, but this is Python 3." in result.stderr
    assert "Traceback" not in result.stderr


def test_two_commands_at_once_set_up_only_once(project: Path) -> None:
    (project / ".venv-bootstrap/bin/uv").write_text(UV + "import time\ntime.sleep(0.5)\n")
    command = [sys.executable, str(project / "run"), "hello", "you"]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for process in both:
        output, _ = process.communicate(timeout=30)
        assert output.startswith("hello you from") and process.returncode == 0
    assert calls(project) == SET_UP


class Msvcrt(ModuleType):
    """Stands for the module of Windows; a byte of a file is locked once."""

    LK_NBLCK = 2
    locked: ClassVar[list[int]] = []

    def locking(self, file: int, mode: int, count: int) -> None:
        """Lock bytes of a file, or fail."""
        if self.locked:
            raise OSError("Permission denied")
        self.locked.append(file)


def test_the_lock_of_windows(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "fcntl", None)
    monkeypatch.setitem(sys.modules, "msvcrt", Msvcrt("msvcrt"))
    module = load(project)
    with module.locked(), open(project / ".venv.lock", "a+b") as other:
        assert not module.take(other)


def test_a_command_on_windows(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.environ["PATH"])
    monkeypatch.setenv("VIRTUAL_ENV", "")
    monkeypatch.setenv("TOONDECOMPOSE_STARTER", "")
    monkeypatch.chdir(project)
    module = load(project)
    monkeypatch.setattr(module, "WINDOWS", True)
    with pytest.raises(SystemExit) as ended:
        module.become([sys.executable, "-c", "raise SystemExit(3)"])
    assert ended.value.code == 3
    with pytest.raises(SystemExit) as ended:
        module.become(["nonsense"])
    assert ended.value.code == 127


def test_an_old_python_is_told(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 1))
    monkeypatch.setattr(sys, "argv", ["run", "hello"])
    with pytest.raises(SystemExit):
        load(project).main()
    assert "Python 3.11 or newer is needed, but this is Python 3.9" in capsys.readouterr().err


def test_a_python_without_pip_is_told(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(project / ".venv-bootstrap")
    module = load(project)
    monkeypatch.setattr(module, "call", lambda command, *, quiet=False: 1)
    with pytest.raises(SystemExit):
        module.set_up()
    assert "has no pip; install it" in capsys.readouterr().err


def test_every_package_is_pinned() -> None:
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        assert "==" in line, line
        assert "://" not in line, line


def test_targets_may_follow_a_config(project: Path) -> None:
    module = load(project)
    words = ["snakemake", "--configfile", "a.yaml", "b.json", "workers/a/vis.mp4", "all"]
    words += ["workers/a/model/objects.json", "--cores", "1", "workers/b/vis.mp4"]
    command, configs = module.sort_words(words)
    assert configs == ["a.yaml", "b.json"]
    assert command == [
        *("snakemake", "workers/a/vis.mp4", "all", "workers/a/model/objects.json"),
        *("--configfile", "a.yaml", "b.json", "--cores", "1", "workers/b/vis.mp4"),
    ]


@pytest.mark.parametrize(
    ("words", "checked"),
    [
        (["snakemake", "--cores", "1", "--configfile", "a.yaml"], ["a.yaml"]),
        (["snakemake", "--configfile", "a.yaml", "b.yaml", "--cores", "1"], ["a.yaml", "b.yaml"]),
        (["snakemake", "--configfile=a.yaml", "workers/a/vis.mp4"], ["a.yaml"]),
        (["snakemake", "--cores", "1", "workers/a/vis.mp4"], None),
        (["pytest", "--configfile", "a.yaml"], None),
    ],
)
def test_configs_are_checked_before_snakemake_reads_them(
    project: Path,
    words: list[str],
    checked: list[str] | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module = load(project)
    calls: list[list[str]] = []
    monkeypatch.setattr(
        module.subprocess, "call", lambda command, **_: calls.append(command) or len(calls)
    )
    if checked is None:
        module.check_configs(words)
        assert calls == []
        return
    with pytest.raises(SystemExit) as end:
        module.check_configs(words)
    assert end.value.code == 1
    assert calls[0][1:] == ["-m", "toondecompose.pipeline.strict_yaml", "--configs", *checked]
