"""``toondecompose new CLIP``: write a clip into config.yaml and say how to run it."""

from __future__ import annotations

import argparse
import shlex
import textwrap
from pathlib import Path
from typing import Any

import yaml

from toondecompose.commands.clip_config import CONFIG, make_clip, read_config
from toondecompose.commands.settings_options import add_settings, given_settings
from toondecompose.core.errors import UserError
from toondecompose.core.typed_commands import typed


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the subcommand."""
    parser.description = (
        "Write a clip into config.yaml of the present folder, which is made if it is not there, "
        "and say the command that makes its layers. Comments in the file stay."
    )
    parser.add_argument("clip", help="a video, a folder of images, or a pattern of names")
    add_settings(parser)
    parser.add_argument("--name", help="name of the clip; default: from the path")


def run(arguments: argparse.Namespace) -> int:
    """Write the clip and say the command.

    Raises
    ------
    UserError
        When there is no such clip, a setting cannot be, or the name is taken.
    """
    name, own = make_clip(arguments.clip, arguments.name, given_settings(arguments))
    if name in read_config(CONFIG).get("clips", {}):
        raise UserError(f"{CONFIG} has a clip {name} already; give another name with --name")
    add_clip(CONFIG, name, own)
    command = typed(f"toondecompose run {shlex.quote(name)}")
    print(f"written to {CONFIG}; make its layers with: {command}")
    return 0


def add_clip(path: Path, name: str, own: dict[str, Any]) -> None:
    """Add a clip to a config file, after the last one; all else in the file stays as it is.

    Raises
    ------
    UserError
        When the file is written in a way that lines cannot be added to.
    """
    before = read_config(path)
    text = path.read_text() if path.exists() else ""
    entry = yaml.safe_dump({name: own}, sort_keys=False, allow_unicode=True)
    wanted = {**before, "clips": {**before.get("clips", {}), name: own}}
    new = with_entry(text, entry) if before else f"{text}clips:\n{textwrap.indent(entry, '  ')}"
    if new is None or yaml.safe_load(new) != wanted:
        raise UserError(f"cannot add lines to {path}; write under clips: {own} as {name}")
    part = path.with_name(f".part-{path.name}")
    part.write_text(new)
    part.replace(path)


def with_entry(text: str, entry: str) -> str | None:
    """Return the text of a config with lines added to its clips; None where that cannot be."""
    document = yaml.compose(text)
    clips = next(value for key, value in document.value if key.value == "clips")
    if clips.flow_style:
        return None
    column = clips.value[0][0].start_mark.column
    last = clips
    while isinstance(last, yaml.MappingNode | yaml.SequenceNode) and not last.flow_style:
        last = last.value[-1][1] if isinstance(last, yaml.MappingNode) else last.value[-1]
    lines = text.splitlines(keepends=True)
    end = last.end_mark.line + 1
    if not lines[end - 1].endswith("\n"):
        lines[end - 1] += "\n"
    return "".join([*lines[:end], textwrap.indent(entry, " " * column), *lines[end:]])
