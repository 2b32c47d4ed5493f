"""The process of Snakemake: its environment, its words, its targets, and the clips it takes."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import Any, NoReturn

from filelock import FileLock, Timeout

from toondecompose.core.errors import SettingsError, UserError
from toondecompose.pipeline.sources import ROOT
from toondecompose.pipeline.stage import OWNER
from toondecompose.pipeline.strict_yaml import load_yaml
from toondecompose.pipeline.targets import resolve_targets
from toondecompose.store import paths

LOCK_PATIENCE = 1.0
"""Seconds to wait for another run of the same clip: one that was just ended needs a moment."""

CHATTER = (
    "Assuming unrestricted shared filesystem",
    "Using shell:",
    "Conda environments: ignored",
    "Select jobs to execute",
    "Execute ",
    "RuleException:",
    "Shutting down, this might",
    "Exiting because a job execution failed",
    "WorkflowError:\nAt least one job",
    "Complete log(s):",
    "Elapsed time:",
    "Restored previous version",
    "Cannot restore ",
)
"""Beginnings of lines that say nothing a person at the terminal needs."""


def take_targets(workflow: Any) -> None:
    """Let every artifact, and every absolute path, be a target; see `targets`."""

    class Resolving(type(workflow)):
        """Snakemake's workflow, which is given its targets after it has read the Snakefile."""

        def __setattr__(self, name: str, value: Any) -> None:
            if name == "dag_settings" and value is not None and self.is_main_process:
                try:
                    value.targets = resolve_targets(value.targets)
                except UserError as error:
                    end(error)
            super().__setattr__(name, value)

    workflow.__class__ = Resolving


def take_clip(root: Path) -> FileLock:
    """Lock a clip for this run; the system drops the lock with the process.

    Raises
    ------
    UserError
        When another run has it.
    """
    lock = FileLock(root / paths.RUN_LOCK)
    try:
        lock.acquire(timeout=LOCK_PATIENCE, poll_interval=0.1)
    except Timeout:
        raise UserError(
            f"another run is at work on the clip {root.name}; wait for it to end, then give the "
            "same command again"
        ) from None
    return lock


def check_config(*files: str | Path) -> None:
    """End the process with one sentence when a config is missing, or `strict_yaml` refuses it."""
    for file in files:
        try:
            load_yaml(Path(file))
        except FileNotFoundError:
            end(f"there is no {file} here; start the command in the folder of the project")
        except (SettingsError, OSError) as error:
            end(error)


def prepare_environment() -> None:
    """Let the stages run with this Python, find the packages, and end when Snakemake is killed."""
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    os.environ["PYTHONPATH"] = str(ROOT)
    os.environ[OWNER] = str(os.getpid())


def hush() -> None:
    """Drop Snakemake's own words from the terminal where a stage has said it better."""
    for handler in logging.getLogger("snakemake.logging").handlers:
        if handler.name == "DefaultStreamHandler":  # its log file keeps them
            handler.addFilter(lambda record: not record.getMessage().lstrip().startswith(CHATTER))


def end(sentence: object) -> NoReturn:
    """Tell a mistake in one sentence and end the process, without Snakemake's own words."""
    print(f"error: {sentence}", file=sys.stderr, flush=True)
    sys.exit(1)
