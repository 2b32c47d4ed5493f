"""``toondecompose inbetween CLIP``: make new frames between those of a finished clip."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from toondecompose.commands.clip_folder import find_folder, own_settings
from toondecompose.core.errors import SettingsError
from toondecompose.inbetween.video import write_inbetween
from toondecompose.pipeline.settings import InbetweenSettings, clip_settings, settings_of
from toondecompose.pipeline.terminal import Progress

OPTIONS = ("factor", "hold", "motion", "engine", "checkpoint")
"""Keys under ``inbetween`` in the config, each an option here."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the subcommand."""
    parser.description = (
        "Write workers/<clip>/inbetween.mp4 from the layers of a finished clip: the camera and "
        "what slides become smooth, and between two drawings that correspond there are new ones. "
        "Options are the keys 'inbetween' of the config, which hold where none is given."
    )
    parser.add_argument("clip", help="name of the clip, or the folder of its layers")
    parser.add_argument(
        "--factor", metavar="N", help="frames that become of one, 2 to 4, or drawing"
    )
    parser.add_argument("--hold", help="between or keep")
    parser.add_argument("--motion", help="auto, smooth or step")
    parser.add_argument("--engine", help="flow or rife")
    parser.add_argument("--checkpoint", metavar="FILE", help="of RIFE")
    parser.add_argument("--settings", help=argparse.SUPPRESS)  # all of them, by the workflow


def run(arguments: argparse.Namespace) -> int:
    """Write the video; return the exit status.

    Raises
    ------
    UserError
        When there is no such clip, or an option cannot be.
    """
    folder = find_folder(arguments.clip)
    if arguments.settings is not None:
        settings = InbetweenSettings(**json.loads(arguments.settings))
    else:
        said = {key: getattr(arguments, key) for key in OPTIONS}
        settings = read_settings(folder, {k: v for k, v in said.items() if v is not None})
    progress = Progress(stage="inbetween", clip=folder.resolve().name)
    progress.heading()
    path = write_inbetween(folder, settings, progress)
    print(f"done: {path}")
    return 0


def read_settings(folder: Path, said: dict[str, Any]) -> InbetweenSettings:
    """Return the settings of a clip, as its config gave them, with those of the command line.

    Raises
    ------
    UserError
        When one cannot be, or the file of the clip's settings is damaged.
    """
    own = own_settings(folder)
    if said.get("factor", "").isdigit():
        said = said | {"factor": int(said["factor"])}
    own = {"input": "-"} | own | {"inbetween": own.get("inbetween", {}) | said}
    try:
        return settings_of("inbetween", clip_settings(own))
    except SettingsError as error:
        options = str(error).replace("inbetween.", "--", 1)
        raise SettingsError(options) from None
