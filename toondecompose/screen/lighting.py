"""The lighting of a clip: its fade, a factor per frame, and light over all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toondecompose.footage.fades import remove_gain
from toondecompose.screen.light import Light


@dataclass(frozen=True)
class Lighting:
    """Fade and light of a clip.

    Attributes
    ----------
    gains : (T,) float32, the factor of each frame's fade.
    light : light over all; None without any.
    """

    gains: np.ndarray
    light: Light | None = None

    def remove(self, frame: np.ndarray, t: int) -> np.ndarray:
        """Return frame t, (H, W, 3) uint8, without fade and light."""
        frame = remove_gain(frame, self.gains[t])
        return frame if self.light is None else self.light.remove(frame, t)

    def restore(self, layer: np.ndarray, t: int) -> np.ndarray:
        """Put fade and light of frame t back into a layer, straight RGBA (H, W, 4) uint8."""
        if self.light is not None:
            layer = np.dstack([self.light.restore(layer[..., :3], t), layer[..., 3]])
        return self.fade(layer, t)

    def fade(self, layer: np.ndarray, t: int) -> np.ndarray:
        """Put only the fade of frame t back into a layer, straight RGBA (H, W, 4) uint8."""
        if self.gains[t] == 1:
            return layer
        colour = np.minimum(np.round(layer[..., :3] * self.gains[t]), 255)
        return np.dstack([colour, layer[..., 3]]).astype(np.uint8)
