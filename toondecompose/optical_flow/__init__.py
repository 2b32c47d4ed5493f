"""Optical flow between frames: one function, several backends.

A flow from frame A to frame B is (H, W, 2) float32, x then y, in pixels of the frame: the point x
of A lies at x + flow in B.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from toondecompose.errors import UserError
from toondecompose.optical_flow.confidence import confidence
from toondecompose.optical_flow.dis import DisOptions, dis_flows
from toondecompose.optical_flow.pairs import HELD_THRESHOLD, Pair, held, pairs

__all__ = ["BACKENDS", "DisOptions", "confidence", "estimate_flow", "held", "pairs"]

BACKENDS = ("dis",)


def estimate_flow(
    frames: np.ndarray,
    pairs: Sequence[Pair],
    *,
    backend: str = "dis",
    dis: DisOptions | None = None,
    held_threshold: float = HELD_THRESHOLD,
) -> Iterator[tuple[Pair, np.ndarray]]:
    """Estimate the flow of each pair of frames.

    Held pairs (the same frame, or frames that differ by noise only) have a flow of exactly zero;
    the backend never sees them.

    Parameters
    ----------
    frames
        (T, H, W, 3) uint8 RGB.
    pairs
        Frame numbers (A, B); any subset of the clip's pairs, in any order.
    backend
        Which estimator: one of ``BACKENDS``.
    dis
        Options of the backend "dis"; default ``DisOptions()``.
    held_threshold
        See :func:`held`; grey levels, 0 for exactly equal frames only.

    Yields
    ------
    ((A, B), flow) in the order of ``pairs``, flow (H, W, 2) float32 from A to B.

    Raises
    ------
    UserError
        If there is no such backend.
    ValueError
        If ``frames`` is not (T, H, W, 3) uint8.
    """
    if backend not in BACKENDS:
        raise UserError(f"flow setting 'backend' is {backend!r}; there is: {', '.join(BACKENDS)}")
    if frames.ndim != 4 or frames.shape[3] != 3 or frames.dtype != np.uint8:
        raise ValueError(f"frames must be (T, H, W, 3) uint8, got {frames.shape} {frames.dtype}")
    return _flows(frames, pairs, dis or DisOptions(), held_threshold)


def _flows(
    frames: np.ndarray, pairs: Sequence[Pair], options: DisOptions, threshold: float
) -> Iterator[tuple[Pair, np.ndarray]]:
    """Put zero flows for the held pairs between the backend's flows for the others."""
    holds = [a == b or held(frames[a], frames[b], threshold) for a, b in pairs]
    moving = dis_flows(frames, [p for p, h in zip(pairs, holds, strict=True) if not h], options)
    for pair, is_held in zip(pairs, holds, strict=True):
        zero = np.zeros((*frames.shape[1:3], 2), np.float32)
        yield pair, zero if is_held else next(moving)
