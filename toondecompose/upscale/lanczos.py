"""The engine ``lanczos``: interpolation by a windowed sinc over 8 x 8 pixels; it needs nothing."""

from __future__ import annotations

import cv2
import numpy as np

from toondecompose.upscale.runtime import Runtime

FACTORS = (2, 3, 4)
"""How many times larger it makes pictures."""

PACKAGE = None
"""The package with its weights: it has none."""


def interpolate(picture: np.ndarray, factor: int) -> np.ndarray:
    """Return a picture (H, W, C) or (H, W) uint8 that is larger by a factor."""
    size = (factor * picture.shape[1], factor * picture.shape[0])
    return cv2.resize(picture, size, interpolation=cv2.INTER_LANCZOS4)


class Lanczos:
    """Enlarges pictures; the needed pixels are not asked for, because all are cheap."""

    def __init__(self, factor: int) -> None:
        self.factor = factor

    def __call__(self, picture: np.ndarray, needed: np.ndarray | None = None) -> np.ndarray:
        """Return a picture (H, W, 3) uint8, enlarged."""
        return interpolate(picture, self.factor)


def load(factor: int, runtime: Runtime) -> Lanczos:
    """Return the engine for a factor of `FACTORS`; it is the same for every runtime."""
    return Lanczos(factor)
