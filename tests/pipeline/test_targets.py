"""Every artifact can be asked for, by any path."""

from __future__ import annotations

from pathlib import Path

import pytest

from toondecompose.core.errors import UserError
from toondecompose.pipeline.targets import resolve_targets
from toondecompose.store.artifacts import STAGES

RECORD = "workers/a/records/{}.json".format


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("workers/a/vis.mp4", "workers/a/vis.mp4"),
        ("workers/a", "workers/a/vis.mp4"),
        ("workers/a/", "workers/a/vis.mp4"),
        ("./workers/a/vis/3.obj.1.png", RECORD("refine")),
        ("workers/a/vis", RECORD("refine")),
        ("workers/a/plate/0.png", RECORD("refine")),
        ("workers/a/model/sprites/planes/0/texture.png", RECORD("sprites")),
        ("workers/a/source/alpha/3.png", RECORD("frames")),
        ("workers/a/manifest.json", RECORD("video")),
        ("workers/a/export/psd.done", "workers/a/export/psd.done"),
        ("workers/a/export/done", "workers/a/export/done"),
        ("workers/a/edit.mp4", "workers/a/edit.mp4"),
        ("workers/a/inbetween.mp4", "workers/a/inbetween.mp4"),
        ("workers/a/upscale.mp4", "workers/a/upscale.mp4"),
        ("workers/a/upscale", "workers/a/upscale.mp4"),
        ("workers/a/upscale/A.0001.png", "workers/a/upscale.mp4"),
        (RECORD("alpha"), RECORD("alpha")),
        ("all", "all"),
        ("data/violet/frames.json", "data/violet/frames.json"),
    ],
)
def test_targets(target: str, expected: str) -> None:
    assert resolve_targets([target]) == {expected}
    if "/" in target:
        assert resolve_targets([str(Path.cwd() / target)]) == {expected}


def test_what_no_stage_makes_is_told() -> None:
    with pytest.raises(UserError, match=r"workers/a/foo\.txt is made by no stage; ask for"):
        resolve_targets(["workers/a/foo.txt"])


def test_every_stage_can_be_asked_for() -> None:
    assert resolve_targets(map(RECORD, STAGES)) == {RECORD(stage) for stage in STAGES}
