"""``toondecompose submit --print``: one command line a clip, for farms that run command lines."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from toondecompose.commands.clip_config import CONFIG, read_config
from toondecompose.commands.clip_folder import no_clip
from toondecompose.core.errors import UserError
from toondecompose.core.typed_commands import snakefile, typed
from toondecompose.pipeline.clip_size import clip_size
from toondecompose.pipeline.estimate import say_needs
from toondecompose.pipeline.settings import load_clips
from toondecompose.reading.inputs import note_files
from toondecompose.store import paths


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the subcommand."""
    parser.description = (
        "Write one command line for each clip of config.yaml, to be given to a farm (Deadline, "
        "OpenCue, Tractor, Flamenco) as a job each; its machines must share this folder and the "
        "inputs. A comment before each line says what the clip needs."
    )
    parser.add_argument("clips", nargs="*", metavar="CLIP", help="names of clips; default: all")
    parser.add_argument(
        "--print", action="store_true", required=True, help="write the lines to standard output"
    )
    parser.add_argument("--cores", type=int, default=2, metavar="N", help="of a job; default 2")


def run(arguments: argparse.Namespace) -> int:
    """Print the lines.

    Raises
    ------
    UserError
        When the config is wrong, or has no such clip.
    """
    if not CONFIG.exists():
        command = typed("toondecompose new CLIP")
        raise UserError(f"there is no {CONFIG} here; write one with: {command}")
    clips = load_clips(read_config(CONFIG) or {"clips": {}}, CONFIG)
    unknown = [name for name in arguments.clips if name not in clips]
    if unknown:
        raise no_clip(unknown[0], clips, f"in {CONFIG}")
    for name in arguments.clips or clips:
        root = Path("workers", name)
        listing = root / paths.LISTING
        note_files(clips[name]["input"], listing)
        size = clip_size(clips[name], root, listing)
        if size is not None:
            print(f"# {say_needs(name, size)}")
        print(command_line(name, arguments.cores))
    return 0


def command_line(name: str, cores: int) -> str:
    """Return the command that makes a clip, from any folder.

    >>> command_line("a", 2).endswith("snakemake --cores 2 --nocolor -- workers/a/vis.mp4")
    True
    """
    folder, run = shlex.quote(str(Path.cwd())), shlex.quote(str(Path.cwd() / "run"))
    start = f"{run} snakemake" if Path("run").exists() else f"cd {folder} && snakemake"
    if not Path("Snakefile").exists():  # an installed package, in a folder of the user's
        start += f" --snakefile {shlex.quote(str(snakefile()))}"
    target = shlex.quote(f"workers/{name}/vis.mp4")
    return f"{start} --cores {cores} --nocolor -- {target}"
