"""Shifts of the whole picture beyond the reach of optical flow."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from whip_pan import SIZE, street, whip

from toondecompose.optical_flow import DisOptions
from toondecompose.optical_flow.large_shift import (
    estimate_shifted_flow,
    find_large_shift,
    is_followed,
    moved_back,
    overlap,
    shift_score,
)


@pytest.mark.parametrize("speed", [60, 90])
def test_a_blurred_pan_is_found(speed: int) -> None:
    frames, steps = whip([speed] * 4)
    found = find_large_shift(frames[2], frames[3])
    assert found is not None
    np.testing.assert_allclose(found[0], (-steps[2], 0), atol=2)


def test_a_pan_that_starts_is_found_though_one_frame_is_sharp() -> None:
    frames, steps = whip([0, 60, 60], seed=3)
    found = find_large_shift(frames[1], frames[2])
    assert found is not None
    np.testing.assert_allclose(found[0], (-steps[1], 0), atol=6)


@pytest.mark.parametrize("shift", [(70, -20), (-120, 15)])
def test_sharp_frames(shift: tuple[int, int]) -> None:
    world, (width, height) = street(1), SIZE
    a = world[22 : 22 + height, 300 : 300 + width]
    b = world[22 - shift[1] :, 300 - shift[0] :][:height, :width]
    a, b = (np.ascontiguousarray(one) for one in (a, b))
    found = find_large_shift(a, b)
    assert found is not None and found[0] == shift


def test_no_shift_is_found_where_there_is_none() -> None:
    frames, _ = whip([0])
    noise = np.random.default_rng(0).integers(0, 255, (2, *frames.shape[1:]), np.uint8)
    flash = np.full_like(frames[0], 255)
    assert find_large_shift(frames[0], frames[0]) is None
    assert find_large_shift(noise[0], noise[1]) is None
    assert find_large_shift(frames[0], flash) is None
    other = street(9)[20 : 20 + SIZE[1], : SIZE[0]]
    assert find_large_shift(frames[0], np.ascontiguousarray(other)) is None


def test_a_fast_figure_before_an_even_ground_is_no_shift() -> None:
    pattern = street(2)[60:200, 100:240]
    a, b = (np.full((SIZE[1], SIZE[0], 3), 180, np.uint8) for _ in range(2))
    a[60:200, 40:180] = pattern
    b[60:200, 110:250] = pattern
    assert find_large_shift(a, b) is None


def test_parts_that_show_the_same() -> None:
    picture = np.arange(48.0).reshape(6, 8)
    a, b = overlap(picture, picture, (3, -2))
    assert a.shape == b.shape == (4, 5)
    assert a[0, 0] == picture[2, 0] and b[0, 0] == picture[0, 3]
    detail = cv2.GaussianBlur(np.random.default_rng(0).normal(0, 40, (90, 160)), (0, 0), 2)
    assert shift_score(detail, detail, (0, 0)) == pytest.approx(1, abs=1e-3)
    assert shift_score(detail, detail, (30, 0)) < 0.3
    assert shift_score(detail, detail, (150, 0)) == 0


def test_the_rim_is_repeated() -> None:
    picture = np.zeros((4, 6, 3), np.uint8)
    picture[:, :, 0] = np.arange(6)
    np.testing.assert_array_equal(moved_back(picture, (2, 0))[0, :, 0], [2, 3, 4, 5, 5, 5])


def test_a_flow_starts_from_a_shift() -> None:
    frames, steps = whip([90] * 3)
    shift = (-round(steps[1]), 0)
    flows = dict(estimate_shifted_flow(frames, {(1, 2): shift}, DisOptions()))
    assert list(flows) == [(1, 2), (2, 1)]
    inside = flows[1, 2][60:, 140:-20, 0]
    assert np.median(np.abs(inside + steps[1])) < 1
    assert is_followed(flows[1, 2], flows[2, 1], frames[1])
    nothing = np.random.default_rng(0).normal(0, 30, flows[1, 2].shape).astype(np.float32)
    assert not is_followed(nothing, flows[2, 1], frames[1])
    assert dict(estimate_shifted_flow(frames, {}, DisOptions())) == {}
