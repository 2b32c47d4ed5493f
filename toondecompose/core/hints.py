"""Hints about objects, as arrays; their files: ``toondecompose/store/hints.py``."""

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
    marks : for each object that hints are about, (H, W) int8, see
        `toondecompose.store.hints.read_hint`.
    objects : how many the clip has.

    Returns
    -------
    (H, W) of `mask_type`, bit K set where the frame does not show object K, 0 where there is no
    hint; and the number of pixels on which the hints contradict each other, which are left out.
    """
    bits = mask_type(objects).type
    everyone = bits((1 << objects) - 1)
    ruled = np.zeros(next(iter(marks.values())).shape, bits)
    for k, mark in marks.items():
        own = bits(1 << k)
        ruled |= np.where(mark > 0, everyone & ~own, bits(0))
        ruled |= np.where(mark < 0, own, bits(0))
    contradicting = ruled == everyone
    return np.where(contradicting, bits(0), ruled), int(contradicting.sum())


def hinted_membership(ruled: np.ndarray, numbers: Sequence[int], objects: int) -> np.ndarray:
    """Return whether hints require a pixel to show one of some objects, or none of them.

    Parameters
    ----------
    ruled : (H, W), the objects that are ruled out, see `rule_out`.
    numbers : of the objects that are asked about.
    objects : how many the clip has.

    Returns
    -------
    (H, W) int8: 1 where the pixel must show one of them, -1 where it can show none, 0 elsewhere.
    """
    kind = ruled.dtype.type
    bits, everyone = kind(sum(1 << k for k in numbers)), kind((1 << objects) - 1)
    only = (ruled | bits) == everyone
    none = (ruled & bits) == bits
    return only.astype(np.int8) - none


def apply_hard_constraints(
    layer: np.ndarray,
    frame: np.ndarray,
    ruled: np.ndarray,
    *,
    cast: Cast,
    sprite: int,
    owned: np.ndarray,
) -> np.ndarray:
    """Set the hinted pixels of a sprite's layer as the hints require, whatever was found there.

    Parameters
    ----------
    layer : (H, W, 4) uint8, of the sprite.
    frame : (H, W, 3) uint8, which gives the colour of hinted pixels.
    ruled : (H, W), the objects that are ruled out, see `rule_out`.
    cast : which object is what.
    sprite : number of the sprite.
    owned : (H, W) bool, where the pixel is this sprite's if the hints require some sprite, but do
        not say which.

    Returns
    -------
    The layer, (H, W, 4) uint8; a copy.
    """
    own = hinted_membership(ruled, [sprite], cast.objects)
    some = hinted_membership(ruled, range(len(cast.planes)), cast.objects) < 0
    shown = (own > 0) | (some & owned & (own == 0))
    result = layer.copy()
    result[shown, :3] = frame[shown]
    result[shown, 3] = 255
    result[(own < 0) | (some & ~shown), 3] = 0
    return result
