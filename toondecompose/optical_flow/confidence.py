"""Confidence of a flow: forward-backward agreement and texture."""

import cv2
import numpy as np

from toondecompose.core.reduction import sum_of_channels

# Squared gradients below this (grey levels per pixel, squared) are mostly noise and compression.
TEXTURE_SCALE = 1.0


def confidence(forward: np.ndarray, backward: np.ndarray, frame: np.ndarray) -> np.ndarray:
    """Weigh each vector of a flow A->B between 0 (worthless) and 1 (certain).

    The product of two factors:

    - agreement: exp(-e^2 / (2 s^2)) with e = |f(x) + b(x + f(x))| and s = 0.5 px + 2 % of |f|.
      It is zero where x + f(x) leaves the frame, and low where the point is occluded in B;
    - texture: m / (m + 1) with m the smaller eigenvalue of A's structure tensor (window of about
      7 px): flat regions, where all vectors fit, have no weight; along a straight
      edge only one component is known, so its weight is small.

    Parameters
    ----------
    forward, backward
        (H, W, 2) float32, the flows A->B and B->A, pixels.
    frame
        (H, W, 3) uint8 RGB, the frame A.

    Returns
    -------
    (H, W) float32 in 0..1.

    Raises
    ------
    ValueError
        If the sizes differ.
    """
    if not forward.shape[:2] == backward.shape[:2] == frame.shape[:2]:
        raise ValueError(
            f"sizes differ: forward {forward.shape}, backward {backward.shape}, frame {frame.shape}"
        )
    return agreement(forward, backward) * texture(frame)


OCCLUDED = 0.011
"""Forward-backward agreement below which a point counts as occluded: an error of 3 s."""


def occluded(agreed: np.ndarray) -> np.ndarray:
    """Return where A's points are occluded in B or lie outside of it, (H, W) bool.

    An occluded point has no true flow, and the flow back of the object in front of it leads
    elsewhere. ``agreed`` is the forward-backward factor of :func:`confidence`.
    """
    return agreed < OCCLUDED


def agreement(forward: np.ndarray, backward: np.ndarray) -> np.ndarray:
    """Return the forward-backward factor of :func:`confidence`, (H, W) float32 in 0..1."""
    height, width = forward.shape[:2]
    at_x = forward[..., 0] + np.arange(width, dtype=np.float32)
    at_y = forward[..., 1] + np.arange(height, dtype=np.float32)[:, None]
    back = cv2.remap(
        backward.astype(np.float32), at_x, at_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    error = np.sqrt(sum_of_channels((forward + back) ** 2))
    scale = 0.5 + 0.02 * np.sqrt(sum_of_channels(forward**2))
    inside = (at_x >= 0) & (at_x <= width - 1) & (at_y >= 0) & (at_y <= height - 1)
    return (np.exp(-0.5 * (error / scale) ** 2) * inside).astype(np.float32)


def texture(frame: np.ndarray) -> np.ndarray:
    """Return the texture factor of :func:`confidence`, (H, W) float32 in 0..1."""
    gray = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY).astype(np.float32)
    # Sobel's kernel sums to 8 per unit slope.
    dx = cv2.Sobel(gray, cv2.CV_32F, 1, 0, ksize=3) / 8.0
    dy = cv2.Sobel(gray, cv2.CV_32F, 0, 1, ksize=3) / 8.0
    xx, xy, yy = (cv2.GaussianBlur(p, (0, 0), 1.5) for p in (dx * dx, dx * dy, dy * dy))
    # The smaller eigenvalue of [[xx, xy], [xy, yy]].
    smaller = 0.5 * (xx + yy) - np.sqrt(0.25 * (xx - yy) ** 2 + xy * xy)
    smaller = np.maximum(smaller, 0.0)
    return (smaller / (smaller + TEXTURE_SCALE)).astype(np.float32)
