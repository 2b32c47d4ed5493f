"""Where an input may lie: anywhere but among the results of its own clip."""

from __future__ import annotations

import os
from pathlib import Path

from toondecompose.core.errors import UserError
from toondecompose.reading.patterns import parse_input


def refuse_own_results(source: str, folder: Path) -> None:
    """Raise a UserError when the input ``source`` of a clip lies in the folder of its results.

    There a stage would replace or remove the files. Links are followed.
    """
    found, own = os.path.realpath(parse_input(source).path), os.path.realpath(folder)
    if os.path.commonpath([found, own]) == own:
        raise UserError(
            f"the input {source} lies in {folder}, where the results of the clip go; move it to "
            "another folder, and correct the key 'input' in the config"
        )
