"""The sprite's own colour, without the background that shines through its edge."""

from __future__ import annotations

import cv2
import numpy as np

from toondecompose.core.masks import nearest_in_mask
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.matting.parameters import Parameters

COLOUR_MARGIN_PX = 6
"""Width in pixels of the margin around a sprite that gets the colour of its nearest pixel, so that
scaling or blurring the picture draws no black into its edge. Farther away the colour is zero."""


def foreground_colour(
    frame: np.ndarray,
    plate: np.ndarray,
    alpha: np.ndarray,
    *,
    expected: np.ndarray,
    tuning: Tuning = DEFAULT,
) -> np.ndarray:
    """Return the straight colour (H, W, 3) uint8 of the sprites.

    Parameters
    ----------
    frame, plate : (H, W, 3) float32.
    alpha : (H, W) uint8, as it will be stored.
    expected : (H, W, 3) float32, colour of the sprite nearby; counts where alpha is small.
    """
    parameters = tuning[Parameters]
    result = cv2.copyTo(frame, (alpha == 255).view(np.uint8))
    rows, columns = np.nonzero((alpha > 0) & (alpha < 255))
    a = (alpha[rows, columns] / np.float32(255))[:, None]
    image, behind, around = (x[rows, columns] for x in (frame, plate, expected))
    # minimise |I - aF - (1 - a) B|^2 + l |F - F0|^2:  F = F0 + a (I - aF0 - (1 - a) B) / (a^2 + l)
    error = image - a * around - (1 - a) * behind
    result[rows, columns] = around + a * error / (a**2 + parameters.colour_noise_ratio)
    return bleed(np.clip(np.round(result), 0, 255).astype(np.uint8), alpha)


def bleed(colour: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Extend the colour of the sprite into the transparent pixels next to it."""
    solid = alpha >= 128
    if not solid.any():
        return colour
    kernel = np.ones((2 * COLOUR_MARGIN_PX + 1, 2 * COLOUR_MARGIN_PX + 1), np.uint8)
    ring = (cv2.dilate((alpha > 0).astype(np.uint8), kernel) > 0) & (alpha == 0)
    rows, columns = np.nonzero(ring)
    result = colour.copy()
    result[rows, columns] = colour[nearest_in_mask(solid, rows, columns)]
    return result
