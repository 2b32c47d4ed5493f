"""Drawing like a cel painter: smooth outlines, flat colours, inked lines.

Coordinates are design pixels: x to the right, y down, as on a 1280x720 frame. Colours are RGB
in 0..255. Every shape is painted opaque and without anti-aliasing on a canvas `OVERSAMPLE`
times finer than the frame; averaging that canvas down gives colour times coverage and coverage
themselves, so the alpha that comes out is the true area of each pixel that the drawing covers.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

Colour = tuple[int, int, int]
Points = NDArray[np.float64]

OVERSAMPLE = 4  # 16 samples per pixel: alpha in steps of 1/16, slides in steps of 1/4 pixel
_FIXED_POINT_BITS = 6  # fraction bits of the coordinates handed to OpenCV


def spline(points: Sequence[Sequence[float]], *, closed: bool = False, steps: int = 12) -> Points:
    """Centripetal Catmull-Rom curve through `points`.

    A point is (x, y), or (x, y, 1) for a sharp corner, where the curve starts afresh.
    Returns (N, 2) design pixels; a closed curve does not repeat its first point.
    """
    xy = np.array([p[:2] for p in points], dtype=np.float64)
    corner = [len(p) > 2 and bool(p[2]) for p in points]
    count = len(xy)
    pieces = []
    for i in range(count if closed else count - 1):
        j = (i + 1) % count
        is_first, is_last = not closed and i == 0, not closed and j == count - 1
        before = xy[i] if corner[i] or is_first else xy[i - 1]
        after = xy[j] if corner[j] or is_last else xy[(j + 1) % count]
        pieces.append(_span(before, xy[i], xy[j], after, steps))
    if not closed:
        pieces.append(xy[-1:])
    return np.concatenate(pieces)


def _span(p0: Points, p1: Points, p2: Points, p3: Points, steps: int) -> Points:
    """Points from p1 up to, not including, p2 (cubic Hermite with centripetal tangents)."""
    d0, d1, d2 = (
        max(np.linalg.norm(b - a), 1e-9) ** 0.5 for a, b in ((p0, p1), (p1, p2), (p2, p3))
    )
    out, into = p2 - p1, p2 - p1
    if np.any(p0 != p1):
        out = d1 * ((p1 - p0) / d0 - (p2 - p0) / (d0 + d1) + (p2 - p1) / d1)
    if np.any(p3 != p2):
        into = d1 * ((p2 - p1) / d1 - (p3 - p1) / (d1 + d2) + (p3 - p2) / d2)
    u = np.linspace(0, 1, steps, endpoint=False)[:, None]
    return (
        (2 * u**3 - 3 * u**2 + 1) * p1
        + (u**3 - 2 * u**2 + u) * out
        + (3 * u**2 - 2 * u**3) * p2
        + (u**3 - u**2) * into
    )


def ribbon(centre: Points, widths: ArrayLike) -> Points:
    """Closed outline of a band along `centre` (N, 2); `widths` are spread evenly along it."""
    at = np.linspace(0, 1, len(np.atleast_1d(widths)))
    half = np.interp(np.linspace(0, 1, len(centre)), at, np.atleast_1d(widths))[:, None] / 2
    normal = _normals(centre)
    return np.concatenate([centre + normal * half, (centre - normal * half)[::-1]])


def disc(x: float, y: float, rx: float, ry: float) -> Points:
    """Outline (28, 2) of an upright ellipse around (x, y)."""
    turn = np.linspace(0, 2 * np.pi, 28, endpoint=False)
    return np.stack([x + rx * np.cos(turn), y + ry * np.sin(turn)], axis=1)


def _normals(curve: Points) -> Points:
    """Unit normals of a curve (N, 2): its direction turned a quarter towards +y."""
    along = np.gradient(curve, axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    return np.stack([-along[:, 1], along[:, 0]], axis=1)


@dataclass(frozen=True)
class Placement:
    """Where a part sits: its own coordinates, scaled, turned (degrees, clockwise), then moved."""

    x: float
    y: float
    degrees: float = 0.0
    scale: float = 1.0

    def __call__(self, points: ArrayLike) -> Points:
        """Part coordinates (..., 2) to design pixels (..., 2)."""
        return np.asarray(points, dtype=np.float64) @ self._matrix() + (self.x, self.y)

    def inverse(self, points: ArrayLike) -> Points:
        """Design pixels (..., 2) to part coordinates (..., 2)."""
        away = np.asarray(points, dtype=np.float64) - (self.x, self.y)
        return away @ np.linalg.inv(self._matrix())

    def _matrix(self) -> Points:
        turn = np.deg2rad(self.degrees)
        cos, sin = np.cos(turn) * self.scale, np.sin(turn) * self.scale
        return np.array([[cos, sin], [-sin, cos]])


class Cel:
    """One sheet on which one drawing is painted, from its rearmost part to its foremost."""

    def __init__(
        self, *, width: int, height: int, scale: float, origin: float, margin: int
    ) -> None:
        """A clear sheet for frames of `width` x `height` pixels.

        `scale` is frame pixels per design pixel, `origin` the design x at the frame's left edge,
        `margin` how many frame pixels the sheet extends beyond the frame on every side.
        """
        self.margin = margin
        self._scale, self._origin = scale, origin
        shape = ((height + 2 * margin) * OVERSAMPLE, (width + 2 * margin) * OVERSAMPLE, 4)
        self.samples = np.zeros(shape, np.uint8)  # RGBA, alpha 0 or 255

    def fill(self, outline: Points, colour: Colour, *, within: Points | None = None) -> None:
        """Paint the inside of a closed outline, or only its share inside another outline."""
        polygon = self._to_samples(outline)
        if within is None:
            cv2.fillPoly(self.samples, [polygon], (*colour, 255), cv2.LINE_8, _FIXED_POINT_BITS)
            return
        window = self._window(polygon)
        if window is None:
            return
        mask = self._mask(polygon, window) & self._mask(self._to_samples(within), window)
        self._paint(window, mask, colour)

    def line(
        self,
        curve: Points,
        colour: Colour,
        width: float,
        *,
        taper: tuple[float, float] = (0.35, 0.35),
        within: Points | None = None,
    ) -> None:
        """Ink an open line that is `width` wide in its middle and `taper` of that at its ends."""
        u = np.linspace(0, 1, len(curve))
        start, end = taper
        ends = np.where(u < 0.5, start, end)
        self._ink(curve, width * (ends + (1 - ends) * np.sin(np.pi * u) ** 0.7), colour, within)

    def outline(self, outline: Points, colour: Colour, width: float) -> None:
        """Ink a closed outline: heavier where it faces down and away from the light."""
        loop = np.concatenate([outline, outline[:1]])
        area = np.sum(loop[:-1, 0] * loop[1:, 1] - loop[1:, 0] * loop[:-1, 1])
        outward = -np.sign(area) * _normals(loop)
        facing = np.clip(outward @ (-0.45, 0.89), 0, 1)
        self._ink(loop, width * (0.75 + 0.65 * facing), colour, None)

    def part(
        self,
        outline: Points,
        colour: Colour,
        *,
        ink: Colour,
        width: float = 2.4,
        shade: Colour | None = None,
        shadows: Sequence[Points] = (),
    ) -> None:
        """A cel-painted part: flat base, shadow shapes cut to it, outline."""
        self.fill(outline, colour)
        for shadow in shadows:
            self.fill(shadow, shade if shade is not None else colour, within=outline)
        self.outline(outline, ink, width)

    def _to_samples(self, points: Points) -> NDArray[np.int32]:
        frame = (points - (self._origin, 0)) * self._scale
        samples = (frame + self.margin + 0.5) * OVERSAMPLE - 0.5
        return np.round(samples * 2**_FIXED_POINT_BITS).astype(np.int32)

    def _ink(
        self, curve: Points, widths: NDArray[np.float64], colour: Colour, within: Points | None
    ) -> None:
        points = self._to_samples(curve)
        thickness = np.maximum(np.round(widths * self._scale * OVERSAMPLE), 1).astype(int)
        window, target, value = None, self.samples, (*colour, 255)
        if within is not None:
            window = self._window(points, pad=int(thickness.max()))
            if window is None:
                return
            rows, columns = window
            target = np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.uint8)
            points = points - np.array([columns.start, rows.start]) * 2**_FIXED_POINT_BITS
            value = (255,)
        # OpenCV draws one thickness per call: cut the line where its thickness changes.
        cuts = np.flatnonzero(np.diff(thickness[:-1])) + 1
        for run in np.split(np.arange(len(points) - 1), cuts):
            piece = points[run[0] : run[-1] + 2]
            cv2.polylines(
                target, [piece], False, value, int(thickness[run[0]]), cv2.LINE_8, _FIXED_POINT_BITS
            )
        if window is not None:
            self._paint(window, target & self._mask(self._to_samples(within), window), colour)

    def _window(self, polygon: NDArray[np.int32], pad: int = 0) -> tuple[slice, slice] | None:
        """Rows and columns of the sheet that hold the polygon; None if it lies outside."""
        low = (polygon.min(axis=0) >> _FIXED_POINT_BITS) - 1 - pad
        high = (polygon.max(axis=0) >> _FIXED_POINT_BITS) + 3 + pad
        (left, top), (right, bottom) = (
            np.maximum(low, 0),
            np.minimum(high, self.samples.shape[1::-1]),
        )
        if left >= right or top >= bottom:
            return None
        return slice(int(top), int(bottom)), slice(int(left), int(right))

    @staticmethod
    def _mask(polygon: NDArray[np.int32], window: tuple[slice, slice]) -> NDArray[np.uint8]:
        rows, columns = window
        mask = np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.uint8)
        shifted = polygon - np.array([columns.start, rows.start]) * 2**_FIXED_POINT_BITS
        cv2.fillPoly(mask, [shifted.astype(np.int32)], 255, cv2.LINE_8, _FIXED_POINT_BITS)
        return mask

    def _paint(self, window: tuple[slice, slice], mask: NDArray[np.uint8], colour: Colour) -> None:
        view = self.samples[window]
        flat = np.empty_like(view)
        flat[:] = (*colour, 255)
        cv2.copyTo(flat, mask, view)
