"""What hints say about objects, as arrays; their files: ``toondecompose/store/hints.py``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from toondecompose.core.cast import Cast
from toondecompose.core.errors import UserError

BITS = (16, 64)
"""Numbers of objects for which a type of bit mask is taken, the first that reaches."""


def mask_type(objects: int) -> np.dtype:
    """Return the unsigned type with a bit for each object: uint16, or uint64 for more than 16.

    Raises
    ------
    UserError
        With more objects than bits.
    """
    for bits in BITS:
        if objects <= bits:
            return np.dtype(f"uint{bits}")
    raise UserError(
        f"hints can be about {BITS[-1]} objects at most, and {objects} were found; give a number "
        "of layers as 'objects', or take the hints away"
    )


def rule_out(marks: Mapping[int, np.ndarray], objects: int) -> tuple[np.ndarray, int]:
    """Combine the hints about one frame.

    Parameters
    ----------
    marks : for each object that was hinted at, (H, W) int8, see
        `toondecompose.store.hints.read_hint`.
    objects : how many the clip has.

    Returns
    -------
    (H, W) of `mask_type`, bit K set where the frame does not show object K, 0 where nothing was
    said; and the number of pixels on which the hints contradict each other, of which nothing is
    taken.
    """
    bits = mask_type(objects).type
    everyone = bits((1 << objects) - 1)
    ruled = np.zeros(next(iter(marks.values())).shape, bits)
    for k, mark in marks.items():
        own = bits(1 << k)
        ruled |= np.where(mark > 0, everyone & ~own, bits(0))
        ruled |= np.where(mark < 0, own, bits(0))
    torn = ruled == everyone
    return np.where(torn, bits(0), ruled), int(torn.sum())


def said_of(ruled: np.ndarray, some: Sequence[int], objects: int) -> np.ndarray:
    """What was said about some of the objects together, from what was ruled out (H, W).

    Returns (H, W) int8: 1 where it must be one of them, -1 where it can be none, 0 elsewhere.
    """
    kind = ruled.dtype.type
    bits, everyone = kind(sum(1 << k for k in some)), kind((1 << objects) - 1)
    only = (ruled | bits) == everyone
    none = (ruled & bits) == bits
    return only.astype(np.int8) - none


def impose(
    layer: np.ndarray, frame: np.ndarray, ruled: np.ndarray, cast: Cast, k: int, owned: np.ndarray
) -> np.ndarray:
    """Let a sprite's layer (H, W, 4) uint8 show what was said, whatever was found.

    frame (H, W, 3) is what the frame shows, ruled see `rule_out`; where it was said that some
    sprite is seen but not which, it is this one where owned (H, W) is true.
    """
    own = said_of(ruled, [k], cast.objects)
    some = said_of(ruled, range(len(cast.planes)), cast.objects) < 0
    shown = (own > 0) | (some & owned & (own == 0))
    result = layer.copy()
    result[shown, :3] = frame[shown]
    result[shown, 3] = 255
    result[(own < 0) | (some & ~shown), 3] = 0
    return result
