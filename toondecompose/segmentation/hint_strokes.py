"""Hints in their own frame: the pixels around strokes, and what strokes enclose.

A stroke is evidence for the pixels that are near without an edge between (geodesic distance; Bai
and Sapiro, "A geodesic framework for fast interactive image and video segmentation", 2007).
"""

from __future__ import annotations

import cv2
import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra

from toondecompose.core.min_cut import edge_weights
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.segmentation.parameters import Parameters


def spread_strokes(mark: np.ndarray, frame: np.ndarray, *, tuning: Tuning = DEFAULT) -> np.ndarray:
    """Return the strength of strokes at every pixel of their frame.

    Parameters
    ----------
    mark : (h, w) int8, 1 for "is", -1 for "is not", 0 for neither, at the source's size.
    frame : (H, W, 3) uint8, at the working size.

    Returns
    -------
    (H, W) float32 in -1..1; exactly -1 or 1 on hinted pixels only.
    """
    parameters = tuning[Parameters]
    least, limit = parameters.min_hinted_share, parameters.max_soft_hint_strength
    height, width = frame.shape[:2]
    share = cv2.resize(mark.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)
    weights = edge_weights(frame, parameters.hint_contrast_levels)
    near = [_nearness(side >= least, weights, tuning=tuning) for side in (share, -share)]
    result = np.clip(near[0] - near[1], -limit, limit)
    return np.where(np.abs(share) >= least, np.sign(share), result).astype(np.float32)


def _nearness(seeds: np.ndarray, weights: np.ndarray, *, tuning: Tuning = DEFAULT) -> np.ndarray:
    """Return exp(-(d / hint_distance_px)^2) of the geodesic distance d to seeds (H, W) bool.

    weights (2, H, W) are those of `min_cut.edge_weights`.
    """
    if not seeds.any():
        return np.zeros(seeds.shape, np.float32)
    reach = tuning[Parameters].hint_distance_px
    index = np.arange(seeds.size).reshape(seeds.shape)
    steps = 1 / np.maximum(weights, 1 / tuning[Parameters].max_geodesic_step_px)
    starts = np.concatenate([index[:, :-1].ravel(), index[:-1].ravel()])
    ends = np.concatenate([index[:, 1:].ravel(), index[1:].ravel()])
    lengths = np.concatenate([steps[0, :, :-1].ravel(), steps[1, :-1].ravel()])
    graph = coo_matrix((lengths, (starts, ends)), shape=(seeds.size, seeds.size)).tocsr()
    distance = dijkstra(graph, directed=False, indices=index[seeds], min_only=True, limit=2 * reach)
    return np.exp(-((distance / reach) ** 2)).reshape(seeds.shape).astype(np.float32)


def complete_strokes(
    strength: np.ndarray, frame: np.ndarray, found: np.ndarray, *, tuning: Tuning = DEFAULT
) -> np.ndarray:
    """Extend strokes inside and outside of the sprites to their whole frame.

    Strokes on both sides are the task of interactive segmentation: colours of either side, edges,
    and the region that a stroke encloses (GrabCut; Rother, Kolmogorov and Blake, 2004). Strokes on
    one side only stay as they are.

    Parameters
    ----------
    strength : (H, W) float32 in -1..1, see `spread_strokes`; exactly 1 where strokes mark a sprite.
    frame : (H, W, 3) uint8.
    found : (H, W) in 0..1, where sprites were found without hints.

    Returns
    -------
    The strength at every pixel, (H, W).
    """
    parameters = tuning[Parameters]
    inside, outside = strength == 1, strength == -1
    if not inside.any() or not outside.any():
        return strength
    ring = enclosed_region(inside, outside, tuning=tuning)
    likely = (strength > 0) | ((strength == 0) & (found > 0.5)) if ring is None else ring
    mask = np.where(likely, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    if ring is not None:
        mask[~ring] = cv2.GC_BGD
    mask[inside], mask[outside] = cv2.GC_FGD, cv2.GC_BGD
    cv2.setRNGSeed(0)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    rounds = parameters.completion_rounds
    mask, *_ = cv2.grabCut(frame, mask, None, *models, rounds, cv2.GC_INIT_WITH_MASK)
    shown = (mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD)
    completed = parameters.completed_hint_strength
    return np.where(np.abs(strength) == 1, strength, np.where(shown, completed, -completed))


def enclosed_region(
    inside: np.ndarray, outside: np.ndarray, *, tuning: Tuning = DEFAULT
) -> np.ndarray | None:
    """Return the region that strokes outside enclose and strokes inside mark, (H, W) bool, or None.

    The frame's rim closes strokes around sprites that it cuts off. Small gaps are closed.
    """
    gap = tuning[Parameters].stroke_gap_px
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (gap, gap))
    closed = cv2.morphologyEx(outside.astype(np.uint8), cv2.MORPH_CLOSE, kernel)
    _, parts = cv2.connectedComponents(1 - closed, connectivity=4)
    ring = np.isin(parts, np.unique(parts[inside & (closed == 0)])) & (closed == 0)
    return ring if ring.any() and ring.mean() < tuning[Parameters].max_enclosed_share else None
