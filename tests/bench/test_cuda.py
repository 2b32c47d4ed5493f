"""The comparison of a GPU with the CPU, without any GPU."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from bench import cuda
from bench.finished import FinishedClip
from toondecompose.core.errors import UserError
from toondecompose.store.artifacts import STAGES, ClipFolder


def finish(root: Path, *, lighter: int = 0, thinner: int = 0, frames: int = 3) -> FinishedClip:
    """Write a result: a square on a plate, some levels lighter or thinner."""
    clip = ClipFolder(root=root)
    clip.write_json("frame/info.json", {"frames": frames})
    for n in range(frames):
        plate = np.full((20, 30, 4), (90, 120, 60, 255), np.uint8)
        sprite = np.zeros((20, 30, 4), np.uint8)
        sprite[5:15, 8 + n : 18 + n] = (200 + lighter, 40, 40, 255 - thinner)
        clip.write_png(f"vis/{n}.obj.0.png", plate)
        clip.write_png(f"vis/{n}.obj.1.png", sprite)
    clip.write_json("manifest.json", {"clip": root.name})
    made = dict(clip.written)
    for stage in STAGES:
        own = made if stage == "video" else {}
        clip.write_json(f"records/{stage}.json", {"artifacts": own})
    return FinishedClip(root)


def test_without_a_gpu_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(sys, "argv", ["cuda", "--out", str(tmp_path / "out")])
    with pytest.raises(SystemExit) as ended:
        cuda.main()
    assert str(ended.value).startswith("error: torch sees no GPU here, so there is nothing to")
    assert not (tmp_path / "out").exists()


def test_differences_are_of_each_kind(tmp_path: Path) -> None:
    one, other = finish(tmp_path / "a"), finish(tmp_path / "b", lighter=6, thinner=12)
    apart = cuda.differences(one, other)
    assert apart == {
        "plate colour": 0,
        "alpha": pytest.approx(12 * 100 / 600),
        "sprite colour": pytest.approx(2),
    }
    with pytest.raises(UserError, match="cannot be compared"):
        cuda.differences(one, finish(tmp_path / "c", frames=2))


@pytest.mark.parametrize(
    ("again", "cpu", "status"),
    [({}, {}, 0), ({"lighter": 1}, {}, 1), ({}, {"lighter": 2}, 0), ({}, {"thinner": 9}, 1)],
    ids=["all the same", "other bytes", "within", "beyond"],
)
def test_the_verdict(
    again: dict[str, int],
    cpu: dict[str, int],
    status: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    changes = {"static.cuda": {}, "static.again": again, "static.cpu": cpu}

    def pipeline(name: str, out: Path, cores: int) -> None:
        config = yaml.safe_load((out / "config.yaml").read_text())["clips"][name]
        assert config["device"] == ("cpu" if name == "static.cpu" else "cuda")
        finish(out / "workers" / name, **changes[name])

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(cuda, "pipeline", pipeline)
    monkeypatch.setattr(cuda, "render", lambda spec, folder: True)
    monkeypatch.setattr(sys, "argv", ["cuda", "--clips", "static", "--out", str(tmp_path)])
    with pytest.raises(SystemExit) as ended:
        cuda.main()
    assert ended.value.code == status
    printed = capsys.readouterr().out
    assert ("the same bytes" in printed) == (not again)
    assert ("BEYOND" in printed) == ("thinner" in cpu)
