"""PNG: every layer as a folder of frames, every drawing once, the whole plates.

Straight alpha, sRGB. ``plate.png`` is the whole canvas, transparent where no frame looks; behind
sprites it is opaque, and ``plate.observed.png`` is white where some frame really shows it.

``A/A.0001.png`` is a layer in a frame; laid over each other in the order of ``transforms.json`` the
layers make the frame. ``cels/A/A.0001.png`` is a whole drawing, on the canvas that all cels of the
sprite share. ``overlay.png`` is what stands still on the screen, of the size of the frame.
Rain, snow and flashes have a cel a frame: ``cels/weather/weather.0001.png``.

Plates, cels and ``overlay.png`` have neither fade nor light over all, which layers in a frame have.
The light is ``light/light.0001.png``, 16 bits, on a grid; ``transforms.json`` says what it means.
"""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image

from toondecompose.core import geometry
from toondecompose.core.parallel import each
from toondecompose.export.formats import Format, require
from toondecompose.export.scene import LIGHT, Scene, cel, light_range, sequence
from toondecompose.screen.light import Light
from toondecompose.store import paths
from toondecompose.store.artifacts import ClipFolder
from toondecompose.store.layer_parts import AnimatedOverlay, OverlayLayer, Plate

MARGIN = 3
"""Pixels of a plate kept around what frames look at, for filters of other programs."""


def write(scene: Scene, target: ClipFolder) -> None:
    """Write plates, layers and cels."""
    clip = scene.layers.clip
    for name, plate in scene.plates:
        target.write_png(f"{name}.png", seen_canvas(plate, scene.layers.size))
        observed = clip.read_bytes(paths.plate_observed(plate.number))
        target.write_bytes(f"{name}.observed.png", observed)

    for name, overlay in scene.overlays:
        if isinstance(overlay, AnimatedOverlay):
            for n, t in enumerate(overlay.frames):
                target.write_png(cel(name, n), overlay.part(t))
        else:
            target.write_png(f"{name}.png", overlay.picture)
    light = scene.layers.lighting.light

    def copy(t: int) -> None:
        for name, layer in scene.stack:
            if isinstance(layer, OverlayLayer):
                target.write_png(sequence(name, t), layer.rgba(t))
            else:
                target.write_bytes(sequence(name, t), clip.read_bytes(paths.layer(t, layer.number)))
        if light is not None:
            target.write_png(sequence(LIGHT, t), light_picture(light, t))

    each(copy, range(len(scene.layers)))
    for name, sprite in scene.sprites:
        cels = scene.cels(sprite)
        for drawing in sprite.drawings:
            target.write_png(cel(name, drawing.number), cels.picture(drawing.number))


def light_picture(light: Light, t: int) -> np.ndarray:
    """Return the strength of the light of a frame, (h, w) uint16: its range over the clip."""
    low, high = light_range(light)
    return np.round((light.strength[t] - low) / (high - low) * 65535).astype(np.uint16)


def seen_canvas(plate: Plate, size: tuple[int, int]) -> np.ndarray:
    """Return a canvas, (h, w, 4) uint8, transparent where no frame of this size looks at it."""
    rgba = plate.rgba
    seen = np.zeros(rgba.shape[:2], np.uint8)
    for motion in plate.transforms:
        corners = geometry.apply(motion, geometry.corners(size))
        cv2.fillConvexPoly(seen, np.rint(corners).astype(np.int32), 1)
    seen = cv2.dilate(seen, np.ones((2 * MARGIN + 1, 2 * MARGIN + 1), np.uint8))
    rgba[..., 3] *= seen
    return rgba


def check(scene: Scene, target: ClipFolder) -> None:
    """Read layers of one frame, and the cels, with Pillow."""
    for name, layer in scene.stack:
        file = sequence(name, scene.frame)
        same = np.array_equal(_read(target, file), layer.rgba(scene.frame))
        require(same, file, "differs from the layer")
    for name, sprite in scene.sprites:
        size = scene.cels(sprite).size
        for drawing in sprite.drawings:
            file = cel(name, drawing.number)
            with Image.open(target.path(file)) as picture:
                require(picture.size == size, file, f"is {picture.size}, not {size}")


def _read(target: ClipFolder, name: str) -> np.ndarray:
    with Image.open(target.path(name)) as picture:
        return np.asarray(picture)


FORMAT = Format("png", "PNG folders: plates, layers of every frame, drawings", write, check)
