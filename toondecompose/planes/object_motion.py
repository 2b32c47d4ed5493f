"""The motion of each object over the whole clip: one global solve per object."""

from __future__ import annotations

import numpy as np

from toondecompose.core import geometry
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.motion.links import texture_links
from toondecompose.motion.matches import Flows, draw_pairs
from toondecompose.motion.parameters import Parameters
from toondecompose.motion.select import select_model
from toondecompose.motion.solve import solve_motion
from toondecompose.planes.background import Plane, opaque_plane


def solve_plane(
    frames: np.ndarray,
    flows: Flows,
    weights: np.ndarray,
    *,
    plane: Plane,
    masks: np.ndarray,
    rng: np.random.Generator,
    tuning: Tuning = DEFAULT,
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
    parameters = tuning[Parameters]
    size = (frames.shape[2], frames.shape[1])
    pairs = draw_pairs(
        flows, weights * masks, max(20, parameters.solve_points // max(len(flows), 1)), rng=rng
    )
    model, homographies = "", plane.homographies
    richest = "homography" if masks.mean() >= parameters.min_homography_share else "similarity"
    for number in range(parameters.max_passes):
        if number:
            plane = opaque_plane(frames, masks, homographies, tuning=tuning)

        def view(t: int, plane: Plane = plane) -> tuple[np.ndarray, np.ndarray]:
            return plane.view(t, size), plane.observation_count(t, size)

        links = texture_links(frames, masks, plane.homographies, view=view, rng=rng, tuning=tuning)
        if (
            len(pairs.a) < parameters.min_solve_matches
            or len(links.t) < parameters.min_solve_matches
        ):
            return model or "translation", plane.homographies
        if not model:
            model = select_model(
                plane.homographies, pairs, links, size=size, rng=rng, richest=richest, tuning=tuning
            )
        homographies = solve_motion(
            plane.homographies, pairs, links, model=model, size=size, tuning=tuning
        )
        homographies = geometry.still_unless_moved(plane.homographies, homographies, size)
        if geometry.largest_shift(plane.homographies, homographies, size) < parameters.settled_px:
            break
    return model, homographies


def solve_sprite(
    flows: Flows,
    weights: np.ndarray,
    masks: np.ndarray,
    *,
    rng: np.random.Generator,
    tuning: Tuning = DEFAULT,
) -> tuple[str, np.ndarray]:
    """Solve the motion of a sprite, whose drawing changes, from the flows on it.

    masks (T, H, W) is true where the sprite is. Returns the model's name and (T, 3, 3)
    homographies to a canvas that starts at (0, 0).
    """
    parameters = tuning[Parameters]
    count, height, width = masks.shape
    start = np.repeat(np.eye(3)[None], count, axis=0)
    pairs = draw_pairs(
        flows, weights * masks, max(20, parameters.solve_points // max(len(flows), 1)), rng=rng
    )
    same = masks[pairs.b, pairs.xb[:, 1].round().astype(int), pairs.xb[:, 0].round().astype(int)]
    pairs = pairs.where(same)
    if len(pairs.a) < parameters.min_solve_matches:
        return "translation", start
    model = select_model(start, pairs, None, size=(width, height), rng=rng, tuning=tuning)
    homographies = solve_motion(
        start, pairs, None, model=model, size=(width, height), tuning=tuning
    )
    return model, geometry.shift_to_origin(homographies, (width, height))
