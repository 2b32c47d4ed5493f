"""Whip pans: for which pairs of frames a shift of the whole picture replaces a lost flow.

Between neighbouring frames any large shift that is found counts. Over several frames one counts
only where a step in between is beyond the reach of the flow: a figure that is too fast for such a
flow, before a camera that the flow follows from frame to frame, is no whip pan.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from toondecompose.core.parallel import each
from toondecompose.optical_flow import Pair
from toondecompose.optical_flow.large_shift import REACH, Shift, find_large_shift


def find_shifts(frames: np.ndarray, lost: Collection[Pair]) -> dict[Pair, Shift]:
    """Find the shifts of the whole picture between frames whose flow is lost.

    Parameters
    ----------
    frames : (T, H, W, 3) uint8 RGB.
    lost : pairs (a, b) of frames, a < b, whose flow does not follow the picture.

    Returns
    -------
    For each pair with a clear shift, in order: what is at x in frame a lies at x + shift in b.
    """

    def find(pair: Pair) -> Shift | None:
        found = find_large_shift(frames[pair[0]], frames[pair[1]])
        return None if found is None else found[0]

    lost = sorted(lost)
    steps = sorted({t for a, b in lost for t in range(a, b)})
    by_step = dict(zip(steps, each(find, [(t, t + 1) for t in steps]), strict=True))
    far = [t for t, one in by_step.items() if one and np.hypot(*one) > REACH * frames.shape[2]]
    longer = [(a, b) for a, b in lost if b - a > 1 and any(a <= t < b for t in far)]
    found = dict(zip(longer, each(find, longer), strict=True))
    found |= {(a, b): by_step[a] for a, b in lost if b - a == 1}
    return {pair: shift for pair, shift in sorted(found.items()) if shift is not None}


def describe_shifts(shifts: Mapping[Pair, Shift]) -> str:
    """Describe the shifts that were found, one or more, in one line for the user."""
    farthest = max(float(np.hypot(*shift)) / (b - a) for (a, b), shift in shifts.items())
    times = sorted({t for pair in shifts for t in pair})
    return (
        f"the picture moves beyond the reach of the flow between the frames {times[0]} and "
        f"{times[-1]}, by up to {farthest:.0f} px a frame: {len(shifts)} flows start from "
        "shifts found by correlation"
    )
