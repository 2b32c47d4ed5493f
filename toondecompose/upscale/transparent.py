"""Pictures with straight alpha, enlarged: the outline as a network sees it in a frame.

A drawing is laid over a soft background B, which looks like what was behind it, and enlarged so:
a network then sees its outline as in a frame, and no black from transparent pixels, which would
show as a fringe. Alpha a is enlarged by the same network, as a grey picture. The enlarged drawing
has the colour F that gives the enlarged picture C over the enlarged background,

    C = a F + (1 - a) B,

and alpha is raised to where such a colour is in 0..255: it follows the enlarged line.
"""

from __future__ import annotations

import cv2
import numpy as np

from toondecompose.plates.push_pull import push_pull
from toondecompose.upscale.engines import Engine
from toondecompose.upscale.lanczos import interpolate

SOFTNESS_PX = 2.0
"""Standard deviation of the blur of the background: it shall have no lines of its own."""

TOLERANCE_LEVELS = 12
"""Grey levels by which a network may change an even background; alpha is not raised for them."""

NEIGHBOURS = np.ones((3, 3), np.uint8)
"""Pixels whose alpha bounds that of the enlarged pixels."""


def enlarge(rgba: np.ndarray, engine: Engine, behind: np.ndarray | None = None) -> np.ndarray:
    """Return a picture (H, W, 4) uint8 of straight alpha, enlarged by an engine.

    Where alpha is 0 or 255 in a pixel and all its neighbours, it stays exactly that.

    Parameters
    ----------
    rgba : the picture.
    engine : that enlarges it.
    behind : (H, W, 3) uint8, what was behind it in some frame; None for its own colours, continued.
    """
    alpha = np.ascontiguousarray(rgba[..., 3])
    if alpha.min() == 255:
        larger = np.full([engine.factor * side for side in alpha.shape], 255, np.uint8)
        return np.dstack([engine(np.ascontiguousarray(rgba[..., :3])), larger])
    ground = continue_colour(rgba) if behind is None else behind
    ground = cv2.GaussianBlur(ground, (0, 0), SOFTNESS_PX)
    share = alpha[..., None].astype(np.float32) / 255
    laid = np.rint(share * rgba[..., :3] + (1 - share) * ground).astype(np.uint8)
    low, high = cv2.erode(alpha, NEIGHBOURS), cv2.dilate(alpha, NEIGHBOURS)
    colour = engine(laid, high > 0).astype(np.float32)
    soft = engine(cv2.merge([alpha] * 3), low != high).mean(axis=2, dtype=np.float32) / 255
    size = soft.shape[::-1]
    bounds = [cv2.resize(one, size, interpolation=cv2.INTER_NEAREST) for one in (low, high)]
    under = interpolate(ground, engine.factor).astype(np.float32)
    return _take_off(colour, under, soft, bounds=bounds)


def _take_off(
    colour: np.ndarray, ground: np.ndarray, alpha: np.ndarray, *, bounds: list[np.ndarray]
) -> np.ndarray:
    """Return the drawing (H, W, 4) uint8 of which a picture shows alpha over a background.

    colour, ground : (H, W, 3) float32, grey levels.
    alpha : (H, W) float32, 0..1, a first estimate.
    bounds : least and largest alpha, (H, W) uint8.
    """
    # The least alpha with which the colour over this background is one in 0..255.
    room = np.where(colour < ground, ground, 255 - ground)
    beyond = np.maximum(np.abs(colour - ground) - TOLERANCE_LEVELS, 0)
    alpha = np.maximum(alpha, (beyond / np.maximum(room, 1)).max(axis=2))
    alpha = np.clip(np.rint(255 * alpha), *bounds) / 255
    share = np.maximum(alpha, 1 / 255)[..., None]
    own = (colour - (1 - share) * ground) / share
    return np.rint(np.dstack([np.clip(own, 0, 255), 255 * alpha])).astype(np.uint8)


def continue_colour(rgba: np.ndarray) -> np.ndarray:
    """Return the colour (H, W, 3) uint8 of a picture, continued to where it is transparent."""
    if not rgba[..., 3].any():
        return np.ascontiguousarray(rgba[..., :3])
    known = rgba[..., 3].astype(np.float32) / 255
    filled = push_pull(rgba[..., :3].astype(np.float32), known)
    return np.clip(np.rint(filled), 0, 255).astype(np.uint8)
