"""Log odds of a sprite from the colour of each pixel, given a clean plate.

A pixel of the background has a colour near the plate's, and the nearer the steadier the plate is
there. A pixel of a sprite has one of the colours of all sprites. In cel animation these colours are
few, so a white blouse before a white wall stays undecided instead of being labelled as wall.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from toondecompose.core.gradients import largest_curvature, steepest_slope
from toondecompose.core.parallel import each
from toondecompose.core.reduction import sum_of_channels
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.footage.chroma import weighed
from toondecompose.segmentation.parameters import Parameters

BINS = 32
"""Bins per channel of a colour histogram, of 8 grey levels each."""

UNIFORM_DENSITY = 1 / 256.0**3
"""Density of a colour of which nothing is known, per grey level cubed."""


def colour_shares(frames: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return the share of the pixels inside the mask that have each colour, (32, 32, 32).

    frames are (T, H, W, 3) uint8, mask (T, H, W) bool.
    """

    def count(t: int) -> np.ndarray:
        return np.bincount(colour_bin(frames[t])[mask[t]], minlength=BINS**3)

    counts = np.sum(each(count, range(len(frames))), axis=0).reshape(BINS, BINS, BINS)
    return counts / max(counts.sum(), 1)


def density_of(shares: np.ndarray, *, tuning: Tuning = DEFAULT) -> np.ndarray:
    """Return the density (32, 32, 32), per grey level cubed, of colours with these shares."""
    histogram = ndimage.gaussian_filter(shares, tuning[Parameters].colour_smoothing_bins)
    return (histogram / 8.0**3).astype(np.float32)


def colour_density(frames: np.ndarray, mask: np.ndarray, *, tuning: Tuning = DEFAULT) -> np.ndarray:
    """Return the density of the colours of frames inside the mask; see `colour_shares`."""
    return density_of(colour_shares(frames, mask), tuning=tuning)


def lookup(density: np.ndarray, frame: np.ndarray) -> np.ndarray:
    """Return the density at the colour of each pixel of a frame (H, W, 3) uint8."""
    return np.take(density, colour_bin(frame))


def colour_bin(frame: np.ndarray) -> np.ndarray:
    """Return the number of the bin of each pixel of a frame (..., 3) uint8, (...) uint16."""
    red, green, blue = (frame[..., c].astype(np.uint16) >> 3 for c in range(3))
    return (red * BINS + green) * BINS + blue


def softened(density: np.ndarray, bins: np.ndarray, *, tuning: Tuning = DEFAULT) -> np.ndarray:
    """Return the density of colours, (...), which is never 0; bins (...) are their `colour_bin`."""
    unseen = tuning[Parameters].unseen_colour_share
    return (1 - unseen) * np.take(density, bins) + unseen * UNIFORM_DENSITY


def colour_log_odds(
    frame: np.ndarray,
    plate: np.ndarray,
    noise: np.ndarray,
    *,
    observation_count: np.ndarray,
    sprite_density: np.ndarray,
    background_density: np.ndarray,
    trust: np.ndarray | None = None,
    tuning: Tuning = DEFAULT,
) -> np.ndarray:
    """Return log p(colour | sprite) - log p(colour | background), (H, W).

    Parameters
    ----------
    frame : (H, W, 3) uint8.
    plate : (H, W, 3) float32, the clean plate in that frame.
    noise : (H, W), standard deviation of the plate, in grey levels.
    observation_count : (H, W), how many frames have shown the plate; where none has, the background
        can have any of its colours.
    sprite_density, background_density : densities of the colours of either, see `colour_density`.
    trust : (H, W), how far chroma counts against the plate; see `toondecompose.footage.chroma`.

    Returns
    -------
    Log odds in -max_colour_log_odds..max_colour_log_odds.
    """
    parameters = tuning[Parameters]
    residual = weighed(frame.astype(np.float32) - plate, trust)
    misplaced = (parameters.plate_misalignment_px * steepest_slope(plate)) ** 2
    resampled = (parameters.resampling_error * largest_curvature(plate)) ** 2
    sigma = np.sqrt(noise**2 + misplaced + resampled)
    exponent = sum_of_channels(residual**2) / (2 * sigma**2)
    normal = np.exp(-np.minimum(exponent, 80)) / ((2 * np.pi) ** 1.5 * sigma**3)
    bins = colour_bin(frame)
    any_colour = softened(background_density, bins, tuning=tuning)
    trusted = np.clip(observation_count / parameters.trusted_observations, 0, 1)
    trusted = (1 - parameters.plate_outlier_share) * trusted
    background = trusted * normal + (1 - trusted) * any_colour
    sprite = softened(sprite_density, bins, tuning=tuning)
    limit = parameters.max_colour_log_odds
    return np.clip(np.log(sprite) - np.log(background), -limit, limit)
