"""``toondecompose status [CLIP ...]``: one table of all clips, with time and memory."""

from __future__ import annotations

import argparse
from pathlib import Path

from toondecompose.commands.clip_folder import WORKERS, no_clip
from toondecompose.core.errors import UserError
from toondecompose.core.typed_commands import typed
from toondecompose.pipeline.notes import is_locked
from toondecompose.pipeline.times import StageTime, stage_times
from toondecompose.store import paths
from toondecompose.store.artifacts import STAGES


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the subcommand."""
    parser.description = (
        "Say of each clip under workers/ how far it is, how many seconds each of its stages took, "
        "and how much memory the largest took in MiB, as the last runs measured them. * stands "
        "after a stage that is at work; - for one that has not run."
    )
    parser.add_argument("clips", nargs="*", metavar="CLIP", help="names of clips; default: all")


def run(arguments: argparse.Namespace) -> int:
    """Print the table.

    Raises
    ------
    UserError
        When there is no such clip.
    """
    print("\n".join(table(arguments.clips)))
    return 0


def table(names: list[str], workers: Path = WORKERS) -> list[str]:
    """Return the lines of the table; names are those of clips, none for all.

    Raises
    ------
    UserError
        When there is no such clip.
    """
    found = {path.name: path for path in sorted(workers.glob("*")) if (path / "records").is_dir()}
    unknown = [name for name in names if name not in found]
    if unknown:
        raise no_clip(unknown[0], found, f"in {workers.name}/")
    if not found:
        raise UserError(
            f"there is no clip in {workers.name}/; make one with: {typed('toondecompose run CLIP')}"
        )
    rows = [["clip", "done", *STAGES, "total s", "MiB"]]
    rows += [_row(found[name]) for name in names or found]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(_justified(row, widths)).rstrip() for row in rows]


def _row(root: Path) -> list[str]:
    times = stage_times(root)
    done = [stage for stage in STAGES if (root / paths.record(stage)).exists()]
    cells = [_cell(root, stage, times.get(stage)) for stage in STAGES]
    total = sum(one.seconds for one in times.values())
    memory = max((one.memory for one in times.values()), default=0.0)
    return [root.name, f"{len(done)}/{len(STAGES)}", *cells, f"{total:.0f}", f"{memory:.0f}"]


def _cell(root: Path, stage: str, time: StageTime | None) -> str:
    if is_locked(root / paths.lock(stage)):
        return "*"
    if time is None or not (root / paths.record(stage)).exists():
        return "-"
    return f"{time.seconds:.0f}"


def _justified(row: list[str], widths: list[int]) -> list[str]:
    first, *others = zip(row, widths, strict=True)
    return [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]
