"""Evidence for foreground at every pixel, as logarithms of likelihood ratios.

A pixel shows the background with a colour near the plate's, the nearer the steadier the plate
is there; it shows a character with one of the characters' colours, whichever they are. In cel
animation those colours are few, so a white blouse before a white wall stays undecided instead of
being called wall.
"""

from __future__ import annotations

import cv2
import numpy as np
from scipy import ndimage

from toondecompose.core.parallel import each
from toondecompose.core.reduction import largest_channel, sum_of_channels
from toondecompose.footage.chroma import weighed

BINS = 32
"""Bins per channel of the colour histogram."""

OUTLIERS = 0.05
"""Share of the background's pixels that show some other colour of the background than the plate
has there: what is misplaced in the plate, or moves in the street."""

MISALIGNMENT = 0.35
"""Expected misalignment of plate and frame in pixels, which matters where the plate has edges."""

RESAMPLING = 0.25
"""Share of the plate's curvature by which resampling may change a pixel: half a pixel beside its
grid a line one pixel wide keeps half of its contrast, wherever plate and frame are aligned."""

TRUSTED_SIGHTS = 4.0
"""A plate seen by fewer frames than this may be a character's trace, and is trusted in part."""

ANYTHING = 1 / 256.0**3
"""Density of a colour of which nothing is known, per grey level cubed."""

CAP = 8.0
"""Evidence of a single pixel is trusted up to this logarithm."""


def plate_noise(residual: np.ndarray, background: np.ndarray) -> float:
    """Return the standard deviation of the plate's difference, robustly, in grey levels.

    residual is (..., 3); background (...) is true where the background shows.
    """
    values = np.abs(np.concatenate([residual[..., c][background] for c in range(3)]))
    return max(1.0, 1.4826 * float(np.median(values))) if values.size else 2.0


def colour_density(frames: np.ndarray, mask: np.ndarray, *, smooth: float = 1.0) -> np.ndarray:
    """Return the density (32, 32, 32), per grey level cubed, of the colours inside the mask.

    frames are (T, H, W, 3) uint8, mask (T, H, W) bool.
    """

    def count(t: int) -> np.ndarray:
        return np.bincount(colour_bin(frames[t])[mask[t]], minlength=BINS**3)

    counts = np.sum(each(count, range(len(frames))), axis=0)
    histogram = counts.reshape(BINS, BINS, BINS).astype(np.float64)
    histogram = ndimage.gaussian_filter(histogram, smooth)
    return (histogram / max(histogram.sum(), 1.0) / 8.0**3).astype(np.float32)


def lookup(density: np.ndarray, frame: np.ndarray) -> np.ndarray:
    """Return the density at the colour of each pixel of a frame (H, W, 3) uint8."""
    return np.take(density, colour_bin(frame))


def colour_bin(frame: np.ndarray) -> np.ndarray:
    """Return the number of the bin of each pixel of a frame (..., 3) uint8, (...) uint16."""
    red, green, blue = (frame[..., c].astype(np.uint16) >> 3 for c in range(3))
    return (red * BINS + green) * BINS + blue


def colour_evidence(
    frame: np.ndarray,
    plate: np.ndarray,
    sights: np.ndarray,
    noise: np.ndarray,
    foreground: np.ndarray,
    background: np.ndarray,
    trust: np.ndarray | None = None,
) -> np.ndarray:
    """Return log p(colour | foreground) - log p(colour | background), (H, W), within +-CAP.

    Parameters
    ----------
    frame : (H, W, 3) uint8.
    plate : (H, W, 3) float32, the clean plate there.
    sights : (H, W), how many frames have shown the plate; where none has, the background can
        have any of its colours.
    noise : (H, W), standard deviation of the plate there, in grey levels.
    foreground, background : densities of the colours of either (see `colour_density`).
    trust : (H, W), how far chroma counts against the plate; see `toondecompose.footage.chroma`.
    """
    residual = weighed(frame.astype(np.float32) - plate, trust)
    misplaced = (MISALIGNMENT * plate_slope(plate)) ** 2
    resampled = (RESAMPLING * plate_curvature(plate)) ** 2
    sigma = np.sqrt(noise**2 + misplaced + resampled)
    exponent = sum_of_channels(residual**2) / (2 * sigma**2)
    normal = np.exp(-np.minimum(exponent, 80)) / ((2 * np.pi) ** 1.5 * sigma**3)
    some_colour = softened(background, frame)
    trust = (1 - OUTLIERS) * np.clip(sights / TRUSTED_SIGHTS, 0, 1)
    street = trust * normal + (1 - trust) * some_colour
    character = softened(foreground, frame)
    return np.clip(np.log(character) - np.log(street), -CAP, CAP)


def softened(density: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """Return the density of colours (..., 3) uint8 (...), of which some were never seen: not 0."""
    return 0.95 * lookup(density, colours) + 0.05 * ANYTHING


def likeness(frame: np.ndarray, foreground: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Return log of how much likelier each colour is in the foreground, wherever it is, (H, W)."""
    ratio = lookup(foreground, frame) + 0.05 * ANYTHING
    return np.log(ratio / (lookup(background, frame) + 0.05 * ANYTHING))


def plate_slope(plate: np.ndarray) -> np.ndarray:
    """Return the steepest change of a picture in grey levels per pixel, (H, W)."""
    dx = cv2.Sobel(plate, cv2.CV_32F, 1, 0, scale=1 / 8)
    dy = cv2.Sobel(plate, cv2.CV_32F, 0, 1, scale=1 / 8)
    return np.sqrt(largest_channel(dx**2 + dy**2))


def plate_curvature(plate: np.ndarray) -> np.ndarray:
    """Return the curvature (Laplacian) of a picture in grey levels per squared pixel, (H, W)."""
    return largest_channel(np.abs(cv2.Laplacian(plate, cv2.CV_32F)))
