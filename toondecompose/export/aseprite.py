"""Sprite sheets as Aseprite writes them: ``sheets/A.png`` and ``A.json``, array layout.

A sheet holds each drawing once, cut to its pixels, straight alpha. The list ``frames`` has one
entry a frame of the clip; frames that show the same drawing share its place. Where the drawing
lies in the frame is ``spriteSourceSize``, to the whole pixel: games place no pixel by fractions,
nor turn or scale it. ``duration`` is in ms and sums up to the length of the clip.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from toondecompose.core import geometry
from toondecompose.core.errors import UserError
from toondecompose.export.formats import Format, require
from toondecompose.export.png_rows import write_rows
from toondecompose.export.scene import Cels, Scene
from toondecompose.export.still import cropped
from toondecompose.store.artifacts import ClipFolder

GAP = 1
"""Pixels between drawings, so that filters do not mix them."""

LARGEST = 16384
"""Pixels of a side of a sheet that common graphics cards take."""


class Cell(NamedTuple):
    """A drawing on the sheet: (width, height), where it lies on the cel, and where on the sheet."""

    size: tuple[int, int]
    on_cel: tuple[int, int]
    on_sheet: tuple[int, int]


def write(scene: Scene, target: ClipFolder) -> None:
    """Write a sheet for every sprite.

    Raises
    ------
    UserError
        When a sheet would be too large.
    """
    for name, sprite in scene.sprites:
        cels = scene.cels(sprite)
        cells, size = pack(cels, name)
        with target.writing(f"sheets/{name}.png") as part:
            write_rows(part, size, strips(cels, cells, size))
        content = describe(scene, name, cels, cells=cells)
        content["meta"]["size"] = {"w": size[0], "h": size[1]}
        target.write_json(f"sheets/{name}.json", content)


def strips(cels: Cels, cells: list[Cell], size: tuple[int, int]) -> Iterator[np.ndarray]:
    """Yield the sheet row of drawings by row of drawings, each (h, width, 4) uint8."""
    tops = sorted({cell.on_sheet[1] for cell in cells} | {0})
    for top, end in pairwise([*tops, size[1]]):
        strip = np.zeros((end - top, size[0], 4), np.uint8)
        for d, cell in enumerate(cells):
            x, y = cell.on_sheet
            if y == top:
                rgba, _ = _cut(cels, d)
                strip[: rgba.shape[0], x : x + rgba.shape[1]] = rgba
        yield strip


def check(scene: Scene, target: ClipFolder) -> None:
    """Read sheets with Pillow and compare them with their lists."""
    for name, _ in scene.sprites:
        read = json.loads(target.read_bytes(f"sheets/{name}.json"))
        with Image.open(target.path(f"sheets/{name}.png")) as sheet:
            size = read["meta"]["size"]
            require(sheet.size == (size["w"], size["h"]), f"sheets/{name}.png", "has another size")
        count = len(scene.layers)
        require(len(read["frames"]) == count, f"sheets/{name}.json", "has other frames")


def pack(cels: Cels, name: str) -> tuple[list[Cell], tuple[int, int]]:
    """Lay the drawings of a sprite in rows; return them, and (width, height) of the sheet."""
    cut = [_box(cels, d) for d in range(len(cels.sprite.drawings))]
    area = sum((w + GAP) * (h + GAP) for (w, h), _ in cut)
    limit = max(max((w for (w, _), _ in cut), default=1), round(area**0.5))
    cells, x, y, tall, width = [], 0, 0, 0, 1
    for (w, h), on_cel in cut:
        if x and x + w > limit:
            x, y, tall = 0, y + tall + GAP, 0
        cells.append(Cell((w, h), on_cel, (x, y)))
        tall, width = max(tall, h), max(width, x + w)
        x += w + GAP
    size = (width, max(y + tall, 1))
    if max(size) > LARGEST:
        raise UserError(
            f"the sheet of sprite {name} would be {size[0]}x{size[1]}, over {LARGEST} pixels; "
            "export png instead, which has a file a drawing"
        )
    return cells, size


def describe(scene: Scene, name: str, cels: Cels, *, cells: list[Cell]) -> dict[str, Any]:
    """Return the list of frames and what is known of the sheet."""
    count, rate = len(scene.layers), scene.layers.fps
    ends = [round(1000 * (t + 1) / rate) for t in range(count)]
    durations = np.diff([0, *ends]).tolist()
    frames = [
        {"filename": f"{name} {t + 1:04d}", "duration": lasts, **_frame(scene, cels, cells, t=t)}
        for t, lasts in enumerate(durations)
    ]
    meta = {
        "app": "toondecompose",
        "version": "1.0",
        "image": f"{name}.png",
        "format": "RGBA8888",
        "scale": "1",
        "frameTags": [],
        "layers": [{"name": name, "opacity": 255, "blendMode": "normal"}],
    }
    return {"frames": frames, "meta": meta}


def _cut(cels: Cels, d: int) -> tuple[np.ndarray, tuple[int, int]]:
    # Read anew each time: all drawings together may be large.
    return cropped(cels.picture(cels.sprite.drawings[d].number))


def _box(cels: Cels, d: int) -> tuple[tuple[int, int], tuple[int, int]]:
    rgba, on_cel = _cut(cels, d)
    return (rgba.shape[1], rgba.shape[0]), on_cel


def _frame(scene: Scene, cels: Cels, cells: list[Cell], *, t: int) -> dict[str, Any]:
    width, height = scene.layers.size
    d = int(cels.sheet[t])
    x = y = w = h = left = top = 0
    if d >= 0:
        (w, h), on_cel, (x, y) = cells[d]
        # Of the drawing's middle: what turns or grows is right there at least.
        middle = np.array([on_cel]) + (np.array([[w, h]]) - 1) / 2
        centre = geometry.apply(np.linalg.inv(cels.transforms[t]), middle)[0]
        left, top = np.floor(centre - (np.array([w, h]) - 1) / 2 + 0.5).astype(int).tolist()
    return {
        "frame": {"x": x, "y": y, "w": w, "h": h},
        "rotated": False,
        "trimmed": True,
        "spriteSourceSize": {"x": left, "y": top, "w": w, "h": h},
        "sourceSize": {"w": width, "h": height},
    }


FORMAT = Format("aseprite", "sprite sheets with a JSON list, a sheet a sprite", write, check)
