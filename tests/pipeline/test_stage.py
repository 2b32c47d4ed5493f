"""What every stage shares: the device, the lock, and the end together with the workflow."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import torch
from conftest import ROOT

from toondecompose.core.errors import UserError
from toondecompose.pipeline import stage
from toondecompose.pipeline.stage import choose_device, is_alive
from toondecompose.store.artifacts import ClipFolder


def test_missing_gpu_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_device("auto", lines.append) == choose_device("cpu", lines.append) == "cpu"
    assert not lines
    with pytest.raises(UserError, match="device is cuda"):
        choose_device("cuda")


def test_only_cuda_takes_the_gpu(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    lines: list[str] = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert choose_device("cuda", lines.append) == "cuda" and choose_device("cpu") == "cpu"
    assert not lines
    assert choose_device("auto", lines.append) == "cpu"
    assert lines == ["device: auto means the CPU, although there is a GPU; 'device: cuda' takes it"]
    choose_device("auto")
    assert lines[0] in caplog.text


def test_a_process_is_alive_until_it_ends() -> None:
    command = [sys.executable, "-c", "input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as child:
        process = psutil.Process(child.pid)
        assert is_alive(process)
        assert child.stdin is not None
        child.stdin.close()
        _wait_for(lambda: not is_alive(process))  # a zombie: nobody has asked for its status
    assert not is_alive(process), "and it is gone for good"


@pytest.mark.parametrize(
    ("error", "expected"), [(psutil.NoSuchProcess(1), False), (psutil.AccessDenied(1), True)]
)
def test_a_process_that_ends_between_two_questions(
    error: psutil.Error, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: psutil.Process) -> str:
        raise error

    monkeypatch.setattr(psutil.Process, "status", fail)
    assert is_alive(psutil.Process()) == expected


@pytest.mark.slow
def test_a_stage_ends_with_the_workflow_that_started_it(tmp_path: Path) -> None:
    program = "import time; from toondecompose.pipeline import stage; stage._end_with_owner(); "
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as owner:
        env = {"PYTHONPATH": str(ROOT), stage.OWNER: str(owner.pid)}
        command = [sys.executable, "-c", program + "print('ready', flush=True); time.sleep(60)"]
        with subprocess.Popen(command, env=env, stdout=subprocess.PIPE) as child:
            assert child.stdout is not None and child.stdout.readline() == b"ready\n"
            time.sleep(1.5)
            assert child.poll() is None
            owner.kill()
            assert child.wait(timeout=20) == 1


@pytest.mark.slow
def test_one_run_of_a_stage_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "LOCK_PATIENCE", 0.3)
    clip = ClipFolder(root=tmp_path / "tiny")
    context = multiprocessing.get_context("spawn")
    with stage._lock(clip, "alpha"), context.Pool(1) as pool:
        assert "another run is at work on this stage in" in pool.apply(_try, (clip.root, "alpha"))
        assert pool.apply(_try, (clip.root, "flow")) == "", "stages may run side by side"
    assert _try(clip.root, "alpha") == ""


def _try(root: Path, name: str) -> str:
    stage.LOCK_PATIENCE = 0.3
    try:
        with stage._lock(ClipFolder(root=root), name):
            return ""
    except UserError as error:
        return str(error)


def _wait_for(condition) -> None:
    patience = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < patience
        time.sleep(0.02)


def test_only_a_stage_of_its_own_process_fixes_the_threads(tmp_path: Path) -> None:
    hook = "import atexit, os; atexit.register(lambda: print(os.environ.get('OMP_NUM_THREADS')))"
    (tmp_path / "sitecustomize.py").write_text(hook)
    hidden = {name: value for name, value in os.environ.items() if "NUM_THREADS" not in name}
    env = hidden | {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    for arguments, threads in (
        (["-m", "toondecompose.stages.preview", "--help"], "2"),
        (["-c", "import toondecompose.stages.preview"], "None"),
    ):
        run = [sys.executable, *arguments]
        found = subprocess.run(run, env=env, capture_output=True, text=True, check=True)
        assert found.stdout.splitlines()[-1] == threads
