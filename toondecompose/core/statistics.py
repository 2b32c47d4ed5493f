"""Robust statistics."""

from __future__ import annotations

import numpy as np


def residual_noise(residual: np.ndarray, mask: np.ndarray) -> float:
    """Return the standard deviation of residuals in grey levels, from the median absolute one.

    Parameters
    ----------
    residual : (..., 3), differences of frames from a plate.
    mask : (...) bool, where the plate is shown.

    Returns
    -------
    At least 1, because colours are rounded; 2 where the mask is empty.
    """
    values = np.abs(np.concatenate([residual[..., c][mask] for c in range(3)]))
    return max(1.0, 1.4826 * float(np.median(values))) if values.size else 2.0


def ramp(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Return values as float32 in 0..1: 0 up to low, 1 from high on, linear between."""
    return np.clip((values - low) / (high - low), 0, 1).astype(np.float32)
