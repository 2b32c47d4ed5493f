"""Frames put together from plates and whole drawings by matrices, as the page does it."""

from __future__ import annotations

import cv2
import numpy as np

from toondecompose.core.geometry import Size
from toondecompose.store.placement import NamedOverlay, NamedPlane, Placement, Placements


def warp_plane(picture: np.ndarray, matrix: np.ndarray, size: Size) -> np.ndarray:
    """Return a canvas (h, w, C) uint8 as a frame shows it, (H, W, C); its edge repeats."""
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpPerspective(picture, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)


def warp_drawing(picture: np.ndarray, matrix: np.ndarray, size: Size) -> np.ndarray:
    """Return a drawing (h, w, 4) uint8 as a frame shows it, (H, W, 4); transparent beyond it."""
    warped = warp_plane(picture, matrix, size)
    inside = np.full(picture.shape[:2], 255, np.uint8)
    flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
    warped[cv2.warpPerspective(inside, matrix, size, flags=flags) == 0] = 0
    return warped


def add_light(layer: np.ndarray, light: np.ndarray) -> np.ndarray:
    """Add the camera's light (H, W, 3) in grey levels to a layer (H, W, 4) uint8."""
    if not light.any():
        return layer
    colour = cv2.cvtColor(layer, cv2.COLOR_RGBA2RGB)
    return cv2.merge([*cv2.split(cv2.add(colour, light, dtype=cv2.CV_8U)), layer[..., 3]])


def place_layers(placements: Placements, t: int) -> list[np.ndarray]:
    """Return the layers of a frame from back to front, (H, W, 4) uint8, with light and fades."""
    return [_place(placements, one, t) for one in placements.frames[t]]


def _place(placements: Placements, one: Placement, t: int) -> np.ndarray:
    layer = placements.layers[placements.pictures[one.picture].layer]
    picture = placements.read(one.picture)
    if isinstance(layer, NamedOverlay):
        return placements.lighting.fade(picture, t)
    if isinstance(layer, NamedPlane):
        placed = warp_plane(picture, one.matrix, placements.frame_size)
        placed = add_light(placed, placements.light)
    else:
        placed = warp_drawing(picture, one.matrix, placements.frame_size)
    placed = placements.lighting.restore(placed, t)
    if one.opacity < 1:
        placed[..., 3] = np.round(placed[..., 3] * one.opacity)
    return placed
