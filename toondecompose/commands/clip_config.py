"""Clips and their names in config files: what ``run`` and ``new`` share."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from toondecompose.core.errors import UserError
from toondecompose.pipeline.settings import clip_settings, load_clips
from toondecompose.pipeline.strict_yaml import load_yaml
from toondecompose.reading.inputs import find_input
from toondecompose.reading.patterns import parse_input

CONFIG = Path("config.yaml")
"""The config of the folder in which the command is given."""


def read_config(path: Path) -> dict[str, Any]:
    """Read a config; empty where there is none.

    Raises
    ------
    UserError
        When it is no YAML, or no config.
    """
    if not path.exists():
        return {}
    config = load_yaml(path)
    if config is None:
        return {}
    load_clips(config, path)
    return config


def check_given(source: str, clips: Iterable[str] = ()) -> None:
    """Check that an input given to a command is there.

    Parameters
    ----------
    source : path of a clip, as the key ``input`` gives it.
    clips : names that the command takes as well, those of the config.

    Raises
    ------
    UserError
        When there is nothing at that path; the sentence names what is meant, if that is near.
    """
    path = parse_input(source).path
    if path.exists():
        return
    clips = list(clips)
    said = f"there is no file or folder '{source}'"
    if clips:
        said += f", and no clip of that name in {CONFIG}"
    beside = sorted(one.name for one in path.parent.glob("[!.]*")) if path.parent.is_dir() else []
    near = difflib.get_close_matches(source, clips, n=1)
    near += [str(path.with_name(n)) for n in difflib.get_close_matches(path.name, beside, n=1)]
    raise UserError(f"{said}; did you mean '{near[0]}'?" if near else f"{said}; correct the path")


def make_clip(
    source: str, name: str | None, settings: Mapping[str, Any], *, known: Iterable[str] = ()
) -> tuple[str, dict]:
    """Check a new clip; return its name and its settings, as a config gives them.

    Parameters
    ----------
    source : path of the clip, as the key ``input`` gives it.
    name : of the clip; None for one made from the path.
    settings : all but ``input``.
    known : names of clips that the command would have taken instead of a path.

    Raises
    ------
    UserError
        When there is no clip at that path, or a setting or the name cannot be.
    """
    own = {"input": source, **settings}
    clip_settings(own)
    check_given(source, known)
    find_input(source)
    name = clip_name(source) if name is None else name
    load_clips({"clips": {name: own}}, "--name")
    return name, own


def clip_name(source: str) -> str:
    """Make the name of a clip from its path.

    >>> clip_name("shots/My shot (2).mp4"), clip_name("shots/a/"), clip_name("a/shot.%04d.png")
    ('My_shot_2', 'a', 'shot')
    """
    words = source.split("%")[0].split("#")[0].split("*")[0]
    path = Path(words)
    stem = path.name if path.is_dir() or not path.suffix else path.stem
    return re.sub(r"\W+", "_", stem).strip("_") or "clip"
