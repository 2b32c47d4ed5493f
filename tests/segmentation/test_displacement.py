"""Structure that other frames show elsewhere."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from scenes import Painting, bytes_of, camera

from toondecompose.core import geometry
from toondecompose.core.tuning import Tuning
from toondecompose.segmentation.parameters import Parameters
from toondecompose.segmentation.persistence import measure_persistence

SIZE = (128, 96)
COUNT = 32
STILL = np.repeat(np.eye(3)[None], COUNT, axis=0)
PAN = camera(COUNT, (1.5, 0.0), SIZE)
GRID = geometry.pixel_grid(SIZE)
ANY_TRAVEL = Tuning.of(Parameters(far_travel_share=10.0))
MOTIONS = pytest.mark.parametrize("motion", [STILL, PAN], ids=["held", "pan"])


def breathing(motion: np.ndarray, *, shift: float) -> tuple[np.ndarray, np.ndarray]:
    """Return frames of a figure that rests half of the time, and its masks (T, H, W) bool."""
    frames = Painting(1).seen(motion, SIZE)
    masks = np.zeros(frames.shape[:3], bool)
    for t in range(COUNT):
        here = geometry.apply(np.linalg.inv(motion[t]), np.array([64.0, 48.0]))
        own = GRID - here - np.array([0, shift * (t // 4 % 2)])
        masks[t] = np.hypot(own[..., 0] / 24, own[..., 1] / 30) < 1
        frames[t][masks[t]] = Painting(5, shortest=8, longest=16).at(own)[masks[t]]
    return bytes_of(frames), masks


def grown(masks: np.ndarray, pixels: int) -> np.ndarray:
    """Return masks (T, H, W) bool with so many pixels around."""
    kernel = np.ones((2 * pixels + 1,) * 2, np.uint8)
    return np.stack([cv2.dilate(mask.astype(np.uint8), kernel) > 0 for mask in masks])


def shrunk(masks: np.ndarray, pixels: int) -> np.ndarray:
    """Return masks (T, H, W) bool without the pixels of their rim."""
    return ~grown(~masks, pixels)


@MOTIONS
@pytest.mark.parametrize("shift", [1.5, 3.0])
def test_structure_that_shifts_in_its_place_is_displaced(motion: np.ndarray, shift: float) -> None:
    frames, masks = breathing(motion, shift=shift)
    found = measure_persistence(frames, [motion], tuning=ANY_TRAVEL)
    kept = found.structure > 0.5
    figure, wall = kept & shrunk(masks, 4), kept & ~grown(masks, 16)
    assert figure.sum() > 3000 and wall.sum() > 3000
    assert found.displaced[figure].mean() > 0.6
    assert found.displaced[wall].mean() < 0.01


def test_what_is_covered_is_not_displaced() -> None:
    frames = np.repeat(bytes_of(Painting(1).seen(STILL[:1], SIZE)), COUNT, axis=0)
    plain = np.zeros(frames.shape[:3], bool)
    for t in range(COUNT):
        plain[t, 20:76, 6 * t : 6 * t + 30] = True
        frames[t][plain[t]] = (200, 60, 40)
    found = measure_persistence(frames, [STILL])
    passed = (found.structure > 0.5) & ~grown(plain, 6)
    passed[:, :20] = passed[:, 76:] = False
    assert passed.sum() > 3000
    assert found.displaced[passed].mean() < 0.05


def test_a_second_plane_is_not_displaced() -> None:
    far = bytes_of(Painting(1).seen(PAN, SIZE))
    near_motion = camera(COUNT, (3.0, 0.0), SIZE)
    frames = far.copy()
    frames[:, 48:] = bytes_of(Painting(2).seen(near_motion, SIZE))[:, 48:]
    one, both = (
        measure_persistence(frames, m, tuning=ANY_TRAVEL) for m in ([PAN], [PAN, near_motion])
    )
    kept = one.structure > 0.5
    kept[:, :56] = kept[:, :, :24] = kept[:, :, -24:] = False
    assert one.displaced[kept].mean() > 0.7
    assert both.displaced[kept].mean() < 0.02


def test_flows_that_exist_are_used_and_none_are_needed_beyond() -> None:
    frames, masks = breathing(STILL, shift=3.0)
    inside = shrunk(masks, 4)
    flows = {}
    for a in range(COUNT):
        for b in (a - 3, a + 3):
            if 0 <= b < COUNT:
                step = 3.0 * (b // 4 % 2 - a // 4 % 2)
                flows[a, b] = np.zeros((SIZE[1], SIZE[0], 2), np.float32)
                flows[a, b][masks[a]] = (0, step)

    near = Tuning.of(Parameters(displacement_offsets=()))
    found = measure_persistence(frames, [STILL], flows=flows, tuning=near)
    kept = found.structure > 0.5
    assert found.displaced[kept & inside].mean() > 0.4
    nothing = measure_persistence(frames, [STILL], tuning=near)
    assert not nothing.displaced.any()


def test_before_a_camera_that_travels_far_nothing_is_sought() -> None:
    frames, _ = breathing(PAN, shift=3.0)
    assert not measure_persistence(frames, [PAN]).displaced.any()
