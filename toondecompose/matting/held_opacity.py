"""Opacity of a drawing in the frames that hold it: what looks the same is equally opaque.

A frame alone can mistake chance for the plate that shows through, above all in a small sprite.
Where two frames of a drawing really differed in opacity, by d, their pictures would differ by
d |F - B|. So a frame takes the median opacity of all frames of the drawing from which it differs by
less than that; a fade, whose frames do differ, stays as it was measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from toondecompose.core.masks import signed_distance
from toondecompose.matting.observations import Observation, warp_to_grid
from toondecompose.matting.opacity import made_opaque

EXPLAINED_SHARE = 0.5
"""Share of the difference that their opacities would make from which on frames differ in it."""


def agree_on_opacity(
    measured: Mapping[int, Observation], outline_error: float
) -> dict[int, Observation]:
    """Let frames of a drawing agree on its opacity, and return them as if it were opaque.

    measured are observations by frame as they are, with the opacity that each has by itself.
    """
    given = {t: one.opacity for t, one in measured.items()}
    agreed = dict(given)
    for t, one in measured.items():
        if len(set(given.values())) == 1:
            break
        same = [
            given[s]
            for s, other in measured.items()
            if s == t or given[s] == given[t] or _look_alike(one, other, outline_error)
        ]
        agreed[t] = float(np.median(same))
    return {t: _as_if_opaque(one, agreed[t]) for t, one in measured.items()}


def _look_alike(one: Observation, other: Observation, outline_error: float) -> bool:
    """Tell whether two frames differ by less than their opacities would make them differ."""
    size = one.frame.shape[1::-1]
    at = np.linalg.inv(other.motion) @ one.motion
    inside = one.known & (one.own > 0) & (signed_distance(one.label) > 2 * outline_error)
    inside &= warp_to_grid(other.own, at, size, outside=0) > 0.5
    if not inside.any():
        return False
    there = warp_to_grid(other.frame, at, size)[inside].astype(np.float32)
    here, plate = one.frame[inside].astype(np.float32), one.found.plate[inside]
    difference = np.median(np.abs(here - there).max(axis=-1))
    # I - B = o (F - B)
    contrast = np.median(np.abs(here - plate).max(axis=-1)) / one.opacity
    return bool(difference < EXPLAINED_SHARE * abs(one.opacity - other.opacity) * contrast)


def _as_if_opaque(one: Observation, opacity: float) -> Observation:
    sigma = one.found.sigma / np.float32(opacity)
    return replace(
        one,
        opacity=opacity,
        frame=made_opaque(one.frame, one.found.plate, opacity),
        found=replace(one.found, sigma=sigma),
    )
