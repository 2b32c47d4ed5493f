"""Find what lies over the whole picture, before labels and plates see the frames."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toondecompose.motion.matches import Flows
from toondecompose.screen.light import Light
from toondecompose.screen.light_search import find_light, remove_light


@dataclass(frozen=True)
class ScreenLayers:
    """What lies over the whole picture.

    Attributes
    ----------
    frames : (T, H, W, 3) uint8, without it.
    light : light over all; None without any.
    """

    frames: np.ndarray
    light: Light | None

    def __bool__(self) -> bool:
        """Tell whether there is anything."""
        return self.light is not None

    def lines(self) -> list[str]:
        """Return a line about each layer that was found."""
        if self.light is None:
            return []
        verb = "adds to" if self.light.kind == "add" else "multiplies"
        return [f"light over all {verb} the picture: taken out before labels, put back at the end"]


def find_screen_layers(
    frames: np.ndarray, homographies: np.ndarray, flows: Flows, trust: np.ndarray
) -> ScreenLayers:
    """Find what lies over the whole picture, and take it out.

    Parameters
    ----------
    frames : (T, H, W, 3) uint8 RGB.
    homographies : (T, 3, 3), the camera: frame pixel to canvas pixel.
    flows : flow (H, W, 2) of each pair of frames, in pixels.
    trust : (T, H, W) float32 in 0..1, how far the flows can be trusted.
    """
    light = find_light(frames, homographies, flows, trust)
    if light is not None:
        frames = remove_light(frames, homographies, light)
    return ScreenLayers(frames, light)
