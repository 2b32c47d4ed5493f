"""``toondecompose edit CLIP``: put a finished clip together again, with what was changed."""

from __future__ import annotations

import argparse

from toondecompose.commands.clip_folder import find_folder
from toondecompose.edit.video import write_edit
from toondecompose.pipeline.terminal import Progress


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the subcommand."""
    parser.description = (
        "Write workers/<clip>/edit.mp4 from the layers of a finished clip, with the changed images "
        "and the edit.yaml in workers/<clip>/edit."
    )
    parser.add_argument("clip", help="name of the clip, or the folder of its layers")


def run(arguments: argparse.Namespace) -> int:
    """Write the video; return the exit status.

    Raises
    ------
    UserError
        When there is no such clip, or an edit cannot be.
    """
    folder = find_folder(arguments.clip)
    progress = Progress(stage="edit", clip=folder.resolve().name)
    progress.heading()
    path = write_edit(folder, progress)
    print(f"done: {path}")
    return 0
