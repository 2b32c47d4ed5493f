"""The figures by which a result is judged, against truth and against the input.

Pictures are RGB uint8; alphas are uint8 0..255 or float 0..1, and an error in alpha is in 0..1.
Decibels refer to a peak of 255; equal pictures have a PSNR of infinity.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.optimize import linear_sum_assignment

MAGENTA = np.array([255.0, 0.0, 255.0])
"""The colour on which sprites are judged."""

ABSENT = -1
"""Number of the drawing in a frame that shows none."""


def alpha_iou(alpha: np.ndarray, truth: np.ndarray) -> float:
    """Intersection over union of two alphas at threshold 0.5.

    Any equal shapes, so also a whole clip's (T, H, W). Two empty alphas agree: 1.
    """
    a, b = _solid(alpha), _solid(truth)
    _same_shape(a, b)
    union = np.count_nonzero(a | b)
    return np.count_nonzero(a & b) / union if union else 1.0


def alpha_mae(alpha: np.ndarray, truth: np.ndarray, mask: np.ndarray | None = None) -> float:
    """Mean absolute error of an alpha, 0..1, over the pixels of ``mask`` (bool), default all.

    The *edge MAE* is that over the edge bands (:func:`edge_band`) of the frames in which a drawing
    is held while the background moves behind it (:func:`held_over_motion`): there the alpha of an
    edge can be solved for, not only guessed.
    """
    _same_shape(alpha, truth)
    error = np.abs(_unit(alpha) - _unit(truth))
    if mask is not None:
        error = error[mask]
    if error.size == 0:
        raise ValueError("no pixel counts: the mask is empty")
    return float(error.mean(dtype=np.float64))


def edge_band(truth: np.ndarray, *, reach: float = 3.0) -> np.ndarray:
    """Find the pixels within ``reach`` pixels of a sprite's edge.

    The edge is where the true alpha lies strictly between 0.02 and 0.98, and its outline at 0.5.

    Parameters
    ----------
    truth
        (H, W) true alpha.
    reach
        Pixels.

    Returns
    -------
    (H, W) bool, all False where there is no edge.
    """
    alpha = _unit(truth)
    edge = ((alpha > 0.02) & (alpha < 0.98)) | _outline(_solid(truth))
    return _distance_to(edge) <= reach if edge.any() else edge


def fringe(picture: np.ndarray, truth: np.ndarray, mask: np.ndarray) -> float:
    """Mean error in levels, over ``mask``, of two straight RGBA sprites laid on magenta.

    Colour of the old background that stays in a sprite's edge shines through on a new one; magenta
    is far from what a cartoon is painted with. Pictures (H, W, 4) uint8, mask (H, W) bool.
    """
    _same_shape(picture, truth)
    if not mask.any():
        raise ValueError("no pixel counts: the mask is empty")
    laid = [
        p[mask][:, :3] * (p[mask][:, 3:] / 255.0) + MAGENTA * (1 - p[mask][:, 3:] / 255.0)
        for p in (picture, truth)
    ]
    return float(np.abs(laid[0] - laid[1]).mean())


def boundary_f(alpha: np.ndarray, truth: np.ndarray, *, tolerance: float = 2.0) -> float:
    """F-measure of the outlines at threshold 0.5.

    Precision is the share of outline pixels of ``alpha`` with one of ``truth`` within the
    tolerance, recall the other way round; F is their harmonic mean.

    Parameters
    ----------
    alpha, truth
        (H, W).
    tolerance
        Pixels.

    Returns
    -------
    0..1; 1 when neither has an outline, 0 when only one has.
    """
    _same_shape(alpha, truth)
    found, real = _outline(_solid(alpha)), _outline(_solid(truth))
    if not found.any() or not real.any():
        return float(found.any() == real.any())
    precision = np.mean(_distance_to(real)[found] <= tolerance)
    recall = np.mean(_distance_to(found)[real] <= tolerance)
    return float(2 * precision * recall / (precision + recall)) if precision + recall else 0.0


def psnr(picture: np.ndarray, truth: np.ndarray, mask: np.ndarray | None = None) -> float:
    """Peak signal to noise ratio, decibels.

    Parameters
    ----------
    picture, truth
        (..., 3) uint8 of equal shape.
    mask
        Bool, the shape without the channels: the pixels that count; default all.

    Raises
    ------
    ValueError
        If the shapes differ or no pixel counts.
    """
    _same_shape(picture, truth)
    squared = (picture.astype(np.float32) - truth.astype(np.float32)) ** 2
    if mask is not None:
        squared = squared[mask]
    if squared.size == 0:
        raise ValueError("no pixel counts: the mask is empty")
    return decibels(float(squared.mean(dtype=np.float64)))


def decibels(mean_squared_error: float) -> float:
    """Give the PSNR of a mean squared error; infinity for 0."""
    return float(10 * np.log10(255.0**2 / mean_squared_error)) if mean_squared_error else np.inf


def plate_psnr(plate: np.ndarray, truth: np.ndarray, observed: np.ndarray) -> float:
    """PSNR of the plate over the pixels that some frame shows; see :func:`psnr`.

    The *hidden PSNR* is the same with ``~observed``.
    """
    return psnr(plate, truth, observed.astype(bool))


def ssim(picture: np.ndarray, truth: np.ndarray) -> float:
    """Structural similarity (Wang et al., 2004) of the luminance, mean over the picture.

    Gaussian window of sigma 1.5 (11 x 11), constants 0.01 and 0.03; (H, W, 3) uint8, at most 1.
    """
    _same_shape(picture, truth)
    x, y = (cv2.cvtColor(p, cv2.COLOR_RGB2GRAY).astype(np.float64) for p in (picture, truth))

    def local(values: np.ndarray) -> np.ndarray:
        return cv2.GaussianBlur(values, (11, 11), 1.5)

    mean_x, mean_y = local(x), local(y)
    var_x, var_y = local(x * x) - mean_x**2, local(y * y) - mean_y**2
    covariance = local(x * y) - mean_x * mean_y
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    structure = (2 * covariance + c2) / (var_x + var_y + c2)
    return float(((2 * mean_x * mean_y + c1) / (mean_x**2 + mean_y**2 + c1) * structure).mean())


@dataclass(frozen=True, kw_only=True)
class CornerError:
    """Corner errors in pixels: over all pairs of frames, and over neighbouring frames only."""

    mean: float
    max: float
    step_mean: float
    step_max: float


def corner_error(homographies: np.ndarray, truth: np.ndarray, size: tuple[int, int]) -> CornerError:
    """Compare the motions that two series of homographies describe.

    A homography H_t maps frame t to a canonical space of which position and shape are anybody's
    choice, so only the relative ones mean something: H_b^-1 H_a maps frame a to frame b, whatever
    the canonical space. The error of a pair (a, b) is the mean distance between the four corners
    of frame a mapped to frame b by the estimate and by the truth. Mean and maximum are taken over
    all ordered pairs of different frames: drift over the clip counts in full, and no frame is
    preferred. ``step_*`` are those of pairs of neighbours, where jitter shows.

    Parameters
    ----------
    homographies, truth
        (T, 3, 3), frame pixel to canonical pixel, both for pixels of the same frame size.
    size
        (width, height) of the frame in those pixels.

    Raises
    ------
    ValueError
        If the shapes differ or there are fewer than two frames.
    """
    _same_shape(homographies, truth)
    count = len(truth)
    if count < 2:
        raise ValueError(f"a motion needs two frames, got {count}")
    error = np.linalg.norm(
        _mapped_corners(homographies, size) - _mapped_corners(truth, size), axis=-1
    ).mean(axis=-1)
    a, b = np.nonzero(~np.eye(count, dtype=bool))
    pairs, steps = error[a, b], error[a, b][np.abs(a - b) == 1]
    return CornerError(
        mean=float(pairs.mean()), max=float(pairs.max()),
        step_mean=float(steps.mean()), step_max=float(steps.max()),
    )  # fmt: skip


def flicker(alphas: np.ndarray, truth: np.ndarray) -> float:
    """Mean |alpha_t - alpha_t-1| over the pixels where the true alpha does not change.

    Both (T, H, W); the result is in 0..1, and 0 for a clip of one frame.
    """
    _same_shape(alphas, truth)
    total, count = 0.0, 0
    for t in range(1, len(alphas)):
        still = truth[t] == truth[t - 1]
        total += float(np.abs(_unit(alphas[t]) - _unit(alphas[t - 1]))[still].sum(dtype=np.float64))
        count += np.count_nonzero(still)
    return total / count if count else 0.0


def exposure_accuracy(drawings: np.ndarray, truth: np.ndarray) -> float:
    """Share of the steps from frame to frame whose change or hold of the drawing is found right.

    Parameters
    ----------
    drawings, truth
        (T,) a drawing's number per frame, ``ABSENT`` for none; the numbers themselves need not
        agree, only whether frame t shows another drawing than frame t - 1. Steps between two
        frames without the object do not count.

    Raises
    ------
    ValueError
        If the lengths differ, there are fewer than two frames, or the object is never there.
    """
    drawings, truth = np.asarray(drawings), np.asarray(truth)
    _same_shape(drawings, truth)
    if len(truth) < 2:
        raise ValueError(f"an exposure needs two frames, got {len(truth)}")
    there = (truth[1:] != ABSENT) | (truth[:-1] != ABSENT)
    if not there.any():
        raise ValueError("the object is in no frame")
    right = (drawings[1:] != drawings[:-1]) == (truth[1:] != truth[:-1])
    return float(np.mean(right[there]))


def drawing_numbers(drawings: list[list[int]], count: int) -> np.ndarray:
    """Turn lists of the frames that show drawing 0, 1, ... into a number per frame.

    Returns
    -------
    (``count``,) int, ``ABSENT`` in frames that are in no list.

    Raises
    ------
    ValueError
        If a frame is in two lists or not one of the clip.

    >>> drawing_numbers([[0, 1, 4], [2]], 5)
    array([ 0,  0,  1, -1,  0])
    """
    numbers = np.full(count, ABSENT)
    for number, frames in enumerate(drawings):
        for frame in frames:
            if not 0 <= frame < count:
                raise ValueError(f"drawing {number} is in frame {frame} of {count}")
            if numbers[frame] != ABSENT:
                raise ValueError(f"frame {frame} shows drawings {numbers[frame]} and {number}")
            numbers[frame] = number
    return numbers


def held_over_motion(
    drawings: np.ndarray,
    background: np.ndarray,
    sprite: np.ndarray,
    size: tuple[int, int],
    *,
    least: float = 0.25,
) -> np.ndarray:
    """Tell which frames show a held drawing while the background moves behind it.

    Frame t counts when frame t - 1 or t + 1 shows the same drawing before a background that has
    moved against it.

    Parameters
    ----------
    drawings
        (T,) a drawing's number per frame, ``ABSENT`` for none.
    background, sprite
        (T, 3, 3), frame pixel to canonical pixel.
    size
        (width, height) of the frame.
    least
        Mean way of the frame's corners that counts as moved, pixels.

    Returns
    -------
    (T,) bool.
    """
    _same_shape(background, sprite)
    drawings = np.asarray(drawings)
    way = np.linalg.norm(
        _mapped_corners(background, size) - _mapped_corners(sprite, size), axis=-1
    ).mean(axis=-1)
    same = (drawings[1:] == drawings[:-1]) & (drawings[1:] != ABSENT)
    step = same & (np.diagonal(way, offset=1) > least)
    return np.r_[step, False] | np.r_[False, step]


def match_objects(alphas: np.ndarray, truth: np.ndarray) -> list[int | None]:
    """Assign estimated objects to true ones so that the sum of their IoU is largest (Hungarian).

    Parameters
    ----------
    alphas
        (K, T, H, W) estimated, or (K, ...) of any equal rest.
    truth
        (L, T, H, W) true.

    Returns
    -------
    For each of the L true objects the index of the estimated one, None where too few were found.
    """
    iou = np.array([[alpha_iou(a, b) for a in alphas] for b in truth])
    found = dict(zip(*(i.tolist() for i in linear_sum_assignment(iou, maximize=True)), strict=True))
    return [found.get(index) for index in range(len(truth))]


def _mapped_corners(homographies: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return (T, T, 4, 2): at [a, b] the corners of frame a as they lie in frame b."""
    width, height = size
    x, y = width - 1.0, height - 1.0
    corners = np.array([[0, 0, 1], [x, 0, 1], [x, y, 1], [0, y, 1]], np.float64)
    relative = np.linalg.inv(homographies)[None] @ np.asarray(homographies)[:, None]
    point = np.einsum("abij,cj->abci", relative, corners)
    return point[..., :2] / point[..., 2:]


def _outline(solid: np.ndarray) -> np.ndarray:
    """Return the pixels of a mask that have a neighbour outside it; the frame's border is none."""
    mask = solid.astype(np.uint8)
    return (mask - cv2.erode(mask, np.ones((3, 3), np.uint8))).astype(bool)


def _distance_to(mask: np.ndarray) -> np.ndarray:
    """Return the distance of each pixel from the nearest pixel of the mask."""
    return cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)


def _unit(alpha: np.ndarray) -> np.ndarray:
    """Return an alpha as float32 0..1."""
    values = alpha.astype(np.float32)
    return values / 255.0 if alpha.dtype == np.uint8 else values


def _solid(alpha: np.ndarray) -> np.ndarray:
    """Return where an alpha is at least 0.5."""
    return alpha.astype(bool) if alpha.dtype == bool else _unit(alpha) >= 0.5


def _same_shape(a: np.ndarray, b: np.ndarray) -> None:
    """Refuse arrays of different shapes."""
    if a.shape != b.shape:
        raise ValueError(f"shapes differ: {a.shape} and {b.shape}")
