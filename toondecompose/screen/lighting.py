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

    def restore(self, layer: np.ndarray, t: int, field: np.ndarray | None = None) -> np.ndarray:
        """Put fade and light of frame t back into a layer, straight RGBA (H, W, 4) uint8.

        field is that of the light, as of `Light.field`, where the layer is not in pixels of the
        frame.
        """
        if self.light is not None:
            colour = layer[..., :3]
            lit = self.light.restore(colour, t) if field is None else self.light.add(colour, field)
            layer = np.dstack([lit, layer[..., 3]])
        return self.fade(layer, t)

    def fade(self, layer: np.ndarray, t: int) -> np.ndarray:
        """Put only the fade of frame t back into a layer, straight RGBA (H, W, 4) uint8."""
        if self.gains[t] == 1:
            return layer
        colour = np.minimum(np.round(layer[..., :3] * self.gains[t]), 255)
        return np.dstack([colour, layer[..., 3]]).astype(np.uint8)
