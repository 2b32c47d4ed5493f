"""Whether a finished clip has grain."""

from __future__ import annotations

from toondecompose.core.parallel import each, evenly_spread
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.footage.grain import has_grain, strength
from toondecompose.store import paths
from toondecompose.store.layers import Layers

MEASURED_FRAMES = 4
"""Frames in which grain is measured."""


def find_grain(layers: Layers, *, tuning: Tuning = DEFAULT) -> bool:
    """Tell from a few frames and their layers whether a clip has grain.

    ``grain/`` is not read: the stage that writes it runs after others that ask.
    """

    def measure(t: int) -> float:
        frame = layers.clip.read_png(paths.image(t))
        return strength(frame, layers.recompose(t, grain=False), tuning=tuning)

    return has_grain(each(measure, evenly_spread(len(layers), MEASURED_FRAMES)), tuning=tuning)
