"""Cut the sprites out of one frame, and labels at the resolution of the source."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from toondecompose.geometry import Size
from toondecompose.matting.held import Box, cut_drawing
from toondecompose.matting.plates import View
from toondecompose.matting.trimap import Colours


def enlarge_labels(labels: Sequence[np.ndarray], size: Size) -> np.ndarray:
    """Enlarge working labels, (H, W) uint8 each, to (K, H', W') float32 in 0..1."""
    result = np.zeros((len(labels), size[1], size[0]), np.float32)
    for k, label in enumerate(labels):
        result[k] = cv2.resize(label, size, interpolation=cv2.INTER_CUBIC)
    return result / 255


def enlarge_mask(mask: np.ndarray, size: Size) -> np.ndarray:
    """Enlarge a mask (H, W) bool; pixels are true where all that contributes is."""
    return cv2.resize(mask.astype(np.uint8) * 255, size, interpolation=cv2.INTER_LINEAR) == 255


def grow(mask: np.ndarray, margin: float) -> np.ndarray:
    """Return a mask (H, W) bool and all within so many pixels of it."""
    if not mask.any():
        return mask
    return cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5) <= margin


def cut_sprites(
    frame: np.ndarray,
    view: View,
    labels: np.ndarray,
    colours: Colours,
    blur: float,
    reach: float,
) -> list[np.ndarray]:
    """Cut every sprite out of a frame.

    Parameters
    ----------
    frame : (H, W, 3) uint8.
    view : the clean background there.
    labels : (K, H, W) float32 in 0..1, one for each sprite.
    colours, blur, reach : see `toondecompose.matting.trimap.find_outline`.

    Returns
    -------
    K images (H, W, 4) uint8, straight RGBA. A pixel belongs to one sprite only, so that their
    order does not matter; laid over the view they give the frame again. Colour is zero where a
    sprite is farther than `BLEED` pixels.
    """

    def see(_: int, box: Box) -> View:
        return View(*(getattr(view, name)[box] for name in View.__dataclass_fields__))

    still = np.eye(3)[None]
    return [
        cut_drawing([frame], [labels], still, see, k, colours, blur, reach)[0]
        for k in range(len(labels))
    ]
