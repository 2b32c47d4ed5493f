"""Slope and curvature of an image."""

from __future__ import annotations

import cv2
import numpy as np

from toondecompose.core.reduction import largest_channel


def steepest_slope(image: np.ndarray) -> np.ndarray:
    """Return the largest slope of any channel (H, W), in grey levels per pixel.

    image is (H, W, C) float32.
    """
    dx = cv2.Sobel(image, cv2.CV_32F, 1, 0, scale=1 / 8)
    dy = cv2.Sobel(image, cv2.CV_32F, 0, 1, scale=1 / 8)
    return np.sqrt(largest_channel(dx**2 + dy**2))


def steepest_gradient(image: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the gradient of the channel that changes most: along x, along y, and its length.

    Each is (H, W) float32, in grey levels per pixel; image is (H, W, 3) uint8.
    """
    levels = image.astype(np.float32)
    dx = cv2.Sobel(levels, cv2.CV_32F, 1, 0, scale=1 / 8)
    dy = cv2.Sobel(levels, cv2.CV_32F, 0, 1, scale=1 / 8)
    squared = dx * dx + dy * dy
    channel = squared.argmax(axis=-1)[..., None]
    dx, dy = (np.take_along_axis(d, channel, -1)[..., 0] for d in (dx, dy))
    return dx, dy, np.sqrt(np.take_along_axis(squared, channel, -1)[..., 0])


def largest_curvature(image: np.ndarray) -> np.ndarray:
    """Return the largest absolute Laplacian of any channel (H, W), in grey levels per pixel^2.

    image is (H, W, C) float32.
    """
    return largest_channel(np.abs(cv2.Laplacian(image, cv2.CV_32F)))
