"""Stray chroma: video codecs blur colour, at half the resolution of lightness.

Video keeps lightness at every pixel, but hue and saturation (chroma) for blocks: beside a blonde
head the sky is yellowish for four or eight pixels, while its lightness is exact. The share of a
chroma edge that strays so far is measured in the clip itself, and chroma gets less weight there.
Images that were never compressed like this have no stray chroma, and all channels count alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import cv2
import numpy as np

from toondecompose.core.reduction import dot, in_all_channels
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.footage.parameters import Parameters

LIGHTNESS = np.array([0.299, 0.587, 0.114], np.float32)
"""Weights of red, green and blue in the lightness of video."""


def lightness(colours: np.ndarray) -> np.ndarray:
    """Return the lightness (...) of colours (..., 3) float32."""
    return reduce(np.add, [colours[..., c] * weight for c, weight in enumerate(LIGHTNESS)])


def weighed(colours: np.ndarray, trust: np.ndarray | None) -> np.ndarray:
    """Return colours or differences (..., 3) float32 with their chroma times trust (...)."""
    if trust is None:
        return colours
    light, result = lightness(colours), np.empty_like(colours)
    for c in range(3):  # channel by channel: numpy is several times slower along a short axis
        result[..., c] = light + trust * (colours[..., c] - light)
    return result


def chroma_contrast(frame: np.ndarray, *, tuning: Tuning = DEFAULT) -> np.ndarray:
    """Return the standard deviation of chroma around each pixel, (H, W) float32, in grey levels."""
    parameters = tuning[Parameters]
    # At half the size, as video keeps it.
    size = (-(-frame.shape[1] // 2), -(-frame.shape[0] // 2))
    image = cv2.resize(frame, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    chroma = image - in_all_channels(lightness(image))
    window = (parameters.chroma_block_px + 1, parameters.chroma_block_px + 1)
    mean = cv2.blur(chroma, window)
    variance = cv2.blur(dot(chroma, chroma), window) - dot(mean, mean)
    contrast = np.sqrt(np.maximum(variance, 0))
    return cv2.resize(contrast, frame.shape[1::-1], interpolation=cv2.INTER_LINEAR)


def stray_chroma(
    frame: np.ndarray, plate: np.ndarray, beside: np.ndarray, *, tuning: Tuning = DEFAULT
) -> tuple[np.ndarray, np.ndarray]:
    """Return the error of chroma where lightness is right, and the contrast of chroma, both
    squared.

    Parameters
    ----------
    frame, plate : (H, W, 3), the clean plate as the frame sees it.
    beside : (H, W) bool, background beside a sprite.

    Returns
    -------
    (N,) each, in squared grey levels. Noise is subtracted, on average.
    """
    parameters = tuning[Parameters]
    difference = (frame - plate)[beside]
    light = lightness(difference)
    plain = np.abs(light) < parameters.max_lightness_error_levels
    chroma = difference[plain] - light[plain][:, None]
    # Chroma has two dimensions and lightness one.
    astray = dot(chroma, chroma) - 2 * light[plain] ** 2
    return astray, chroma_contrast(frame, tuning=tuning)[beside][plain] ** 2


def share_astray(
    strays: Sequence[tuple[np.ndarray, np.ndarray]], *, tuning: Tuning = DEFAULT
) -> float:
    """Return the share of the contrast of chroma that strays, from `stray_chroma` of some frames.

    It is the quantile of the pixels' shares at one standard deviation, weighted by their contrast.
    """
    parameters = tuning[Parameters]
    astray, contrast = (np.concatenate(part) for part in zip(*strays, strict=True))
    if len(astray) < parameters.min_chroma_pixels:
        return 0.0
    share = astray / np.maximum(contrast, 1)
    order = np.argsort(share)
    counted = np.cumsum(contrast[order])
    usual = share[order[np.searchsorted(counted, parameters.chroma_quantile * counted[-1])]]
    return float(np.sqrt(max(0.0, usual)))


def chroma_trust(
    frame: np.ndarray, bleed: float, noise: float, *, tuning: Tuning = DEFAULT
) -> np.ndarray | None:
    """Return the weight of chroma relative to lightness at each pixel, (H, W) float32 in 0..1.

    None stands for 1 everywhere. bleed is `share_astray`, noise the standard deviation of the
    frames about the plates, in grey levels.
    """
    if bleed == 0:
        return None
    strayed = (bleed * chroma_contrast(frame, tuning=tuning)) ** 2 / 2
    return noise / np.sqrt(noise**2 + strayed)
