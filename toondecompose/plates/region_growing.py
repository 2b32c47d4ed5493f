"""Region growing: background that continues into a label where the plates are uncertain.

Clouds drift by themselves, and a place that few frames show is known badly. A label that has taken
a piece of such a sky keeps it, because no plate explains it. But a sprite ends at a drawn edge: a
region that joins the background without an edge, in colours of the background, is background.
"""

from __future__ import annotations

import cv2
import numpy as np

from toondecompose.core.reduction import largest_channel, local_contrast
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.planes.parameters import Parameters as PlanesParameters
from toondecompose.plates.parameters import Parameters


def grow_background(
    frame: np.ndarray,
    plate: np.ndarray,
    clear: np.ndarray,
    *,
    noise: float,
    scale: float,
    tuning: Tuning = DEFAULT,
) -> np.ndarray:
    """Find where the background continues without an edge into places near sprites.

    Parameters
    ----------
    frame : (H, W, 3) uint8.
    plate : (H, W, 3) float32, the background as it is known.
    clear : (H, W) bool, where no sprite is near.
    noise : standard deviation of a pixel of one colour, in grey levels.
    scale : pixels per working pixel.

    Returns
    -------
    Where the background continues, (H, W) bool, without the clear pixels.
    """
    parameters = tuning[Parameters]
    # A sprite that the label has missed is clear as well, but the plate does not explain it.
    off = largest_channel(cv2.absdiff(frame, cv2.convertScaleAbs(plate)))
    sure = clear & (off <= tuning[PlanesParameters].agreement_levels)
    flat = (local_contrast(frame) <= parameters.max_flat_sigmas * noise).view(np.uint8)
    count, part = cv2.connectedComponents(flat, connectivity=4)
    background = 2 * np.bincount(part[sure], minlength=count) >= np.bincount(part.ravel())
    background[0] = False
    found, margin = background[part], parameters.max_flat_sigmas * noise
    # A pixel beside an edge is not flat, but has the colour of a flat one.
    beside = _in_range(frame, *_range(frame, found, 2), margin=margin)
    whole = frame.shape[1::-1]
    size = tuple(-(-side // parameters.colour_reduction) for side in whole)
    small, shown = (
        cv2.resize(x, size, interpolation=cv2.INTER_NEAREST)
        for x in (frame, (found & sure).view(np.uint8))
    )
    ends = _range(
        small, shown > 0, round(parameters.colour_radius * scale) // parameters.colour_reduction
    )
    least, largest = (cv2.resize(x, whole, interpolation=cv2.INTER_NEAREST) for x in ends)
    return beside & _in_range(frame, least, largest, margin=margin) & ~clear


def _range(
    image: np.ndarray, where: np.ndarray, search_radius: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the least and largest levels (H, W, 3) uint8 of the places (H, W) bool in a radius."""
    window, mask = np.ones((2 * search_radius + 1,) * 2, np.uint8), where.view(np.uint8)
    least, largest = (cv2.dilate(cv2.copyTo(x, mask), window) for x in (~image, image))
    return ~least, largest


def _in_range(
    image: np.ndarray, least: np.ndarray, largest: np.ndarray, *, margin: float
) -> np.ndarray:
    """Return where an image (H, W, 3) uint8 lies between two levels, plus or minus a margin."""
    more = (margin,) * 3
    return cv2.inRange(image, cv2.subtract(least, more), cv2.add(largest, more)) > 0
