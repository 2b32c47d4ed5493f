"""``transforms.json``: size, frame rate, and where every layer lies in every frame.

The schema is ``transforms.schema.json``, beside this module and beside the file. Matrices act on
columns (x, y, 1) of pixels, x to the right and y down, pixel centres at integers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal, NamedTuple

import jsonschema
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.errors import UserError
from toondecompose.export.formats import Format
from toondecompose.export.scene import LIGHT, Cels, Scene, light_range
from toondecompose.screen.light import DARK, Light
from toondecompose.store.artifacts import ClipFolder
from toondecompose.store.layer_parts import AnimatedOverlay, OverlayLayer, Sprite

FILE = "transforms.json"
SCHEMA = "transforms.schema.json"

DIGITS = 9
"""Decimals of matrices: at 10000 px their rounding moves a corner by less than 1e-4 px."""


class Placed(NamedTuple):
    """A picture that is laid into the frames.

    Attributes
    ----------
    name : of its layer.
    size : (width, height) of the picture.
    to_frame : (T, 3, 3), pixels of the picture to pixels of each frame.
    sheet : (T,) int, the drawing of each frame, -1 for none; None for a plate or an overlay.
    opacity : (T,), 0 where the layer is absent; a factor of the picture's alpha.
    kind : what it is.
    """

    name: str
    size: tuple[int, int]
    to_frame: np.ndarray
    sheet: np.ndarray | None
    opacity: np.ndarray
    kind: Literal["background", "sprite", "overlay"]

    def pins(self, t: int) -> np.ndarray:
        """Return where the outer corners of the picture lie in frame t, (4, 2).

        From the upper left one clockwise, in pixels with centres at integers.
        """
        width, height = self.size
        outer = np.array([[0, 0], [width, 0], [width, height], [0, height]]) - 0.5
        return geometry.apply(self.to_frame[t], outer)


def placed(scene: Scene) -> Iterator[Placed]:
    """Yield plates and sprites from back to front by the mean order, then overlays."""
    for layer_name, layer in scene.stack:
        if isinstance(layer, OverlayLayer):
            shown = layer.shown.astype(float)
            sheet = layer.sheet if isinstance(layer, AnimatedOverlay) else None
            yield Placed(layer_name, scene.layers.size, layer.transforms, sheet, shown, "overlay")
        elif isinstance(layer, Sprite):
            cels = scene.cels(layer)
            inverse = _normalised(np.linalg.inv(cels.transforms))
            opacity = cel_opacity(cels)
            yield Placed(layer_name, cels.size, inverse, cels.sheet, opacity, "sprite")
        else:
            for name, plate in scene.plates_of(layer.number):
                height, width = plate.rgba.shape[:2]
                inverse, opacity = np.linalg.inv(plate.transforms), np.ones(len(scene.layers))
                size = (width, height)
                yield Placed(name, size, _normalised(inverse), None, opacity, "background")


def cel_opacity(cels: Cels) -> np.ndarray:
    """Return how opaque a sprite's cel is in each frame, (T,), 0 where none is shown.

    The alpha of a whole drawing is that of the frames which show it most opaquely.
    """
    opacity = np.zeros(len(cels.sheet))
    for d in set(cels.sheet.tolist()) - {-1}:
        own = cels.sprite.opacity[cels.sheet == d]
        opacity[cels.sheet == d] = own / own.max() if own.max() > 0 else 1.0
    return opacity


def describe(scene: Scene) -> dict[str, Any]:
    """Return the content of ``transforms.json``."""
    rate = Fraction(scene.layers.fps)
    light = scene.layers.lighting.light
    return {
        **({} if light is None else {"light": _light(light)}),
        "version": 1,
        "clip": scene.clip,
        "size": list(scene.layers.size),
        "fps": [rate.numerator, rate.denominator],
        "frames": len(scene.layers),
        "gain": [round(float(gain), DIGITS) for gain in scene.gains],
        "order": [[name for name, _ in scene.stack_at(t)] for t in range(len(scene.layers))],
        "layers": [_layer(one) for one in placed(scene)],
    }


def write(scene: Scene, target: ClipFolder) -> None:
    """Write the transforms and their schema."""
    target.write_json(FILE, describe(scene))
    target.write_bytes(SCHEMA, _own_schema().read_bytes())


def check(scene: Scene, target: ClipFolder) -> None:
    """Compare the file with the schema."""
    try:
        jsonschema.validate(target.read_json(FILE), json.loads(_own_schema().read_bytes()))
    except jsonschema.ValidationError as error:
        raise UserError(f"the exported {FILE} is wrong: {error.message}; report it") from None


def _light(light: Light) -> dict[str, Any]:
    return {
        "kind": light.kind,
        "colour": np.round(light.colour.astype(float), DIGITS).tolist(),
        "range": [round(level, DIGITS) for level in light_range(light)],
        "dark": DARK,
        "pictures": f"{LIGHT}/{LIGHT}.%04d.png",
    }


def _layer(one: Placed) -> dict[str, Any]:
    frames = []
    for t, matrix in enumerate(one.to_frame):
        entry: dict[str, Any] = {
            "matrix": np.round(matrix, DIGITS).tolist(),
            "corners": np.round(one.pins(t), 6).tolist(),
            "opacity": round(float(one.opacity[t]), 6),
        }
        if one.sheet is not None:
            entry["drawing"] = int(one.sheet[t]) + 1
        frames.append(entry)
    several = one.sheet is not None
    return {
        "name": one.name,
        "kind": one.kind,
        "pictures": f"cels/{one.name}/{one.name}.%04d.png" if several else f"{one.name}.png",
        "size": list(one.size),
        "frames": frames,
    }


def _normalised(homographies: np.ndarray) -> np.ndarray:
    return np.stack([geometry.normalised(one) for one in homographies])


def _own_schema() -> Path:
    return Path(__file__).with_name(SCHEMA)


FORMAT = Format("transforms", "transforms.json, where each layer lies in each frame", write, check)
