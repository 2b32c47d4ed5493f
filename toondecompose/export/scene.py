"""What all formats share: the names of layers, their order, and the cels of each sprite.

A cel is a whole drawing on a canvas that all cels of its sprite share. The canvas has the pixel
grid of the frames: it covers the frame, and more where a drawing goes beyond it, as much on both
sides, because most programs centre a picture. A drawing lies on it where the first frame that shows
it has it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from toondecompose.core import geometry
from toondecompose.core.errors import FrameNumberError
from toondecompose.screen.light import Light
from toondecompose.store.layer_parts import Drawing, Layer, OverlayLayer, Plate, Sprite
from toondecompose.store.layers import Layers
from toondecompose.store.placement import NamedLayer, NamedOverlay, NamedPlane, name_layers

LIGHT = "light"
"""Name of the pictures of light over all."""


@dataclass(frozen=True)
class Cels:
    """The cels of a sprite.

    Attributes
    ----------
    size : (width, height) of the canvas of all of them.
    corner : (x, y) of the canvas's first pixel, in pixels of the frame; zero or negative.
    transforms : (T, 3, 3), pixels of each frame to pixels of the canvas.
    sheet : (T,) int, the drawing of each frame, -1 for none.
    """

    sprite: Sprite
    size: tuple[int, int]
    corner: tuple[int, int]
    transforms: np.ndarray
    sheet: np.ndarray

    def picture(self, d: int) -> np.ndarray:
        """Return the cel of drawing d, (height, width, 4) uint8, straight alpha."""
        canvas = np.zeros((self.size[1], self.size[0], 4), np.uint8)
        rgba, (x, y) = placed_drawing(self.sprite, self.sprite.drawings[d])
        x, y = x - self.corner[0], y - self.corner[1]
        canvas[y : y + rgba.shape[0], x : x + rgba.shape[1]] = rgba
        return canvas


@dataclass(frozen=True)
class Scene:
    """A finished clip as formats see it.

    Attributes
    ----------
    clip : its name, made safe for names of files.
    frame : the frame that still formats show, counted from 0; None for `best_frame`.
    """

    layers: Layers
    clip: str
    chosen: int | None = None

    @cached_property
    def named(self) -> tuple[NamedLayer, ...]:
        """All planes, sprites and overlays with their names, see ``store/placement.py``."""
        return name_layers(self.layers)

    @cached_property
    def names(self) -> dict[int, str]:
        """The name of each object, by its number, from back to front by their mean place.

        That of an object of the background is the name of its rearmost plane.
        """
        order = self.layers.order
        place = np.empty(order.shape, np.float64)
        np.put_along_axis(place, order.astype(np.int64), np.arange(order.shape[1])[None], axis=1)
        found: dict[int, str] = {}
        for one in self.named:
            if not isinstance(one, NamedOverlay):
                found.setdefault(one.object, one.name)
        behind = sorted(found, key=lambda k: (place[:, k].mean(), k))
        return {k: found[k] for k in behind}

    @cached_property
    def stack(self) -> tuple[tuple[str, Layer], ...]:
        """Name and layer of every object by the mean order, then overlays; from back to front."""
        objects = ((name, self.layers.objects[k]) for k, name in self.names.items())
        return (*objects, *self.overlays)

    @cached_property
    def sprites(self) -> tuple[tuple[str, Sprite], ...]:
        """Name and layer of every sprite, from back to front."""
        return tuple((name, one) for name, one in self.stack if isinstance(one, Sprite))

    @cached_property
    def overlays(self) -> tuple[tuple[str, OverlayLayer], ...]:
        """Name and layer of everything that stands still on the screen."""
        named = (one for one in self.named if isinstance(one, NamedOverlay))
        return tuple((one.name, self.layers.overlays[one.number]) for one in named)

    @cached_property
    def plates(self) -> tuple[tuple[str, Plate], ...]:
        """Name and canvas of every plane of the background, from back to front."""
        return tuple(found for k in self.names for found in self.plates_of(k))

    def plates_of(self, k: int) -> list[tuple[str, Plate]]:
        """Return name and canvas of the planes of an object, from back to front."""
        planes = (one for one in self.named if isinstance(one, NamedPlane) and one.object == k)
        return [(one.name, Plate(one.plane, self.layers.clip)) for one in planes]

    @cached_property
    def order_changes(self) -> bool:
        """Whether the order of layers is not that of `stack` in some frame."""
        return bool((self.layers.order != np.array(list(self.names))).any())

    def stack_at(self, t: int) -> list[tuple[str, Layer]]:
        """Return name and layer of every object in frame t, then overlays; from back to front."""
        order = self.layers.order[t].tolist()
        return [*((self.names[k], self.layers.objects[k]) for k in order), *self.overlays]

    @cached_property
    def frame(self) -> int:
        """The frame that still formats show: the one asked for, or the first with most sprites.

        Raises
        ------
        FrameNumberError
            When the clip has no such frame.
        """
        count = len(self.layers)
        if self.chosen is None:
            shown = (self.layers.exposure >= 0).sum(0)
            return int(shown.argmax()) if len(shown) else 0
        if not 0 <= self.chosen < count:
            raise FrameNumberError(
                f"there is no frame {self.chosen + 1} to export; exports count frames from 1 to "
                f"{count}"
            )
        return self.chosen

    @cached_property
    def gains(self) -> np.ndarray:
        """(T,), the factor by which a fade darkens each frame; cels and plates are without it."""
        return np.asarray(self.layers.lighting.gains, np.float64)

    def cels(self, sprite: Sprite) -> Cels:
        """Return the cels of a sprite."""
        width, height = self.layers.size
        beyond_x = beyond_y = 0
        motion, sheet = sprite.drawing_transforms, np.full(len(self.layers), -1)
        transforms = np.repeat(np.eye(3)[None], len(self.layers), axis=0)
        for drawing in sprite.drawings:
            rgba, (x, y) = placed_drawing(sprite, drawing)
            beyond_x = max(beyond_x, -x, x + rgba.shape[1] - width)
            beyond_y = max(beyond_y, -y, y + rgba.shape[0] - height)
            times = list(drawing.frames)
            sheet[times] = drawing.number
            if drawing.rgba is not None:
                transforms[times] = geometry.translation(x, y) @ motion[times]
        transforms = geometry.translation(beyond_x, beyond_y) @ transforms
        size = (width + 2 * beyond_x, height + 2 * beyond_y)
        return Cels(sprite, size, (-beyond_x, -beyond_y), transforms, sheet)


def light_range(light: Light) -> tuple[float, float]:
    """Return the strengths that the lowest and the highest value of its pictures stand for."""
    low, high = float(light.strength.min()), float(light.strength.max())
    return low, max(high, low + 1e-6)


def placed_drawing(sprite: Sprite, drawing: Drawing) -> tuple[np.ndarray, tuple[int, int]]:
    """Return a whole drawing and the place of its first pixel in its first frame.

    A drawing that no frame shows opaquely has no picture of its own; what its first frame shows
    of it stands for it.
    """
    rgba = drawing.rgba
    if rgba is None:
        return sprite.rgba(drawing.frames[0]), (0, 0)
    place = np.linalg.inv(sprite.drawing_transforms[drawing.frames[0]])
    x, y = geometry.apply(place, np.zeros((1, 2)))[0]
    return rgba, (math.floor(x + 0.5), math.floor(y + 0.5))


def sequence(name: str, t: int, *, suffix: str = "png") -> str:
    """Name of a layer's picture of frame t, or of a drawing, counted from 0: ``A/A.0001.png``."""
    return f"{name}/{name}.{t + 1:04d}.{suffix}"


def cel(name: str, d: int) -> str:
    """Name of the picture of drawing d of a sprite, counted from 0: ``cels/A/A.0001.png``."""
    return f"cels/{sequence(name, d)}"
