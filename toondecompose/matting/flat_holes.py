"""Holes of one colour, deep inside a sprite: shaded skin of the very colour that the wall has.

All their pixels look like the plate by one and the same chance, in every frame of a hold before a
plain wall. What is seen through a gap varies from place to place, or as the background slides on,
or has a colour that sprites hardly have.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from toondecompose.labelling.evidence import lookup
from toondecompose.matting.trimap import Colours

FLAT = 2.0
"""A hole is of one colour when it varies by less than so many times the noise."""

QUARTILES = 1.35
"""Standard deviations between the quartiles of a normal distribution, which a rim does not move."""

COMMON = 0.1
"""Share of the sprites' pixels whose colours are too rare to be a shade of skin or cloth: a hole of
such a colour is a gap."""

KNOWN_GAP = 0.25
"""Mean of a drawing's labels below which they know a gap: half of them may err."""

DEEP = 2.0
"""Times the label's blur: nearer to its outline, strands part."""


def flat_holes(
    shown: np.ndarray,
    picture: np.ndarray,
    variance: Callable[[], np.ndarray],
    label: np.ndarray,
    blur: float,
    colours: Colours,
) -> np.ndarray:
    """Return the holes of one colour deep inside the label, (H, W) bool.

    Parameters
    ----------
    shown : (H, W) bool, where the sprites are but for such holes.
    picture : (H, W, 3) uint8, a frame.
    variance : returns (H, W) float32, that of the drawing's frames about their mean, in grey levels
        squared; most sprites have no hole so deep that it would be asked.
    label : (H, W) float32 in 0..1, the mean of all frames; holes no larger than its blur do not
        count.
    blur : pixels by which the label's outline is commonly wrong.
    colours : of the clip; only what has a colour of the sprites is closed.
    """
    solid = ~_large(label < KNOWN_GAP, np.pi * blur**2)
    deep = cv2.distanceTransform(solid.astype(np.uint8), cv2.DIST_L2, 5) > DEEP * blur
    count, holes = cv2.connectedComponents((~shown).astype(np.uint8), connectivity=4)
    shallow = np.bincount(holes.ravel(), weights=~deep.ravel(), minlength=count) > 0
    flat = np.zeros(count, bool)
    deepest = np.flatnonzero(~shallow[1:]) + 1
    known = lookup(colours.sprites, picture) >= _rarest(colours.sprites) if deepest.size else shown
    varies = variance() if deepest.size else np.zeros(shown.shape, np.float32)
    for i in deepest:
        inside = holes == i
        low, high = np.quantile(picture[inside], (0.25, 0.75), axis=0)
        spread = np.square((high - low) / QUARTILES).mean()
        flat[i] = spread + np.median(varies[inside]) < (FLAT * colours.noise) ** 2
        flat[i] &= np.mean(known[inside]) > 0.5
    return flat[holes]


def _rarest(density: np.ndarray) -> float:
    """Return the least density of a common colour; see `COMMON` and `colour_density`."""
    values = np.sort(density, axis=None)
    mass = np.cumsum(values)
    return float(values[np.searchsorted(mass, COMMON * mass[-1])])


def _large(mask: np.ndarray, least: float) -> np.ndarray:
    """Keep the parts of a mask (H, W) bool that have so many pixels at least."""
    _, parts, facts, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    kept = facts[:, cv2.CC_STAT_AREA] >= least
    kept[0] = False
    return kept[parts]
