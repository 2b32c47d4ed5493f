"""Exposure sheets: XDTS, version 5, for drawing programs, and CSV for tables and scripts.

Both lie in ``cels``, beside the folders of drawings that their columns are named after. XDTS holds
timing alone: when which drawing is shown, not where. CSV has one row a frame and 0 for none.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from toondecompose.export.formats import Format, require
from toondecompose.export.scene import Scene
from toondecompose.store.artifacts import ClipFolder

HEADER = "exchangeDigitalTimeSheet Save Data"
"""First line of an XDTS file; JSON follows."""

VERSION = 5
CELL_FIELD = 0
"""The field of cels; others hold dialogue and camera work."""

NO_CELL = "SYMBOL_NULL_CELL"


def sheets(scene: Scene) -> dict[str, np.ndarray]:
    """Return the drawing of each frame, (T,) int, -1 for none, of each sprite by its name."""
    numbers = [sprite.number for sprite in scene.layers.sprites]
    rows = dict(zip(numbers, scene.layers.exposure, strict=True))
    return {name: rows[sprite.number] for name, sprite in scene.sprites}


def xdts(scene: Scene) -> str:
    """Return the exposure sheet as XDTS."""
    columns = sheets(scene)
    tracks = [
        {"trackNo": i, "frames": list(_changes(column))}
        for i, column in enumerate(columns.values())
    ]
    table = {
        "duration": len(scene.layers),
        "name": scene.clip,
        "timeTableHeaders": [{"fieldId": CELL_FIELD, "names": list(columns)}],
        "fields": [{"fieldId": CELL_FIELD, "tracks": tracks}],
    }
    content = {"header": {"cut": "1", "scene": "1"}, "timeTables": [table], "version": VERSION}
    return f"{HEADER}\n{json.dumps(content, ensure_ascii=False, indent=1)}\n"


def table(scene: Scene) -> str:
    """Return the exposure sheet as CSV: a column a sprite, a row a frame."""
    columns = sheets(scene)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(["Frame", *columns])
    for t in range(len(scene.layers)):
        writer.writerow([t + 1, *(column[t] + 1 for column in columns.values())])
    return text.getvalue()


def write(scene: Scene, target: ClipFolder) -> None:
    """Write both sheets."""
    target.write_bytes(f"cels/{scene.clip}.xdts", xdts(scene).encode())
    target.write_bytes(f"cels/{scene.clip}.csv", table(scene).encode())


def check(scene: Scene, target: ClipFolder) -> None:
    """Read both sheets."""
    name = f"cels/{scene.clip}.xdts"
    header, _, content = target.read_bytes(name).decode().partition("\n")
    read = json.loads(content)["timeTables"][0]
    require(header == HEADER and read["duration"] == len(scene.layers), name, "is damaged")
    name = f"cels/{scene.clip}.csv"
    rows = list(csv.reader(io.StringIO(target.read_bytes(name).decode())))
    require(len(rows) == len(scene.layers) + 1, name, f"has {len(rows)} rows")


def _changes(column: np.ndarray) -> Iterator[dict[str, Any]]:
    # A value holds until the next one.
    before = None
    for t, drawing in enumerate(column.tolist()):
        if drawing != before:
            value = NO_CELL if drawing < 0 else str(drawing + 1)
            yield {"frame": t, "data": [{"id": 0, "values": [value]}]}
        before = drawing


FORMAT = Format("sheet", "exposure sheet as XDTS and CSV, beside the cels", write, check)
