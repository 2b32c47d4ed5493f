"""Planes of the background as layers of a frame of their own, where several are one object.

Laid over each other they make the object's layer. A plane has the pixels of that layer where it is
seen, and those of its canvas behind nearer planes.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from toondecompose.export.scene import Scene
from toondecompose.store import paths
from toondecompose.store.layer_parts import OverlayLayer, Plate, Sprite

NamedImage = tuple[str, np.ndarray]
"""Name and pixels, (H, W, 4) uint8 straight, of a layer."""


def split_stack(scene: Scene, t: int) -> list[NamedImage]:
    """Return all layers of a frame by the mean order, each plane by itself, from back to front."""
    found: list[NamedImage] = []
    for name, layer in scene.stack:
        drawn = isinstance(layer, Sprite | OverlayLayer)
        plates = [] if drawn else scene.plates_of(layer.number)
        if len(plates) > 1:
            found += split_planes(scene, plates, layer.rgba(t), t=t)
        else:
            found.append((name, layer.rgba(t)))
    return found


def split_planes(
    scene: Scene, plates: list[tuple[str, Plate]], whole: np.ndarray, *, t: int
) -> list[NamedImage]:
    """Return the planes of an object in frame t, from back to front.

    Parameters
    ----------
    plates : name and canvas of each plane, from back to front.
    whole : the object's layer in the frame, (H, W, 4) uint8.
    """
    views = [_view(scene, plate, t) for _, plate in plates]
    found: list[NamedImage] = []
    target = whole[..., :3].astype(np.float32)
    for n in reversed(range(len(plates))):
        rgba = views[n]
        alpha, colour = rgba[..., 3:].astype(np.float32) / 255, rgba[..., :3].astype(np.float32)
        if n:
            # target = alpha * colour + (1 - alpha) * behind, solved for the one that weighs more.
            behind, near = _together(views[:n]), alpha >= 0.5
            solved = (target - (1 - alpha) * behind) / np.maximum(alpha, 0.5)
            colour = np.where(near, solved, colour).clip(0, 255).round()
            rest = (target - alpha * colour) / np.maximum(1 - alpha, 0.5)
            target = np.where(near, behind, rest)
        else:
            colour = np.where(alpha > 0, target, colour).clip(0, 255).round()
        found.append((plates[n][0], np.dstack([colour, rgba[..., 3]]).astype(np.uint8)))
    return found[::-1]


def _together(views: Sequence[np.ndarray]) -> np.ndarray:
    """Return planes laid over each other, from back to front, (H, W, 3) float32."""
    colour = views[0][..., :3].astype(np.float32)
    for rgba in views[1:]:
        alpha = rgba[..., 3:].astype(np.float32) / 255
        colour = alpha * rgba[..., :3] + (1 - alpha) * colour
    return colour


def _view(scene: Scene, plate: Plate, t: int) -> np.ndarray:
    """Return a canvas as frame t shows it, with fade and light, (H, W, 4) uint8."""
    size, flags = scene.layers.size, cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    pixels = cv2.warpPerspective(
        plate.rgba, plate.transforms[t], size, flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    light = cv2.resize(scene.layers.clip.read_npy(paths.LIGHT), size)
    lit = np.clip(np.round(pixels[..., :3] + light), 0, 255).astype(np.uint8)
    return scene.layers.lighting.restore(np.dstack([lit, pixels[..., 3]]), t)
