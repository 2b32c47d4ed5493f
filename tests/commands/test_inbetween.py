"""``toondecompose inbetween``: settings of the clip and of the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from toondecompose.commands.inbetween import read_settings
from toondecompose.core.errors import UserError
from toondecompose.store import paths
from toondecompose.store.artifacts import ClipFolder


def test_options_go_before_the_config(tmp_path: Path) -> None:
    assert read_settings(tmp_path, {}).inbetween_factor == 2
    own = {"input": "x", "device": "cuda", "inbetween": {"factor": 4, "hold": "keep"}}
    ClipFolder(root=tmp_path).write_json(paths.OWN_SETTINGS, own)
    found = read_settings(tmp_path, {"factor": "3"})
    assert (found.inbetween_factor, found.inbetween_hold, found.device) == (3, "keep", "cuda")
    assert read_settings(tmp_path, {"factor": "drawing"}).inbetween_factor == "drawing"


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"factor": "5"}, "--factor is 5, which cannot be; give 4 or less"),
        ({"factor": "1"}, "--factor is 1, which cannot be; give 2 or more"),
        ({"factor": "x"}, '--factor is "x", which cannot be; give a whole number or drawing'),
        ({"engine": "rive"}, '--engine is "rive", which cannot be; give one of flow, rife'),
    ],
)
def test_bad_options_are_one_sentence(tmp_path: Path, said: dict, sentence: str) -> None:
    with pytest.raises(UserError) as caught:
        read_settings(tmp_path, said)
    assert str(caught.value).startswith(sentence)
