"""Which object is what, on disk.

``model/objects.json`` says so for the stages after the alpha warmup, and for the user.
"""

from __future__ import annotations

from collections.abc import Sequence

from toondecompose.core.cast import Cast
from toondecompose.store import paths
from toondecompose.store.artifacts import ClipFolder


def write_cast(clip: ClipFolder, cast: Cast, confidences: Sequence[float] = ()) -> None:
    """Write which object is what, and how sure each sprite is, 0..1, where that is known."""
    background = [{"kind": "background", "planes": list(numbers)} for numbers in cast.planes]
    sprites: list[dict[str, object]] = [{"kind": "sprite"} for _ in range(cast.sprites)]
    for sprite, sure in zip(sprites, confidences, strict=False):
        sprite["confidence"] = round(sure, 3)
    clip.write_json(paths.OBJECTS, {"objects": [*background, *sprites]})


def read_cast(clip: ClipFolder) -> Cast:
    """Read which object is what."""
    objects = clip.read_json(paths.OBJECTS)["objects"]
    planes = tuple(tuple(one["planes"]) for one in objects if one["kind"] == "background")
    return Cast(planes, len(objects) - len(planes))
