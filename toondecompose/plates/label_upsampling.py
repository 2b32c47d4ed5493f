"""Labels and masks at the resolution of the source."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from toondecompose.core.geometry import Size
from toondecompose.core.masks import distance_to_mask

WIDE, NARROW, LEAST = 3.0, 0.75, 0.3
"""Working pixels around a sprite that do not enter the plates: the least where there is nothing
else to choose from."""


def enlarge_labels(labels: Sequence[np.ndarray], size: Size) -> np.ndarray:
    """Enlarge working labels, (H, W) uint8 each, to (K, H', W') float32 in 0..1."""
    result = np.zeros((len(labels), size[1], size[0]), np.float32)
    for k, label in enumerate(labels):
        result[k] = cv2.resize(label, size, interpolation=cv2.INTER_CUBIC)
    return result / 255


def enlarge_mask(mask: np.ndarray, size: Size) -> np.ndarray:
    """Enlarge a mask (H, W) bool; pixels are true where all that contributes is."""
    return cv2.resize(mask.astype(np.uint8) * 255, size, interpolation=cv2.INTER_LINEAR) == 255


def free_of(
    shown: np.ndarray, label: np.ndarray, doubtful: np.ndarray, scale: float
) -> list[np.ndarray]:
    """Return what of a frame shows no sprite, first where that is surest; (H, W) bool each.

    Parameters
    ----------
    shown, label : (H, W) bool, where sprites were found, and where their labels are.
    doubtful : (H, W) bool, where a colour speaks for a sprite: it may be a strand.
    scale : pixels in a working pixel; see `WIDE`.
    """
    around, near = distance_to_mask(shown | label), distance_to_mask(shown)
    # Labels close the gaps between strands: what was found opens them, where nothing else is seen.
    clear = (around > scale * WIDE, around > scale * NARROW, near > scale * NARROW)
    return [mask & ~doubtful for mask in (*clear, near > scale * LEAST)]
