"""Format, lint, and Snakemake's own lint."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import pytest
from conftest import ROOT, Project


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=" ".join)
def test_ruff(command: list[str]) -> None:
    ruff = [sys.executable, "-m", "ruff", *command, "--no-cache", "."]
    result = subprocess.run(ruff, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


@pytest.mark.slow
def test_types() -> None:
    """Basedpyright is pyright whose engine comes in the wheel; settings: pyproject.toml."""
    if importlib.util.find_spec("basedpyright") is None:
        pytest.skip("basedpyright is not installed here; ./run installs it")
    checker = [sys.executable, "-m", "basedpyright", "--pythonpath", sys.executable]
    result = subprocess.run(checker, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


@pytest.mark.slow
def test_snakemake_lint(new_project: Project) -> None:
    status, output = new_project.run("--lint")
    assert status == 0, output
