"""Alpha of the planes: where each hides those behind it, by votes of all frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.geometry import Size
from toondecompose.core.min_cut import edge_weights, minimum_cut
from toondecompose.core.parallel import add_up, each
from toondecompose.core.reduction import largest_channel
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.planes.background import (
    Background,
    Plane,
    blend,
    compose_view,
    observation_count,
    opaque_plane,
)
from toondecompose.planes.gaps import add_flat_bays, changing_places, keep_large
from toondecompose.planes.parameters import Parameters


def gather_planes(
    frames: np.ndarray,
    free: np.ndarray,
    motions: Sequence[np.ndarray],
    *,
    gaps: Sequence[np.ndarray] = (),
    objects: np.ndarray | None = None,
    shown: np.ndarray | None = None,
    tuning: Tuning = DEFAULT,
) -> Background:
    """Gather planes, front to back, and decide where each hides those behind it.

    Parameters
    ----------
    frames : (T, H, W, 3) uint8.
    free : (T, H, W) bool, true where no object is.
    motions : (T, 3, 3) of each plane.
    gaps : known gaps of all planes but the last, (H, W) bool on their canvases.
    objects : (T, H, W) bool, true where an object certainly is; other places that are not free may
        turn out to be background.
    shown : (T, H, W) bool, true where no plane in front of these may be; None for everywhere.
    """
    parameters = tuning[Parameters]
    size = (frames.shape[2], frames.shape[1])
    near = opaque_plane(frames, free, motions[0], tuning=tuning)
    if len(motions) == 1:
        return (near,)
    unsteady = changing_places(near.texture, size[0] * size[1], tuning=tuning)
    if gaps:
        unsteady = np.maximum(unsteady, keep_large(gaps[0], size[0] * size[1], tuning=tuning))
    unsteady = add_flat_bays(unsteady, near.texture, tuning=tuning)
    off, sure = _gaps_in_frames(near, unsteady, frames, settled=bool(gaps), tuning=tuning)
    for mask in (off, sure):
        if objects is not None:
            mask &= ~objects
        if shown is not None:
            mask &= shown
    # A plane behind these two is gathered wherever no plane in front of them is. Whether it hides
    # a place that both explain is decided below.
    behind = gather_planes(
        frames, free & sure, motions[1:], gaps=gaps[1:], objects=objects,
        shown=off, tuning=tuning,
    )  # fmt: skip
    near = solve_plane_alpha(
        near, behind, frames, unsteady=unsteady > 0, objects=objects, shown=shown,
        tie_cost=parameters.tie_cost_levels if gaps else None, tuning=tuning,
    )  # fmt: skip
    return (near, *behind)


def _gaps_in_frames(
    near: Plane,
    unsteady: np.ndarray,
    frames: np.ndarray,
    *,
    settled: bool,
    tuning: Tuning = DEFAULT,
) -> tuple[np.ndarray, np.ndarray]:
    """Return where frames likely, and certainly, show what is behind a plane, (T, H, W) bool.

    unsteady (H, W) are the gaps on the canvas of the plane. When they are settled, they are known
    up to `gap_outline_error_px`, and residuals elsewhere are misaligned edges of the plane itself.
    """
    parameters = tuning[Parameters]
    parameters = tuning[Parameters]
    size = (frames.shape[2], frames.shape[1])

    def views(mask: np.ndarray) -> np.ndarray:
        return np.stack(each(lambda h: geometry.to_frame(mask, h, size) > 0.5, near.homographies))

    if not settled:
        off = views(unsteady) | (local_residual(frames, (near,)) > parameters.max_residual_levels)
        return off, off.copy()
    width = 2 * parameters.gap_outline_error_px + 1
    return views(unsteady), views(cv2.erode(unsteady, np.ones((width, width), np.uint8)))


def local_residual(frames: np.ndarray, background: Background) -> np.ndarray:
    """Return the mean difference of 5 x 5 pixels from the plate, (T, H, W) float32, grey levels."""
    size = (frames.shape[2], frames.shape[1])

    def one(t: int) -> np.ndarray:
        difference = largest_channel(np.abs(frames[t] - compose_view(background, t, size)))
        return cv2.blur(difference, (5, 5))

    return np.stack(each(one, range(len(frames))))


def solve_plane_alpha(
    front: Plane,
    behind: Background,
    frames: np.ndarray,
    *,
    unsteady: np.ndarray,
    objects: np.ndarray | None = None,
    shown: np.ndarray | None = None,
    tie_cost: float | None = None,
    tuning: Tuning = DEFAULT,
) -> Plane:
    """Decide where on its canvas a plane hides those behind it.

    Many frames show each place of the front plane. The front plane is there if its own texture
    explains these observations better than the planes behind. Observations of objects (T, H, W) do
    not vote, nor do those that neither explains, those of places that the planes behind never
    showed, and those of nearer planes, where shown (T, H, W) is false. Changing places (H, W), see
    `changing_places`, are gaps where both explain the observations. At other places where both
    explain them, the front plane gains tie_cost, in grey levels, so that it wins where nothing else
    decides. The outline follows the edges of the texture (see `minimum_cut`), because it moves with
    the front: a plain sky that both explain belongs to the clouds that it continues, up to the edge
    of a roof.
    """
    parameters = tuning[Parameters]
    parameters = tuning[Parameters]
    size = (frames.shape[2], frames.shape[1])

    def vote(t: int) -> list[np.ndarray]:
        own, other = (_residual(planes, frames[t], t, size=size) for planes in ((front,), behind))
        judged = _certainly_known(behind, t, size)
        if objects is not None:
            judged &= ~objects[t]
        if shown is not None:
            judged &= shown[t]
        explained = (judged & (np.minimum(own, other) < parameters.max_residual_levels)).astype(
            np.float32
        )
        gain = explained * np.clip(
            other - own, -parameters.max_vote_levels, parameters.max_vote_levels
        )
        place = front.homographies[t]
        seen = np.ones_like(explained)
        return [geometry.to_canvas(x, place, front.canvas) for x in (gain, explained, seen)]

    gain, counts, visits = add_up(vote, range(len(frames)))
    weights = edge_weights(front.texture.colour, 20.0)
    judged, seen = counts >= 1, front.texture.seen > 0
    gain = np.where(judged, gain / np.maximum(counts, parameters.min_gap_observations), 0)
    tie = parameters.min_gain_levels if tie_cost is None else tie_cost
    cost = np.where(np.abs(gain) < parameters.min_gain_levels, tie, gain)
    cost = np.where(
        unsteady & (counts >= parameters.min_gap_observations),
        gain - parameters.min_gap_gain_levels,
        cost,
    )
    # Places that no frame shows have no edges.
    weights[0, :, :-1][~(seen[:, :-1] & seen[:, 1:])] = 1
    weights[1, :-1][~(seen[:-1] & seen[1:])] = 1
    start = geometry.nearest_of((cost < 0).astype(np.float32), judged)
    hidden = minimum_cut(cost, weights, parameters.outline_cost_levels, start=start, iterations=300)
    # Outside of all frames alpha continues from their border, which else would be an outline.
    alpha = geometry.nearest_of((hidden < 0.5).astype(np.float32), visits >= 1)
    return replace(front, alpha=alpha)


def _certainly_known(planes: Background, t: int, size: Size) -> np.ndarray:
    """Return where 3 x 3 pixels show only places that some frame shows, (H, W) bool."""
    maps = [
        geometry.to_frame(np.minimum(p.texture.seen, 1).astype(np.float32), p.homographies[t], size)
        for p in planes
    ]
    known = (blend(planes, maps, t, size=size) > 0.99).astype(np.uint8)
    return cv2.erode(known, np.ones((3, 3), np.uint8)) > 0


def _residual(planes: Background, frame: np.ndarray, t: int, *, size: Size) -> np.ndarray:
    """Return the mean difference of 3 x 3 pixels from planes, 255 where never observed."""
    difference = largest_channel(np.abs(frame - compose_view(planes, t, size)))
    return np.where(observation_count(planes, t, size) >= 1, cv2.blur(difference, (3, 3)), 255)
