"""Match the plate to one frame, whose light and compression differ a little from the mean."""

from __future__ import annotations

import cv2
import numpy as np

from toondecompose.core.reduction import in_all_channels, squared_length
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.footage.chroma import weighed
from toondecompose.matting.parameters import Parameters


def match_plate(
    frame: np.ndarray,
    plate: np.ndarray,
    background: np.ndarray,
    *,
    sigma: np.ndarray,
    trust: np.ndarray | None = None,
    tuning: Tuning = DEFAULT,
) -> tuple[np.ndarray, np.ndarray]:
    """Shift the plate to the local mean of the frame, and measure the local noise of the frame.

    Parameters
    ----------
    frame, plate : (H, W, 3) float32.
    background : (H, W) bool, where the frame probably shows the plate.
    sigma : (H, W) float32, expected standard deviation of the difference over the clip.
    trust : (H, W) float32, weight of chroma; see `toondecompose.footage.chroma`.

    Returns
    -------
    The shifted plate (H, W, 3), and the larger of expected and measured deviation (H, W).
    """
    parameters = tuning[Parameters]
    difference = frame - plate
    shows = background & (
        squared_length(weighed(difference, trust))
        < 3 * (parameters.match_outlier_sigmas * sigma) ** 2
    )
    weight = shows.astype(np.float32)
    total = _mean(weight, tuning=tuning)
    # d = sum(w (I - B)) / (sum(w) + few),  B' = B + d,  s^2 = sum(w |I - B'|^2 / 3) / sum(w)
    shift = _mean(difference * in_all_channels(weight), tuning=tuning) / in_all_channels(
        total + parameters.half_match_share
    )
    left = squared_length(weighed(difference - shift, trust)) / 3
    variance = _mean(left * weight, tuning=tuning) / (total + parameters.half_match_share)
    return plate + shift, np.sqrt(np.maximum(sigma**2, variance))


def _mean(image: np.ndarray, *, tuning: Tuning = DEFAULT) -> np.ndarray:
    """Mean of the surroundings, with weights that fall with the distance."""
    parameters = tuning[Parameters]
    window = (parameters.match_radius_px, parameters.match_radius_px)
    return cv2.blur(cv2.blur(image, window), window)
