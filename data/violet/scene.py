"""The clip: camera, planes and figure put together, with exact truth for each of them.

Pixel centres are integers. `homography(t)` maps frame pixel (x, y, 1) to a pixel of the near
plane's canvas at the clip's resolution; `far_homography(t)` does so for the distant plane.
"""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from data.violet.cel import OVERSAMPLE, Cel
from data.violet.figure import paint_figure
from data.violet.paint import Painting
from data.violet.skyline import paint_skyline
from data.violet.street import paint_street
from data.violet.timing import Exposure, expose

_DESIGN_HEIGHT, _DESIGN_CENTRE = 720.0, 640.0
_FIRST_SPEED, _LAST_SPEED = 10.0, 0.4  # pan of the near plane, design pixels per frame
_PARALLAX = 0.55  # what the distant plane moves while the near plane moves 1
_ZOOM, _RISE = 0.03, 9.0  # over the clip the camera closes in by 3 % and sinks by 9 design pixels
_BORDER = 40.0  # design pixels painted beyond what the camera sees
_MARGIN = 20  # frame pixels drawn around the frame, so that a drawing can slide
_MAX_FIGURE_ROWS = 96  # rows averaged at once: keeps the oversampled sheet out of memory


@dataclass(frozen=True)
class ClipSpec:
    """What to draw. `planes` is 2, or 1 to let the distance move with the near houses."""

    frames: int = 78
    width: int = 1280
    height: int = 720
    fps: float = 24.0
    seed: int = 2026
    planes: int = 2

    def __post_init__(self) -> None:
        """Raise ValueError for a clip that cannot be drawn."""
        if self.frames < 1 or self.width < 16 or self.height < 16:
            raise ValueError(
                f"a clip needs 1 frame and 16x16 pixels or more, got {self.frames} frames of "
                f"{self.width}x{self.height}"
            )
        if self.planes not in (1, 2):
            raise ValueError(f"planes must be 1 or 2, got {self.planes}")


def render_clip(spec: ClipSpec) -> "Clip":
    """The clip of `spec`; its planes are painted at first use, its frames one by one."""
    return Clip(spec)


class Clip:
    """A drawn clip. Frame numbers run from 0 to `spec.frames` - 1."""

    def __init__(self, spec: ClipSpec) -> None:
        """Plan the clip: camera path and exposure sheet."""
        self.spec = spec
        self._scale = spec.height / _DESIGN_HEIGHT
        self._origin = _DESIGN_CENTRE - spec.width / self._scale / 2
        self._share = np.arange(spec.frames) / max(spec.frames - 1, 1)
        # The speed falls along a smooth curve; its sum is where the camera stands.
        slow = self._share**2 * (3 - 2 * self._share)
        speed = _FIRST_SPEED + (_LAST_SPEED - _FIRST_SPEED) * slow
        self._pan = np.concatenate([[0.0], np.cumsum((speed[1:] + speed[:-1]) / 2)])
        self._sheet: Exposure = expose(spec.frames, self._random(0))
        # The last results only: frame, alpha and plate of one time share them.
        self._seen: tuple[int, tuple[NDArray[np.float32], NDArray[np.float32]]] | None = None
        self._drawn: tuple[int, NDArray[np.uint8]] | None = None
        self._placed: tuple[tuple[int, int, int], NDArray[np.float32]] | None = None

    @property
    def exposure(self) -> list[int]:
        """The drawing that each frame shows, numbered in order of appearance."""
        return list(self._sheet.shown)

    def offset(self, t: int) -> tuple[float, float]:
        """How far the drawing has slid (x, y), in frame pixels, multiples of 1/4."""
        steps = np.round(np.multiply(self._sheet.slides[t], self._scale * OVERSAMPLE))
        return float(steps[0]) / OVERSAMPLE, float(steps[1]) / OVERSAMPLE

    def homography(self, t: int) -> NDArray[np.float64]:
        """(3, 3) frame pixel to canvas pixel of the near plane."""
        return self._camera(t, self._near_painting, 1.0)

    def far_homography(self, t: int) -> NDArray[np.float64]:
        """(3, 3) frame pixel to canvas pixel of the distant plane."""
        return self._camera(t, self._far_painting, self._far_share)

    def frame(self, t: int) -> NDArray[np.uint8]:
        """(H, W, 3) RGB: figure over street, composited in float and rounded once."""
        figure = self._figure(t)
        plate = self._street(t)[0]
        return _to_bytes(figure[..., :3] + (1 - figure[..., 3:]) * plate)

    def alpha(self, t: int) -> NDArray[np.float32]:
        """(H, W) coverage of the figure, 0..1."""
        return self._figure(t)[..., 3].copy()

    def figure(self, t: int) -> NDArray[np.float32]:
        """(H, W, 4) the figure alone: straight RGB in 0..255, alpha in 0..1."""
        figure = self._figure(t).copy()
        figure[..., :3] /= np.maximum(figure[..., 3:], 1e-6)
        return figure

    def plate(self, t: int) -> NDArray[np.uint8]:
        """(H, W, 3) RGB: both planes as the camera sees them without the figure."""
        return _to_bytes(self._street(t)[0])

    def near_alpha(self, t: int) -> NDArray[np.float32]:
        """(H, W) coverage of the near plane before the distant one, 0..1."""
        return self._street(t)[1].copy()

    @cached_property
    def near_canvas(self) -> NDArray[np.float32]:
        """(h, w, 4) the near plane: premultiplied RGBA in 0..255, out of focus."""
        painting, random = self._near_painting, self._random(1)
        paint_street(painting, random)
        return painting.finish(random, texture=0.17, blur=5.0)

    @cached_property
    def far_canvas(self) -> NDArray[np.float32]:
        """(h, w, 3) the distant plane: RGB in 0..255, further out of focus."""
        painting, random = self._far_painting, self._random(2)
        paint_skyline(painting, random)
        return painting.finish(random, texture=0.07, blur=5.5)[..., :3].copy()

    @property
    def _far_share(self) -> float:
        return _PARALLAX if self.spec.planes == 2 else 1.0

    @cached_property
    def _near_painting(self) -> Painting:
        return self._plane(1.0)

    @cached_property
    def _far_painting(self) -> Painting:
        return self._plane(self._far_share)

    def _plane(self, share: float) -> Painting:
        across = self.spec.width / self._scale
        return Painting(
            left=self._origin - _BORDER,
            right=self._origin + across + share * self._pan[-1] + _BORDER,
            top=-_BORDER, bottom=_DESIGN_HEIGHT + _BORDER, scale=self._scale,
        )  # fmt: skip

    def _camera(self, t: int, plane: Painting, share: float) -> NDArray[np.float64]:
        """Frame pixel to canvas: zoom about the frame's middle, then pan and rise."""
        zoom = 1 - share * _ZOOM * self._share[t]
        middle = np.array((self.spec.width - 1, self.spec.height - 1)) / 2
        shift = share * np.array((self._pan[t], _RISE * self._share[t]))
        to_design = np.eye(3)
        to_design[:2, :2] *= zoom / self._scale
        to_design[:2, 2] = (1 - zoom) * middle / self._scale + shift + (self._origin, 0)
        return plane.to_canvas() @ to_design

    def _street(self, t: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Plate (H, W, 3) in 0..255 and the near plane's coverage (H, W), both unrounded."""
        if self._seen is not None and self._seen[0] == t:
            return self._seen[1]
        far = self._see(self.far_canvas, self.far_homography(t))
        near = self._see(self.near_canvas, self.homography(t))
        coverage = np.clip(near[..., 3:] / 255, 0, 1)
        plate = np.clip(near[..., :3] + (1 - coverage) * far, 0, 255)
        self._seen = (t, (plate, coverage[..., 0]))
        return self._seen[1]

    def _see(self, canvas: NDArray[np.float32], matrix: NDArray[np.float64]) -> NDArray[np.float32]:
        return cv2.warpPerspective(
            canvas, matrix, (self.spec.width, self.spec.height),
            flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE,
        )  # fmt: skip

    def _figure(self, t: int) -> NDArray[np.float32]:
        """(H, W, 4) premultiplied RGB in 0..255 and alpha in 0..1; do not write to it."""
        drawing = self._sheet.shown[t]
        dx, dy = (round(v * OVERSAMPLE) for v in self.offset(t))
        key = (drawing, dx, dy)
        if self._placed is None or self._placed[0] != key:
            self._placed = (key, self._average(self._sheet_of(drawing), dx, dy))
        return self._placed[1]

    def _sheet_of(self, drawing: int) -> NDArray[np.uint8]:
        if self._drawn is None or self._drawn[0] != drawing:
            cel = Cel(
                width=self.spec.width, height=self.spec.height, scale=self._scale,
                origin=self._origin, margin=_MARGIN,
            )  # fmt: skip
            paint_figure(cel, self._sheet.drawings[drawing])
            self._drawn = (drawing, cel.samples)
        return self._drawn[1]

    def _average(self, samples: NDArray[np.uint8], dx: int, dy: int) -> NDArray[np.float32]:
        """Average the sheet's samples into frame pixels, the sheet moved by (dx, dy) samples."""
        width, height = self.spec.width, self.spec.height
        left, top = _MARGIN * OVERSAMPLE - dx, _MARGIN * OVERSAMPLE - dy
        figure = np.empty((height, width, 4), np.float32)
        for row in range(0, height, _MAX_FIGURE_ROWS):
            rows = min(_MAX_FIGURE_ROWS, height - row)
            start = top + row * OVERSAMPLE
            band = samples[start : start + rows * OVERSAMPLE, left : left + width * OVERSAMPLE]
            figure[row : row + rows] = cv2.resize(
                band.astype(np.float32), (width, rows), interpolation=cv2.INTER_AREA
            )
        figure[..., 3] /= 255
        return figure

    def _random(self, purpose: int) -> np.random.Generator:
        return np.random.default_rng((self.spec.seed, purpose))


def _to_bytes(image: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.clip(np.round(image), 0, 255).astype(np.uint8)
