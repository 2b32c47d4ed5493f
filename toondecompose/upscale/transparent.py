"""Pictures with straight alpha, enlarged: colour and alpha apart.

Pixels that are transparent have any colour, often black. A network would mix it into the outline,
which shows as a fringe on another background. So colours are continued beyond the outline first.
Alpha is enlarged by the same network, as a grey picture, so that it follows the enlarged line.
"""

from __future__ import annotations

import cv2
import numpy as np

from toondecompose.plates.push_pull import push_pull
from toondecompose.upscale.engines import Engine

KNOWN_ALPHA = 64
"""Alpha from which on a pixel's own colour is certain; below, that of the pixels around is mixed
into it."""

NEIGHBOURS = np.ones((3, 3), np.uint8)
"""Pixels whose alpha bounds that of the enlarged pixels."""


def enlarge(rgba: np.ndarray, engine: Engine) -> np.ndarray:
    """Return a picture (H, W, 4) uint8 of straight alpha, enlarged by an engine.

    Where alpha is 0 or 255 around a pixel, it stays exactly that.
    """
    alpha = np.ascontiguousarray(rgba[..., 3])
    low, high = cv2.erode(alpha, NEIGHBOURS), cv2.dilate(alpha, NEIGHBOURS)
    if alpha.min() == 255:
        larger = np.full([engine.factor * side for side in alpha.shape], 255, np.uint8)
        return np.dstack([engine(np.ascontiguousarray(rgba[..., :3])), larger])
    colour = engine(continue_colour(rgba), high > 0)
    return np.dstack([colour, _enlarge_alpha(alpha, (low, high), engine)])


def continue_colour(rgba: np.ndarray) -> np.ndarray:
    """Return the colour (H, W, 3) uint8 of a picture, continued to where it is transparent."""
    if not rgba[..., 3].any():
        return np.ascontiguousarray(rgba[..., :3])
    known = np.minimum(rgba[..., 3].astype(np.float32) / KNOWN_ALPHA, 1)
    filled = push_pull(rgba[..., :3].astype(np.float32), known)
    return np.clip(np.rint(filled), 0, 255).astype(np.uint8)


def _enlarge_alpha(
    alpha: np.ndarray, bounds: tuple[np.ndarray, np.ndarray], engine: Engine
) -> np.ndarray:
    low, high = bounds
    grey = engine(cv2.merge([alpha] * 3), low != high)
    larger = np.rint(grey.mean(axis=2, dtype=np.float32)).astype(np.uint8)
    size = larger.shape[::-1]
    low, high = (cv2.resize(one, size, interpolation=cv2.INTER_NEAREST) for one in bounds)
    return np.clip(larger, low, high)
