"""The estimate: near what was measured, and a sentence where there is less."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from toondecompose.pipeline import clip_size as sizes
from toondecompose.pipeline.clip_size import clip_size
from toondecompose.pipeline.estimate import (
    ClipSize,
    needs,
    resources,
    say_needs,
    too_large,
    totals,
)
from toondecompose.pipeline.settings import load_clips
from toondecompose.reading.inputs import note_files
from toondecompose.store.artifacts import STAGES

REAL = ClipSize((1280, 720), (456, 256), 78)

MEASURED = {"alpha": 1625, "homography": 1148, "sprites": 1118, "refine": 2006, "video": 428}
"""MB of memory that stages of a clip of that size took."""


@pytest.mark.parametrize("stage", MEASURED)
def test_near_what_was_measured(stage: str) -> None:
    assert 0.9 < needs(stage, REAL).memory / MEASURED[stage] < 1.4


def test_it_grows_with_the_clip() -> None:
    long = ClipSize(REAL.size, REAL.working_size, 780)
    for stage in STAGES:
        for which in ("memory", "disk", "seconds"):
            assert getattr(needs(stage, long), which) >= getattr(needs(stage, REAL), which)
    assert totals(long).disk > 9 * totals(REAL).disk


def test_too_little_memory_or_disk_is_told_with_what_makes_it_fit() -> None:
    assert too_large("a", REAL, memory=8000, disk=1e6) is None
    sentence = too_large("a", REAL, memory=1200, disk=1e6)
    assert sentence is not None
    assert "refine needs about 2.3 GB of memory for 78 frames of 1280x720" in sentence
    assert "1.2 GB are free; set last_frame: " in sentence
    last = int(sentence.split("last_frame: ")[1].split()[0])
    short = ClipSize(REAL.size, REAL.working_size, last + 1)
    assert needs("refine", short).memory < 1200
    small = ClipSize((480, 480), (480, 480), 100)
    assert "alpha needs" in (text := too_large("a", small, memory=3000, disk=1e6) or "")
    height = int(text.split("working_height: ")[1].split(",")[0])
    assert needs("alpha", ClipSize((480, 480), (height, height), 100)).memory < 3000
    assert "3.0 GB of disk" not in (too_large("a", REAL, memory=8000, disk=100) or "")
    assert "but 0.1 GB are free; make room" in (too_large("a", REAL, memory=8000, disk=100) or "")


def test_one_line() -> None:
    assert say_needs("a", REAL).startswith("a: about 2.3 GB of memory, 1.0 GB of disk and 4 ")


def test_resources() -> None:
    cuda = {"device": "cuda"}
    assert resources("sprites", REAL, cuda)["gpu"] == 1
    assert resources("refine", REAL, cuda)["gpu"] == resources("sprites", REAL, {})["gpu"] == 0
    assert resources("refine", REAL, {})["mem_mb"] == round(needs("refine", REAL).memory)
    assert set(resources("refine", None, {})) == {"mem_mb", "disk_mb", "runtime", "gpu"}


def test_the_size_is_measured_once_and_follows_the_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, listing = tmp_path / "clip", tmp_path / "a/records/input.json"
    folder.mkdir()
    for number in range(5):
        Image.new("RGB", (640, 320)).save(folder / f"{number}.png")
    own = {"input": str(folder), "working_height": 160, "last_frame": 3}
    settings = load_clips({"clips": {"a": own}})["a"]
    assert clip_size(settings, tmp_path / "a", listing) is None
    note_files(str(folder), listing)
    expected = ClipSize((640, 320), (320, 160), 4)
    assert clip_size(settings, tmp_path / "a", listing) == expected
    monkeypatch.setattr(sizes, "find_input", None)
    assert clip_size(settings, tmp_path / "a", listing) == expected
    (tmp_path / "a/records/size.json").write_text("[]")
    monkeypatch.undo()
    assert clip_size(settings, tmp_path / "a", listing) == expected
