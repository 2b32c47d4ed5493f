"""Painting the background: opaque brush shapes, brush texture, and a lens out of focus.

Coordinates are design pixels, as in `cel`; the painting is made at the clip's own scale.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

Colour = tuple[int, int, int]
_FIXED_POINT_BITS = 6


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """`first` with `share` (0..1) of `second` mixed in."""
    return tuple(round(a + (b - a) * share) for a, b in zip(first, second, strict=True))


class Painting:
    """A plane of the background; what is not painted stays transparent."""

    def __init__(
        self, *, left: float, top: float, right: float, bottom: float, scale: float
    ) -> None:
        """A clear plane over the given design pixels, `scale` canvas pixels for each."""
        self.left, self.top, self.right, self.bottom, self.scale = left, top, right, bottom, scale
        shape = (round((bottom - top) * scale), round((right - left) * scale), 4)
        self.pixels = np.zeros(shape, np.uint8)  # RGBA, premultiplied

    def to_canvas(self) -> NDArray[np.float64]:
        """(3, 3) matrix from design pixels to canvas pixels, whose centres are integers."""
        k = self.scale
        return np.array([[k, 0, -self.left * k], [0, k, -self.top * k], [0, 0, 1]])

    def fill(self, points: ArrayLike, colour: Colour) -> None:
        """Fill a closed polygon (N, 2)."""
        cv2.fillPoly(
            self.pixels, [self._fixed(points)], (*colour, 255), cv2.LINE_AA, _FIXED_POINT_BITS
        )

    def box(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        """Fill an upright rectangle given by its upper left corner and its size."""
        self.fill([(x, y), (x + width, y), (x + width, y + height), (x, y + height)], colour)

    def blend(
        self, x: float, y: float, width: float, height: float, upper: Colour, lower: Colour,
        bands: int = 10,
    ) -> None:  # fmt: skip
        """Fill a rectangle with a gradient, laid in flat bands as with a broad brush."""
        for i in range(bands):
            tone = mix(upper, lower, (i + 0.5) / bands)
            self.box(x, y + height * i / bands, width, height / bands + 0.7, tone)

    def glaze(self, points: ArrayLike, colour: Colour, strength: float) -> None:
        """Wash a polygon with `strength` (0..1) of a colour; what is transparent stays so."""
        mask = np.zeros(self.pixels.shape[:2], np.uint8)
        cv2.fillPoly(mask, [self._fixed(points)], 255, cv2.LINE_AA, _FIXED_POINT_BITS)
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        if rows.size == 0:
            return
        window = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        view = self.pixels[window].astype(np.float32)
        share = strength / 255 * mask[window][..., None].astype(np.float32)
        target = view[..., 3:] / 255 * np.array(colour, np.float32)
        view[..., :3] += (target - view[..., :3]) * share
        self.pixels[window] = np.round(view)

    def line(self, points: ArrayLike, colour: Colour, width: float) -> None:
        """Stroke an open line (N, 2)."""
        thickness = max(round(width * self.scale), 1)
        cv2.polylines(
            self.pixels, [self._fixed(points)], False, (*colour, 255), thickness, cv2.LINE_AA,
            _FIXED_POINT_BITS,
        )  # fmt: skip

    def dab(
        self, x: float, y: float, rx: float, ry: float, colour: Colour, degrees: float = 0
    ) -> None:
        """Fill an ellipse: one touch of a round brush."""
        turn, tilt = np.linspace(0, 2 * np.pi, 24, endpoint=False), np.deg2rad(degrees)
        u, v = rx * np.cos(turn), ry * np.sin(turn)
        rotated = (u * np.cos(tilt) - v * np.sin(tilt), u * np.sin(tilt) + v * np.cos(tilt))
        self.fill(np.stack([x + rotated[0], y + rotated[1]], axis=1), colour)

    def foliage(
        self, x: float, y: float, rx: float, ry: float, tones: Sequence[Colour],
        random: np.random.Generator, dabs: int = 220,
    ) -> None:  # fmt: skip
        """A leafy mass: dabs from the darkest tone, below, to the lightest, above."""
        for i in range(dabs):
            level = i / dabs
            tone = tones[min(int(level * len(tones)), len(tones) - 1)]
            angle, reach = random.uniform(0, 2 * np.pi), random.uniform(0, 1) ** 0.5
            size = random.uniform(0.07, 0.17) * (1.5 - level) * min(rx, ry)
            self.dab(
                x + rx * reach * np.cos(angle) - 0.12 * rx * level,
                y + ry * reach * np.sin(angle) - 0.22 * ry * level,
                size * 1.6, size * 0.8, mix(tone, (255, 255, 220), random.uniform(0, 0.08)),
                random.uniform(0, 180),
            )  # fmt: skip

    def finish(
        self, random: np.random.Generator, *, texture: float, blur: float
    ) -> NDArray[np.float32]:
        """The plane as the camera sees it: brushed, then out of focus by a disc.

        `texture` is the contrast of the brushwork (share of the tone), `blur` the radius of the
        circle of confusion in design pixels. Returns (H, W, 4) premultiplied RGBA, 0..255.
        """
        image = self.pixels.astype(np.float32)
        image[..., :3] *= 1 + texture * self._brushwork(random)[..., None]
        np.minimum(image[..., :3], image[..., 3:], out=image[..., :3])
        radius = blur * self.scale
        reach = int(np.ceil(radius)) + 1
        y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
        disc = np.clip(radius + 0.5 - np.hypot(x, y), 0, 1).astype(np.float32)
        image = cv2.filter2D(image, -1, disc / disc.sum(), borderType=cv2.BORDER_REPLICATE)
        return cv2.GaussianBlur(image, (0, 0), max(0.25 * radius, 0.35))

    def _brushwork(self, random: np.random.Generator) -> NDArray[np.float32]:
        """Relief of overlapping brush strokes and cloudy pigment, about -1..1."""
        height, width = self.pixels.shape[:2]
        relief = np.zeros((height, width), np.float32)
        area = (self.right - self.left) * (self.bottom - self.top)
        count = int(area / 700)
        starts = random.uniform((self.left, self.top), (self.right, self.bottom), (count, 2))
        turns = random.normal(np.deg2rad(72), 0.5, count)
        lengths, widths = random.uniform(24, 90, count), random.uniform(3, 12, count)
        tones = random.uniform(-0.6, 0.6, count)
        for start, turn, length, thick, tone in zip(
            starts, turns, lengths, widths, tones, strict=True
        ):
            end = start + length * np.array((np.cos(turn), np.sin(turn)))
            ends = self._fixed(np.array([start, end]))
            thickness = max(round(thick * self.scale), 1)
            cv2.polylines(
                relief, [ends], False, float(tone), thickness, cv2.LINE_8, _FIXED_POINT_BITS
            )
        return 0.6 * relief + 0.7 * clouds((height, width), 130 * self.scale, random)

    def _fixed(self, points: ArrayLike) -> NDArray[np.int32]:
        canvas = (np.asarray(points, np.float64) - (self.left, self.top)) * self.scale
        return np.round(canvas * 2**_FIXED_POINT_BITS).astype(np.int32)


def clouds(
    shape: tuple[int, int], size: float, random: np.random.Generator, octaves: int = 4
) -> NDArray[np.float32]:
    """Smooth noise (H, W) of mean 0 and about -1..1 whose largest blobs are `size` pixels."""
    height, width = shape
    total, weight = np.zeros(shape, np.float32), 1.0
    for octave in range(octaves):
        cell = max(size / 2**octave, 1.0)
        grid = random.uniform(-1, 1, (int(height / cell) + 4, int(width / cell) + 4))
        # Sample the coarse grid smoothly at every pixel.
        matrix = np.array([[1 / cell, 0, 1], [0, 1 / cell, 1]])
        total += weight * cv2.warpAffine(
            grid.astype(np.float32), matrix, (width, height),
            flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REFLECT,
        )  # fmt: skip
        weight *= 0.55
    return total / 1.3
