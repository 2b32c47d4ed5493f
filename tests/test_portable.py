"""The same code on Linux, macOS and Windows: no module and no file of one system alone."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT

FOLDERS = ("toondecompose", "bench", "data", "third_party")

CODE = sorted([path for folder in FOLDERS for path in ROOT.glob(f"{folder}/**/*.py")])

OF_ONE_SYSTEM = {"fcntl", "resource", "pwd", "grp", "termios", "msvcrt", "winreg"}
"""Modules of the standard library that not every system has."""

HIDDEN = """
import os, sys

for name in {modules!r}:
    sys.modules[name] = None
del os.sched_getaffinity

def refuse_proc(event, arguments):
    if event != "open" or not str(arguments[0]).startswith("/proc"):
        return
    frame = sys._getframe(1)
    while frame is not None:  # what asks the system for everybody may read it
        if frame.f_globals.get("__name__", "").startswith("psutil"):
            return
        frame = frame.f_back
    raise FileNotFoundError(arguments[0])

import warnings
warnings.simplefilter("ignore")  # it warns that it locks by a file's existence here
import filelock
import psutil

sys.addaudithook(refuse_proc)
"""
"""Code that hides what only Linux has."""


def imports(path: Path) -> Iterator[str]:
    """Yield the modules that a file imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").split(".")[0]


@pytest.mark.parametrize("path", CODE, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_nothing_is_of_one_system(path: Path) -> None:
    assert not OF_ONE_SYSTEM & set(imports(path))
    assert "/proc" not in path.read_text()


def hidden(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program without what only Linux has."""
    code = HIDDEN.format(modules=sorted(OF_ONE_SYSTEM - {"resource"})) + program
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_what_is_hidden_is_hidden() -> None:
    for program, error in (("open('/proc/self/stat')", "FileNotFound"), ("import fcntl", "Module")):
        assert error in hidden(program).stderr


STAGE = """
from toondecompose.core.parallel import threads
from toondecompose.pipeline import stage
from toondecompose.pipeline.settings import PreviewSettings

def main(clip, settings, progress):
    assert threads() >= 1
    clip.write_json("model/motion.json", {"made": True})

os.environ[stage.OWNER] = str(os.getpid())
stage.LOCK_PATIENCE = 0.5
stage.run_stage("homography", main, PreviewSettings)
"""


def test_a_stage_runs_and_locks(tmp_path: Path) -> None:
    clip = tmp_path / "tiny"
    record, log = clip / "records/homography.json", clip / "logs/homography.log"
    arguments = ["--clip", str(clip), "--settings", "{}", "--record", str(record)]
    done = hidden(STAGE, *arguments, "--log", str(log))
    assert (done.returncode, done.stderr) == (0, "[4/9] homography · tiny\n")
    assert record.exists() and (clip / "model/motion.json").exists()
    lock = "held = filelock.FileLock(sys.argv[2] + '/records/homography.lock'); held.acquire()"
    refused = hidden(lock + STAGE, *arguments, "--log", str(log))
    assert "another run is at work on this stage" in refused.stderr


def test_the_measure_of_memory() -> None:
    program = "from bench.measure import measure; print(measure([sys.executable, '-c', '1'])[0])"
    done = hidden(program)
    assert done.stdout.splitlines()[-1:] == ["0"], done.stderr
