"""The motion of each object over the whole clip: one global solve per object."""

from __future__ import annotations

import numpy as np

from toondecompose.core import geometry
from toondecompose.motion.links import texture_links
from toondecompose.motion.matches import Flows, draw_pairs
from toondecompose.motion.select import select_model
from toondecompose.motion.solve import solve_motion
from toondecompose.planes.background import Plane, opaque_plane

POINTS = 90_000
"""Matches from all flows of the clip that enter a solve."""

PASSES = 2
"""Times, at most, that the texture is gathered and the frames matched to it."""

SETTLED = 0.3
"""Pixels: a pass that moved no corner of a frame farther leaves nothing for another."""

WIDE = 0.3
"""A plane that shows less than this share of the pictures moves by a similarity at most."""

FEWEST = 40
"""Fewer matches than this in the whole clip tell no motion."""


def solve_plane(
    frames: np.ndarray,
    flows: Flows,
    weights: np.ndarray,
    plane: Plane,
    masks: np.ndarray,
    rng: np.random.Generator,
) -> tuple[str, np.ndarray]:
    """Solve the motion of a rigid plane from flows and from its texture.

    Parameters
    ----------
    frames : (T, H, W, 3) uint8.
    flows : flow (H, W, 2) of each pair of frames.
    weights : (T, H, W), how visible and how reliable motion is.
    plane : start.
    masks : (T, H, W) bool, where the frames show the plane.
    rng : draws the points that are matched.

    Returns
    -------
    The name of the model and (T, 3, 3) homographies to the canvas of the plane.
    """
    size = (frames.shape[2], frames.shape[1])
    pairs = draw_pairs(flows, weights * masks, max(20, POINTS // max(len(flows), 1)), rng)
    model, homographies = "", plane.homographies
    richest = "homography" if masks.mean() >= WIDE else "similarity"
    for number in range(PASSES):
        if number:
            plane = opaque_plane(frames, masks, homographies)

        def view(t: int, plane: Plane = plane) -> tuple[np.ndarray, np.ndarray]:
            return plane.view(t, size), plane.observation_count(t, size)

        links = texture_links(frames, masks, plane.homographies, view, rng)
        if len(pairs.a) < FEWEST or len(links.t) < FEWEST:
            return model or "translation", plane.homographies
        if not model:
            model = select_model(plane.homographies, pairs, links, size, rng, richest=richest)
        homographies = solve_motion(plane.homographies, pairs, links, model, size)
        homographies = geometry.still_unless_moved(plane.homographies, homographies, size)
        if geometry.largest_shift(plane.homographies, homographies, size) < SETTLED:
            break
    return model, homographies


def solve_sprite(
    flows: Flows, weights: np.ndarray, masks: np.ndarray, rng: np.random.Generator
) -> tuple[str, np.ndarray]:
    """Solve the motion of a sprite, whose drawing changes, from the flows on it.

    masks (T, H, W) is true where the sprite is. Returns the model's name and (T, 3, 3)
    homographies to a canvas that starts at (0, 0).
    """
    count, height, width = masks.shape
    start = np.repeat(np.eye(3)[None], count, axis=0)
    pairs = draw_pairs(flows, weights * masks, max(20, POINTS // max(len(flows), 1)), rng)
    same = masks[pairs.b, pairs.xb[:, 1].round().astype(int), pairs.xb[:, 0].round().astype(int)]
    pairs = pairs.where(same)
    if len(pairs.a) < FEWEST:
        return "translation", start
    model = select_model(start, pairs, None, (width, height), rng)
    homographies = solve_motion(start, pairs, None, model, (width, height))
    return model, geometry.shift_to_origin(homographies, (width, height))
