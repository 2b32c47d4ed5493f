"""Light over the whole picture: its effect on a frame, and how to remove it.

A band of light that sweeps over a shot, a lamp that flickers or a vignette that changes acts on
background and sprites alike, smoothly in space. With the strength S_t(x) and one colour c of the
clip, the picture J_t without light becomes

    I_t(x) = J_t(x) + S_t(x) c                                        (kind "add")
    I_t(x) + DARK = (J_t(x) + DARK) exp(S_t(x) c)                      (kind "multiply")
    255 - I_t(x) + DARK = (255 - J_t(x) + DARK) exp(-S_t(x) c)         (kind "screen")

Flares and beams are added, lamps and vignettes multiply, glow and haze are mostly screened. On a
scale of its own (`to_scale`) each kind adds S c. The kind of a clip is decided by
`toondecompose.screen.light_search`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from toondecompose.core.geometry import Size

Kind = Literal["add", "multiply", "screen"]

DARK = 4.0
"""Grey levels added before logarithms, so that black and white pixels have a finite one."""

SATURATED = 253
"""Grey levels from which on light may have been cut off by the range of eight bits."""


@dataclass(frozen=True)
class Light:
    """The light of a clip.

    Attributes
    ----------
    kind : how it acts, see above.
    colour : (3,) float32 RGB, c, of mean one.
    strength : (T, h, w) float32 at a lower resolution, S: grey levels, or a natural logarithm.
    """

    kind: Kind
    colour: np.ndarray
    strength: np.ndarray

    def field(self, t: int, size: Size) -> np.ndarray:
        """Return S c of frame t at a size, (H, W, 3) float32."""
        strength = cv2.resize(self.strength[t], size, interpolation=cv2.INTER_CUBIC)
        return strength[..., None] * self.colour.astype(np.float32)

    def remove(self, frame: np.ndarray, t: int) -> np.ndarray:
        """Remove the light from frame t, (H, W, 3) uint8."""
        return self.add(frame, -self.field(t, (frame.shape[1], frame.shape[0])))

    def restore(self, picture: np.ndarray, t: int) -> np.ndarray:
        """Put the light of frame t back into an image, (H, W, 3) uint8."""
        return self.add(picture, self.field(t, (picture.shape[1], picture.shape[0])))

    def add(self, picture: np.ndarray, field: np.ndarray) -> np.ndarray:
        """Add a field as of `field` to an image (H, W, 3) uint8, on the scale of the kind."""
        values = to_scale(picture.astype(np.float32), self.kind) + field
        return np.clip(np.round(from_scale(values, self.kind)), 0, 255).astype(np.uint8)


def to_scale(levels: np.ndarray, kind: Kind) -> np.ndarray:
    """Return grey levels on the scale on which light of a kind is added, float32."""
    if kind == "add":
        return levels
    if kind == "multiply":
        return np.log(np.maximum(levels, 0) + np.float32(DARK))
    return -np.log(255 - np.minimum(levels, 255) + np.float32(DARK))


def from_scale(values: np.ndarray, kind: Kind) -> np.ndarray:
    """Return grey levels of values on the scale of `to_scale`."""
    if kind == "add":
        return values
    if kind == "multiply":
        return np.exp(values) - np.float32(DARK)
    return 255 + np.float32(DARK) - np.exp(-values)
