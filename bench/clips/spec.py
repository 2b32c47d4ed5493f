"""What is known of a clip before it is drawn."""

from collections.abc import Callable
from dataclasses import dataclass

from bench.clips.scene import Film


@dataclass(frozen=True)
class ClipSpec:
    """One clip of the benchmark: its difficulty, and with how many objects it is taken apart."""

    name: str
    hard_for: str
    objects: tuple[int, ...]
    seed: int
    draw: Callable[[int], Film]  # from the seed
    group: str = "moving"
