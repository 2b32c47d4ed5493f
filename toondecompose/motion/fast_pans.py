"""The camera between two frames of a whip pan, and frames between which it is lost.

Where the picture moves far, motion blur makes flows imprecise, or the flow fails. So matches count
as agreeing up to a share of the way that they go, and shifts of the whole picture are searched by
correlation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.motion.parameters import Parameters
from toondecompose.motion.solve import Pairs
from toondecompose.optical_flow.large_shift import find_large_shift


@dataclass(frozen=True)
class FastMotion:
    """Motions (3, 3) from a frame to the next that are proposed where pictures move far.

    Attributes
    ----------
    motions : standing still first.
    tolerance_px : distance up to which a match supports a motion.
    found_score : what correlation says for the last of them, 0..1; None where it found none.
    """

    motions: list[np.ndarray]
    tolerance_px: float
    found_score: float | None


def is_fast(pairs: Pairs, width: int, *, tuning: Tuning = DEFAULT) -> bool:
    """Tell whether most matches of two frames go far."""
    if not len(pairs.xa):
        return False
    length = float(np.median(np.linalg.norm(pairs.xb - pairs.xa, axis=1)))
    return length > tuning[Parameters].min_fast_share * width


def propose_fast(
    pairs: Pairs, frame: np.ndarray, other: np.ndarray, *, tuning: Tuning = DEFAULT
) -> FastMotion:
    """Propose motions of the camera between two frames (H, W, 3) and their matches."""
    parameters = tuning[Parameters]
    length = float(np.median(np.linalg.norm(pairs.xb - pairs.xa, axis=1)))
    tolerance = parameters.inlier_px + parameters.fast_error_share * length
    cv2.setRNGSeed(0)
    matrix, _ = cv2.estimateAffinePartial2D(
        pairs.xa, pairs.xb, method=cv2.RANSAC, ransacReprojThreshold=tolerance, maxIters=2000
    )
    motions = [np.eye(3)]
    if matrix is not None and is_plausible(matrix, tuning=tuning):
        motions.append(np.vstack([matrix, [0.0, 0.0, 1.0]]))
    found = find_large_shift(frame, other)
    if found is not None:
        motions.append(geometry.translation(*found[0]))
    return FastMotion(motions, tolerance, None if found is None else found[1])


def is_plausible(motion: np.ndarray, *, tuning: Tuning = DEFAULT) -> bool:
    """Tell whether a camera can move so from a frame to the next; motion is (2, 3) or (3, 3)."""
    scale = float(np.hypot(motion[0, 0], motion[1, 0]))
    most = tuning[Parameters].max_step_zoom
    return 1 / most < scale < most


def bridge(steps: Sequence[np.ndarray], lost: Sequence[int]) -> list[np.ndarray]:
    """Replace steps (3, 3) between which the camera is lost by shifts as fast as those around.

    Examples
    --------
    >>> steps = [geometry.translation(4, 0), np.eye(3), geometry.translation(8, 0)]
    >>> float(bridge(steps, [1])[1][0, 2])
    6.0
    """
    known = [t for t in range(len(steps)) if t not in set(lost)]
    result = list(steps)
    for t in lost:
        before = [k for k in known if k < t][-1:]
        after = [k for k in known if k > t][:1]
        around = [steps[k][:2, 2] for k in before + after]
        shift = np.mean(around, axis=0) if around else np.zeros(2)
        result[t] = geometry.translation(*shift)
    return result


def between(pairs: Pairs, first: int, end: int) -> Pairs:
    """Return the matches between frames from first to before end, counted from first."""
    inside = (np.minimum(pairs.a, pairs.b) >= first) & (np.maximum(pairs.a, pairs.b) < end)
    own = pairs.where(inside)
    return replace(own, a=own.a - first, b=own.b - first)


def say_lost(lost: Sequence[int], say: Callable[[str], None]) -> None:
    """Say between which frames the camera is lost; lost are the steps, from t to t + 1 each."""
    if not lost:
        return
    ends = [t for t, after in pairwise([*lost, lost[-1] + 2]) if after > t + 1]
    starts = [t for before, t in pairwise([lost[0] - 2, *lost]) if t > before + 1]
    names = " and ".join(f"{a} and {b + 1}" for a, b in zip(starts, ends, strict=True))
    say(
        f"the camera was lost between the frames {names}: it is taken to go on there as before and "
        "after; if the background is wrong, end the clip there (first_frame, last_frame)"
    )


def doubtful_frames(
    homographies: np.ndarray, foreground: np.ndarray, *, tuning: Tuning = DEFAULT
) -> list[int]:
    """Return frames of a whip pan in which far more is foreground than in the others.

    There the background is blurred, and does not look like the sharp plate.

    Parameters
    ----------
    homographies : (T, 3, 3), the camera: frame pixel to canvas pixel.
    foreground : (T, H, W) bool.
    """
    parameters = tuning[Parameters]
    height, width = foreground.shape[1:]
    centre = np.array([[(width - 1) / 2, (height - 1) / 2]])
    places = np.concatenate([geometry.apply(one, centre) for one in homographies])
    steps = np.linalg.norm(np.diff(places, axis=0), axis=1)
    fastest = np.maximum(np.append(steps, 0), np.append(0, steps))
    fast = fastest > parameters.min_fast_share * width
    if fast.all() or not fast.any():
        return []
    shares = foreground.reshape(len(foreground), -1).mean(axis=1)
    usual = float(np.median(shares[~fast]))
    most = parameters.doubtful_ratio * usual + parameters.doubtful_share
    return np.flatnonzero(fast & (shares > most)).tolist()


def say_doubtful(frames: Sequence[int], say: Callable[[str], None]) -> None:
    """Say in which frames labels are in doubt."""
    if frames:
        say(
            f"the camera whips: between the frames {frames[0]} and {frames[-1]} much of the "
            "blurred background is taken for a sprite; paint hints there, or leave these frames "
            "out with first_frame and last_frame"
        )
