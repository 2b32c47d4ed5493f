"""Say what an input is and how it would be read, without decomposing it.

python -m toondecompose.pipeline.doctor path/to/shot.mp4  # a file, a folder or a pattern
python -m toondecompose.pipeline.doctor mine              # a clip of config.yaml, its settings
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import yaml

from toondecompose.core.errors import UserError
from toondecompose.pipeline.reading_settings import reading_settings
from toondecompose.pipeline.settings import FramesSettings, load_clips, stage_settings
from toondecompose.reading.media import open_source

CONFIG = Path("config.yaml")
"""The config whose clips may be named."""


def diagnose(name: str, config: Path = CONFIG) -> list[str]:
    """Return what is understood of an input: five lines, then what is assumed.

    Parameters
    ----------
    name
        A clip of the config, or else an input as the key ``input`` gives it.
    config
        Config file; it need not exist.

    Raises
    ------
    UserError
        When the config is wrong, or the input cannot be read.
    """
    clips = {}
    if config.exists():
        clips = load_clips(yaml.safe_load(config.read_text()) or {})
    clip = clips.get(name) or load_clips({"clips": {"clip": {"input": name}}})["clip"]
    settings = FramesSettings(**json.loads(stage_settings("frames", clip)))
    source = open_source(settings.input, fps=settings.fps, reading=reading_settings(settings))
    return [*source.facts, *source.lines]


def main(arguments: list[str] | None = None) -> None:
    """Print the diagnosis; exit status 1 and one sentence when the input cannot be read."""
    parser = argparse.ArgumentParser(
        prog="python -m toondecompose.pipeline.doctor", description=__doc__
    )
    parser.add_argument("clip", help="a clip of config.yaml, or a file, folder or pattern")
    try:
        print("\n".join(diagnose(parser.parse_args(arguments).clip)))
    except UserError as error:
        sys.exit(f"error: {error}")
    except yaml.YAMLError:
        sys.exit(f"error: {CONFIG} is no YAML; correct it, then try again")


if __name__ == "__main__":
    main()
