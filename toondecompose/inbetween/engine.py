"""What the engines of in-betweens have in common: two drawings in, the way between them out.

A drawing is premultiplied RGBA, (h, w, 4) float32 in 0..255, on a canvas that both share. Rigid
motion has been taken out: what stays in its place has no flow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np


@dataclass(frozen=True)
class Fields:
    """Where the pixels of an in-between come from.

    Attributes
    ----------
    to_first, to_second : (h, w, 2) float32, from each pixel to its place in the two drawings, x
        first, in pixels.
    first_share : (h, w) float32, how much of it is the first drawing's, 0..1.
    """

    to_first: np.ndarray
    to_second: np.ndarray
    first_share: np.ndarray


class Match(Protocol):
    """Two drawings whose points were found in each other."""

    @property
    def confidence(self) -> float:
        """How much of the drawings was found, 0..1."""
        ...

    def fields(self, share: float) -> Fields:
        """Return where an in-between comes from that is a share of the way, 0..1."""
        ...


Engine = Callable[[np.ndarray, np.ndarray], Match]
"""Matches two drawings."""


def open_engine(name: str, *, checkpoint: str = "", device: str = "cpu") -> Engine:
    """Return an engine by its name, ``flow`` or ``rife``.

    Parameters
    ----------
    checkpoint : of ``rife``, a file.
    device : on which ``rife`` computes, ``cpu`` or ``cuda``; the latter in half precision.

    Raises
    ------
    UserError
        When ``rife`` has no checkpoint, or it is another network's.
    """
    if name == "rife":
        from toondecompose.inbetween.rife_engine import load_rife

        return load_rife(Path(checkpoint) if checkpoint else None, device=device)
    from toondecompose.inbetween.flow_engine import match_by_flow

    return match_by_flow


def render(
    drawings: tuple[np.ndarray, np.ndarray],
    fields: Fields,
    maps: tuple[np.ndarray, np.ndarray],
) -> np.ndarray:
    """Return an in-between, premultiplied RGBA, float32 in 0..255.

    Parameters
    ----------
    drawings : both, premultiplied RGBA, (h, w, 4) float32 in 0..255, each in pixels of its own.
    fields : on the pixels of the result, (H, W).
    maps : of each drawing, (H, W, 2): its pixels at each pixel of the result, the fields included.
    """
    parts = [
        cv2.remap(
            drawing, *cv2.split(at.astype(np.float32)), cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_CONSTANT,
        )
        for drawing, at in zip(drawings, maps, strict=True)
    ]  # fmt: skip
    first = fields.first_share[..., None]
    return within_alpha(first * parts[0] + (1 - first) * parts[1])


def within_alpha(picture: np.ndarray) -> np.ndarray:
    """Clip premultiplied RGBA, which a cubic kernel overshoots, to what can be."""
    alpha = np.clip(picture[..., 3:], 0, 255)
    return np.concatenate([np.clip(picture[..., :3], 0, alpha), alpha], axis=-1)


def premultiplied(rgba: np.ndarray) -> np.ndarray:
    """Return straight RGBA, uint8, as premultiplied float32 in 0..255."""
    picture = rgba.astype(np.float32)
    picture[..., :3] *= picture[..., 3:] / 255
    return picture


def straight(picture: np.ndarray) -> np.ndarray:
    """Return premultiplied RGBA, float32 in 0..255, as straight uint8."""
    alpha = picture[..., 3:]
    colour = np.where(alpha > 0, picture[..., :3] * 255 / np.maximum(alpha, 1e-3), 0)
    return np.rint(np.clip(np.concatenate([colour, alpha], axis=-1), 0, 255)).astype(np.uint8)
