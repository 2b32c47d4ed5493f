"""Commands that a person is told to give, as they have to be typed in this folder."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

STARTER = "TOONDECOMPOSE_STARTER"
"""Environment variable in which ``./run`` leaves how it was called itself."""

ROOT = Path(__file__).parents[2]
"""Folder of the checkout, or the one in which the package is installed."""


def typed(command: str) -> str:
    """Return a command as it has to be typed: after ``./run`` where that started this process."""
    starter = os.environ.get(STARTER)
    return f"{starter} {command}" if starter else command


def typed_snakemake(arguments: str) -> str:
    """Return a command of Snakemake as it has to be typed in the present folder.

    Snakemake looks for the workflow in the present folder; where it is elsewhere, the command
    names it.
    """
    here = Path("Snakefile").exists()
    named = "" if here else f"--snakefile {shlex.quote(str(snakefile()))} "
    return typed(f"snakemake {named}{arguments}")


def snakefile() -> Path:
    """Return the workflow: that of the checkout, or the copy in the installed package."""
    own = ROOT / "Snakefile"
    return own if own.exists() else ROOT / "toondecompose/workflow/Snakefile"
