"""How long a clip still takes: the estimate, corrected by what its stages have taken so far."""

from __future__ import annotations

from pathlib import Path

from toondecompose.core.files import read_json_object
from toondecompose.pipeline.estimate import ClipSize, needs
from toondecompose.pipeline.times import stage_times
from toondecompose.store import paths
from toondecompose.store.artifacts import STAGES

LEAST, MOST = 0.2, 20.0
"""Bounds of the factor by which a machine is slower than the estimate's."""


def remaining_seconds(root: Path, stage: str) -> float | None:
    """Estimate the seconds of a stage and all after it; None before the clip's size is known."""
    path = root / paths.INFO
    info = read_json_object(path) if path.exists() else None
    if info is None or stage == STAGES[0]:
        return None
    clip = ClipSize(tuple(info["source_size"]), tuple(info["working_size"]), info["frames"])
    at = STAGES.index(stage)
    times = {one: time for one, time in stage_times(root).items() if one in STAGES[:at]}
    expected = sum(needs(one, clip).seconds for one in times)
    measured = sum(time.seconds for time in times.values())
    factor = min(max(measured / expected, LEAST), MOST) if times else 1.0
    return factor * sum(needs(one, clip).seconds for one in STAGES[at:])
