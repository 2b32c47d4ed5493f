"""What the drawings of a clip are put together with: camera, planes, sprites, film.

Coordinates: a frame is 640 x 360 pixels, pixel centres at integers; two design pixels (those of
`data.violet`) are one frame pixel. A homography maps frame pixel (x, y, 1) to a pixel of the
plane's canvas or of the sprite's sheet.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from data.violet.cel import OVERSAMPLE

WIDTH, HEIGHT = 640, 360
SCALE = 0.5  # frame pixels per design pixel
_MIDDLE = np.array((WIDTH - 1, HEIGHT - 1)) / 2

Matrix = NDArray[np.float64]
Motion = Callable[[float], Matrix]
Image = NDArray[np.float32]


@dataclass(frozen=True)
class Camera:
    """A camera that travels, closes in and turns, smoothly, over a clip of ``frames`` frames."""

    frames: int
    start: tuple[float, float] = (0.0, 0.0)  # design pixel in the first frame's upper left corner
    travel: tuple[float, float] = (0.0, 0.0)  # design pixels until the last frame
    zoom: float = 1.0  # how much larger things are in the last frame
    turn: float = 0.0  # degrees until the last frame
    ease: float = 0.25  # 0: even speed, 1: from rest to rest
    shake: tuple[tuple[float, float], ...] = ()  # per frame, design pixels added to where it is

    def __call__(self, t: float, share: float = 1.0) -> Matrix:
        """Frame pixel to design pixel, (3, 3); a distant plane takes a ``share`` of the motion."""
        even = t / max(self.frames - 1, 1)
        u = even + self.ease * (even * even * (3 - 2 * even) - even)
        size = self.zoom ** (-u * share) / SCALE
        angle = np.deg2rad(self.turn * u)
        cos, sin = np.cos(angle) * size, np.sin(angle) * size
        matrix = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
        moved = np.array(self.start) + share * u * np.array(self.travel)
        if self.shake:
            moved = moved + share * np.array(self.shake[int(np.clip(round(t), 0, self.frames - 1))])
        matrix[:2, 2] = moved + _MIDDLE / SCALE - matrix[:2, :2] @ _MIDDLE
        return matrix


@dataclass(frozen=True)
class Plane:
    """A painted plane of the background."""

    canvas: Image  # (h, w, 4) premultiplied RGBA in 0..255
    to_canvas: Matrix  # design pixel to canvas pixel
    share: float = 1.0  # of the camera's motion


@dataclass(frozen=True)
class Sprite:
    """What moves before the background.

    ``sheet(d)`` gives drawing d as samples, (OVERSAMPLE h, OVERSAMPLE w, 4) uint8 premultiplied
    RGBA; ``shown[t]`` is the drawing that frame t shows, None for none.
    """

    name: str
    sheet: Callable[[int], NDArray[np.uint8]]
    shown: tuple[int | None, ...]
    motion: Motion
    rigid: bool = False  # one drawing all the time
    shutter: float = 0.0  # how long the shutter is open, in frames


@dataclass(frozen=True)
class Film:
    """A drawn clip: planes from the farthest to the nearest, sprites from back to front.

    ``overlay(t)`` lies over everything and belongs to no object, as rain does or a logo: (H, W, 4)
    premultiplied RGB in 0..255, alpha in 0..1. It is not faded.
    """

    frames: int
    camera: Camera
    planes: tuple[Plane, ...]
    sprites: tuple[Sprite, ...]
    opacity: tuple[float, ...] | None = None  # per frame; below 1 the shot is mixed with black
    grain: float = 0.0  # standard deviation of the film's grain, levels
    crf: int | None = None  # the frames have been through H.264 with this rate factor
    overlay: Callable[[int], Image] | None = None

    def light(self, t: int) -> float:
        """Share of the picture that the fade lets through in frame ``t``."""
        return self.opacity[t] if self.opacity else 1.0

    def plane_matrix(self, plane: int, t: float) -> Matrix:
        """Frame pixel to canvas pixel of a plane, (3, 3)."""
        chosen = self.planes[plane]
        return chosen.to_canvas @ self.camera(t, chosen.share)

    def background(self, t: int) -> tuple[Image, list[Image]]:
        """Plate (H, W, 3) in 0..255, unfaded, and the share (H, W) each plane has in it."""
        plate, shares = np.zeros((HEIGHT, WIDTH, 3), np.float32), []
        for index, plane in enumerate(self.planes):
            seen = cv2.warpPerspective(
                plane.canvas, self.plane_matrix(index, t), (WIDTH, HEIGHT),
                flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE,
            )  # fmt: skip
            cover = np.clip(seen[..., 3] / 255, 0, 1)
            plate = np.clip(seen[..., :3] + (1 - cover[..., None]) * plate, 0, 255)
            shares = [*(share * (1 - cover) for share in shares), cover]
        return plate, shares

    def layer(self, sprite: int, t: int) -> Image:
        """A sprite in frame ``t``, (H, W, 4): premultiplied RGB in 0..255, alpha in 0..1."""
        chosen = self.sprites[sprite]
        drawing = chosen.shown[t]
        layer = np.zeros((HEIGHT, WIDTH, 4), np.float32)
        if drawing is None:
            return layer
        # An open shutter sums up where the sprite passes; 24 moments make no steps at 30 px.
        moments = (np.arange(24) + 0.5) / 24 - 0.5 if chosen.shutter else np.zeros(1)
        samples = chosen.sheet(drawing)
        for moment in moments:
            _expose(layer, samples, chosen.motion(t + moment * chosen.shutter))
        layer /= len(moments)
        layer[..., 3] /= 255
        return layer

    def frame(self, t: int) -> Image:
        """The picture (H, W, 3) in 0..255, unrounded, before grain."""
        picture = self.background(t)[0]
        for index in range(len(self.sprites)):
            picture = over(self.layer(index, t), picture)
        picture = picture * self.light(t)
        return picture if self.overlay is None else over(self.overlay(t), picture)


def over(layer: Image, picture: Image) -> Image:
    """Lay a layer (H, W, 4), premultiplied, alpha in 0..1, over a picture (H, W, 3)."""
    return layer[..., :3] + (1 - layer[..., 3:]) * picture


def slide(margin: float, place: Callable[[float], tuple[float, float]]) -> Motion:
    """Motion of a sheet that hangs ``margin`` frame pixels over the frame, moved to ``place(t)``.

    Places are rounded to samples, so that a slid drawing is the same drawing to the last bit.
    """

    def motion(t: float) -> Matrix:
        x, y = np.round(np.array(place(t)) * OVERSAMPLE) / OVERSAMPLE
        return np.array([[1, 0, margin - x], [0, 1, margin - y], [0, 0, 1.0]])

    return motion


def on_ground(still: Motion, camera: Camera) -> Motion:
    """Motion of a sheet that stands on the ground where ``still(0)`` puts it in the first frame.

    It moves on the screen as the ground does, and grows as the camera closes in.
    """
    first = still(0) @ np.linalg.inv(camera(0))

    def motion(t: float) -> Matrix:
        return first @ camera(t)

    return motion


def remembered(draw: Callable[[int], NDArray[np.uint8]]) -> Callable[[int], NDArray[np.uint8]]:
    """Keep the drawing made last: the frames of a hold ask for it again and again."""
    return lru_cache(maxsize=1)(draw)


def _expose(layer: Image, samples: NDArray[np.uint8], matrix: Matrix) -> None:
    """Add a sheet to ``layer``: every frame pixel is the mean of OVERSAMPLE^2 samples."""
    rows, columns, _ = samples.shape
    corners = [(-0.5, -0.5), (columns, -0.5), (columns, rows), (-0.5, rows)]
    to_samples = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1 / OVERSAMPLE]]) * OVERSAMPLE
    to_samples[:2, 2] -= 0.5
    whole = to_samples @ matrix @ np.linalg.inv(to_samples)  # frame sample to sheet sample
    reach = cv2.perspectiveTransform(np.array([corners]), np.linalg.inv(whole))[0] / OVERSAMPLE
    left, top = np.clip(np.floor(reach.min(axis=0)).astype(int) - 1, 0, (WIDTH, HEIGHT))
    right, bottom = np.clip(np.ceil(reach.max(axis=0)).astype(int) + 2, 0, (WIDTH, HEIGHT))
    if left >= right or top >= bottom:
        return
    start = np.array([[1, 0, left * OVERSAMPLE], [0, 1, top * OVERSAMPLE], [0, 0, 1.0]])
    size = (int(right - left), int(bottom - top))
    fine = cv2.warpPerspective(
        samples, whole @ start, (size[0] * OVERSAMPLE, size[1] * OVERSAMPLE),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
    )  # fmt: skip
    mean = cv2.resize(fine.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    layer[top:bottom, left:right] += mean
