"""Slopes of images."""

from __future__ import annotations

import numpy as np

from toondecompose.core.gradients import steepest_gradient, steepest_slope


def test_slope_is_in_grey_levels_per_pixel() -> None:
    ramp = np.zeros((8, 9, 3), np.float32)
    ramp[..., 1] = 5 * np.arange(9)
    ramp[..., 2] = -12 * np.arange(8)[:, None]
    np.testing.assert_allclose(steepest_slope(ramp)[2:-2, 2:-2], 12, rtol=1e-5)


def test_slope_is_that_of_the_channel_that_changes_most() -> None:
    image = np.zeros((8, 10, 3), np.uint8)
    image[..., 1] = 3 * np.arange(10)
    image[..., 2] = 7 * np.arange(8)[:, None]
    dx, dy, length = (part[2:-2, 2:-2] for part in steepest_gradient(image))
    np.testing.assert_allclose(dx, 0, atol=1e-5)
    np.testing.assert_allclose(dy, 7, rtol=1e-5)
    np.testing.assert_allclose(length, 7, rtol=1e-5)
