"""The console command ``toondecompose``: one subcommand per line of `COMMANDS`.

Exit status 0: done. 1: refused or failed, with one sentence on standard error. 2: wrong usage.
130: interrupted.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NamedTuple

from toondecompose import __version__
from toondecompose.core.errors import UserError
from toondecompose.core.interrupts import STOPPED, hush_interrupts
from toondecompose.core.typed_commands import typed

DESCRIPTION = """Take a finished cartoon clip apart into layers: a clean plate, sprites with soft
edges, whole drawings, an exposure sheet, and the transform of every layer in every frame."""

EPILOG = """examples:
  toondecompose run shot.mp4 --objects 2    make the layers of a video, in workers/shot
  toondecompose run frames/ --set fps=12    the same of a folder of images, with other settings
  toondecompose new shot.mp4 --objects 3    write the clip into config.yaml, to be run by its name
  toondecompose edit shot                   put it together again with workers/shot/edit
  toondecompose doctor shot.mp4             say how a clip is understood, without running anything

exit status:
  0 done; 1 refused or failed, with one sentence; 2 wrong usage; 130 interrupted"""


class Command(NamedTuple):
    """A subcommand: its module has ``add_arguments(parser)`` and ``run(arguments)``."""

    name: str
    help: str
    module: str


COMMANDS = (
    Command("run", "make the layers of a clip", "toondecompose.commands.run"),
    Command("new", "write a clip into config.yaml", "toondecompose.commands.new"),
    Command("edit", "put a finished clip together again, with edits",
            "toondecompose.commands.edit"),
    Command("inbetween", "make new frames between those of a finished clip",
            "toondecompose.commands.inbetween"),
    Command("evaluate", "compare clips with a reference, in one table",
            "toondecompose.commands.evaluate"),
    Command("upscale", "enlarge a finished clip through its layers",
            "toondecompose.commands.upscale"),
    Command("doctor", "say how a clip is understood, or what this machine has",
            "toondecompose.commands.doctor"),
    Command("export", "write the layers as files of other programs",
            "toondecompose.commands.export"),
    Command("verify", "compare all results of a clip with their checksums",
            "toondecompose.commands.verify"),
    Command("status", "say how far clips are, with time and memory of each stage",
            "toondecompose.commands.status"),
    Command("submit", "write one command line a clip, for a render farm",
            "toondecompose.commands.submit"),
    Command("fetch-raft", "bring a checkpoint of RAFT, or list them",
            "toondecompose.commands.fetch_raft"),
)  # fmt: skip
"""The subcommands, in the order of the help."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a subcommand and exit with its status.

    Parameters
    ----------
    arguments : words of the command line after the program's name; default: those of the process.
    """
    if arguments is None:
        hush_interrupts()
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        known = make_parser(words).parse_args(words)
        status = known.run(known)
        sys.stdout.flush()
        sys.exit(status)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:  # who reads the output, such as head, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:  # such as a folder where a file should be, or one of another user
        place = "" if error.filename is None else f"{error.filename}: "
        why = error.strerror or error
        print(f"error: {place}{why}; correct that, then try again", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print(STOPPED, file=sys.stderr)
        sys.exit(130)


def make_parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """Make the parser of a command line; only modules of subcommands in it are imported."""
    parser = argparse.ArgumentParser(
        prog="toondecompose",
        description=DESCRIPTION,
        epilog=EPILOG.replace("  toondecompose", f"  {typed('toondecompose')}"),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"toondecompose {__version__}")
    subcommands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in COMMANDS:
        own = subcommands.add_parser(
            command.name,
            help=command.help,
            description=f"{command.help[0].upper()}{command.help[1:]}.",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if command.name in words:
            module = import_module(command.module)
            module.add_arguments(own)
            own.set_defaults(run=module.run)
    return parser


if __name__ == "__main__":
    main()
