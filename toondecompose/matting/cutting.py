"""Labels and masks at the resolution of the source."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from toondecompose.geometry import Size


def enlarge_labels(labels: Sequence[np.ndarray], size: Size) -> np.ndarray:
    """Enlarge working labels, (H, W) uint8 each, to (K, H', W') float32 in 0..1."""
    result = np.zeros((len(labels), size[1], size[0]), np.float32)
    for k, label in enumerate(labels):
        result[k] = cv2.resize(label, size, interpolation=cv2.INTER_CUBIC)
    return result / 255


def enlarge_mask(mask: np.ndarray, size: Size) -> np.ndarray:
    """Enlarge a mask (H, W) bool; pixels are true where all that contributes is."""
    return cv2.resize(mask.astype(np.uint8) * 255, size, interpolation=cv2.INTER_LINEAR) == 255


def clearance(mask: np.ndarray) -> np.ndarray:
    """Return each pixel's distance in pixels from a mask (H, W) bool, float32; 0 inside."""
    if not mask.any():
        return np.full(mask.shape, np.inf, np.float32)
    return cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5)


def apart(mask: np.ndarray, margins: Sequence[float]) -> list[np.ndarray]:
    """Return what is farther than each of some margins, in pixels, from a mask (H, W) bool.

    The first margin is the widest. What it closes, a hole of the mask or a gap in it, stays closed
    for all: they come nearer to the mask from where it is clear that there is none.
    """
    clear = clearance(mask) > margins[0]
    away = clearance(clear)
    return [away <= margins[0] - margin for margin in margins]
