"""``toondecompose upscale CLIP``: enlarge a finished clip through its layers."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from toondecompose.commands.clip_folder import find_folder, own_settings
from toondecompose.pipeline.settings import UpscaleSettings, clip_settings, settings_of
from toondecompose.pipeline.terminal import Progress
from toondecompose.upscale.video import write_upscale

OPTIONS = ("factor", "engine", "runtime", "device")
"""Keys under ``upscale`` that the command line can give."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the subcommand."""
    parser.description = (
        "Write workers/<clip>/upscale.mp4 and the enlarged plates and drawings in workers/<clip>/"
        "upscale. What is not given here is as in the clip's config, under upscale."
    )
    parser.add_argument("clip", help="name of the clip, or the folder of its layers")
    parser.add_argument("--factor", type=int, metavar="N", help="2, 3 or 4 times the size")
    parser.add_argument("--engine", metavar="NAME", help="auto, waifu2x, animevideo or lanczos")
    parser.add_argument("--runtime", metavar="NAME", help="auto, torch or onnxruntime")
    parser.add_argument("--device", metavar="NAME", help="auto, cpu, cuda, coreml or directml")
    parser.add_argument("--settings", help=argparse.SUPPRESS)  # all of them, from the workflow


def run(arguments: argparse.Namespace) -> int:
    """Write the video and the layers; return the exit status.

    Raises
    ------
    UserError
        When there is no such clip, a setting cannot be, or the engine cannot be had.
    """
    folder = find_folder(arguments.clip)
    settings = read_settings(folder, arguments)
    progress = Progress(stage="upscale", clip=folder.resolve().name)
    progress.heading()
    path = write_upscale(folder, settings, progress)
    print(f"done: {path}, layers in {path.with_suffix('')}/")
    return 0


def read_settings(folder: Path, arguments: argparse.Namespace) -> UpscaleSettings:
    """Return the settings: of the workflow, or of the clip's config and the command line."""
    if arguments.settings is not None:
        return UpscaleSettings(**json.loads(arguments.settings))
    own = own_settings(folder)
    given = {key: getattr(arguments, key) for key in OPTIONS}
    own["upscale"] = own.get("upscale", {}) | {k: v for k, v in given.items() if v is not None}
    return settings_of("upscale", clip_settings({"upscale": own["upscale"]}))
