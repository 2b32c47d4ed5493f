"""``toondecompose export CLIP [FORMAT ...]``: write the layers as files of other programs."""

from __future__ import annotations

import argparse

from toondecompose.commands.clip_folder import find_folder
from toondecompose.export.registry import FORMATS, load_format
from toondecompose.export.run import export


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the subcommand."""
    parser.description = (
        "Write the layers of a finished clip as files of other programs, into workers/<clip>/"
        "export. Without a format, all are written."
    )
    listed = [f"  {name:13}{load_format(name).content}" for name in FORMATS]
    parser.epilog = "\n".join(["formats:", *listed])
    parser.add_argument("clip", help="a finished clip: its name, or its folder")
    parser.add_argument("formats", nargs="*", metavar="FORMAT", help="see below; default: all")
    parser.add_argument(
        "--frame", type=int, metavar="N", help="the frame of still formats, counted from 1"
    )


def run(arguments: argparse.Namespace) -> int:
    """Write the formats.

    Raises
    ------
    UserError
        When there is no such clip or format, or a library is missing.
    """
    frame = None if arguments.frame is None else arguments.frame - 1
    export(find_folder(arguments.clip), arguments.formats, frame=frame)
    return 0
