"""Time and memory of each stage of a clip, as Snakemake measured them (``benchmarks/``)."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path

from toondecompose.core.files import write_text
from toondecompose.store import paths
from toondecompose.store.artifacts import STAGES


@dataclass(frozen=True)
class StageTime:
    """Seconds, and MiB of memory at most, of the last run of a stage."""

    seconds: float
    memory: float


def stage_times(root: Path) -> dict[str, StageTime]:
    """Read time and memory of each stage of a clip; stages without a whole file are left out."""
    times = {}
    for stage in STAGES:
        try:
            text = (root / paths.benchmark(stage)).read_text(errors="replace")
        except OSError:
            continue
        rows = list(csv.DictReader(text.replace("\0", "").splitlines(), delimiter="\t"))
        values = [rows[-1].get(key) or "" for key in ("s", "max_rss")] if rows else []
        if values and all(value.replace(".", "", 1).isdecimal() for value in values):
            times[stage] = StageTime(*map(float, values))
    return times


def write_report_times(root: Path) -> None:
    """Write the times for the report of a clip, which reads them beside it."""
    times = {stage: [one.seconds, one.memory] for stage, one in stage_times(root).items()}
    text = json.dumps(times, sort_keys=True)
    write_text(root / paths.TIMES, f"globalThis.REPORT_TIMES = {text};\n")
