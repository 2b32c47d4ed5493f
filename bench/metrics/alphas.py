"""How far alphas and the edges of sprites are right."""

import cv2
import numpy as np
from scipy.optimize import linear_sum_assignment

from bench.metrics.units import solid, unit
from toondecompose.evaluation.picture_metrics import check_same_shape

MAGENTA = np.array([255.0, 0.0, 255.0])
"""The colour on which sprites are judged."""


def alpha_iou(alpha: np.ndarray, truth: np.ndarray) -> float:
    """Intersection over union of two alphas at threshold 0.5.

    Any equal shapes, so also a whole clip's (T, H, W). Two empty alphas agree: 1.
    """
    a, b = solid(alpha), solid(truth)
    check_same_shape(a, b)
    union = np.count_nonzero(a | b)
    return np.count_nonzero(a & b) / union if union else 1.0


def alpha_mae(alpha: np.ndarray, truth: np.ndarray, mask: np.ndarray | None = None) -> float:
    """Mean absolute error of an alpha, 0..1, over the pixels of ``mask`` (bool), default all.

    The *edge MAE* is that over the edge bands (:func:`edge_band`) of the frames in which a drawing
    is held while the background moves behind it (:func:`held_over_motion`): there the alpha of an
    edge can be solved for, not only guessed.
    """
    check_same_shape(alpha, truth)
    error = np.abs(unit(alpha) - unit(truth))
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
    alpha = unit(truth)
    edge = ((alpha > 0.02) & (alpha < 0.98)) | _outline(solid(truth))
    return _distance_to(edge) <= reach if edge.any() else edge


def fringe(picture: np.ndarray, truth: np.ndarray, mask: np.ndarray) -> float:
    """Mean error in levels, over ``mask``, of two straight RGBA sprites laid on magenta.

    Colour of the old background that stays in a sprite's edge shines through on a new one; magenta
    is far from what a cartoon is painted with. Pictures (H, W, 4) uint8, mask (H, W) bool.
    """
    check_same_shape(picture, truth)
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
    check_same_shape(alpha, truth)
    found, real = _outline(solid(alpha)), _outline(solid(truth))
    if not found.any() or not real.any():
        return float(found.any() == real.any())
    precision = np.mean(_distance_to(real)[found] <= tolerance)
    recall = np.mean(_distance_to(found)[real] <= tolerance)
    return float(2 * precision * recall / (precision + recall)) if precision + recall else 0.0


def flicker(alphas: np.ndarray, truth: np.ndarray) -> float:
    """Mean |alpha_t - alpha_t-1| over the pixels where the true alpha does not change.

    Both (T, H, W); the result is in 0..1, and 0 for a clip of one frame.
    """
    check_same_shape(alphas, truth)
    total, count = 0.0, 0
    for t in range(1, len(alphas)):
        still = truth[t] == truth[t - 1]
        total += float(np.abs(unit(alphas[t]) - unit(alphas[t - 1]))[still].sum(dtype=np.float64))
        count += np.count_nonzero(still)
    return total / count if count else 0.0


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


def _outline(solid: np.ndarray) -> np.ndarray:
    """Return the pixels of a mask that have a neighbour outside it; the frame's border is none."""
    mask = solid.astype(np.uint8)
    return (mask - cv2.erode(mask, np.ones((3, 3), np.uint8))).astype(bool)


def _distance_to(mask: np.ndarray) -> np.ndarray:
    """Return the distance of each pixel from the nearest pixel of the mask."""
    return cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
