"""False gaps: gaps of a plane that are not needed, because the plane itself explains the frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.reduction import largest_channel
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.planes.background import Background, Plane
from toondecompose.planes.texture import robust_texture
from toondecompose.plates.parameters import Parameters
from toondecompose.plates.visibility import count_on_canvas, unoccluded


def close_false_gaps(
    frames: Sequence[np.ndarray],
    free: Sequence[np.ndarray],
    planes: Background,
    *,
    tuning: Tuning = DEFAULT,
) -> Background:
    """Close the gaps in which all frames show what the plane itself would show.

    While labels were rough, a sleeve that passed by looked like a gap. The plate behind such a gap
    is gathered from the plane's own pixels, explains the frames as well as the plane does, and
    keeps the gap open. Behind a true gap, things move differently. Where they are flat, closing
    changes nothing. Gaps that reach from one side of the canvas to the other stay open.

    Parameters
    ----------
    frames : T images (H, W, 3) uint8.
    free : T images (H, W) bool, true where no sprite is near.
    planes : front to back; their textures are not used.
    """
    result = list(planes)
    for i, plane in enumerate(planes[:-1]):
        result[i] = _closed(
            frames, unoccluded(result, free, 0.0, tuning=tuning)[i], plane, tuning=tuning
        )
    return tuple(result)


def _closed(
    frames: Sequence[np.ndarray],
    free: Sequence[np.ndarray],
    plane: Plane,
    *,
    tuning: Tuning = DEFAULT,
) -> Plane:
    """Close the false gaps of one plane; free is true where nothing is in front of it."""
    parameters = tuning[Parameters]
    count, gaps = cv2.connectedComponents((plane.alpha < 0.5).astype(np.uint8))
    if count == 1:
        return plane
    size = (frames[0].shape[1], frames[0].shape[0])
    wide = cv2.dilate((gaps > 0).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    texture = robust_texture(
        frames, free, plane.homographies, canvas=plane.canvas, wanted=wide, tuning=tuning
    )

    def seen_in(t: int) -> tuple[np.ndarray, np.ndarray]:
        expected = geometry.to_frame(texture.colour, plane.homographies[t], size)
        other = largest_channel(np.abs(frames[t] - expected)) > parameters.min_gap_difference_levels
        return free[t], free[t] & other

    seen, needed = (
        np.bincount(gaps.ravel(), weights=total.ravel(), minlength=count)
        for total in count_on_canvas(plane, seen_in)
    )
    close = (seen > 0) & (needed < parameters.min_gap_evidence_share * seen)
    close[0] = False
    # The sky above a whole skyline is no trace of a sleeve, however soft its clouds are.
    for one_side, other_side in ((gaps[:, 0], gaps[:, -1]), (gaps[0], gaps[-1])):
        close[np.intersect1d(one_side, other_side)] = False
    return replace(plane, alpha=np.where(close[gaps], np.float32(1), plane.alpha))
