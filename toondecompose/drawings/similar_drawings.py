"""Fill what no frame shows of a drawing from another drawing of the sprite that looks the same.

Two drawings look the same when hardly any pixel differs that both are known at: a mouth has opened,
or the exposure sheet has missed that they are one.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.parallel import each
from toondecompose.core.reduction import local_contrast
from toondecompose.drawings.completion import (
    BORROWED,
    OBSERVED,
    SOLID,
    Whole,
    invent,
    premultiplied,
    straight,
    trimmed,
)
from toondecompose.exposure.alignment import make_template, soften
from toondecompose.exposure.sheet import best_motion, inner, likely, shrink

ALIKE, DIFFERENT = 24.0, 0.02
"""Grey levels by which a pixel of two drawings may differ, and the share of pixels that may by
more, for one to lend to the other."""

FEWEST = 400
"""Drawings with fewer pixels in common are not compared."""

NOISE = 2.0
"""Grey levels of slope from which a pixel has structure to align by."""


def borrow(wholes: Sequence[Whole | None]) -> list[Whole | None]:
    """Fill the drawings of a sprite from each other; None stands for one that no frame shows."""
    small = [None if whole is None else shrink(_on_black(whole), _solid(whole)) for whole in wholes]
    return each(lambda i: _borrow_from(wholes, small, i), range(len(wholes)))


def _borrow_from(
    wholes: Sequence[Whole | None], small: Sequence[np.ndarray | None], i: int
) -> Whole | None:
    """Return a drawing, filled from the first of the likeliest others that looks the same."""
    whole, mine = wholes[i], small[i]
    if whole is None or mine is None or (whole.observed > 0).all():
        return whole
    solid = _solid(whole)
    around = cv2.dilate(solid.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    if not (around & (whole.observed == 0)).any():
        return whole
    others = {j: other for j, other in enumerate(small) if j != i and other is not None}
    numbers = list(others)
    template = make_template(soften(_on_black(whole)), inner(solid), NOISE)
    for number, shift in likely(list(others.values()), mine):
        other = wholes[numbers[number]]
        if other is None:
            continue
        start = [geometry.translation(*shift)]
        motion = best_motion(template, soften(_on_black(other)), start)
        filled = _filled_from(whole, other, motion)
        if filled is not None:
            return filled
    return whole


def _filled_from(whole: Whole, other: Whole, motion: np.ndarray) -> Whole | None:
    """Fill a drawing from another; None if they differ. motion takes its pixels to the other's."""
    size = (whole.observed.shape[1], whole.observed.shape[0])
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    layer = cv2.warpPerspective(premultiplied(other.picture), motion, size, flags=flags)
    known = (other.observed == OBSERVED).astype(np.uint8) * 255
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    known = cv2.warpPerspective(known, motion, size, flags=flags) == 255
    mine = premultiplied(whole.picture)
    both = known & (whole.observed == OBSERVED) & (np.maximum(mine, layer)[..., 3] >= SOLID)
    if both.sum() < FEWEST:
        return None
    # An outline is as many pixels long as it is blurred by resampling: it is given a pixel's room.
    apart = np.abs(mine - layer).max(axis=-1) - local_contrast(mine)
    if (both & (apart > ALIKE)).sum() > DIFFERENT * both.sum():
        return None
    new = known & (whole.observed == 0)
    picture, observed = mine.copy(), whole.observed.copy()
    picture[new], observed[new] = layer[new], BORROWED
    return trimmed(Whole(straight(invent(picture, observed)), observed, whole.place))


def _solid(whole: Whole) -> np.ndarray:
    return whole.picture[..., 3] >= SOLID


def _on_black(whole: Whole) -> np.ndarray:
    return premultiplied(whole.picture)[..., :3]
