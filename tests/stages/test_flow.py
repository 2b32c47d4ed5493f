"""Flow stage: its files, their content, and that a second run gives the same bytes."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from optical_flow.test_raft import make_network
from whip_pan import whip

from toondecompose.optical_flow.choice import choose
from toondecompose.pipeline.settings import FlowSettings, load_clips, stage_settings
from toondecompose.pipeline.terminal import Progress
from toondecompose.stages import flow
from toondecompose.store.artifacts import ClipFolder
from toondecompose.viz.pictures import flow_picture

COUNT, HEIGHT, WIDTH = 5, 48, 64


def settings(**changes: object) -> FlowSettings:
    """Settings of the stage, after the choice of a backend."""
    clip = load_clips({"clips": {"test": {"input": "x", "flow": {"backend": "dis"} | changes}}})
    return FlowSettings(**json.loads(stage_settings("flow", choose(clip["test"]).settings)))


def run(root: Path, **changes: object) -> ClipFolder:
    """Run the stage on five frames: a pan to the left, held from frame 3 to frame 4."""
    values = np.random.default_rng(0).normal(size=(HEIGHT, WIDTH + 20, 3))
    canvas = np.clip(128 + 300 * cv2.GaussianBlur(values, (0, 0), 2.0), 0, 255).astype(np.uint8)
    clip = ClipFolder(root=root)
    frames = np.stack([canvas[:, 2 * t : 2 * t + WIDTH] for t in (0, 1, 2, 3, 3)])
    clip.write_npy("frame/all_frames.npy", frames)
    clip.write_npy("frame/gain.npy", np.ones(len(frames), np.float32))
    flow.main(clip, settings(**changes), Progress(stage="flow", clip="test"))
    return clip


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> ClipFolder:
    return run(tmp_path_factory.mktemp("clip"))


def test_files_are_those_of_the_clipped_pairs(clip: ClipFolder) -> None:
    last = COUNT - 1
    pairs = {(a, min(max(a + d, 0), last)) for a in range(COUNT) for d in (-3, -1, 1, 3)}
    expected = {f"flow/{a}T{b}.{kind}" for a, b in pairs for kind in ("npy", "png")}
    both_ways = {(a, b) for a, b in pairs if a != b and (b, a) in pairs}
    expected |= {f"flow/{a}T{b}.confidence.png" for a, b in both_ways} | {"flow/info.json"}
    assert set(clip.owned("flow")) == expected
    assert "flow/0T0.npy" in expected
    assert expected <= set(clip.written)


def test_flow_points_from_a_to_b(clip: ClipFolder) -> None:
    for name, expected in (("0T1", -2), ("1T0", 2), ("0T3", -6), ("4T1", 4)):
        found = np.load(clip.path(f"flow/{name}.npy"), allow_pickle=False)
        assert found.shape == (HEIGHT, WIDTH, 2)
        assert found.dtype == np.float32
        middle = np.median(found[8:-8, 16:-16], axis=(0, 1))
        np.testing.assert_allclose(middle, [expected, 0], atol=0.2)


def test_held_frames_have_no_flow(clip: ClipFolder) -> None:
    for name in ("0T0", "3T4", "4T3", "4T4"):
        assert not clip.read_npy(f"flow/{name}.npy").any()
        assert (clip.read_png(f"flow/{name}.png") == (127, 127, 255)).all()


def test_pictures_show_the_flows(clip: ClipFolder) -> None:
    shown, expected = clip.read_png("flow/0T3.png"), flow_picture(clip.read_npy("flow/0T3.npy"))
    np.testing.assert_array_equal(shown, expected)


def test_a_second_run_gives_the_same_bytes(clip: ClipFolder, tmp_path: Path) -> None:
    assert run(tmp_path).written == clip.written


def test_a_stopped_run_goes_on(clip: ClipFolder, tmp_path: Path) -> None:
    """Only what is missing or damaged is estimated, and the end is the same."""
    shutil.copytree(clip.root, tmp_path, dirs_exist_ok=True)
    for name in ("0T1.npy", "1T0.png", "2T3.confidence.png", "info.json"):
        (tmp_path / "flow" / name).unlink()
    (tmp_path / "flow" / "1T4.npy").write_bytes(b"cut")
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "flow").iterdir()}
    found = run(tmp_path)
    assert found.written == clip.written
    changed = {
        p.name for p in (tmp_path / "flow").iterdir() if before.get(p) != p.stat().st_mtime_ns
    }
    pairs = ("0T1", "1T0", "1T4", "4T1")
    judged = {f"{pair}.confidence.png" for pair in (*pairs, "2T3")}
    made = {f"{pair}.{kind}" for pair in ("0T1", "1T0", "1T4") for kind in ("npy", "png")}
    assert changed == made | judged | {"info.json"}


def test_other_frames_or_offsets_begin_anew(clip: ClipFolder, tmp_path: Path) -> None:
    shutil.copytree(clip.root, tmp_path, dirs_exist_ok=True)
    other = ClipFolder(root=tmp_path)
    frames = clip.read_npy("frame/all_frames.npy")[:, ::-1]
    other.write_npy("frame/all_frames.npy", frames)
    other.write_npy("frame/gain.npy", np.ones(len(frames), np.float32))
    flow.main(other, settings(offsets=[-1, 1]), Progress(stage="flow", clip="test"))
    found, before = (c.read_npy("flow/0T1.npy") for c in (other, clip))
    assert not np.array_equal(found, before)
    assert other.read_json("flow/info.json") == {"offsets": [-1, 1]}
    assert "flow/0T3.npy" not in other.written


def test_the_raft_backend_writes_the_same_files(clip: ClipFolder, tmp_path: Path) -> None:
    weights = tmp_path / "small.pth"
    torch.save(make_network("small").state_dict(), weights)
    found = run(tmp_path / "raft", checkpoint=str(weights), backend="raft", updates=2)
    assert set(found.written) == set(clip.written)
    assert not found.read_npy("flow/3T4.npy").any()
    moving = found.read_npy("flow/0T1.npy")
    assert moving.shape == (HEIGHT, WIDTH, 2) and moving.any()
    assert run(tmp_path / "again", checkpoint=str(weights), backend="raft", updates=2).written == (
        found.written
    )


def test_half_precision_on_the_cpu_is_told(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    raft = replace(settings(), flow_backend="raft", flow_half_precision=True, device="cpu")
    options = flow.choose_backend(raft, Progress(stage="flow", clip="test"))
    assert not options.half and "full precision on the CPU" in capsys.readouterr().err


def test_a_whip_pan_starts_from_shifts(
    tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames, steps = whip([90, 90, 90])
    # The estimator alone loses it.
    monkeypatch.setattr(
        flow, "is_followed", lambda there, back, frame: abs(np.median(there[..., 0])) > 80
    )
    written = []
    for name in ("a", "b"):
        clip = ClipFolder(root=tmp_path / name)
        clip.write_npy("frame/all_frames.npy", frames[:, :, :240])
        clip.write_npy("frame/gain.npy", np.ones(len(frames), np.float32))
        flow.main(clip, settings(offsets=[-1, 1]), Progress(stage="flow", clip="test"))
        written.append({name: clip.read_npy(name) for name in clip.owned("flow") if ".npy" in name})
    assert "beyond the reach of the flow" in capsys.readouterr().err
    moved = np.median(written[0]["flow/1T2.npy"][60:, 110:-10], axis=(0, 1))
    np.testing.assert_allclose(moved, (-steps[1], 0), atol=1.5)
    assert all(np.array_equal(one, written[1][name]) for name, one in written[0].items())
