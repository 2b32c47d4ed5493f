"""OpenEXR: half float, linear light, premultiplied, ZIP, one file a frame.

``exr/<clip>.0001.exr`` holds all layers in one part, as channels ``plate.R``, ``A.R`` to ``A.A``;
``exr/A/A.0001.exr`` holds one layer as R, G, B, A. Each plane of the background is a layer, also
where several are one object: ``plate``, ``plate2``, ... from back to front. The colours are sRGB
made linear, with the primaries of BT.709. Laid over each other in linear light, soft edges differ a
little from the frames, which were painted and mixed in sRGB.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np

from toondecompose.core.parallel import each
from toondecompose.export.formats import Format, require
from toondecompose.export.plane_layers import split_stack
from toondecompose.export.scene import Scene, sequence
from toondecompose.store.artifacts import ClipFolder

FOLDER = "exr"

CHROMATICITIES = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290)
"""Red, green, blue and white of BT.709, x and y of each."""

HALF_ERROR = 2.0**-11
"""Relative rounding of a half float."""


def all_layers(scene: Scene, t: int) -> str:
    """Name of the file of all layers in frame t."""
    return f"{FOLDER}/{scene.clip}.{t + 1:04d}.exr"


def linear_premultiplied(rgba: np.ndarray) -> np.ndarray:
    """Turn straight sRGB (H, W, 4) uint8 into linear premultiplied (H, W, 4) float16, 0..1."""
    levels = np.arange(256) / 255.0
    curve = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
    linear = curve.astype(np.float32)[rgba[..., :3]]
    alpha = rgba[..., 3:].astype(np.float32) / 255.0
    return np.concatenate([linear * alpha, alpha], axis=2).astype(np.float16)


def write(scene: Scene, target: ClipFolder) -> None:
    """Write the files of all frames."""

    def one(t: int) -> None:
        together = {}
        for name, rgba in split_stack(scene, t):
            pixels = linear_premultiplied(rgba)
            planes = {c: np.ascontiguousarray(pixels[..., i]) for i, c in enumerate("RGBA")}
            together |= {f"{name}.{c}": plane for c, plane in planes.items()}
            with target.writing(f"{FOLDER}/{sequence(name, t, suffix='exr')}") as part:
                _write(part, planes, scene.layers.fps)
        with target.writing(all_layers(scene, t)) as part:
            _write(part, together, scene.layers.fps)

    each(one, range(len(scene.layers)))


def check(scene: Scene, target: ClipFolder) -> None:
    """Read the file of one frame."""
    import OpenEXR

    name = all_layers(scene, scene.frame)
    with OpenEXR.File(str(target.path(name)), separate_channels=True) as file:
        channels = file.channels()
        for layer_name, rgba in split_stack(scene, scene.frame):
            wanted = linear_premultiplied(rgba)
            for i, c in enumerate("RGBA"):
                channel = channels.get(f"{layer_name}.{c}")
                require(channel is not None, name, f"lacks the channel {layer_name}.{c}")
                same = np.array_equal(channel.pixels, wanted[..., i])
                require(same, name, f"has other pixels in {layer_name}.{c}")


def _write(path: Path, channels: dict[str, np.ndarray], fps: Fraction) -> None:
    import OpenEXR

    header = {
        "compression": OpenEXR.ZIP_COMPRESSION,
        "type": OpenEXR.scanlineimage,
        "chromaticities": CHROMATICITIES,
        "framesPerSecond": fps,
    }
    with OpenEXR.File(header, channels) as file:
        file.write(str(path))


FORMAT = Format("exr", "OpenEXR, linear, all layers and one a file", write, check, ("OpenEXR",))
