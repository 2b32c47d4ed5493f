"""The camera in whip pans."""

from __future__ import annotations

import numpy as np
import pytest
from scenes import dis_flows
from whip_pan import SIZE, whip

from toondecompose.core import geometry
from toondecompose.motion.camera import camera_motion
from toondecompose.motion.fast_pans import (
    between,
    bridge,
    doubtful_frames,
    is_fast,
    is_plausible,
    say_doubtful,
    say_lost,
)
from toondecompose.motion.matches import draw_pairs, gradient_weight
from toondecompose.motion.solve import Pairs


def steps_of(frames: np.ndarray, said: list[str]) -> np.ndarray:
    """Find the camera's steps (T - 1, 2) in pixels, and what is said."""
    flows = dis_flows(frames)
    weights = np.stack([gradient_weight(frame) for frame in frames])
    random = np.random.default_rng(0)
    adjacent = {(a, b): flow for (a, b), flow in flows.items() if b == a + 1}
    neighbours = draw_pairs(adjacent, weights, 3000, rng=random)
    pairs = draw_pairs(flows, weights, 600, rng=random)
    found = camera_motion(frames, neighbours, pairs, say=said.append)
    centre = np.array([(SIZE[0] - 1) / 2, (SIZE[1] - 1) / 2])
    return np.diff(geometry.apply(found, centre), axis=0)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 3])
def test_a_whip_pan_is_followed(seed: int) -> None:
    frames, steps = whip([0, 60, 90, 90, 60, 0], seed=seed)
    said: list[str] = []
    found = steps_of(frames, said)
    # If it is lost, then only as it starts, where one frame is sharp and the other blurred.
    assert all("between the frames 1 and 2:" in line for line in said)
    # A frame in which the camera starts or stops is half sharp, half blurred: which is where it is?
    np.testing.assert_allclose(found[:, 0], steps, atol=16 if said else 10)
    np.testing.assert_allclose(found[2:4, 0], steps[2:4], atol=2)
    np.testing.assert_allclose(found[:, 1], 0, atol=2)


@pytest.mark.slow
def test_a_camera_that_is_lost_is_said_and_the_rest_is_solved() -> None:
    frames, steps = whip([2, 2, 2, 2, 2, 2])
    noise = np.random.default_rng(1).integers(0, 255, frames.shape[1:], np.uint8)
    broken = np.concatenate([frames[:3], noise[None], frames[3:]])
    said: list[str] = []
    found = steps_of(broken, said)
    assert len(said) == 1
    assert "the camera was lost between the frames" in said[0] and "and 4:" in said[0]
    np.testing.assert_allclose(found[[0, 1, 4, 5, 6], 0], steps[[0, 1, 3, 4, 5]], atol=0.3)


def pairs(a: list[int], b: list[int], shift: float = 0) -> Pairs:
    """Return matches between frames that move by a shift."""
    points = np.random.default_rng(0).uniform(0, 100, (len(a), 2))
    return Pairs(np.array(a), np.array(b), points, points + (shift, 0), np.ones(len(a)))


def test_fast_is_a_share_of_the_width() -> None:
    assert is_fast(pairs([0] * 9, [1] * 9, 20), 456)
    assert not is_fast(pairs([0] * 9, [1] * 9, 10), 456)
    assert not is_fast(pairs([], []), 456)


def test_no_camera_zooms_by_much_between_two_frames() -> None:
    assert is_plausible(np.diag([1.2, 1.2, 1.0]))
    assert not is_plausible(np.diag([0.1, 0.1, 1.0]))
    assert not is_plausible(np.diag([3.0, 3.0, 1.0]))


def test_lost_steps_are_bridged() -> None:
    steps = [geometry.translation(x, 0) for x in (4, 99, 99, 8)]
    found = [float(step[0, 2]) for step in bridge(steps, [1, 2])]
    assert found == [4, 6, 6, 8]
    assert [float(step[0, 2]) for step in bridge(steps, [2, 3])] == [4, 99, 99, 99]
    np.testing.assert_array_equal(bridge(steps[:1], [0])[0], np.eye(3))


def test_matches_across_a_lost_step_are_left_out() -> None:
    found = between(pairs([0, 3, 5, 4, 2], [1, 4, 3, 6, 3]), 3, 6)
    np.testing.assert_array_equal(found.a, [0, 2])
    np.testing.assert_array_equal(found.b, [1, 0])


def test_lost_frames_are_named() -> None:
    said: list[str] = []
    say_lost([], said.append)
    say_lost([9, 10, 11, 20], said.append)
    assert len(said) == 1
    assert "the camera was lost between the frames 9 and 12 and 20 and 21:" in said[0]


def test_frames_of_a_whip_with_much_foreground_are_named() -> None:
    steps = np.array([3, 3, 3, 60, 80, 60, 3, 3])
    camera = np.stack([geometry.translation(x, 0) for x in np.append(0, np.cumsum(steps))])
    shown = np.zeros((9, 50, 200), bool)
    shown[:, :, :20] = True
    assert doubtful_frames(camera, shown) == []
    shown[4:6, :, :120] = True
    assert doubtful_frames(camera, shown) == [4, 5]
    # A figure that fills the picture while the camera is slow is none, nor is a fast clip at all.
    shown[:] = False
    shown[1, :, :120] = True
    assert doubtful_frames(camera, shown) == []
    assert doubtful_frames(camera[3:7], shown[3:7]) == []
    said: list[str] = []
    say_doubtful([4, 5], said.append)
    say_doubtful([], said.append)
    assert len(said) == 1 and "between the frames 4 and 5" in said[0]
