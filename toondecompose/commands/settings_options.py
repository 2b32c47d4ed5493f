"""The options with which a command line gives settings of a clip."""

from __future__ import annotations

import argparse
from typing import Any

from toondecompose.core.errors import SettingsError
from toondecompose.pipeline.strict_yaml import parse_yaml


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Add ``--objects`` and ``--set``."""
    parser.add_argument(
        "--objects", metavar="N", help="layers to find, the background included, or auto; default 2"
    )
    parser.add_argument(
        "--set",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="any setting of config.schema.yaml, such as working_height=512 or flow.backend=dis; "
        "may be given again for another one",
    )


def given_settings(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the settings that a command line gives, as a config would.

    Raises
    ------
    SettingsError
        When one is not KEY=VALUE.

    Examples
    --------
    >>> given_settings(argparse.Namespace(objects="3", set=["flow.backend=dis", "fps=12"]))
    {'flow': {'backend': 'dis'}, 'fps': 12, 'objects': 3}
    """
    settings: dict[str, Any] = {}
    for word in arguments.set:
        key, equals, text = word.partition("=")
        if not (key and equals and text):
            raise SettingsError(f"--set {word} is no setting; write KEY=VALUE, as in --set fps=12")
        *outer, last = key.split(".")
        inner = settings
        for part in outer:
            inner = inner.setdefault(part, {})
            if not isinstance(inner, dict):
                raise SettingsError(f"--set {word}: {part} is given a value as well; give one")
        inner[last] = _value(f"--set {word}", text)
    if arguments.objects is not None:
        settings["objects"] = _value(f"--objects {arguments.objects}", arguments.objects)
    return settings


def _value(word: str, text: str) -> Any:
    try:
        return parse_yaml(text, word)
    except SettingsError:
        raise SettingsError(
            f"{word} cannot be read as a value; write it as in config.yaml"
        ) from None
