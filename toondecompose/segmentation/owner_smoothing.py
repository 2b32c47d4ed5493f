"""Smooths the owners of pixels: along the flow through time, and over connected regions."""

from __future__ import annotations

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.geometry import along_flow
from toondecompose.core.parallel import each
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.motion.matches import Flows
from toondecompose.optical_flow.confidence import agreement
from toondecompose.segmentation.parameters import Parameters


def propagate_shares(own: np.ndarray, flows: Flows, *, tuning: Tuning = DEFAULT) -> np.ndarray:
    """Combine each frame's log likelihoods with the shares of its neighbours, in several sweeps.

    Parameters
    ----------
    own : (T, K, H, W), log likelihoods of the K owners from each frame itself.
    flows : flow (H, W, 2) of pairs of frames; those of neighbours are used.

    Returns
    -------
    Shares of sum one, (T, K, H, W).
    """
    parameters = tuning[Parameters]
    count, number = own.shape[:2]
    pairs = [(a, b) for a, b in flows if abs(a - b) == 1]
    agreements = {(a, b): agreement(flows[a, b], flows[b, a]) for a, b in pairs}
    shares = as_shares(own)
    for _ in range(parameters.temporal_sweeps):

        def sweep(t: int, before: np.ndarray = shares) -> np.ndarray:
            logits = own[t].copy()
            for s in (t - 1, t + 1):
                if (t, s) in agreements:
                    carried = shares_along_flow(before[s], flows[t, s])
                    trust = parameters.temporal_trust * agreements[t, s]
                    logits += np.log(trust * carried + (1 - trust) / number)
            return as_shares(logits[None])[0]

        shares = np.stack(each(sweep, range(count)))
    return shares


def as_shares(logits: np.ndarray) -> np.ndarray:
    """Return logits (T, K, H, W) as shares of sum one (softmax)."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def shares_along_flow(shares: np.ndarray, flow: np.ndarray) -> np.ndarray:
    """Look up shares (K, H, W) of another frame along the flow (H, W, 2) to it."""
    found = along_flow(np.ascontiguousarray(np.moveaxis(shares, 0, -1), np.float32), flow)
    return np.moveaxis(found.reshape(*flow.shape[:2], -1), -1, 0)


def unify_regions(mask: np.ndarray, owners: np.ndarray, *, tuning: Tuning = DEFAULT) -> np.ndarray:
    """Give regions of a mask (H, W) that nearly agree to one owner, and specks to the nearest.

    Returns the owner of every pixel, (H, W) uint8.
    """
    parameters = tuning[Parameters]
    if not mask.any():
        return owners.astype(np.uint8)
    kept = np.full(mask.shape, -1)
    _, regions = cv2.connectedComponents(mask.astype(np.uint8))
    number = int(owners.max()) + 1
    votes = np.bincount(
        regions.ravel() * number + owners.ravel(), minlength=(regions.max() + 1) * number
    ).reshape(-1, number)
    needed = parameters.min_united_share * np.maximum(votes.sum(axis=1), 1)
    united = votes.max(axis=1) >= needed
    united[0] = False
    for k in range(number):
        _, parts, stats, _ = cv2.connectedComponentsWithStats(
            (mask & (owners == k)).astype(np.uint8)
        )
        large = stats[:, cv2.CC_STAT_AREA] >= parameters.min_region_share * mask.size / 4
        large[0] = False
        kept[large[parts]] = k
    kept = np.where(united[regions], votes.argmax(axis=1)[regions], kept)
    if not (kept >= 0).any():
        return owners.astype(np.uint8)
    return geometry.nearest_of(kept, (kept >= 0) & mask).astype(np.uint8)
