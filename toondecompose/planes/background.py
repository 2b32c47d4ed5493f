"""The background as the camera sees it: rigid planes, one behind the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from toondecompose.core import geometry
from toondecompose.core.geometry import Size
from toondecompose.core.parallel import each
from toondecompose.core.reduction import in_all_channels
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.planes.texture import Texture, robust_texture


@dataclass(frozen=True)
class Plane:
    """A rigid, painted plane.

    Attributes
    ----------
    homographies : (T, 3, 3), frame pixel to canvas pixel.
    canvas : width and height of the canvas.
    texture : what the plane shows.
    alpha : (H, W) float32 on the canvas, 1 where the plane hides the planes behind it.
    """

    homographies: np.ndarray
    canvas: Size
    texture: Texture
    alpha: np.ndarray

    def view(self, t: int, size: Size) -> np.ndarray:
        """Return the texture as frame t sees it, (H, W, 3) float32."""
        return geometry.to_frame(self.texture.colour, self.homographies[t], size)

    def coverage(self, t: int, size: Size) -> np.ndarray:
        """Return the plane's alpha as frame t sees it, (H, W) float32."""
        return geometry.to_frame(self.alpha, self.homographies[t], size)

    def coverages(self, size: Size) -> np.ndarray:
        """Return the plane's alpha as every frame sees it, (T, H, W) float32."""
        return np.stack(each(lambda t: self.coverage(t, size), range(len(self.homographies))))

    def observation_count(self, t: int, size: Size) -> np.ndarray:
        """Return how many frames show each place that frame t sees, (H, W) float32."""
        return geometry.to_frame(self.texture.seen.astype(np.float32), self.homographies[t], size)


Background = tuple[Plane, ...]
"""Planes from front to back; the last one is opaque."""


def opaque_plane(
    frames: np.ndarray,
    masks: np.ndarray | None,
    homographies: np.ndarray,
    *,
    tuning: Tuning = DEFAULT,
) -> Plane:
    """Gather a plane that hides everything behind it; see `robust_texture`."""
    size = (frames.shape[2], frames.shape[1])
    shifted, canvas = geometry.fit_canvas(homographies, size)
    texture = robust_texture(frames, masks, shifted, canvas=canvas, tuning=tuning)
    return Plane(shifted, canvas, texture, np.ones(canvas[::-1], np.float32))


def blend(background: Background, maps: Sequence[np.ndarray], t: int, *, size: Size) -> np.ndarray:
    """Compose one map (H, W) or (H, W, C) of each plane, as the planes hide each other."""
    result = maps[-1]
    for plane, own in zip(background[-2::-1], maps[-2::-1], strict=True):
        cover = plane.coverage(t, size)
        cover = in_all_channels(cover, own.shape[2]) if own.ndim == 3 else cover
        result = cover * own + (1 - cover) * result
    return result


def compose_view(background: Background, t: int, size: Size) -> np.ndarray:
    """Return the clean plate as the camera sees it in frame t, (H, W, 3) float32."""
    return blend(background, [plane.view(t, size) for plane in background], t, size=size)


def observation_count(background: Background, t: int, size: Size) -> np.ndarray:
    """Return how many frames show each place of the clean plate of frame t, (H, W) float32."""
    return blend(
        background, [plane.observation_count(t, size) for plane in background], t, size=size
    )


def spread(background: Background, t: int, size: Size) -> np.ndarray:
    """Return how much the colour of the plate varies over the frames that show it, (H, W)."""
    maps = [geometry.to_frame(p.texture.spread, p.homographies[t], size) for p in background]
    return blend(background, maps, t, size=size)


def plane_masks(background: Background, free: np.ndarray) -> list[np.ndarray]:
    """Return where the frames show each plane, (T, H, W) bool; free is true where no object is."""
    size = (free.shape[2], free.shape[1])
    hidden = np.zeros(free.shape, np.float32)
    masks = []
    for plane in background:
        cover = plane.coverages(size)
        masks.append(free & (hidden < 0.02) & (cover > 0.98))
        hidden = np.maximum(hidden, cover)
    return masks
