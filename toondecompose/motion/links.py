"""Matches between frames and the texture of the plane they show, which prevent drift."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from toondecompose.core import geometry
from toondecompose.core.parallel import each
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.motion.matches import gradient_weight
from toondecompose.motion.parameters import Parameters
from toondecompose.motion.solve import Links
from toondecompose.optical_flow import DisOptions, estimate_flow


def texture_links(
    frames: np.ndarray,
    masks: np.ndarray,
    homographies: np.ndarray,
    *,
    view: Callable[[int], tuple[np.ndarray, np.ndarray]],
    rng: np.random.Generator,
    tuning: Tuning = DEFAULT,
) -> Links:
    """Match every frame to the texture by the flow from the frame to its rendered view.

    Parameters
    ----------
    frames : (T, H, W, 3) uint8.
    masks : (T, H, W) bool, where the frame shows the plane.
    homographies : (T, 3, 3) of the rendered views, correct up to a few pixels.
    view : returns, for the number of a frame, the rendered plane (H, W, 3) and the observation
        count of each of its pixels (H, W).
    rng : draws the points.
    """
    parameters = tuning[Parameters]
    count, height, width = masks.shape
    draws = rng.random((count, parameters.link_points))

    def one(t: int) -> Links:
        expected, seen = view(t)
        usable = masks[t] & (seen >= parameters.min_link_observations)
        density = np.cumsum(
            (gradient_weight(frames[t], tuning=tuning) * usable).ravel().astype(np.float64)
        )
        if density[-1] <= 0:
            return Links(np.zeros(0, int), np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0))
        # Outside of the plane the view is the frame itself, so that the flow is zero there.
        rendered = np.where(usable[..., None], np.clip(np.round(expected), 0, 255), frames[t])
        both = np.stack([frames[t], rendered.astype(np.uint8)])
        pairs = estimate_flow(both, [(0, 1)], DisOptions(workers=1), held_threshold=0)
        flow = next(pairs)[1]
        drawn = np.unique(np.searchsorted(density, draws[t] * density[-1]))
        drawn = np.minimum(drawn, density.size - 1)
        x = np.stack([drawn % width, drawn // width], axis=-1).astype(float)
        place = geometry.apply(homographies[t], x + flow.reshape(-1, 2)[drawn])
        return Links(np.full(len(drawn), t), x, place, np.ones(len(drawn)))

    return Links.concatenate(each(one, range(count)))
