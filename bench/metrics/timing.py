"""How far motions and drawings are right, frame by frame."""

from dataclasses import dataclass

import numpy as np

from toondecompose.evaluation.picture_metrics import check_same_shape

ABSENT = -1
"""Number of the drawing in a frame that shows none."""


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
    check_same_shape(homographies, truth)
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
    check_same_shape(drawings, truth)
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
    check_same_shape(background, sprite)
    drawings = np.asarray(drawings)
    way = np.linalg.norm(
        _mapped_corners(background, size) - _mapped_corners(sprite, size), axis=-1
    ).mean(axis=-1)
    same = (drawings[1:] == drawings[:-1]) & (drawings[1:] != ABSENT)
    step = same & (np.diagonal(way, offset=1) > least)
    return np.r_[step, False] | np.r_[False, step]


def _mapped_corners(homographies: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return (T, T, 4, 2): at [a, b] the corners of frame a as they lie in frame b."""
    width, height = size
    x, y = width - 1.0, height - 1.0
    corners = np.array([[0, 0, 1], [x, 0, 1], [x, y, 1], [0, y, 1]], np.float64)
    relative = np.linalg.inv(homographies)[None] @ np.asarray(homographies)[:, None]
    point = np.einsum("abij,cj->abci", relative, corners)
    return point[..., :2] / point[..., 2:]
