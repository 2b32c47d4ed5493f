"""Completion from similar drawings: a gap of one drawing, filled from another of the same sprite.

Two drawings are similar when hardly any pixel differs of those known in both: only the mouth has
opened, or the exposure sheet has missed that they are the same drawing.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.parallel import each
from toondecompose.core.reduction import local_contrast
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.drawings.completion import (
    FROM_SIMILAR,
    OBSERVED,
    WholeDrawing,
    crop_to_content,
    fill_enclosed_gaps,
    premultiplied,
    straight,
)
from toondecompose.drawings.parameters import Parameters
from toondecompose.exposure.alignment import make_template, soften
from toondecompose.exposure.sheet import best_motion, inner, likely, shrink


def complete_from_similar(
    wholes: Sequence[WholeDrawing | None], *, tuning: Tuning = DEFAULT
) -> list[WholeDrawing | None]:
    """Fill the gaps of the drawings of a sprite from each other; None where no frame shows one."""
    small = [
        None
        if whole is None
        else shrink(_on_black(whole), _solid(whole, tuning=tuning), tuning=tuning)
        for whole in wholes
    ]
    return each(
        lambda i: _complete_from_likeliest(wholes, small, i, tuning=tuning), range(len(wholes))
    )


def _complete_from_likeliest(
    wholes: Sequence[WholeDrawing | None],
    small: Sequence[np.ndarray | None],
    i: int,
    *,
    tuning: Tuning = DEFAULT,
) -> WholeDrawing | None:
    """Return a drawing, filled from the first of the likeliest candidates that is similar."""
    parameters = tuning[Parameters]
    whole, mine = wholes[i], small[i]
    if whole is None or mine is None or (whole.observed > 0).all():
        return whole
    solid = _solid(whole, tuning=tuning)
    around = cv2.dilate(solid.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    if not (around & (whole.observed == 0)).any():
        return whole
    others = {j: other for j, other in enumerate(small) if j != i and other is not None}
    numbers = list(others)
    template = make_template(
        soften(_on_black(whole), tuning=tuning),
        inner(solid),
        parameters.min_slope_levels,
        tuning=tuning,
    )
    for number, shift in likely(list(others.values()), mine, tuning=tuning):
        other = wholes[numbers[number]]
        if other is None:
            continue
        start = [geometry.translation(*shift)]
        motion = best_motion(
            template, soften(_on_black(other), tuning=tuning), start, tuning=tuning
        )
        filled = _filled_from(whole, other, motion, tuning=tuning)
        if filled is not None:
            return filled
    return whole


def _filled_from(
    whole: WholeDrawing, other: WholeDrawing, motion: np.ndarray, *, tuning: Tuning = DEFAULT
) -> WholeDrawing | None:
    """Fill a drawing from another; None if they are not similar.

    motion (3, 3) maps pixels of the drawing to pixels of the other.
    """
    parameters = tuning[Parameters]
    size = (whole.observed.shape[1], whole.observed.shape[0])
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    layer = cv2.warpPerspective(premultiplied(other.picture), motion, size, flags=flags)
    known = (other.observed == OBSERVED).astype(np.uint8) * 255
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    known = cv2.warpPerspective(known, motion, size, flags=flags) == 255
    mine = premultiplied(whole.picture)
    both = (
        known
        & (whole.observed == OBSERVED)
        & (np.maximum(mine, layer)[..., 3] >= parameters.solid_alpha)
    )
    if both.sum() < parameters.min_common_pixels:
        return None
    # Resampling blurs outlines: a difference that one pixel of misalignment explains is none.
    apart = np.abs(mine - layer).max(axis=-1) - local_contrast(mine)
    if (
        both & (apart > parameters.max_difference_levels)
    ).sum() > parameters.max_differing_share * both.sum():
        return None
    new = known & (whole.observed == 0)
    picture, observed = mine.copy(), whole.observed.copy()
    picture[new], observed[new] = layer[new], FROM_SIMILAR
    return crop_to_content(
        WholeDrawing(straight(fill_enclosed_gaps(picture, observed)), observed, whole.place)
    )


def _solid(whole: WholeDrawing, *, tuning: Tuning = DEFAULT) -> np.ndarray:
    parameters = tuning[Parameters]
    return whole.picture[..., 3] >= parameters.solid_alpha


def _on_black(whole: WholeDrawing) -> np.ndarray:
    return premultiplied(whole.picture)[..., :3]
