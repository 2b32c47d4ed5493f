"""ORA, OpenRaster: one frame as layers, a group a sprite, one layer a drawing. Straight alpha.

See ``toondecompose/export/still.py`` for which pixels a layer has.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from xml.etree import ElementTree

import cv2
import numpy as np

from toondecompose.export.formats import Format, require
from toondecompose.export.scene import Scene
from toondecompose.export.still import Group, Picture, stack
from toondecompose.store.artifacts import PNG_WRITING, ClipFolder

MIMETYPE = "image/openraster"

THUMBNAIL = 256
"""Longest side of the thumbnail, in pixels."""

DAY = (1980, 1, 1, 0, 0, 0)
"""Date of all members, so that the same layers give the same bytes."""


def file_name(scene: Scene) -> str:
    """Name of the file."""
    return f"{scene.clip}.ora"


def write(scene: Scene, target: ClipFolder) -> None:
    """Write the file, layer after layer."""
    width, height = scene.layers.size
    flat = scene.layers.recompose(scene.frame, grain=False)
    scale = min(1.0, THUMBNAIL / max(width, height))
    small = (max(1, round(width * scale)), max(1, round(height * scale)))
    with target.writing(file_name(scene)) as part, zipfile.ZipFile(part, "w") as file:
        _add(file, "mimetype", MIMETYPE.encode())
        image = ElementTree.Element("image", version="0.0.3", w=str(width), h=str(height))
        root = ElementTree.SubElement(image, "stack")
        for i, one in enumerate(reversed(list(stack(scene)))):  # the first is in front
            _append(file, root, one, source=f"data/{i}")
        text = ElementTree.tostring(image, encoding="UTF-8", xml_declaration=True)
        _add(file, "stack.xml", text)
        _add(file, "mergedimage.png", _png(flat))
        thumbnail = cv2.resize(flat, small, interpolation=cv2.INTER_AREA)
        _add(file, "Thumbnails/thumbnail.png", _png(thumbnail))


def check(scene: Scene, target: ClipFolder) -> None:
    """Read the file's stack and compare its layers with its pictures."""
    name = file_name(scene)
    with zipfile.ZipFile(target.path(name)) as file:
        members = set(file.namelist())
        require(file.infolist()[0].filename == "mimetype", name, "does not begin with mimetype")
        root = ElementTree.fromstring(file.read("stack.xml"))
    sources = [layer.get("src") for layer in root.iter("layer")]
    require(set(sources) <= members, name, "lacks the picture of a layer")
    count = sum(1 for _ in _pictures(scene))
    require(len(sources) == count, name, f"has {len(sources)} layers, not {count}")


def _pictures(scene: Scene) -> Iterator[Picture]:
    for one in stack(scene):
        yield from one.pictures if isinstance(one, Group) else (one,)


def _append(
    file: zipfile.ZipFile, parent: ElementTree.Element, one: Picture | Group, *, source: str
) -> None:
    if isinstance(one, Group):
        group = ElementTree.SubElement(parent, "stack", name=one.name, isolation="auto")
        for i, picture in enumerate(reversed(one.pictures)):
            _append(file, group, picture, source=f"{source}.{i}")
        return
    rgba, (x, y) = one.read()
    _add(file, f"{source}.png", _png(rgba))
    ElementTree.SubElement(
        parent,
        "layer",
        {
            "name": one.name,
            "src": f"{source}.png",
            "x": str(x),
            "y": str(y),
            "opacity": "1.0",
            "visibility": "visible" if one.visible else "hidden",
            "composite-op": "svg:src-over",
        },
    )


def _png(pixels: np.ndarray) -> bytes:
    code = cv2.COLOR_RGBA2BGRA if pixels.shape[2] == 4 else cv2.COLOR_RGB2BGR
    done, data = cv2.imencode(".png", cv2.cvtColor(pixels, code), PNG_WRITING)
    assert done
    return data.tobytes()


def _add(file: zipfile.ZipFile, name: str, data: bytes) -> None:
    # Stored, not deflated: the mimetype has to be, and PNG files are small already.
    file.writestr(zipfile.ZipInfo(name, DAY), data)


FORMAT = Format("ora", "OpenRaster document of one frame, one layer a drawing", write, check)
