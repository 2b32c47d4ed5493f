"""WebM: ``A.webm``, VP9 with alpha, one video a layer, for browsers; straight, BT.709, 4:2:0."""

from __future__ import annotations

import numpy as np

from toondecompose.export.film import decode, write_layers
from toondecompose.export.formats import Format, require
from toondecompose.export.scene import Scene
from toondecompose.store.artifacts import ClipFolder

OPTIONS = ("-c:v", "libvpx-vp9", "-pix_fmt", "yuva420p", "-crf", "18", "-b:v", "0")
OPTIONS += ("-deadline", "good", "-cpu-used", "4", "-row-mt", "1", "-auto-alt-ref", "0")
OPTIONS += ("-f", "webm")

ALPHA_LEVELS = 3
"""By how much an alpha may differ from the layer's, on average over a frame, in levels."""

DECODER = "libvpx-vp9"
"""ffmpeg's own decoder of VP9 drops the alpha."""


def write(scene: Scene, target: ClipFolder) -> None:
    """Write a video of every layer, frame after frame."""
    write_layers(scene, target, "webm", options=OPTIONS)


def check(scene: Scene, target: ClipFolder) -> None:
    """Compare the alpha of every frame, on average."""
    for name, layer in scene.stack:
        path, t = target.path(f"{name}.webm"), -1
        for t, frame in enumerate(decode(path, scene.layers.size, decoder=DECODER)):
            error = np.abs(frame[..., 3].astype(int) - layer.alpha(t)).mean()
            require(error <= ALPHA_LEVELS, f"{name}.webm", f"has an alpha {error:.1f} levels away")
        require(t + 1 == len(scene.layers), f"{name}.webm", f"has {t + 1} frames")


FORMAT = Format("webm", "VP9 with alpha for browsers, a video a layer", write, check)
