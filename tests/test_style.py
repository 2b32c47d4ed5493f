"""Format, lint, and Snakemake's own lint."""

from __future__ import annotations

import subprocess
import sys

import pytest
from conftest import ROOT, Project


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=" ".join)
def test_ruff(command: list[str]) -> None:
    ruff = [sys.executable, "-m", "ruff", *command, "--no-cache", "."]
    result = subprocess.run(ruff, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


def test_snakemake_lint(new_project: Project) -> None:
    status, output = new_project.run("--lint")
    assert status == 0, output
