"""One frame as a stack of layers, for formats that hold a still: PSD and ORA.

Each sprite is a group with a layer for every drawing. The drawing that the frame shows is visible,
with the pixels that it has in this frame, so that the picture is the recomposed frame to the level.
The others are hidden, and lie where their first frame has them. Overlays are in front, hidden where
the frame does not show them. Alpha is straight. Visible layers have fade and light of the frame.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import numpy as np

from toondecompose.export.scene import Scene, placed_drawing
from toondecompose.store.layer_parts import Layer, OverlayLayer, Sprite


class Picture(NamedTuple):
    """A layer: its pixels, (h, w, 4) uint8 straight, are read when they are asked for."""

    name: str
    visible: bool
    read: Callable[[], tuple[np.ndarray, tuple[int, int]]]
    """Return the pixels, and the place (x, y) of the first one in the frame."""


class Group(NamedTuple):
    """A sprite: one layer a drawing, from back to front."""

    name: str
    pictures: tuple[Picture, ...]


def stack(scene: Scene) -> Iterator[Picture | Group]:
    """Yield layers and groups of the chosen frame, from back to front."""
    for name, layer in scene.stack_at(scene.frame):
        if isinstance(layer, Sprite):
            yield Group(name, tuple(_drawings(scene, name, layer)))
        elif isinstance(layer, OverlayLayer) and not layer.shown[scene.frame]:
            yield Picture(name, False, partial(_absent, layer))
        else:
            yield Picture(name, True, _shown(scene, layer))


def cropped(pixels: np.ndarray) -> tuple[np.ndarray, tuple[int, int]]:
    """Cut off transparent margins; return the pixels and the place (x, y) of the first one.

    A picture that is transparent all over becomes a single transparent pixel.
    """
    seen = pixels[..., 3] > 0
    ys, xs = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    if not len(ys):
        return pixels[:1, :1], (0, 0)
    return pixels[ys[0] : ys[-1] + 1, xs[0] : xs[-1] + 1], (int(xs[0]), int(ys[0]))


def _drawings(scene: Scene, name: str, sprite: Sprite) -> Iterator[Picture]:
    # The first drawing in front, as a stack of cels is turned over.
    for drawing in reversed(sprite.drawings):
        shown = scene.frame in drawing.frames
        read = _shown(scene, sprite) if shown else _hidden(sprite, drawing.number)
        yield Picture(f"{name}{drawing.number + 1}", shown, read)


def _shown(scene: Scene, layer: Layer) -> Callable[[], tuple[np.ndarray, tuple[int, int]]]:
    return lambda: cropped(layer.rgba(scene.frame))


def _hidden(sprite: Sprite, d: int) -> Callable[[], tuple[np.ndarray, tuple[int, int]]]:
    return lambda: placed_drawing(sprite, sprite.drawings[d])


def _absent(overlay: OverlayLayer) -> tuple[np.ndarray, tuple[int, int]]:
    return cropped(overlay.picture)
