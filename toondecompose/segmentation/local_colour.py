"""Colours that a sprite has near a pixel, instead of in the whole clip.

A dark ribbon before a dark balcony fits the plate, pixel by pixel, as well as the balcony does. But
all these pixels fit by the same coincidence, and the ribbon goes on beside the balcony, where no
plate explains it. So near the ribbon its colour is as likely as the balcony's, and outlines decide.
"""

from __future__ import annotations

import cv2
import numpy as np

from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.segmentation import colour_model
from toondecompose.segmentation.parameters import Parameters

GOLDEN_ANGLE = np.pi * (3 - np.sqrt(5))
"""Angle from one sample to the next that spreads them evenly (Vogel, 1979)."""


def with_local_colours(
    log_odds: np.ndarray,
    frame: np.ndarray,
    inside: np.ndarray,
    *,
    observation_count: np.ndarray,
    sprite_density: np.ndarray,
    noise: float,
    candidates: np.ndarray | bool = True,
    radius: float | None = None,
    patch_radius: int = 0,
    tuning: Tuning = DEFAULT,
) -> np.ndarray:
    """Raise log odds where a sprite has the pixel's colour near by.

    The sprite's colours are those of its surely labelled pixels. Log odds change where they are for
    the background and where the plate is unknown.

    Parameters
    ----------
    log_odds : (H, W), see `colour_model.colour_log_odds`.
    frame : (H, W, 3) uint8.
    inside : (H, W) bool, the sprites' labels.
    observation_count : (H, W), how many frames have shown the plate.
    sprite_density : density of the colours of all sprites in the clip.
    noise : standard deviation of a pixel of one colour, in grey levels.
    candidates : (H, W) bool, where log odds may change.
    radius : pixels within which colours are looked up; local_colour_radius_px by default.
    patch_radius : radius in pixels of the patch that makes a pixel sure, see `sure_pixels`.

    Returns
    -------
    (H, W), at most max_colour_log_odds, and nowhere less than before.
    """
    parameters = tuning[Parameters]
    radius = parameters.local_colour_radius_px if radius is None else radius
    known = observation_count >= parameters.trusted_observations
    sure = sure_pixels(log_odds, inside & known, patch_radius, tuning=tuning)
    window = np.ones((2 * round(radius) + 1,) * 2, np.uint8)
    around = cv2.dilate(sure.astype(np.uint8), window) > 0
    places = np.flatnonzero(candidates & around & (~known | (log_odds < 0)))
    near = local_density(frame, sure, places, noise=noise, radius=radius, tuning=tuning)
    bins = colour_model.colour_bin(frame.reshape(-1, 3)[places])
    usual = colour_model.softened(sprite_density, bins, tuning=tuning)
    raised = log_odds.copy()
    raised.ravel()[places] += np.log(np.maximum(near / usual, 1))
    return np.minimum(raised, parameters.max_colour_log_odds)


def sure_pixels(
    log_odds: np.ndarray, known: np.ndarray, patch_radius: int, *, tuning: Tuning = DEFAULT
) -> np.ndarray:
    """Return which pixels surely show a sprite, (H, W) bool.

    Where the plate is a little wrong, single pixels of the background look like a sprite's. Where
    only colours decide, they would attract the background around them, so whole patches count.

    Parameters
    ----------
    log_odds : (H, W).
    known : (H, W) bool, labelled as sprite where the plate is known; no other pixel counts.
    patch_radius : radius in pixels; 0 where the pixel itself is enough.
    """
    sure = known & (log_odds > 0)
    if patch_radius == 0:
        return sure
    window = (2 * patch_radius + 1,) * 2
    total = cv2.blur(np.where(known, log_odds, 0).astype(np.float32), window)
    count = cv2.blur(known.astype(np.float32), window)
    return sure & (total > tuning[Parameters].min_patch_log_odds * count)


def local_density(
    frame: np.ndarray,
    sure: np.ndarray,
    places: np.ndarray,
    *,
    noise: float,
    radius: float,
    tuning: Tuning = DEFAULT,
) -> np.ndarray:
    """Return the density of the colour at each place among the sure pixels near it.

    Parameters
    ----------
    frame : (H, W, 3) uint8.
    sure : (H, W) bool, pixels that surely show a sprite.
    places : (N,) indices of pixels, row by row.
    noise, radius : see `with_local_colours`.

    Returns
    -------
    (N,) float32, per grey level cubed.
    """
    samples = tuning[Parameters].local_colour_samples
    least = tuning[Parameters].min_local_sample_share * samples
    # A border that is not sure, so that no place is beyond the picture.
    border = (round(radius) + 1,) * 4
    sure = cv2.copyMakeBorder(sure.view(np.uint8), *border, cv2.BORDER_CONSTANT)
    colours = cv2.copyMakeBorder(frame, *border, cv2.BORDER_CONSTANT).reshape(-1, 3)
    rows, columns = np.divmod(places, frame.shape[1])
    stride = sure.shape[1]
    middle = (rows + border[0]) * stride + columns + border[0]
    sure, own = sure.ravel().view(bool), colours[middle].astype(np.float32)
    total, found = np.zeros(places.size, np.float32), np.zeros(places.size, np.int32)
    double = 4 * noise**2  # Twice the variance of the difference of two pixels.
    for dy, dx in zip(*spread_disc(radius, samples), strict=True):
        there = middle + (dy * stride + dx)
        index = np.flatnonzero(sure[there])
        there = there[index]
        difference = colours[there] - own[index]
        squared = np.einsum("ij,ij->i", difference, difference)
        total[index] += np.exp(-np.minimum(squared / double, 80))
        found[index] += 1
    return total / ((np.pi * double) ** 1.5 * np.maximum(found, least))


def spread_disc(radius: float, samples: int) -> tuple[np.ndarray, np.ndarray]:
    """Return rows and columns of pixels spread evenly over a disc about (0, 0), (samples,) int."""
    number = np.arange(samples)
    distance, angle = radius * np.sqrt((number + 0.5) / samples), number * GOLDEN_ANGLE
    rows, columns = distance * np.sin(angle), distance * np.cos(angle)
    return np.rint(rows).astype(int), np.rint(columns).astype(int)
