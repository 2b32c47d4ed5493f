"""Robust statistics."""

from __future__ import annotations

import numpy as np
import pytest

from toondecompose.core.statistics import residual_noise


def test_noise_of_the_plate_is_its_deviation_without_outliers() -> None:
    random = np.random.default_rng(0)
    residual = random.normal(0, 4, (40, 50, 3))
    background = np.ones((40, 50), bool)
    residual[:8] = 200  # a fifth are outliers
    assert residual_noise(residual, background) == pytest.approx(4, rel=0.4)
    background[:8] = False
    assert residual_noise(residual, background) == pytest.approx(4, rel=0.05)
    assert residual_noise(0.1 * residual, background) == 1
    assert residual_noise(residual, np.zeros((40, 50), bool)) > 0
