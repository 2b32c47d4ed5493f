"""Clips and their names in config files: what ``run`` and ``new`` share."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from toondecompose.pipeline.settings import clip_settings, load_clips
from toondecompose.pipeline.strict_yaml import load_yaml
from toondecompose.reading.inputs import find_input

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


def make_clip(source: str, name: str | None, settings: Mapping[str, Any]) -> tuple[str, dict]:
    """Check a new clip; return its name and its settings, as a config gives them.

    Parameters
    ----------
    source : path of the clip, as the key ``input`` gives it.
    name : of the clip; None for one made from the path.
    settings : all but ``input``.

    Raises
    ------
    UserError
        When there is no clip at that path, or a setting or the name cannot be.
    """
    own = {"input": source, **settings}
    clip_settings(own)
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
