"""The console command: help, version, exit statuses."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

import toondecompose
from toondecompose.cli import COMMANDS, main
from toondecompose.commands import doctor
from toondecompose.core.errors import UserError


def command(*arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Give the command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "toondecompose.cli", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def status(*arguments: str) -> int:
    """Give the command in this process."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return ended.value.code


def test_help_names_every_subcommand(capsys: pytest.CaptureFixture[str]) -> None:
    assert status("--help") == 0
    said = capsys.readouterr().out
    assert all(f"\n    {one.name}" in said for one in COMMANDS)
    assert "130 interrupted" in said


@pytest.mark.parametrize("name", [one.name for one in COMMANDS])
def test_every_subcommand_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert status(name, "--help") == 0
    assert f"usage: toondecompose {name}" in capsys.readouterr().out


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert status("--version") == 0
    assert capsys.readouterr().out == f"toondecompose {toondecompose.__version__}\n"


@pytest.mark.parametrize("words", [[], ["nonsense"], ["run"], ["doctor", "a", "b"]])
def test_wrong_usage(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert status(*words) == 2
    assert "usage: toondecompose" in capsys.readouterr().err


def test_a_process_of_its_own(tmp_path: Path) -> None:
    found = command("doctor", "nothing.mp4", folder=tmp_path)
    assert found.returncode == 1
    assert found.stderr.startswith("error: there is no file or folder 'nothing.mp4'")
    assert found.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("raised", "expected", "said"),
    [
        (UserError("no room"), 1, "error: no room\n"),
        (
            NotADirectoryError(20, "Not a directory", "a/b"),
            1,
            "error: a/b: Not a directory; correct that, then try again\n",
        ),
        (KeyboardInterrupt(), 130, "stopped; the same command goes on from here\n"),
    ],
)
def test_how_it_ends(
    raised: BaseException,
    expected: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def run(arguments: object) -> int:
        raise raised

    monkeypatch.setattr(doctor, "run", run)
    assert status("doctor") == expected
    assert capsys.readouterr().err == said


def test_the_package_is_a_program() -> None:
    words = [sys.executable, "-m", "toondecompose", "--version"]
    found = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout == f"toondecompose {toondecompose.__version__}\n"


@pytest.mark.parametrize(
    "code",
    [
        "from toondecompose.core.interrupts import hush_interrupts; hush_interrupts()",
        "sys.argv = ['-m']; import toondecompose.stages",
    ],
)
def test_an_interrupt_while_modules_are_imported(code: str) -> None:
    code = f"import sys; {code}; raise KeyboardInterrupt"
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert found.returncode != 0
    assert found.stderr == "stopped; the same command goes on from here\n"


def test_an_interrupt_while_a_subcommand_is_imported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(name: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("toondecompose.cli.import_module", interrupted)
    assert status("doctor") == 130
    assert "Traceback" not in capsys.readouterr().err


def test_output_that_nobody_reads(tmp_path: Path) -> None:
    words = f"{sys.executable} -m toondecompose.cli fetch-raft 2>&1 >&3 | cat"
    shell = f"exec 3> >(true); sleep 1; {words}"
    found = subprocess.run(
        ["bash", "-c", shell], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in found.stdout + found.stderr


def test_help_is_quick() -> None:
    code = (
        "import sys; from toondecompose.cli import make_parser; make_parser([]); "
        "assert not {'numpy', 'cv2', 'torch', 'snakemake', 'yaml'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
