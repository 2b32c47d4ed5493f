"""Figures of clips: frames without one, means, intervals over clips."""

from __future__ import annotations

import numpy as np
import pytest

from toondecompose.evaluation.measures import (
    MEASURES,
    Measured,
    Moment,
    measure_frame,
    over_clips,
    with_before,
)

NAMES = [one.name for one in MEASURES]


def test_equal_frames_are_perfect_and_finite() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    found = dict(zip(NAMES, measure_frame(Moment(picture, picture)), strict=True))
    assert found["PSNR"] == found["edge PSNR"] == 100
    assert found["SSIM"] == pytest.approx(1) and found["FLIP"] == 0
    # Too small for five scales, and without a frame before.
    assert np.isnan(found["MS-SSIM"]) and np.isnan(found["flicker"])


def test_frames_come_with_the_frame_before() -> None:
    a, b = (np.full((2, 2, 3), level, np.uint8) for level in (1, 2))
    first, second = with_before([(a, b), (b, a)])
    assert first.before is None
    assert second.before is not None
    assert second.before[0] is a and second.before[1] is b


def test_means_leave_out_frames_without_a_figure() -> None:
    nan = float("nan")
    one = Measured("m", "c", np.array([[1.0, nan, nan], [3.0, 5.0, nan]]))
    np.testing.assert_array_equal(one.means, [2, 5, nan])


def test_interval_over_clips() -> None:
    values = np.random.default_rng(0).normal(30, 2, 40)
    found = over_clips(values)
    assert found.bounds is not None
    low, high = found.bounds
    # That of the normal distribution, 1.96 standard errors, is near for forty values.
    error = 1.96 * values.std() / np.sqrt(40)
    assert found.mean == pytest.approx(values.mean())
    assert high - low == pytest.approx(2 * error, rel=0.1)
    assert over_clips(values) == found
    assert over_clips([7.0]).bounds is None
    assert over_clips([7.0, float("nan")]).mean == 7
    assert np.isnan(over_clips([]).mean)
