"""What is said of the time that a clip still takes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from toondecompose.pipeline.estimate import ClipSize, needs
from toondecompose.pipeline.remaining import remaining_seconds
from toondecompose.pipeline.terminal import Progress
from toondecompose.pipeline.times import stage_times, write_report_times
from toondecompose.store.artifacts import STAGES

CLIP = ClipSize((1280, 720), (456, 256), 78)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    info = {"source_size": CLIP.size, "working_size": CLIP.working_size, "frames": CLIP.frames}
    (tmp_path / "frame").mkdir()
    (tmp_path / "frame/info.json").write_text(json.dumps(info))
    (tmp_path / "benchmarks").mkdir()
    return tmp_path


def measured(root: Path, stage: str, seconds: float) -> None:
    text = f"s\th:m:s\tmax_rss\n{seconds}\t0:00:01\t100.5\n"
    (root / f"benchmarks/{stage}.tsv").write_text(text)


def test_the_estimate_follows_what_was_measured(root: Path) -> None:
    rest = sum(needs(stage, CLIP).seconds for stage in STAGES[2:])
    assert remaining_seconds(root, "alpha") == pytest.approx(rest)
    for stage in STAGES[:2]:
        measured(root, stage, 3 * needs(stage, CLIP).seconds)
    assert remaining_seconds(root, "alpha") == pytest.approx(3 * rest, rel=0.01)
    assert remaining_seconds(root, "frames") is None


def test_times_that_cannot_be_read_are_left_out(root: Path) -> None:
    measured(root, "flow", 2.5)
    (root / "benchmarks/alpha.tsv").write_bytes(b"s\tmax_rss\n\xff\0\n")
    (root / "benchmarks/video.tsv").write_text("s\tmax_rss\n1.0\tNA\n")
    assert {stage: (one.seconds, one.memory) for stage, one in stage_times(root).items()} == {
        "flow": (2.5, 100.5)
    }
    write_report_times(root)
    assert '"flow": [2.5, 100.5]' in (root / "benchmarks/times.js").read_text()


def test_progress_says_which_clip(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("toondecompose.pipeline.terminal.PATIENCE", -1)
    monkeypatch.setattr("toondecompose.pipeline.terminal.INTERVAL", -1)
    list(Progress(stage="flow", clip="mine").track(range(3), "flows"))
    assert "      mine: flows: 2/3, about 0 s left\n" in capsys.readouterr().err
