"""The flows of a clip as the stages after the flow stage use them."""

from __future__ import annotations

import numpy as np

from toondecompose.artifacts import ClipFolder
from toondecompose.motion.matches import Flows
from toondecompose.optical_flow import confidence, pairs
from toondecompose.parallel import each
from toondecompose.reduction import median_of_few


def read_flows(clip: ClipFolder, count: int) -> dict[tuple[int, int], np.ndarray]:
    """Read the flows (H, W, 2) float32 of a clip of so many frames, by their pair (A, B).

    Pairs that the clip's ends cut short have no flow back and are left out: nothing could tell
    how far to trust them.
    """
    listed = set(pairs(count))
    both_ways = [(a, b) for a, b in pairs(count) if a != b and (b, a) in listed]
    return {(a, b): clip.read_npy(f"flow/{a}T{b}.npy") for a, b in both_ways}


def frame_confidence(frames: np.ndarray, flows: Flows) -> np.ndarray:
    """Return how far the flows of each frame can be trusted, (T, H, W) float32 in 0..1."""

    def one(t: int) -> np.ndarray:
        partners = [b for a, b in flows if a == t]
        values = [confidence(flows[t, b], flows[b, t], frames[t]) for b in partners]
        return median_of_few(values)

    return np.stack(each(one, range(len(frames))))
