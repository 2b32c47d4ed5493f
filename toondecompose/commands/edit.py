"""``toondecompose edit CLIP``: put a finished clip together again, with what was changed."""

from __future__ import annotations

import argparse
import sys

from toondecompose.commands.clip_folder import find_folder
from toondecompose.edit.video import write_edit


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
    path = write_edit(find_folder(arguments.clip), lambda line: print(line, file=sys.stderr))
    print(f"done: {path}")
    return 0
