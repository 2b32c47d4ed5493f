"""The engines by name: one function opens any of them."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Protocol

import numpy as np

from toondecompose.core.errors import UserError
from toondecompose.upscale import animevideo, lanczos, waifu2x
from toondecompose.upscale.model_packages import INSTALL, package_folder
from toondecompose.upscale.runtime import choose_runtime

ENGINES: dict[str, ModuleType] = {
    "waifu2x": waifu2x,
    "animevideo": animevideo,
    "lanczos": lanczos,
}
"""The engines, the best first; a module has ``FACTORS``, ``PACKAGE``, ``load(factor, runtime)``."""


class Engine(Protocol):
    """Enlarges pictures.

    Attributes
    ----------
    factor : how many times larger they become.
    """

    factor: int

    def __call__(self, picture: np.ndarray, needed: np.ndarray | None = None) -> np.ndarray:
        """Return a picture (H, W, 3) uint8 RGB, enlarged to (factor H, factor W, 3).

        needed : (H, W) bool, the pixels that anybody will see; others may be of less quality.
        """
        ...


def open_engine(
    name: str,
    factor: int,
    *,
    runtime: str = "auto",
    device: str = "auto",
    half_precision: bool = False,
    say: Callable[[str], object] = print,
) -> tuple[str, Engine]:
    """Return an engine, and its name; settings as in ``config.schema.yaml`` under ``upscale``.

    say : called with one line where ``auto`` takes what is not the first, for want of another.

    Raises
    ------
    UserError
        When the engine has no such factor, or what it needs is not installed.
    """
    if name == "auto":
        name = _choose(factor, say)
    module = ENGINES[name]
    if factor not in module.FACTORS:
        factors = ", ".join(map(str, module.FACTORS))
        raise UserError(
            f"upscale.factor is {factor}, but the engine {name} enlarges {factors} times; give "
            "one of these, or take upscale.engine: auto"
        )
    chosen = choose_runtime(runtime, device, half=half_precision)
    if runtime == "auto" and chosen.name == "torch" and module.PACKAGE is not None:
        say(
            "upscale.runtime: auto takes torch, because onnxruntime, which is faster, is not "
            f"installed; for it give: {INSTALL}"
        )
    return name, module.load(factor, chosen)


def _choose(factor: int, say: Callable[[str], object]) -> str:
    able = [name for name, module in ENGINES.items() if factor in module.FACTORS]
    there = [name for name in able if _is_installed(ENGINES[name].PACKAGE)]
    if there[0] != able[0]:
        say(
            f"upscale.engine: auto takes {there[0]}, because the weights of {able[0]} are not "
            f"installed; for these give: {INSTALL}"
        )
    return there[0]


def _is_installed(package: str | None) -> bool:
    return package is None or package_folder(package) is not None
