"""Model selection: the simplest motion that explains held-out matches."""

from __future__ import annotations

import numpy as np

from toondecompose.core.geometry import Size
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.motion.parameters import Parameters
from toondecompose.motion.solve import (
    PARAMETERS,
    Links,
    Pairs,
    link_residuals,
    pair_residuals,
    solve_motion,
)


def select_model(
    homographies: np.ndarray,
    pairs: Pairs,
    links: Links | None,
    *,
    size: Size,
    rng: np.random.Generator,
    richest: str = "homography",
    tuning: Tuning = DEFAULT,
) -> str:
    """Return the name of the simplest motion model that suffices; see `solve_motion`.

    richest is the last model that is tried: a small part of the picture determines few parameters,
    and the others would be arbitrary elsewhere. Without links a homography is not tried: only
    differences between frames are known then, and shrinking all frames together would lower every
    residual.
    """
    parameters = tuning[Parameters]
    few = rng.random(len(pairs.a)) < parameters.judging_matches / max(len(pairs.a), 1)
    sample = pairs.where(few)
    test_pairs = rng.random(len(sample.a)) < parameters.held_out_share
    fewer = (
        None
        if links is None
        else links.where(rng.random(len(links.t)) < parameters.judging_matches / len(links.t))
    )
    test_links = None if fewer is None else rng.random(len(fewer.t)) < parameters.held_out_share
    kept = None if fewer is None or test_links is None else fewer.where(~test_links)
    order = list(PARAMETERS)
    models = order[: order.index(richest) + 1]
    if links is None and models[-1] == "homography":
        models.pop()
    best, best_error = models[0], np.inf
    for model in models:
        solved = solve_motion(
            homographies, sample.where(~test_pairs), kept, model=model, size=size, tuning=tuning
        )
        residuals = [pair_residuals(solved, sample.where(test_pairs))]
        if fewer is not None and test_links is not None:
            residuals.append(link_residuals(solved, fewer.where(test_links)))
        error = _robust_error(np.concatenate(residuals), tuning=tuning)
        if error < (1 - parameters.min_model_gain) * best_error:
            best, best_error = model, error
    return best


def _robust_error(residuals: np.ndarray, *, tuning: Tuning = DEFAULT) -> float:
    """Return the mean length of the residuals, each limited to the outlier distance."""
    parameters = tuning[Parameters]
    lengths = np.hypot(residuals[:, 0], residuals[:, 1])
    return float(np.minimum(lengths, parameters.outlier_px).mean()) if lengths.size else 0.0
