"""Which object is what, on disk.

``model/objects.json`` says so for the stages after the alpha warmup, and for the user.
"""

from __future__ import annotations

from toondecompose.core.cast import Cast
from toondecompose.store.artifacts import ClipFolder

FILE = "model/objects.json"

ORDER = "model/order.npy"
"""(T, K) uint8: the objects of each frame from back to front."""


def write_cast(clip: ClipFolder, cast: Cast) -> None:
    """Write which object is what."""
    background = [{"kind": "background", "planes": list(numbers)} for numbers in cast.planes]
    clip.write_json(FILE, {"objects": [*background, *[{"kind": "sprite"}] * cast.sprites]})


def read_cast(clip: ClipFolder) -> Cast:
    """Read which object is what."""
    objects = clip.read_json(FILE)["objects"]
    planes = tuple(tuple(one["planes"]) for one in objects if one["kind"] == "background")
    return Cast(planes, len(objects) - len(planes))
