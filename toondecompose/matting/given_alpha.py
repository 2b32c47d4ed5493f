"""The layers of a transparent input: its alpha is that of all sprites together.

There is no background to separate sprites from: it is empty. A frame that was laid over a ground G

    I = a F + (1 - a) G

gives the colour F of the sprites back. Where there are several, each pixel of alpha goes to the
one that its label names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from toondecompose.core.hints import hinted_membership
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.exposure.sheet import align_again
from toondecompose.matting.foreground_colour import bleed
from toondecompose.matting.full_resolution import CutDrawing, DrawingFrames, Warmup
from toondecompose.matting.observations import nearest_label
from toondecompose.plates.plates import Plate
from toondecompose.segmentation.transparent_input import labelled

LEAST_LABEL = 0.02
"""Labels below this name no sprite; the nearest one that is named counts."""

NOISE = 1.0
"""Standard deviation of the frames in grey levels: that of rounding, at least."""


def given_colour(frame: np.ndarray, alpha: np.ndarray, ground: tuple[int, int, int]) -> np.ndarray:
    """Return the straight colour (H, W, 3) uint8 of a frame (H, W, 3) that lies over a ground.

    Transparent pixels next to alpha (H, W) uint8 have the colour of the nearest sprite's.
    """
    share = np.maximum(alpha, 1)[..., None] / np.float32(255)
    behind = np.asarray(ground, np.float32)
    colour = behind + (frame - behind) / share
    straight = np.clip(np.round(colour), 0, 255).astype(np.uint8)
    return bleed(np.where(alpha[..., None] > 0, straight, 0).astype(np.uint8), alpha)


@dataclass(frozen=True)
class GivenShot:
    """A transparent clip at the resolution of the source.

    Attributes
    ----------
    warmup : what the stages before found.
    read_alpha : returns the alpha of a frame, (H, W) uint8.
    ground : colour that the frames were laid over.
    """

    warmup: Warmup
    read_alpha: Callable[[int], np.ndarray]
    ground: tuple[int, int, int]

    @cached_property
    def plates(self) -> tuple[Plate, ...]:
        """The background: one empty plane."""
        width, height = self.warmup.source
        paint = np.zeros((height, width, 4), np.float32)
        motion = np.repeat(np.eye(3)[None], len(self.warmup.frames), axis=0)
        return (Plate(motion, paint, np.zeros((height, width, 3), np.float32)),)

    @cached_property
    def motions(self) -> list[np.ndarray]:
        """(T, 3, 3) of each object, pixel of the source to pixel of its canvas."""
        behind = [self.plates[0].homographies] * len(self.warmup.cast.planes)
        return behind + [self.warmup.resized(motion) for motion in self.warmup.motions]

    def owners(self, t: int) -> np.ndarray:
        """Return which sprite each pixel of frame t would be of, (H, W), counted from 0."""
        warmup, cast = self.warmup, self.warmup.cast
        labels = np.clip(warmup.upsampled_labels(t), 0, 1)
        if len(labels) == 1:
            return np.zeros(labels.shape[1:], np.int64)
        labels /= np.maximum(labels.max(axis=0), LEAST_LABEL)
        ruled = warmup.ruled_out(t)
        if ruled is not None:
            hinted = [hinted_membership(ruled, [k], cast.objects) for k in cast.sprite_numbers]
            labels += 2 * np.stack(hinted).astype(np.float32)
        return nearest_label(labels)

    def cut(self, drawing: DrawingFrames, *, tuning: Tuning = DEFAULT) -> CutDrawing:
        """Cut one drawing of a sprite out of its frames."""
        k, times = drawing
        warmup, index = self.warmup, k - self.warmup.cast.sprite_numbers.start
        layers, masks = [], []
        for t in times:
            given, frame = self.read_alpha(t), warmup.frames[t]
            alpha = np.where(self.owners(t) == index, given, 0).astype(np.uint8)
            masks.append(labelled(alpha))
            layers.append(np.dstack([given_colour(frame, alpha, self.ground), alpha]))
        start = warmup.resized(warmup.slides[index])[times]
        slides = align_again(
            [warmup.frames[t] for t in times], masks, start, noise=NOISE, margin=1, tuning=tuning
        )
        return CutDrawing(layers, slides, np.ones(len(times)))

    def show_background(self, t: int) -> tuple[list[np.ndarray], np.ndarray]:
        """Return the layers of the background in frame t, and where it was observed: nothing."""
        width, height = self.warmup.source
        layers = [np.zeros((height, width, 4), np.uint8) for _ in self.warmup.cast.planes]
        return layers, np.zeros((height, width), bool)
