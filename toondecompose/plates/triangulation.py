"""The outline of a plane, exact where a known background moves behind it.

The plane shows the same alpha a and the same colour N over a different known background B_t in
every frame, so that alpha follows from the frames alone (triangulation matting, Smith and Blinn,
1996). It is solved at every pixel of the canvas near the outline; how much the background varied
there decides how much the answer is believed.
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

PRIOR = 0.25
"""Standard deviation of alpha about the softened label: what evidence has to outweigh."""

OUTLIER = 3.0
"""A sight further from the model than so many standard deviations loses half its weight."""

CHUNK = 16384
"""Places solved at once: bounds the memory."""

ROUNDS = 3
"""Reweighted solves; the outliers are frames in which something else passes by."""


def triangulate(
    image: np.ndarray,
    behind: np.ndarray,
    valid: np.ndarray,
    prior: np.ndarray,
    noise: float | np.ndarray,
    doubt: float = PRIOR,
) -> tuple[np.ndarray, np.ndarray]:
    """Solve alpha and colour of places seen over several known backgrounds.

    Parameters
    ----------
    image : (T, N, 3), what the frames show at N places.
    behind : (T, N, 3), the known backgrounds there.
    valid : (T, N) bool, where both are known.
    prior : (N,), alpha expected beforehand, 0..1.
    noise : standard deviation of image and background together, in grey levels; a number or (N,).
    doubt : standard deviation of alpha about the prior.

    Returns
    -------
    alpha (N,) in 0..1 and premultiplied colour alpha * N, (N, 3).
    """
    return _add_up(image, behind, valid, prior, noise, doubt).solve(prior, doubt)


@dataclass(frozen=True)
class _Sums:
    """What sights of N places over known backgrounds add up to.

    Attributes
    ----------
    image, behind : (N, 3), means of the sights and of the backgrounds.
    covariance, variance : (N,), sums over sights and channels of both, and of the background.
    noise : (N,), variance that the sums have to outweigh, in squared grey levels.
    """

    image: np.ndarray
    behind: np.ndarray
    covariance: np.ndarray
    variance: np.ndarray
    noise: np.ndarray

    def solve(self, prior: np.ndarray, doubt: float) -> tuple[np.ndarray, np.ndarray]:
        """Return alpha and premultiplied colour; see `triangulate`."""
        through = _share(self.covariance, self.variance, self.noise, prior, doubt)
        return 1 - through, self.image - through[:, None] * self.behind


def _share(
    covariance: np.ndarray,
    variance: np.ndarray,
    noise: np.ndarray,
    prior: np.ndarray,
    doubt: float,
) -> np.ndarray:
    """Return what share of the background shines through, 1 - a, (N,); see `_Sums`."""
    # I_t = aN + (1 - a) B_t:  minimise sum |I_t - aN - (1-a) B_t|^2 / noise^2
    #                                   + (a - prior)^2 / doubt^2  over aN and 1 - a.
    stiffness = noise / doubt**2
    share = (covariance + stiffness * (1 - prior)) / (variance + stiffness)
    return np.clip(share, 0, 1).astype(np.float32)


def _add_up(
    image: np.ndarray,
    behind: np.ndarray,
    valid: np.ndarray,
    prior: np.ndarray,
    noise: float | np.ndarray,
    doubt: float,
) -> _Sums:
    """Add up all sights but those that fit no alpha; see `triangulate`."""
    variance_of_noise = np.broadcast_to(np.square(noise), prior.shape).astype(np.float32)
    weight = valid.astype(np.float32)
    image, behind = channels_first(image), channels_first(behind)
    for turn in range(ROUNDS):
        total = np.maximum(weight.sum(axis=0), 1e-6)
        mean_i, mean_b = (np.einsum("tn,tcn->cn", weight, x) / total for x in (image, behind))
        centred_i, centred_b = image - mean_i, behind - mean_b
        covariance = np.einsum("tn,tcn,tcn->n", weight, centred_i, centred_b)
        variance = np.einsum("tn,tcn,tcn->n", weight, centred_b, centred_b)
        through = _share(covariance, variance, variance_of_noise, prior, doubt)
        residual = centred_i - through * centred_b
        squared = np.einsum("tcn,tcn->tn", residual, residual) / 3
        if turn < ROUNDS - 1:
            weight = valid / (1 + squared / (OUTLIER**2 * variance_of_noise)) ** 2
    # What no alpha explains, clouds that drift by themselves, is alike in many frames: more of
    # them tell no more. A passer-by counts as an outlier does, and no more.
    squared = np.minimum(squared, OUTLIER**2 * variance_of_noise)
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
    homographies: np.ndarray,
    label: np.ndarray,
    band: np.ndarray,
    noise: float,
    together: int = 1,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Solve a plane's alpha and colour in the band around its outline.

    Parameters
    ----------
    frames : T images (H, W, 3) uint8.
    free : T images (H, W) bool, where nothing stands before the plane.
    behind : the background behind the plane, as the frames would see it.
    homographies : (T, 3, 3), frame to the plane's canvas.
    label : canvas (h, w) float32, 1 where the plane is, softened: alpha expected beforehand.
    band : canvas (h, w) bool, the places to solve.
    noise : standard deviation of the frames about the plates, in grey levels.
    together : pixels across over which alpha is found together.

    Returns
    -------
    alpha (N,), premultiplied colour (N, 3) and number of sights (N,) at the N places of the band
    in the order of ``np.nonzero``.
    """
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
        return _add_up(image, around, valid, prior[chosen], noise, PRIOR), valid.sum(axis=0)

    chunks = np.array_split(np.arange(len(rows)), max(1, len(rows) // CHUNK))
    parts, counts = zip(*each(add_up, chunks), strict=True)
    joined = {f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(_Sums)}
    if together > 1:
        for name in ("covariance", "variance", "noise"):
            joined[name] = _mean_in_band(joined[name], band, together)
    return *_Sums(**joined).solve(prior, PRIOR), np.concatenate(counts)


def _mean_in_band(values: np.ndarray, band: np.ndarray, width: int) -> np.ndarray:
    """Return the means (N,) of values (N,) over the places of a band (H, W) in squares."""
    image = np.zeros(band.shape, np.float32)
    image[band] = values
    total = cv2.blur(image, (width, width), borderType=cv2.BORDER_CONSTANT)
    share = cv2.blur(band.astype(np.float32), (width, width), borderType=cv2.BORDER_CONSTANT)
    return total[band] / share[band]


def _inside(places: np.ndarray, size: Size) -> np.ndarray:
    x, y = places.T
    return (x >= 0) & (y >= 0) & (x <= size[0] - 1) & (y <= size[1] - 1)
