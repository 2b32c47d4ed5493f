"""Alpha over a known background.

Where a pixel shows the colour F of a sprite over the known plate B, I = a F + (1 - a) B. Candidates
for F are the pixels of the sprite nearby: the ink of the outline, the skin inside, the strand.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce

import cv2
import numpy as np

from toondecompose.core.masks import nearest_in_mask
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.footage.chroma import lightness, weighed
from toondecompose.matting.parameters import Parameters
from toondecompose.matting.trimap import Trimap
from toondecompose.plates.triangulation import channels_first, triangulate

NEIGHBOURS = [(dx, dy) for dy in range(-2, 3) for dx in range(-2, 3) if (dx, dy) != (0, 0)] + [
    (4, 0),
    (-4, 0),
    (0, 4),
    (0, -4),
    (3, 3),
    (-3, 3),
    (3, -3),
    (-3, -3),
]
"""Where colours of the sprite are taken from, in pixels (x, y) from the pixel in question."""


def estimate_alpha(
    frames: Sequence[np.ndarray],
    trimaps: Sequence[Trimap],
    usable: Sequence[np.ndarray],
    *,
    tuning: Tuning = DEFAULT,
) -> tuple[np.ndarray, np.ndarray]:
    """Solve alpha and the colour of the sprite near its outline.

    Parameters
    ----------
    frames : (H, W, 3) float32 each, aligned on a drawing that all of them show.
    trimaps : the outline, the same in all, and the plate behind it in each frame.
    usable : (H, W) bool each, where the frame shows the drawing.

    Returns
    -------
    alpha (H, W) float32 in 0..1, exactly 1 inside and 0 outside of the band, and the colour
    (H, W, 3) float32 that explains the pixel best; inside, the mean of the frames.
    """
    parameters = tuning[Parameters]
    trimap = trimaps[0]
    alpha = (trimap.depth > 0).astype(np.float32)
    colour = mean_picture(frames, usable)
    rows, columns = np.nonzero(trimap.unknown)
    if rows.size == 0:
        return alpha, colour
    trust = None if trimap.trust is None else trimap.trust[rows, columns]
    image = weighed(np.stack([frame[rows, columns] for frame in frames]), trust)
    behind = weighed(np.stack([t.plate[rows, columns] for t in trimaps]), trust)
    known = np.stack([t.known[rows, columns] for t in trimaps])
    variance = (
        np.stack([t.sigma[rows, columns] ** 2 for t in trimaps])
        + ~known * parameters.filled_plate_sigma_levels**2
    )
    weight = np.stack([own[rows, columns] for own in usable]) / variance
    found, purest, left = _explain(
        image,
        behind,
        weight,
        picture=colour,
        trimap=trimap,
        rows=rows,
        columns=columns,
        trust=trust,
        tuning=tuning,
    )
    if len(frames) > 1:
        better = _triangulated(image, behind, weight * known, prior=found, tuning=tuning)
        found = np.where(left > parameters.tolerance_sigmas**2, better, found)
    alpha[rows, columns] = found
    colour[rows, columns] = purest
    return _opaque_inwards(alpha, trimap.depth), colour


def mean_picture(frames: Sequence[np.ndarray], usable: Sequence[np.ndarray]) -> np.ndarray:
    """Return the mean of images (H, W, 3) where usable (H, W); elsewhere the first image."""
    if len(frames) == 1:
        return frames[0].copy()
    pairs = zip(frames, usable, strict=True)
    total = reduce(np.add, (frame * own[..., None] for frame, own in pairs))
    count = reduce(np.add, (own.astype(np.float32) for own in usable))[..., None]
    return np.where(count > 0, total / np.maximum(count, 1), frames[0]).astype(np.float32)


def _explain(
    image: np.ndarray,
    behind: np.ndarray,
    weight: np.ndarray,
    *,
    picture: np.ndarray,
    trimap: Trimap,
    rows: np.ndarray,
    columns: np.ndarray,
    trust: np.ndarray | None,
    tuning: Tuning = DEFAULT,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Try every candidate for F at N pixels.

    image and behind are (T, N, 3); weight (T, N) is one over the variance, or zero; the candidates
    are colours of the picture (H, W, 3).

    Returns
    -------
    alpha (N,), F (N, 3) and the residual variance (N,), relative to the noise.
    """
    parameters = tuning[Parameters]
    outline = cv2.GaussianBlur(trimap.shown.astype(np.float32), (0, 0), 0.7)[rows, columns]
    best = np.full(rows.size, np.inf, np.float32)
    unexplained = np.zeros(rows.size, np.float32)
    alpha, chosen = outline.copy(), rows * picture.shape[1] + columns
    # Pixels come last, for numpy is ten times slower along a short axis: (T, 3, N).
    behind, over = (channels_first(x) for x in (behind, image - behind))
    weighted = weight[:, None] * over
    channels, light = picture.reshape(-1, 3).T.copy(), lightness(picture).ravel()
    for y, x, valid in _candidates(trimap, rows, columns):
        place = y * picture.shape[1] + x
        candidate = np.take(channels, place, axis=1)
        if trust is not None:  # as `weighed` does
            own = light[place]
            candidate = own + trust * (candidate - own)
        contrast = candidate - behind
        # a = (sum w <I - B, F - B> + l a0) / (sum w |F - B|^2 + l): least squares with the outline
        # a0 as prior.
        share = (
            np.einsum("tcn,tcn->n", weighted, contrast) + parameters.undecided_sigmas**2 * outline
        )
        squared = np.einsum("tn,tcn,tcn->n", weight, contrast, contrast)
        share = np.clip(share / (squared + parameters.undecided_sigmas**2), 0, 1)
        residual = over - share * contrast
        left = np.einsum("tn,tcn,tcn->n", weight, residual, residual)
        cost = left / parameters.tolerance_sigmas**2 + parameters.mixture_cost * share
        better = valid & (cost < best)
        best = np.where(better, cost, best)
        unexplained = np.where(better, left, unexplained)
        alpha = np.where(better, share, alpha)
        chosen = np.where(better, place, chosen)
    # An outside pixel that differs from the plate by noise only shows the plate.
    frames = np.maximum((weight > 0).sum(axis=0), 1)
    squared = np.einsum("tcn,tcn->n", weighted, over) / (3 * frames)
    outside = trimap.depth[rows, columns] < 0
    return (
        alpha * np.where(outside, squared / (squared + parameters.half_alpha_sigmas**2), 1),
        picture.reshape(-1, 3)[chosen],
        unexplained / (3 * frames),
    )


def _triangulated(
    image: np.ndarray,
    behind: np.ndarray,
    weight: np.ndarray,
    *,
    prior: np.ndarray,
    tuning: Tuning = DEFAULT,
) -> np.ndarray:
    """Correct alpha (N,) by how the pixel changes with the background; see `_explain`."""
    parameters = tuning[Parameters]
    seen = weight > 0
    noise = np.sqrt(np.maximum(seen.sum(axis=0), 1) / np.maximum(weight.sum(axis=0), 1e-6))
    return triangulate(
        image,
        behind,
        seen,
        prior=prior,
        noise=noise.astype(np.float32),
        doubt=parameters.alpha_prior_sigma,
        tuning=tuning,
    )[0]


def _candidates(
    trimap: Trimap, rows: np.ndarray, columns: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Yield rows, columns and validity (N,) of the pixels whose colours are tried."""
    height, width = trimap.shown.shape
    yield (*nearest_in_mask(trimap.depth > 2, rows, columns), np.full(rows.size, True))
    for dx, dy in NEIGHBOURS:
        y, x = np.clip(rows + dy, 0, height - 1), np.clip(columns + dx, 0, width - 1)
        yield y, x, trimap.shown[y, x]


def _opaque_inwards(alpha: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """Make alpha grow from the outline inwards: there is no gap behind the ink."""
    result = alpha.copy()
    for least in (1.0, 1.8):
        rows, columns = np.nonzero((depth >= least) & (depth <= 3))
        own = depth[rows, columns]
        highest = result[rows, columns]
        for dy in (-1, 0, 1):
            for dx in (-1, 0, 1):
                y = np.clip(rows + dy, 0, alpha.shape[0] - 1)
                x = np.clip(columns + dx, 0, alpha.shape[1] - 1)
                outer = (depth[y, x] < own - 0.4) & (depth[y, x] > 0)
                highest = np.where(outer, np.maximum(highest, result[y, x]), highest)
        result[rows, columns] = highest
    return result
