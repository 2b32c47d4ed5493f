"""Styles to draw a figure in: ink lines thick or thin, flat colours without lines, or painted.

A style is a kind of `Cel`: the figure's painter draws the same parts on each, and the cel decides
what a part looks like.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from data.violet.cel import OVERSAMPLE, Cel, Points
from data.violet.paint import Colour, clouds, mix

_LIGHT: Colour = (255, 250, 236)  # what the lit side of a painted part is mixed with
_DUSK: Colour = (74, 54, 104)  # what its shadow side is mixed with
_GRAIN = 0.06  # contrast of the brushwork on a painted figure, share of the tone
_TEXTURE_SEED = 5  # one paper for all drawings, so that a held part keeps its brushwork


@dataclass(frozen=True)
class Style:
    """A kind of cel, and how far the edge of the finished drawing is blurred (frame pixels)."""

    cel: type[Cel]
    edge: float = 0.0

    def sheet(self, *, width: int, height: int, scale: float, margin: int = 0) -> Cel:
        """Give a clear sheet of this style for frames of ``width`` x ``height`` pixels."""
        return self.cel(width=width, height=height, scale=scale, origin=0, margin=margin)

    def finished(self, cel: Cel) -> NDArray[np.uint8]:
        """Give the samples of a drawing, premultiplied RGBA, its edges as soft as the style's."""
        if not self.edge:
            return cel.samples
        return cv2.GaussianBlur(cel.samples, (0, 0), self.edge * OVERSAMPLE)


class ThinCel(Cel):
    """Ink lines of less than a frame pixel."""

    def outline(self, outline: Points, colour: Colour, width: float) -> None:
        """Ink a closed outline at 0.6 of its width."""
        super().outline(outline, colour, 0.6 * width)


class FlatCel(Cel):
    """Flat colours: no outlines, no shadows."""

    def outline(self, outline: Points, colour: Colour, width: float) -> None:
        """Leave the outline out."""

    def part(
        self, outline: Points, colour: Colour, *, ink: Colour, width: float = 2.4,
        shade: Colour | None = None, shadows: Sequence[Points] = (),
    ) -> None:  # fmt: skip
        """Fill a part with its one colour."""
        self.fill(outline, colour)


class PaintedCel(Cel):
    """Painted as with gouache: no outlines, every part rounded by soft light, and brushwork."""

    def outline(self, outline: Points, colour: Colour, width: float) -> None:
        """Leave the outline out."""

    def part(
        self, outline: Points, colour: Colour, *, ink: Colour, width: float = 2.4,
        shade: Colour | None = None, shadows: Sequence[Points] = (),
    ) -> None:  # fmt: skip
        """Paint a part: light from the upper left, soft shadow shapes, brushwork."""
        polygon = self._to_samples(outline)
        window = self._pixels_around(polygon)
        if window is None:
            return
        fine = self._mask(polygon, window)
        size = (fine.shape[1] // OVERSAMPLE, fine.shape[0] // OVERSAMPLE)
        cover = _coarse(fine, size)
        round_by = float(np.clip(0.16 * np.sqrt(cover.sum()), 1.5, 22.0))  # frame pixels
        soft = cv2.GaussianBlur(cover, (0, 0), round_by, borderType=cv2.BORDER_REPLICATE)
        towards = np.array((0.6, 0.8)) * round_by  # away from the light
        lit = _moved(soft, -towards) - _moved(soft, towards)
        dark = np.clip(-lit, 0, 1) * 0.9
        for shadow in shadows:
            shape = _coarse(self._mask(self._to_samples(shadow), window), size)
            dark += 0.55 * cv2.GaussianBlur(shape, (0, 0), 0.35 * round_by + 0.8)
        dusk = np.array(shade if shade is not None else mix(colour, _DUSK, 0.3), np.float32)
        tone = np.broadcast_to(np.array(colour, np.float32), (*cover.shape, 3))
        tone = tone + np.clip(lit, 0, 0.8)[..., None] * 0.5 * (np.array(_LIGHT, np.float32) - tone)
        tone = tone + np.clip(dark, 0, 1)[..., None] * (dusk - tone)
        rows, columns = (slice(s.start // OVERSAMPLE, s.stop // OVERSAMPLE) for s in window)
        height, width_ = (n // OVERSAMPLE for n in self.samples.shape[:2])
        tone = tone * (1 + _GRAIN * _brushwork(height, width_)[rows, columns, None])
        colours = np.clip(np.rint(tone), 0, 255).astype(np.uint8)
        painted = np.full((*fine.shape, 4), 255, np.uint8)
        painted[..., :3] = cv2.resize(colours, fine.shape[::-1], interpolation=cv2.INTER_LINEAR)
        cv2.copyTo(painted, fine, self.samples[window])

    def _pixels_around(self, polygon: NDArray[np.int32]) -> tuple[slice, slice] | None:
        """Rows and columns of samples around a polygon, made up of whole frame pixels."""
        window = self._window(polygon)
        if window is None:
            return None
        rows, columns = (
            slice(s.start // OVERSAMPLE * OVERSAMPLE, -(-s.stop // OVERSAMPLE) * OVERSAMPLE)
            for s in window
        )
        return rows, columns


INKED = Style(Cel)
THIN = Style(ThinCel)
FLAT = Style(FlatCel)
PAINTED = Style(PaintedCel, edge=0.4)


def _coarse(mask: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.float32]:
    """Mean a mask of samples to frame pixels, 0..1; ``size`` is (width, height)."""
    return cv2.resize(mask, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def _moved(image: NDArray[np.float32], by: NDArray[np.float64]) -> NDArray[np.float32]:
    """Move an image (H, W) by (x, y) pixels; its rim is repeated."""
    matrix = np.array([[1, 0, by[0]], [0, 1, by[1]]])
    size = image.shape[::-1]
    return cv2.warpAffine(image, matrix, size, borderMode=cv2.BORDER_REPLICATE)


@lru_cache(maxsize=8)
def _brushwork(height: int, width: int) -> NDArray[np.float32]:
    """Relief of slanted strokes and blotches of pigment, (height, width), about -1..1."""
    random = np.random.default_rng(_TEXTURE_SEED)
    relief = np.zeros((height, width), np.float32)
    for _ in range(height * width // 60):
        start = random.uniform((0, 0), (width, height))
        turn, length = random.normal(np.deg2rad(65), 0.35), random.uniform(5, 20)
        end = start + length * np.array((np.cos(turn), np.sin(turn)))
        ends = np.rint([start, end]).astype(int).tolist()
        cv2.line(relief, *ends, float(random.uniform(-0.8, 0.8)), int(random.integers(1, 4)))
    return cv2.GaussianBlur(relief, (0, 0), 0.6) + 0.7 * clouds((height, width), 26.0, random)
