"""Labels and masks at the resolution of the source."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from toondecompose.core.geometry import Size
from toondecompose.core.masks import distance_to_mask
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.plates.parameters import Parameters


def upsample_labels(labels: Sequence[np.ndarray], size: Size) -> np.ndarray:
    """Upsample labels of the working size, (H, W) uint8 each, to (K, H', W') float32 in 0..1."""
    result = np.zeros((len(labels), size[1], size[0]), np.float32)
    for k, label in enumerate(labels):
        result[k] = cv2.resize(label, size, interpolation=cv2.INTER_CUBIC)
    return result / 255


def upsample_mask(mask: np.ndarray, size: Size) -> np.ndarray:
    """Upsample a mask (H, W) bool; a pixel is true where all interpolated pixels are true."""
    return cv2.resize(mask.astype(np.uint8) * 255, size, interpolation=cv2.INTER_LINEAR) == 255


def background_masks(
    shown: np.ndarray,
    label: np.ndarray,
    doubtful: np.ndarray,
    *,
    scale: float,
    tuning: Tuning = DEFAULT,
) -> list[np.ndarray]:
    """Return where a frame shows no sprite, the safest mask first; (H, W) bool each.

    The later masks come nearer to sprites. They serve only at places that no earlier mask shows.

    Parameters
    ----------
    shown : (H, W) bool, where sprites were found.
    label : (H, W) bool, the labels of sprites.
    doubtful : (H, W) bool, where the colour is evidence for a sprite, possibly a strand of hair.
    scale : pixels per working pixel.
    """
    parameters = tuning[Parameters]
    around, near = distance_to_mask(shown | label), distance_to_mask(shown)
    # Labels close the gaps between strands. The masks of found sprites leave the gaps open: they
    # serve where no other frame shows the background.
    clear = (
        around > scale * parameters.wide_margin,
        around > scale * parameters.narrow_margin,
        near > scale * parameters.narrow_margin,
    )
    return [mask & ~doubtful for mask in (*clear, near > scale * parameters.least_margin)]
