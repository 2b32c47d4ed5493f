"""The sprite's own colour, free of the background that shines through its edge."""

from __future__ import annotations

import cv2
import numpy as np

from toondecompose.matting.known_background import nearest

LOOSENESS = 0.03
"""How far the frame is believed against the colour around: variance of the frame's noise over the
variance of the sprite's colours."""

BLEED = 6
"""Pixels beyond the outline that get the colour of the nearest pixel of the sprite, so that
scaling or blurring the picture draws no black into its edge. Farther off, colour is zero."""


def foreground_colour(
    frame: np.ndarray, plate: np.ndarray, alpha: np.ndarray, expected: np.ndarray
) -> np.ndarray:
    """Return the straight colour (H, W, 3) uint8 of the sprites.

    Parameters
    ----------
    frame, plate : (H, W, 3) float32.
    alpha : (H, W) uint8, as it will be stored.
    expected : (H, W, 3) float32, the colour of the sprite around; counts where alpha is small.
    """
    result = cv2.copyTo(frame, (alpha == 255).view(np.uint8))
    rows, columns = np.nonzero((alpha > 0) & (alpha < 255))
    a = (alpha[rows, columns] / np.float32(255))[:, None]
    image, behind, around = (x[rows, columns] for x in (frame, plate, expected))
    # minimise |I - aF - (1 - a) B|^2 + l |F - F0|^2:  F = F0 + a (I - aF0 - (1 - a) B) / (a^2 + l)
    error = image - a * around - (1 - a) * behind
    result[rows, columns] = around + a * error / (a**2 + LOOSENESS)
    return bleed(np.clip(np.round(result), 0, 255).astype(np.uint8), alpha)


def bleed(colour: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Continue the colour of the sprite into the transparent pixels next to it."""
    solid = alpha >= 128
    if not solid.any():
        return colour
    kernel = np.ones((2 * BLEED + 1, 2 * BLEED + 1), np.uint8)
    ring = (cv2.dilate((alpha > 0).astype(np.uint8), kernel) > 0) & (alpha == 0)
    rows, columns = np.nonzero(ring)
    result = colour.copy()
    result[rows, columns] = colour[nearest(solid, rows, columns)]
    return result
