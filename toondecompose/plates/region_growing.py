"""Background that goes on beside a sprite without an edge, where the plates are in doubt.

Clouds drift by themselves, and what few frames show is known badly: a label that has taken a piece
of such a sky keeps it, for no plate explains it. But a sprite ends where something is drawn. What
hangs together with the street beyond without an edge, and looks like it, is the street.
"""

from __future__ import annotations

import cv2
import numpy as np

from toondecompose.core.reduction import largest_channel, local_contrast
from toondecompose.planes.texture import AGREEMENT

FLAT = 4.0
"""Standard deviations of the noise by which 3 x 3 pixels without an edge differ, at most."""

NEAR = 24.0
"""Working pixels within which the street has shown the colours that it goes on with."""

COARSE = 4
"""How many times smaller pictures serve to tell how the street's colours go on."""


def adjoining(
    frame: np.ndarray, plate: np.ndarray, clear: np.ndarray, noise: float, scale: float
) -> np.ndarray:
    """Find where the street goes on from where it is known without an edge, and looks alike.

    Parameters
    ----------
    frame : (H, W, 3) uint8.
    plate : (H, W, 3) float32, the street as it is known.
    clear : (H, W) bool, where no sprite is near.
    noise : standard deviation of a pixel of one colour, in grey levels.
    scale : pixels in a working pixel.

    Returns
    -------
    Where it is, (H, W) bool, without the clear pixels.
    """
    # What a label has missed is clear as well, but no plate explains it.
    off = largest_channel(cv2.absdiff(frame, cv2.convertScaleAbs(plate)))
    sure = clear & (off <= AGREEMENT)
    flat = (local_contrast(frame) <= FLAT * noise).view(np.uint8)
    count, part = cv2.connectedComponents(flat, connectivity=4)
    street = 2 * np.bincount(part[sure], minlength=count) >= np.bincount(part.ravel())
    street[0] = False
    found, margin = street[part], FLAT * noise
    # A pixel beside an edge is not flat, but like those that are.
    beside = _in_range(frame, *_range(frame, found, 2), margin)
    whole = frame.shape[1::-1]
    size = tuple(-(-side // COARSE) for side in whole)
    small, shown = (
        cv2.resize(x, size, interpolation=cv2.INTER_NEAREST)
        for x in (frame, (found & sure).view(np.uint8))
    )
    ends = _range(small, shown > 0, round(NEAR * scale) // COARSE)
    least, largest = (cv2.resize(x, whole, interpolation=cv2.INTER_NEAREST) for x in ends)
    return beside & _in_range(frame, least, largest, margin) & ~clear


def _range(image: np.ndarray, where: np.ndarray, reach: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the least and largest levels (H, W, 3) uint8 of places (H, W) bool within reach."""
    window, mask = np.ones((2 * reach + 1,) * 2, np.uint8), where.view(np.uint8)
    least, largest = (cv2.dilate(cv2.copyTo(x, mask), window) for x in (~image, image))
    return ~least, largest


def _in_range(
    image: np.ndarray, least: np.ndarray, largest: np.ndarray, margin: float
) -> np.ndarray:
    """Return where an image (H, W, 3) uint8 lies between levels, or by a margin beyond them."""
    more = (margin,) * 3
    return cv2.inRange(image, cv2.subtract(least, more), cv2.add(largest, more)) > 0
