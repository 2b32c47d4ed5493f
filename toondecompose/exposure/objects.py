"""The exposure sheets of all objects of a clip."""

from __future__ import annotations

import numpy as np

from toondecompose.core.parallel import each
from toondecompose.core.statistics import residual_noise
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.exposure.alignment import soften
from toondecompose.exposure.change import make_observation
from toondecompose.exposure.parameters import Parameters
from toondecompose.exposure.sheet import Exposure, find_exposure
from toondecompose.motion.matches import Flows
from toondecompose.planes.background import Background, compose_view, observation_count, spread


def expose(
    frames: np.ndarray,
    background: Background,
    masks: np.ndarray,
    *,
    flows: Flows,
    streaks: np.ndarray | None = None,
    tuning: Tuning = DEFAULT,
) -> list[Exposure]:
    """Find the drawings of every object before the background.

    Parameters
    ----------
    frames : (T, H, W, 3) uint8.
    background : its planes, with their motion.
    masks : (K, T, H, W) bool, where each object is.
    flows : flow (H, W, 2) of each pair of frames; from each frame to the one before is used.
    streaks : (T, H, W) bool, where rain or snow was taken out; None without any.
    """
    parameters = tuning[Parameters]
    size, times = (frames.shape[2], frames.shape[1]), range(len(frames))
    plates = each(lambda t: compose_view(background, t, size).astype(np.float32), times)
    known = each(
        lambda t: observation_count(background, t, size) >= parameters.min_observations, times
    )
    spreads = each(lambda t: spread(background, t, size), times)
    anywhere = masks.any(axis=0)
    differences = each(lambda t: soften(frames[t] - plates[t], tuning=tuning), times)
    noise = residual_noise(np.stack(differences), ~anywhere & np.stack(known))
    planes = [plane.homographies for plane in background]

    def one(own: np.ndarray, others: np.ndarray) -> Exposure:
        seen = each(
            lambda t: make_observation(
                frames[t],
                plates[t],
                known[t],
                spread=spreads[t],
                mask=own[t],
                others=others[t],
                streaks=None if streaks is None else streaks[t],
                tuning=tuning,
            ),
            times,
        )
        return find_exposure(seen, flows, planes, noise=noise, tuning=tuning)

    others = (np.logical_or.reduce(np.delete(masks, k, axis=0)) for k in range(len(masks)))
    return [one(own, other) for own, other in zip(masks, others, strict=True)]
