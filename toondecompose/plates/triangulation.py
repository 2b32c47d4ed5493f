"""Triangulation matting: alpha of a plane's outline where a known background moves behind it.

The plane has the same alpha a and the same colour N in every frame, over a different known
background B_t, so the frames alone determine alpha (Smith and Blinn, 1996). It is solved at each
pixel of the canvas near the outline. The more the background varied there, the more the solution
counts against the prior.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.geometry import Size
from toondecompose.core.parallel import each
from toondecompose.core.sampling import sample
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.plates.parameters import Parameters

CHUNK_PLACES = 16384
"""Places solved at once: bounds the memory."""


def triangulate(
    image: np.ndarray,
    behind: np.ndarray,
    valid: np.ndarray,
    *,
    prior: np.ndarray,
    noise: float | np.ndarray,
    doubt: float | None = None,
    tuning: Tuning = DEFAULT,
) -> tuple[np.ndarray, np.ndarray]:
    """Solve alpha and colour of places observed over several known backgrounds.

    Parameters
    ----------
    image : (T, N, 3), the frames at N places.
    behind : (T, N, 3), the known backgrounds there.
    valid : (T, N) bool, where both are known.
    prior : (N,), expected alpha, 0..1.
    noise : standard deviation of image and background together, in grey levels; a number or (N,).
    doubt : standard deviation of alpha about the prior; None for the usual one.

    Returns
    -------
    alpha (N,) in 0..1 and premultiplied colour alpha * N, (N, 3).
    """
    doubt = tuning[Parameters].alpha_prior_sigma if doubt is None else doubt
    return _add_up(
        image, behind, valid, prior=prior, noise=noise, doubt=doubt, tuning=tuning
    ).solve(prior, doubt)


@dataclass(frozen=True)
class _Sums:
    """Sums over the observations of N places over known backgrounds.

    Attributes
    ----------
    image, behind : (N, 3), means of the observations and of the backgrounds.
    covariance, variance : (N,), sums over observations and channels: of both, and of the
        background.
    noise : (N,), variance that the sums have to outweigh, in squared grey levels.
    """

    image: np.ndarray
    behind: np.ndarray
    covariance: np.ndarray
    variance: np.ndarray
    noise: np.ndarray

    def solve(self, prior: np.ndarray, doubt: float) -> tuple[np.ndarray, np.ndarray]:
        """Return alpha (N,) and premultiplied colour (N, 3); see `triangulate`."""
        through = _share(self.covariance, self.variance, self.noise, prior=prior, doubt=doubt)
        return 1 - through, self.image - through[:, None] * self.behind


def _share(
    covariance: np.ndarray,
    variance: np.ndarray,
    noise: np.ndarray,
    *,
    prior: np.ndarray,
    doubt: float,
) -> np.ndarray:
    """Return the share of the background that shines through, 1 - a, (N,); see `_Sums`."""
    # I_t = aN + (1 - a) B_t:  minimise sum |I_t - aN - (1-a) B_t|^2 / noise^2
    #                                   + (a - prior)^2 / doubt^2  over aN and 1 - a.
    stiffness = noise / doubt**2
    share = (covariance + stiffness * (1 - prior)) / (variance + stiffness)
    return np.clip(share, 0, 1).astype(np.float32)


def _add_up(
    image: np.ndarray,
    behind: np.ndarray,
    valid: np.ndarray,
    *,
    prior: np.ndarray,
    noise: float | np.ndarray,
    doubt: float,
    tuning: Tuning = DEFAULT,
) -> _Sums:
    """Sum the observations; outliers, which fit no alpha, get less weight. See `triangulate`."""
    parameters = tuning[Parameters]
    variance_of_noise = np.broadcast_to(np.square(noise), prior.shape).astype(np.float32)
    weight = valid.astype(np.float32)
    image, behind = channels_first(image), channels_first(behind)
    for turn in range(parameters.robust_rounds):
        total = np.maximum(weight.sum(axis=0), 1e-6)
        mean_i, mean_b = (np.einsum("tn,tcn->cn", weight, x) / total for x in (image, behind))
        centred_i, centred_b = image - mean_i, behind - mean_b
        covariance = np.einsum("tn,tcn,tcn->n", weight, centred_i, centred_b)
        variance = np.einsum("tn,tcn,tcn->n", weight, centred_b, centred_b)
        through = _share(covariance, variance, variance_of_noise, prior=prior, doubt=doubt)
        residual = centred_i - through * centred_b
        squared = np.einsum("tcn,tcn->tn", residual, residual) / 3
        if turn < parameters.robust_rounds - 1:
            weight = valid / (1 + squared / (parameters.outlier_sigmas**2 * variance_of_noise)) ** 2
    # A residual that no alpha explains (drifting clouds) repeats in many frames, so that more
    # frames are no more evidence: it counts as noise. Outliers are limited.
    squared = np.minimum(squared, parameters.outlier_sigmas**2 * variance_of_noise)
    squared = np.maximum(squared - variance_of_noise, 0)
    unexplained = np.einsum("tn,tn->n", valid, squared)
    return _Sums(mean_i.T, mean_b.T, covariance, variance, variance_of_noise + unexplained)


def channels_first(values: np.ndarray) -> np.ndarray:
    """Return values (T, N, C) as (T, C, N): numpy is ten times slower along a short axis."""
    return np.ascontiguousarray(values.swapaxes(1, 2))


Sampler = Callable[[int, np.ndarray], tuple[np.ndarray, np.ndarray]]
"""Returns colour (N, 3) and whether it is known (N,) at places (N, 2) of frame t."""


def solve_outline(
    frames: Sequence[np.ndarray],
    free: Sequence[np.ndarray],
    behind: Sampler,
    *,
    homographies: np.ndarray,
    label: np.ndarray,
    band: np.ndarray,
    noise: float,
    together: int = 1,
    tuning: Tuning = DEFAULT,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Solve alpha and colour of a plane in the band around its outline.

    Parameters
    ----------
    frames : T images (H, W, 3) uint8.
    free : T images (H, W) bool, where nothing is in front of the plane.
    behind : samples the background behind the plane, in a frame.
    homographies : (T, 3, 3), frame to canvas of the plane.
    label : canvas (h, w) float32, expected alpha: 1 where the plane is, softened.
    band : canvas (h, w) bool, the places to solve.
    noise : standard deviation of the frames about the plates, in grey levels.
    together : side in pixels of the squares in which alpha is averaged.

    Returns
    -------
    alpha (N,), premultiplied colour (N, 3) and number of observations (N,) at the N places of the
    band, in the order of ``np.nonzero``.
    """
    doubt = tuning[Parameters].alpha_prior_sigma
    rows, columns = np.nonzero(band)
    size = (frames[0].shape[1], frames[0].shape[0])
    inverse = np.linalg.inv(homographies)

    prior = label[band]

    def add_up(chosen: np.ndarray) -> tuple[_Sums, np.ndarray]:
        places = np.stack([columns[chosen], rows[chosen]], axis=-1).astype(float)
        image, around = (np.zeros((len(frames), len(chosen), 3), np.float32) for _ in range(2))
        valid = np.zeros(image.shape[:2], bool)
        for t, frame in enumerate(frames):
            at = geometry.apply(inverse[t], places)
            inside = _inside(at, size)
            if inside.any():
                shown = sample(free[t].astype(np.uint8) * 255, at) == 255
                image[t] = sample(frame, at, cubic=True)
                around[t], known = behind(t, at)
                valid[t] = inside & shown & known
        sums = _add_up(
            image, around, valid, prior=prior[chosen], noise=noise, doubt=doubt, tuning=tuning
        )
        return sums, valid.sum(axis=0)

    chunks = np.array_split(np.arange(len(rows)), max(1, len(rows) // CHUNK_PLACES))
    parts, counts = zip(*each(add_up, chunks), strict=True)
    joined = {f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(_Sums)}
    if together > 1:
        for name in ("covariance", "variance", "noise"):
            joined[name] = _mean_in_band(joined[name], band, together)
    return *_Sums(**joined).solve(prior, doubt), np.concatenate(counts)


def _mean_in_band(values: np.ndarray, band: np.ndarray, width: int) -> np.ndarray:
    """Return the means (N,) of values (N,) in squares, over places of a band (H, W) only."""
    image = np.zeros(band.shape, np.float32)
    image[band] = values
    total = cv2.blur(image, (width, width), borderType=cv2.BORDER_CONSTANT)
    share = cv2.blur(band.astype(np.float32), (width, width), borderType=cv2.BORDER_CONSTANT)
    return total[band] / share[band]


def _inside(places: np.ndarray, size: Size) -> np.ndarray:
    x, y = places.T
    return (x >= 0) & (y >= 0) & (x <= size[0] - 1) & (y <= size[1] - 1)
