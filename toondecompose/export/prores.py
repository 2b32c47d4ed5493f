"""ProRes 4444: ``A.mov``, one video a layer, 10 bits, 16-bit alpha, straight, BT.709."""

from __future__ import annotations

import numpy as np

from toondecompose.export.film import decode, write_layers
from toondecompose.export.formats import Format, require
from toondecompose.export.scene import Scene
from toondecompose.store.artifacts import ClipFolder

OPTIONS = ("-c:v", "prores_ks", "-profile:v", "4444", "-pix_fmt", "yuva444p10le")
OPTIONS += ("-alpha_bits", "16", "-vendor", "apl0", "-f", "mov")

ALPHA_LEVELS = 1
"""By how much an alpha may differ from the layer's, in levels of 8 bits."""


def write(scene: Scene, target: ClipFolder) -> None:
    """Write a video of every layer, frame after frame."""
    write_layers(scene, target, "mov", options=OPTIONS)


def check(scene: Scene, target: ClipFolder) -> None:
    """Compare the alpha of every frame."""
    for name, layer in scene.stack:
        t = -1
        for t, frame in enumerate(decode(target.path(f"{name}.mov"), scene.layers.size)):
            error = np.abs(frame[..., 3].astype(int) - layer.alpha(t)).max()
            require(error <= ALPHA_LEVELS, f"{name}.mov", f"has an alpha {error} levels away")
        require(t + 1 == len(scene.layers), f"{name}.mov", f"has {t + 1} frames")


FORMAT = Format("prores", "ProRes 4444 with 16-bit alpha, a video a layer", write, check)
