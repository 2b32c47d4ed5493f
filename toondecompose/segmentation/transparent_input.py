"""Background and sprites of a transparent input: its alpha says where the sprites are."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from toondecompose.planes.background import Plane
from toondecompose.planes.texture import Texture
from toondecompose.segmentation.foreground import Separation

VISIBLE = 0.05
"""Least alpha of what is labelled; a translucent sprite is a sprite as well."""

SOLID_SHARE = 0.5
"""Share of the alpha around that a labelled pixel has: less is the soft rim of an outline."""


@dataclass(frozen=True)
class GivenAlpha:
    """The alpha of a transparent input.

    Attributes
    ----------
    alpha : (T, H, W) uint8.
    ground : colour that the frames were laid over.
    """

    alpha: np.ndarray
    ground: tuple[int, int, int]


def labelled(alpha: np.ndarray) -> np.ndarray:
    """Return where sprites are, (H, W) bool, by their alpha (H, W) uint8.

    Opaque ones end where alpha is a half, translucent ones where it is half of what it is beside.
    """
    around = cv2.dilate(alpha, np.ones((5, 5), np.uint8))
    return (alpha >= 255 * VISIBLE) & (alpha > SOLID_SHARE * around)


def given_separation(given: GivenAlpha) -> Separation:
    """Return background and sprites: one empty plane that stands still, and where alpha is."""
    count, height, width = given.alpha.shape
    colour = np.broadcast_to(np.asarray(given.ground, np.float32), (height, width, 3)).copy()
    seen = np.full((height, width), count, np.uint16)
    texture = Texture(colour, seen, np.zeros((height, width), np.float32))
    opaque = np.ones((height, width), np.float32)
    plane = Plane(np.repeat(np.eye(3)[None], count, axis=0), (width, height), texture, opaque)
    foreground = np.stack([labelled(alpha) for alpha in given.alpha]).astype(np.float32)
    return Separation((plane,), foreground, 2 * foreground - 1, even=False)
