"""Layers with what was painted over one frame of them, and with the light of their frame."""

from __future__ import annotations

import numpy as np

from toondecompose.core import geometry
from toondecompose.edit.clip import EditedClip
from toondecompose.report.composition import warp_drawing


def painted_over(
    clip: EditedClip,
    shown: tuple[str, int],
    under: np.ndarray,
    *,
    t: int,
    there: np.ndarray | None = None,
) -> np.ndarray:
    """Return a layer of frame t with what was painted over one of its frames.

    What was painted has fade and light of that frame; another frame gets its own fade.

    Parameters
    ----------
    shown : name of the layer, and the frame whose image is shown in frame t.
    under : (H, W, 4) uint8, straight.
    there : (3, 3), pixels of the video to those of the painted frame; None where they are the
        same.
    """
    image = clip.frame_images.get(shown)
    if image is None:
        return under
    pixels, mask = image.rgba, np.dstack([image.changed] * 4)
    if there is not None:
        pixels, mask = (warp_drawing(one, there, clip.size) for one in (pixels, mask))
    if shown[1] != t:
        gains = clip.placements.lighting.gains
        colour = np.minimum(np.round(pixels[..., :3] * (gains[t] / gains[shown[1]])), 255)
        pixels = np.dstack([colour, pixels[..., 3]]).astype(np.uint8)
    return mix(under, pixels, mask[..., :1].astype(np.float32) / 255)


def lit(
    clip: EditedClip, layer: np.ndarray, t: int, *, seen: np.ndarray, over_all: bool = True
) -> np.ndarray:
    """Put the fade of a frame into a layer (H, W, 4) uint8, and light over all unless it is off."""
    lighting = clip.placements.lighting
    if not over_all or lighting.light is None:
        return lighting.fade(layer, t)
    if clip.same_view:
        return lighting.restore(layer, t)
    field = lighting.light.field(t, clip.placements.clip.size)
    return lighting.restore(layer, t, geometry.to_frame(field, seen, clip.size))


def mix(under: np.ndarray, over: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Blend two straight RGBA layers (H, W, 4) uint8, with the share (H, W, 1) of the second."""
    first, second = (layer[..., 3:].astype(np.float32) / 255 for layer in (under, over))
    alpha = (1 - share) * first + share * second
    weight = np.where(alpha > 0, share * second / np.maximum(alpha, 1e-6), share)
    colour = (1 - weight) * under[..., :3] + weight * over[..., :3]
    return np.dstack([np.round(colour), np.round(255 * alpha)]).astype(np.uint8)
