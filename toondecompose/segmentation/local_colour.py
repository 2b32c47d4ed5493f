"""A character's colours near by, instead of in the whole clip: cloth that looks like the street.

A dark ribbon before a dark balcony fits the plate, pixel by pixel, as well as the balcony would.
But all these pixels look so by one and the same chance, and the ribbon goes on beside the balcony,
where no plate explains it. So there it is as likely as the balcony, and outlines decide.
"""

from __future__ import annotations

import cv2
import numpy as np

from toondecompose.segmentation import colour_model

REACH = 12.0
"""Working pixels within which a character's colours are looked for."""

SAMPLES = 48
"""Pixels looked at, spread evenly over the disc."""

SURE = 1.5
"""Evidence that the pixels of a patch that is surely the character's have on average, at least."""

FEWEST = 0.25
"""Share of them that a character must fill to say how its colours are spread there."""

GOLDEN = np.pi * (3 - np.sqrt(5))
"""Angle from one sample to the next that spreads them evenly (Vogel, 1979)."""


def heed_nearby(
    colour: np.ndarray,
    frame: np.ndarray,
    inside: np.ndarray,
    sights: np.ndarray,
    characters: np.ndarray,
    noise: float,
    wanted: np.ndarray | bool = True,
    reach: float = REACH,
    patch: int = 0,
) -> np.ndarray:
    """Let evidence know which colours a character has near by, not only in the whole clip.

    They are those of its surely known pixels. Only evidence for the background that the plate gives
    is weakened, and that for the character, where no frame has shown the plate, strengthened.

    Parameters
    ----------
    colour : (H, W), evidence; see `toondecompose.segmentation.colour_model.colour_evidence`, also for
        frame (H, W, 3) uint8, sights (H, W), and characters, the density of their colours.
    inside : (H, W) bool, where labels say character.
    noise : standard deviation of a pixel of one colour, in grey levels.
    wanted : (H, W) bool, where evidence may change.
    reach : pixels within which colours are looked for.
    patch : radius, in pixels, of the patch around a pixel that must be the character's for the
        pixel to be so surely; see `surely`.

    Returns
    -------
    (H, W), in the limits of that evidence, and nowhere less than it was.
    """
    known = sights >= colour_model.TRUSTED_SIGHTS
    sure = surely(colour, inside & known, patch)
    window = np.ones((2 * round(reach) + 1,) * 2, np.uint8)
    around = cv2.dilate(sure.astype(np.uint8), window) > 0
    places = np.flatnonzero(wanted & around & (~known | (colour < 0)))
    near = nearby_density(frame, sure, places, noise, reach)
    usual = colour_model.softened(characters, frame.reshape(-1, 3)[places])
    heeded = colour.copy()
    heeded.ravel()[places] += np.log(np.maximum(near / usual, 1))
    return np.minimum(heeded, colour_model.CAP)


def surely(colour: np.ndarray, known: np.ndarray, patch: int) -> np.ndarray:
    """Return which pixels surely show a character, (H, W) bool.

    Where the plate is a little wrong, pixels of the street look like a character's. Where nothing
    but colours decides, the street around would be likened to them: there whole patches count.

    Parameters
    ----------
    colour : (H, W), evidence.
    known : (H, W) bool, where labels say character and the plate is known: others do not count.
    patch : radius in pixels; 0 where the pixel is enough.
    """
    sure = known & (colour > 0)
    if patch == 0:
        return sure
    window = (2 * patch + 1,) * 2
    total = cv2.blur(np.where(known, colour, 0).astype(np.float32), window)
    return sure & (total > SURE * cv2.blur(known.astype(np.float32), window))


def nearby_density(
    frame: np.ndarray, sure: np.ndarray, places: np.ndarray, noise: float, reach: float
) -> np.ndarray:
    """Return the density of the colour at each place among the sure pixels near it.

    Parameters
    ----------
    frame : (H, W, 3) uint8.
    sure : (H, W) bool, pixels that surely show a character.
    places : (N,) indices of pixels, row by row.
    noise, reach : see `heed_nearby`.

    Returns
    -------
    (N,) float32, per grey level cubed.
    """
    height, width = sure.shape
    rows, columns = np.divmod(places, width)
    colours, sure = frame.reshape(-1, 3), sure.ravel()
    own = colours[places].astype(np.float32)
    alike, found = np.zeros(places.size, np.float32), np.zeros(places.size, np.int32)
    double = 4 * noise**2  # Twice the variance of the difference of two pixels.
    for dy, dx in zip(*spread_disc(reach), strict=True):
        y, x = rows + dy, columns + dx
        index = np.flatnonzero((y >= 0) & (y < height) & (x >= 0) & (x < width))
        there = y[index] * width + x[index]
        index, there = index[sure[there]], there[sure[there]]
        difference = colours[there] - own[index]
        squared = np.einsum("ij,ij->i", difference, difference)
        alike[index] += np.exp(-np.minimum(squared / double, 80))
        found[index] += 1
    return alike / ((np.pi * double) ** 1.5 * np.maximum(found, FEWEST * SAMPLES))


def spread_disc(radius: float) -> tuple[np.ndarray, np.ndarray]:
    """Return rows and columns of `SAMPLES` pixels spread evenly over a disc about (0, 0)."""
    number = np.arange(SAMPLES)
    distance, angle = radius * np.sqrt((number + 0.5) / SAMPLES), number * GOLDEN
    return tuple(np.rint(distance * part).astype(int) for part in (np.sin(angle), np.cos(angle)))
