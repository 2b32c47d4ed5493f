"""Light over the whole picture: what it does to a frame, and how to take it out.

A band of light that sweeps over a shot, a lamp that flickers or a vignette that changes acts on
background and sprites alike, smoothly in space. With the strength S_t(x) and one colour c of the
clip, the picture J_t without light becomes

    I_t(x) = J_t(x) + S_t(x) c                        (kind "add": glow, haze, a flare)
    I_t(x) + DARK = (J_t(x) + DARK) exp(S_t(x) c)      (kind "multiply": a lamp, a vignette)

Which of the two a clip has is decided by `toondecompose.screen.light_search`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from toondecompose.core.geometry import Size

Kind = Literal["add", "multiply"]

DARK = 4.0
"""Grey levels added before logarithms, so that black pixels have a finite one."""

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
        """Take the light out of frame t, (H, W, 3) uint8."""
        field = self.field(t, (frame.shape[1], frame.shape[0]))
        if self.kind == "add":
            return _levels(frame - field)
        return _levels((frame + np.float32(DARK)) * np.exp(-field) - np.float32(DARK))

    def restore(self, picture: np.ndarray, t: int) -> np.ndarray:
        """Put the light of frame t back into a picture, (H, W, 3) uint8."""
        field = self.field(t, (picture.shape[1], picture.shape[0]))
        if self.kind == "add":
            return _levels(picture + field)
        return _levels((picture + np.float32(DARK)) * np.exp(field) - np.float32(DARK))


def to_scale(levels: np.ndarray, kind: Kind) -> np.ndarray:
    """Return grey levels on the scale on which light of a kind is added, float32."""
    return levels if kind == "add" else np.log(levels + np.float32(DARK))


def from_scale(values: np.ndarray, kind: Kind) -> np.ndarray:
    """Return grey levels of values on the scale of `to_scale`."""
    return values if kind == "add" else np.exp(values) - np.float32(DARK)


def _levels(picture: np.ndarray) -> np.ndarray:
    return np.clip(np.round(picture), 0, 255).astype(np.uint8)
