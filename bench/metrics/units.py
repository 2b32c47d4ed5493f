"""The units of alpha."""

import numpy as np


def unit(alpha: np.ndarray) -> np.ndarray:
    """Return an alpha as float32 0..1."""
    values = alpha.astype(np.float32)
    return values / 255.0 if alpha.dtype == np.uint8 else values


def solid(alpha: np.ndarray) -> np.ndarray:
    """Return where an alpha is at least 0.5."""
    return alpha.astype(bool) if alpha.dtype == bool else unit(alpha) >= 0.5
