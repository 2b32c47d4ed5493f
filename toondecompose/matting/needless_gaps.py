"""Gaps that a plane does not need, because it explains by itself what is seen there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from toondecompose import geometry
from toondecompose.parallel import add_up
from toondecompose.planes.background import Background, Plane
from toondecompose.planes.texture import robust_texture
from toondecompose.reduction import largest_channel

DIFFERENT = 10.0
"""Grey levels by which a sight that shows something else differs from the plane."""

NEEDED = 0.05
"""Share of a gap's sights that must show something else: in true gaps an eighth does at least, in
others the odd strand of hair that labels have missed."""


def without_needless_gaps(
    frames: Sequence[np.ndarray], free: Sequence[np.ndarray], planes: Background
) -> Background:
    """Close the gaps in which all frames show what the plane itself would.

    While labels were rough, a sleeve that passed looked like a gap. What is gathered behind it is
    then the plane's own paint, which explains the frames as well as the plane does, so the gap
    stays. Behind a true gap things move otherwise, unless they are flat: then closing it changes
    nothing.

    Parameters
    ----------
    frames : T images (H, W, 3) uint8.
    free : T images (H, W) bool, true where no sprite is near.
    planes : front to back; their textures are not used.
    """
    left, result = list(free), []
    for plane in planes[:-1]:
        result.append(_closed(frames, left, plane))
        left = [mask & ~_covered(result[-1], t, mask.shape) for t, mask in enumerate(left)]
    return (*result, planes[-1])


def _covered(plane: Plane, t: int, shape: tuple[int, int]) -> np.ndarray:
    """Return where a plane may hide those behind it in a frame of a shape, (H, W) bool."""
    return plane.coverage(t, shape[::-1]) > 0


def _closed(frames: Sequence[np.ndarray], free: Sequence[np.ndarray], plane: Plane) -> Plane:
    """Close one plane's needless gaps; free is where nothing is before it."""
    count, gaps = cv2.connectedComponents((plane.alpha < 0.5).astype(np.uint8))
    if count == 1:
        return plane
    size = (frames[0].shape[1], frames[0].shape[0])
    wide = cv2.dilate((gaps > 0).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    texture = robust_texture(
        frames, free, plane.homographies, plane.canvas, trust_masks=True, wanted=wide
    )

    def one(t: int) -> list[np.ndarray]:
        place = plane.homographies[t]
        expected = geometry.to_frame(texture.colour, place, size)
        other = largest_channel(np.abs(frames[t] - expected)) > DIFFERENT
        return [
            geometry.to_canvas(mask.astype(np.float32), place, plane.canvas)
            for mask in (free[t], free[t] & other)
        ]

    sights, others = add_up(one, range(len(frames)))
    seen, needed = (
        np.bincount(gaps.ravel(), weights=total.ravel(), minlength=count)
        for total in (sights, others)
    )
    close = (seen > 0) & (needed < NEEDED * seen)
    close[0] = False
    return replace(plane, alpha=np.where(close[gaps], np.float32(1), plane.alpha))
