"""``toondecompose run CLIP``: make the layers of a clip with the workflow."""

from __future__ import annotations

import argparse
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import yaml

from toondecompose.commands.clip_config import CONFIG, make_clip, read_config
from toondecompose.commands.settings_options import add_settings, given_settings
from toondecompose.core.errors import UserError
from toondecompose.pipeline.sources import ROOT
from toondecompose.store.artifacts import ClipFolder

INTERRUPTED = 130


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the subcommand."""
    parser.description = (
        "Make the layers of a clip, in the folder workers/<name> of the present folder. What is "
        "there already and still right is not made again."
    )
    parser.add_argument(
        "clip", help="a video, a folder of images, a pattern of names, or a clip of config.yaml"
    )
    add_settings(parser)
    parser.add_argument("--name", help="name of the clip and its folder; default: from the path")
    parser.add_argument("--cores", metavar="N", type=int, default=1, help="for the workflow")
    parser.add_argument("--dry-run", action="store_true", help="say only which stages would run")


def run(arguments: argparse.Namespace) -> int:
    """Run the workflow on a clip; return its exit status.

    Raises
    ------
    UserError
        When there is no such clip, a setting cannot be, or Snakemake is not installed.
    """
    if find_spec("snakemake") is None:
        raise UserError("snakemake is not installed; give: pip install 'toondecompose[workflow]'")
    if arguments.cores < 1:
        raise UserError(f"--cores is {arguments.cores}; give 1 or more")
    name, config = find_clip(arguments)
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(snakefile())]
    command += ["--cores", str(arguments.cores), f"workers/{name}/vis.mp4"]
    command += [] if config is None else ["--configfile", str(config)]
    command += ["--dry-run", "--quiet", "host"] if arguments.dry_run else []
    process = subprocess.Popen(command)
    try:
        return 1 if process.wait() else 0
    except KeyboardInterrupt:
        process.wait()  # the terminal has interrupted it as well
        return INTERRUPTED


def find_clip(arguments: argparse.Namespace) -> tuple[str, Path | None]:
    """Return the name of the clip to run, and the config written for it; None for config.yaml."""
    config, settings = read_config(CONFIG), given_settings(arguments)
    if arguments.clip in config.get("clips", {}):
        if settings or arguments.name:
            raise UserError(
                f"{arguments.clip} is a clip of {CONFIG}, which has its name and settings; change "
                "them there, and give the command without options"
            )
        return arguments.clip, None
    name, own = make_clip(arguments.clip, arguments.name, settings)
    if name in config.get("clips", {}):
        raise UserError(
            f"{CONFIG} has a clip {name} already; run it by its name, or give this one another "
            "with --name"
        )
    path = Path("workers", name, "config.yaml")
    others = read_config(path).get("clips", {}).values()
    if any(other["input"] != own["input"] for other in others):
        raise UserError(
            f"workers/{name} holds the layers of another clip, {next(iter(others))['input']}; "
            "give this one another name with --name"
        )
    text = yaml.safe_dump({"clips": {name: own}}, sort_keys=False, allow_unicode=True)
    ClipFolder(root=path.parent).write_bytes(path.name, text.encode())
    return name, path


def snakefile() -> Path:
    """Return the workflow: that of the checkout, or the copy in the installed package."""
    own = ROOT / "Snakefile"
    return own if own.exists() else ROOT / "toondecompose/workflow/Snakefile"
