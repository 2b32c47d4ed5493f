"""The layers of the background in one frame, and the camera's light, which they share."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.cast import Cast
from toondecompose.core.geometry import Size
from toondecompose.core.parallel import each
from toondecompose.plates.plates import Plate, View, compose_plates


def main_plate(plates: tuple[Plate, ...], numbers: Sequence[int], size: Size) -> int:
    """Return which of the plates with these numbers covers most of the frame in the middle."""
    free, covered = np.ones(size[::-1], np.float32), []
    middle = len(plates[0].homographies) // 2
    for plate in plates:
        alpha = geometry.to_frame(plate.paint[..., 3], plate.homographies[middle], size)
        covered.append(float((free * alpha).sum()))
        free = free * (1 - alpha)
    return max(numbers, key=lambda i: covered[i])


def background_layers(
    cast: Cast, plates: tuple[Plate, ...], view: View, *, t: int, light: np.ndarray
) -> list[np.ndarray]:
    """Return the objects of the background in frame t, (H, W, 4) uint8, straight RGBA, back to
    front.

    view is the whole background in that frame. The last object is opaque, the others end where
    their planes end. The camera's light, (H, W, 3), is added to all.
    """
    size = (light.shape[1], light.shape[0])
    if len(cast.planes) == 1:
        return [cv2.cvtColor(cv2.convertScaleAbs(view.colour), cv2.COLOR_RGB2RGBA)]
    layers = []
    for numbers in cast.planes:
        own = [plates[i] for i in numbers]
        paint = compose_plates(own, t, size)
        alpha = paint[..., 3:]
        colour = np.clip(paint[..., :3] / np.maximum(alpha, 1e-3) + light, 0, 255)
        colour = np.where(alpha > 0, colour, 0)
        layers.append(np.round(np.dstack([colour, 255 * alpha])).astype(np.uint8))
    return layers


def without_light(frames: list[np.ndarray], light: np.ndarray) -> list[np.ndarray]:
    """Subtract the camera's light (H, W, 3) from frames (H, W, 3) uint8."""
    if not light.any():
        return frames
    return each(lambda f: np.clip(np.round(f - light), 0, 255).astype(np.uint8), frames)
