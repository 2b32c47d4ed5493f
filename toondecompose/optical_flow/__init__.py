"""Optical flow between frames: one function, several backends.

A flow from frame A to frame B is (H, W, 2) float32, x then y, in pixels of the frame: the point x
of A lies at x + flow in B.
"""

from collections.abc import Collection, Iterator, Sequence

import numpy as np

from toondecompose.optical_flow.confidence import confidence
from toondecompose.optical_flow.dis import DisOptions, dis_flows
from toondecompose.optical_flow.pairs import HELD_THRESHOLD, Pair, held, pairs
from toondecompose.optical_flow.raft import RaftOptions, raft_flows

__all__ = [
    "DisOptions",
    "Pair",
    "RaftOptions",
    "confidence",
    "estimate_flow",
    "held",
    "pairs",
]


def estimate_flow(
    frames: np.ndarray,
    pairs: Sequence[Pair],
    backend: DisOptions | RaftOptions | None = None,
    *,
    wanted: Collection[Pair] | None = None,
    held_threshold: float = HELD_THRESHOLD,
) -> Iterator[tuple[Pair, np.ndarray]]:
    """Estimate the flow of each pair of frames.

    Held pairs (the same frame, or frames that differ by noise only) have a flow of exactly zero;
    the backend does not get them.

    Parameters
    ----------
    frames
        (T, H, W, 3) uint8 RGB.
    pairs
        Frame numbers (A, B): all the clip's pairs, in any order.
    backend
        Which estimator, by its options; default DIS with its defaults.
    wanted
        The pairs whose flow is wanted; default all. The flow of a pair does not depend on the
        other wanted pairs.
    held_threshold
        See :func:`held`; grey levels, 0 for exactly equal frames only.

    Yields
    ------
    ((A, B), flow) in the order of ``pairs``, flow (H, W, 2) float32 from A to B.

    Raises
    ------
    UserError
        If the backend has no checkpoint, or a damaged one.
    ValueError
        If ``frames`` is not (T, H, W, 3) uint8.
    """
    if frames.ndim != 4 or frames.shape[3] != 3 or frames.dtype != np.uint8:
        raise ValueError(f"frames must be (T, H, W, 3) uint8, got {frames.shape} {frames.dtype}")
    chosen = set(pairs if wanted is None else wanted)
    return _flows(frames, pairs, backend or DisOptions(), wanted=chosen, threshold=held_threshold)


def _flows(
    frames: np.ndarray,
    pairs: Sequence[Pair],
    backend: DisOptions | RaftOptions,
    *,
    wanted: set[Pair],
    threshold: float,
) -> Iterator[tuple[Pair, np.ndarray]]:
    """Put zero flows for the held pairs between the backend's flows for the others."""
    moving = [(a, b) for a, b in pairs if a != b and not held(frames[a], frames[b], threshold)]
    if isinstance(backend, RaftOptions):
        flows = raft_flows(frames, moving, wanted, options=backend)
    else:
        flows = dis_flows(frames, [pair for pair in moving if pair in wanted], backend)
    has_flow = set(moving)
    for pair in pairs:
        if pair in wanted:
            zero = np.zeros((*frames.shape[1:3], 2), np.float32)
            yield pair, next(flows) if pair in has_flow else zero
