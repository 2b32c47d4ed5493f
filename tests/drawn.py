"""Clips of the benchmark and their layers, each drawn once for all tests."""

from functools import cache

import numpy as np

from bench.clips import render
from bench.clips.scene import HEIGHT, WIDTH, Film


@cache
def film(name: str) -> Film:
    """Return a clip, its planes painted."""
    (spec,) = render.chosen([name])
    return spec.draw(spec.seed)


@cache
def layer(name: str, sprite: int, t: int) -> np.ndarray:
    """Return a sprite in a frame: premultiplied RGB 0..255, alpha 0..1."""
    return film(name).layer(sprite, t)


def moved(matrix: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the (2,) way the frame's middle goes from one frame to the other."""
    point = np.linalg.inv(other) @ matrix @ [WIDTH / 2, HEIGHT / 2, 1]
    return point[:2] / point[2] - (WIDTH / 2, HEIGHT / 2)
