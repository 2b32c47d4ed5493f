"""Global solve for the motion of an object over all frames.

The unknowns are small corrections of the homography of every frame. The equations say that a point
followed by the flow stays at one place of the object's canvas, and that a point matched to the
texture lies where the texture shows it. The equations of all frames are solved together by
iteratively reweighted least squares (Holland and Welsch, 1977): no motions are chained, so errors
do not accumulate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import spsolve

from toondecompose.core import geometry
from toondecompose.core.geometry import Size
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.motion.parameters import Parameters

PARAMETERS = {"translation": 2, "similarity": 4, "affine": 6, "homography": 8}
"""Motion models in the order in which they are tried, with the parameters each has per frame."""


@dataclass(frozen=True)
class Pairs:
    """Points visible in two frames.

    Attributes
    ----------
    a, b : (N,) int arrays, the frames.
    xa, xb : (N, 2) arrays, the same point in either frame, in pixels.
    weight : (N,) array, confidence of the match, 0 to 1.
    """

    a: np.ndarray
    b: np.ndarray
    xa: np.ndarray
    xb: np.ndarray
    weight: np.ndarray

    @classmethod
    def concatenate(cls, parts: Sequence[Pairs]) -> Pairs:
        """Join several sets of matches into one."""
        names = ("a", "b", "xa", "xb", "weight")
        return cls(*(np.concatenate([getattr(p, n) for p in parts]) for n in names))

    def where(self, keep: np.ndarray) -> Pairs:
        """Return the matches that the boolean mask (N,) keeps."""
        return Pairs(self.a[keep], self.b[keep], self.xa[keep], self.xb[keep], self.weight[keep])


@dataclass(frozen=True)
class Links:
    """Points of a frame matched to the object's texture.

    Attributes
    ----------
    t : (M,) int array, the frame.
    x : (M, 2) array, the point in the frame, in pixels.
    canvas : (M, 2) array, the place of the texture that the frame shows there, in pixels.
    weight : (M,) array, confidence of the match, 0 to 1.
    """

    t: np.ndarray
    x: np.ndarray
    canvas: np.ndarray
    weight: np.ndarray

    @classmethod
    def concatenate(cls, parts: Sequence[Links]) -> Links:
        """Join several sets of matches into one."""
        names = ("t", "x", "canvas", "weight")
        return cls(*(np.concatenate([getattr(p, n) for p in parts]) for n in names))

    def where(self, keep: np.ndarray) -> Links:
        """Return the matches that the boolean mask (M,) keeps."""
        return Links(self.t[keep], self.x[keep], self.canvas[keep], self.weight[keep])


def motion_basis(model: str, points: np.ndarray, size: Size) -> np.ndarray:
    """Return d(point) / d(parameters), (N, 2, P), of a small motion in the frame.

    Coordinates are centred and divided by half the frame's width, so that all parameters are
    of one magnitude: pixels at the frame's border.
    """
    half = size[0] / 2
    u = (points[:, 0] - (size[0] - 1) / 2) / half
    v = (points[:, 1] - (size[1] - 1) / 2) / half
    zero, one = np.zeros_like(u), np.ones_like(u)
    columns = [(one, zero), (zero, one)]
    if model == "similarity":
        columns += [(u, v), (-v, u)]
    elif model in ("affine", "homography"):
        columns += [(u, zero), (v, zero), (zero, u), (zero, v)]
    if model == "homography":
        columns += [(u * u, u * v), (u * v, v * v)]
    return np.stack([np.stack(c, axis=-1) for c in columns], axis=-1)


def correction(model: str, parameters: np.ndarray, size: Size) -> np.ndarray:
    """Return the homographies (T, 3, 3) of small motions with parameters (T, P)."""
    half = size[0] / 2
    p = np.zeros((len(parameters), 8))
    p[:, : parameters.shape[1]] = parameters
    if model == "similarity":
        scale, turn = parameters[:, 2], parameters[:, 3]
        p[:, 2:6] = np.stack([scale, -turn, turn, scale], axis=-1)
    p = p / half
    # To first order x + Jp is the homography below: (x + ...) / (1 - g u - h v).
    matrix = np.zeros((len(p), 3, 3))
    matrix[:, 0] = np.stack([1 + p[:, 2], p[:, 3], p[:, 0]], axis=-1)
    matrix[:, 1] = np.stack([p[:, 4], 1 + p[:, 5], p[:, 1]], axis=-1)
    matrix[:, 2] = np.stack([-p[:, 6], -p[:, 7], np.ones(len(p))], axis=-1)
    centre = geometry.translation(-(size[0] - 1) / 2, -(size[1] - 1) / 2)
    normal = np.diag([1 / half, 1 / half, 1.0]) @ centre
    return np.linalg.inv(normal) @ matrix @ normal


def pair_residuals(homographies: np.ndarray, pairs: Pairs) -> np.ndarray:
    """Return the distance on the canvas, (N, 2) pixels, between both images of each point."""
    landed_a = geometry.apply(homographies[pairs.a], pairs.xa)
    return landed_a - geometry.apply(homographies[pairs.b], pairs.xb)


def link_residuals(homographies: np.ndarray, links: Links) -> np.ndarray:
    """Return the distance on the canvas, (M, 2) pixels, of each point from its texture."""
    return geometry.apply(homographies[links.t], links.x) - links.canvas


def solve_motion(
    homographies: np.ndarray,
    pairs: Pairs,
    links: Links | None,
    *,
    model: str,
    size: Size,
    scales: Sequence[float] | None = None,
    tuning: Tuning = DEFAULT,
) -> np.ndarray:
    """Improve the homographies of an object over all frames together.

    Parameters
    ----------
    homographies : (T, 3, 3), the start. Without links the frame in the middle stays as it is.
    pairs, links : the matches; see `Pairs` and `Links`.
    model : one of `PARAMETERS`, the motion that is corrected.
    size : width and height of the frames.
    scales : robust scale in pixels, one for each iteration; None for the usual ones.

    Returns
    -------
    (T, 3, 3) homographies, last entry 1.
    """
    if model not in PARAMETERS:
        raise ValueError(f"model is {model!r}, not one of {', '.join(PARAMETERS)}")
    start = current = geometry.normalised(np.asarray(homographies, dtype=float))
    count, per_frame = len(current), PARAMETERS[model]
    basis_a, basis_b = (motion_basis(model, x, size) for x in (pairs.xa, pairs.xb))
    basis_t = None if links is None else motion_basis(model, links.x, size)
    smooth = _smoothness_rows(count, per_frame, tuning=tuning)
    for scale in scales or tuning[Parameters].robust_scales_px:
        blocks = [_pair_rows(current, pairs, basis_a, basis_b=basis_b, scale=scale, count=count)]
        if links is not None and basis_t is not None:
            blocks.append(_link_rows(current, links, basis_t, scale=scale, count=count))
        rows = sparse.vstack([jacobian for jacobian, _ in blocks] + [smooth])
        zeros = np.zeros(smooth.shape[0])  # pyright: ignore[reportOptionalSubscript]
        right = np.concatenate([r for _, r in blocks] + [zeros])
        normal = (rows.T @ rows + 1e-6 * sparse.eye(count * per_frame)).tocsc()
        step = np.asarray(spsolve(normal, -(rows.T @ right))).reshape(count, per_frame)
        current = geometry.normalised(current @ correction(model, step, size))
        if links is None:  # Only differences are known: keep the middle frame where it was.
            middle = count // 2
            gauge = start[middle] @ np.linalg.inv(current[middle])
            current = geometry.normalised(gauge @ current)
    return current


def _weights(residual: np.ndarray, confidence: np.ndarray, scale: float) -> np.ndarray:
    """Square roots of the weights of Geman and McClure's estimator."""
    squared = (residual**2).sum(axis=1)
    return np.sqrt(confidence) / (1 + squared / scale**2)


def _pair_rows(
    current: np.ndarray,
    pairs: Pairs,
    basis_a: np.ndarray,
    *,
    basis_b: np.ndarray,
    scale: float,
    count: int,
) -> tuple[sparse.csr_array, np.ndarray]:
    residual = pair_residuals(current, pairs)
    root = _weights(residual, pairs.weight, scale)
    ja = geometry.jacobian(current[pairs.a], pairs.xa) @ basis_a * root[:, None, None]
    jb = geometry.jacobian(current[pairs.b], pairs.xb) @ basis_b * -root[:, None, None]
    values = np.concatenate([ja, jb], axis=-1)
    frames = np.stack([pairs.a, pairs.b], axis=-1)
    return _sparse_rows(values, frames, count), (residual * root[:, None]).ravel()


def _link_rows(
    current: np.ndarray, links: Links, basis: np.ndarray, *, scale: float, count: int
) -> tuple[sparse.csr_array, np.ndarray]:
    residual = link_residuals(current, links)
    root = _weights(residual, links.weight, scale)
    values = geometry.jacobian(current[links.t], links.x) @ basis * root[:, None, None]
    return _sparse_rows(values, links.t[:, None], count), (residual * root[:, None]).ravel()


def _sparse_rows(values: np.ndarray, frames: np.ndarray, count: int) -> sparse.csr_array:
    """Place dense rows (N, 2, F * P) at the columns of their frames (N, F)."""
    number, _, width = values.shape
    per_frame = width // frames.shape[1]
    columns = (frames[:, :, None] * per_frame + np.arange(per_frame)).reshape(number, 1, width)
    columns = np.broadcast_to(columns, values.shape)
    pointer = np.arange(2 * number + 1) * width
    shape = (2 * number, count * per_frame)
    return sparse.csr_array((values.ravel(), columns.ravel(), pointer), shape=shape)


def _smoothness_rows(count: int, per_frame: int, *, tuning: Tuning = DEFAULT) -> sparse.csr_array:
    """Second differences in time of the corrections, weakly held at zero."""
    parameters = tuning[Parameters]
    if count < 3:
        return sparse.csr_array((0, count * per_frame))
    difference = sparse.diags_array(
        [1.0, -2.0, 1.0],
        offsets=[0, 1, 2],  # pyright: ignore[reportArgumentType]  its default is one number
        shape=(count - 2, count),
    )
    return parameters.smoothness * sparse.kron(difference, sparse.eye_array(per_frame)).tocsr()
