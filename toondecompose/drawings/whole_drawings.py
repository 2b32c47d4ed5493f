"""Whole drawings of a sprite, from its layers in all frames."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from toondecompose.core import geometry
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.drawings.completion import DrawingObservation, WholeDrawing, complete_drawing
from toondecompose.drawings.parameters import Parameters

MAX_OBSERVATIONS = 24
"""Frames from which a drawing is put together, at most, those that show most: bounds memory."""

Alphas = Mapping[tuple[int, int], np.ndarray]
"""The alpha (H, W) uint8 of each sprite in each frame, by (sprite, frame)."""


@dataclass(frozen=True, kw_only=True)
class SpriteLayers:
    """The layers of a sprite in all frames, and the other sprites around it.

    Attributes
    ----------
    number : of the sprite.
    motion : (T, 3, 3), pixel of each frame to pixel of the first frame with the same drawing.
    alphas : of all sprites.
    order : (T, K) int, the objects of each frame from back to front.
    gains : (T,) brightness factor of each frame in a fade, 0..1.
    read : returns the layer in frame t, (H, W, 4) uint8, straight RGBA, without fade and light.
    """

    number: int
    motion: np.ndarray
    alphas: Alphas
    order: np.ndarray
    gains: np.ndarray
    read: Callable[[int], np.ndarray]

    @property
    def is_alone(self) -> bool:
        """Whether the clip has no other sprite."""
        return all(k == self.number for k, _ in self.alphas)

    def observe(self, t: int) -> DrawingObservation:
        """Return what frame t shows of the drawing."""
        line = self.order[t].tolist()
        own = self.alphas[self.number, t]
        front, behind = np.zeros(own.shape, bool), np.zeros(own.shape, bool)
        for k in sorted({k for k, _ in self.alphas} - {self.number}):
            side = front if line.index(k) > line.index(self.number) else behind
            side |= self.alphas[k, t] > 0
        read = partial(self.read, t)
        return DrawingObservation(
            own, front, behind, self.motion[t], read, gain=float(self.gains[t])
        )


def put_together(
    sprite: SpriteLayers, times: Sequence[int], margin: float, *, tuning: Tuning = DEFAULT
) -> WholeDrawing | None:
    """Put the drawing together that some frames show; None where they show none of it.

    Parameters
    ----------
    sprite : whose drawing it is.
    times : the frames that show it.
    margin : distance in pixels from another sprite within which a matte is uncertain.
    """
    solid_alpha = tuning[Parameters].solid_alpha

    def rank(t: int) -> tuple[float, int]:
        solid = sprite.alphas[sprite.number, t] >= solid_alpha
        return -solid.sum() * sprite.gains[t], t

    shown = sorted(times, key=rank)[:MAX_OBSERVATIONS]
    return complete_drawing([sprite.observe(t) for t in shown], margin, tuning=tuning)


def place_in_frames(
    places: Sequence[np.ndarray | None], drawings: Sequence[Sequence[int]], motion: np.ndarray
) -> np.ndarray:
    """Return (T, 3, 3), pixel of each frame to pixel of the picture of its drawing.

    Parameters
    ----------
    places : for each drawing the `WholeDrawing.place`; None where there is no picture.
    drawings : the frames of each drawing.
    motion : as of `SpriteLayers`.
    """
    placed = np.repeat(np.eye(3)[None], len(motion), axis=0)
    for place, times in zip(places, drawings, strict=True):
        if place is not None:
            for t in times:
                placed[t] = geometry.normalised(place @ motion[t])
    return placed
