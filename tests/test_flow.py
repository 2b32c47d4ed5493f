"""Flow stage: its files, their content, and that a second run gives the same bytes."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from toondecompose.artifacts import ClipFolder
from toondecompose.pictures import flow_picture
from toondecompose.settings import FlowSettings
from toondecompose.stages import flow
from toondecompose.terminal import Progress

COUNT, HEIGHT, WIDTH = 5, 48, 64


def run(root: Path) -> ClipFolder:
    """Run the stage on five frames: a pan to the left, held from frame 3 to frame 4."""
    values = np.random.default_rng(0).normal(size=(HEIGHT, WIDTH + 20, 3))
    canvas = np.clip(128 + 300 * cv2.GaussianBlur(values, (0, 0), 2.0), 0, 255).astype(np.uint8)
    clip = ClipFolder(root=root)
    frames = np.stack([canvas[:, 2 * t : 2 * t + WIDTH] for t in (0, 1, 2, 3, 3)])
    clip.write_npy("frame/all_frames.npy", frames)
    flow.main(clip, FlowSettings(), Progress(stage="flow", clip="test"))
    return clip


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> ClipFolder:
    return run(tmp_path_factory.mktemp("clip"))


def test_files_are_those_of_the_clipped_pairs(clip: ClipFolder) -> None:
    last = COUNT - 1
    pairs = {(a, min(max(a + d, 0), last)) for a in range(COUNT) for d in (-3, -1, 1, 3)}
    expected = {f"flow/{a}T{b}.{kind}" for a, b in pairs for kind in ("npy", "png")}
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
