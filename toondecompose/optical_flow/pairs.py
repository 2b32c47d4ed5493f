"""Pairs of frames that get a flow, and held (nearly identical) pairs."""

from collections.abc import Iterable, Sequence

import cv2
import numpy as np

from toondecompose.core.errors import UserError

# Frames from A to B. Short ones are precise, long ones separate slow motion from none.
OFFSETS = (-3, -1, 1, 3)

# Grey levels (0..255). Two frames are held when no neighbourhood of 9 x 9 pixels differs by more
# than this on average. Compression noise of good sources stays below it; a textured object that
# moves by a tenth of a pixel does not, however small it is in the frame.
HELD_THRESHOLD = 1.0

Pair = tuple[int, int]


def pairs(count: int, offsets: Sequence[int] = OFFSETS) -> list[Pair]:
    """List the pairs (A, B) with B = A + offset, clipped to the clip, each pair once.

    Clipping instead of leaving out is the reference implementation's naming: the flow 0T0 exists,
    and is zero. The pairs are sorted.

    Parameters
    ----------
    count
        Number of frames.
    offsets
        Frames from A to B.

    Examples
    --------
    >>> pairs(3, (-1, 1))
    [(0, 0), (0, 1), (1, 0), (1, 2), (2, 1), (2, 2)]

    Raises
    ------
    ValueError
        If ``count`` is not positive or there is no offset.
    """
    if count < 1 or not offsets:
        raise ValueError(f"need a frame and an offset, got {count} frames and offsets {offsets}")
    return sorted({(a, min(max(a + d, 0), count - 1)) for a in range(count) for d in offsets})


def two_way_pairs(count: int, offsets: Iterable[int]) -> list[Pair]:
    """List the pairs of a clip of so many frames whose flow back is estimated as well.

    Pairs that the clip's ends cut short have no flow back, so their confidence is unknown.
    """
    listed = set(pairs(count, tuple(offsets)))
    return sorted((a, b) for a, b in listed if a != b and (b, a) in listed)


def check_offsets(offsets: Sequence[int]) -> None:
    """Refuse offsets without their opposites, or without neighbours, with one sentence.

    A flow is only trusted where the flow back confirms it, and the camera is followed from each
    frame to the next.
    """
    for offset in offsets:
        if -offset not in offsets:
            raise UserError(
                f"flow.offsets is {list(offsets)}, which has {offset} without {-offset}; "
                "add it, because flows are checked by the flows back"
            )
    if 1 not in offsets:
        raise UserError(
            f"flow.offsets is {list(offsets)}, without neighbouring frames; add -1 and 1"
        )


def held(first: np.ndarray, second: np.ndarray, threshold: float = HELD_THRESHOLD) -> bool:
    """Whether two frames show the same picture, but for noise.

    Parameters
    ----------
    first, second
        (H, W, 3) uint8 RGB of the same size.
    threshold
        Largest mean difference of any 9 x 9 pixels that still counts as held, grey levels; the
        channel that differs most decides.
    """
    difference = cv2.absdiff(first, second)
    if max(cv2.mean(difference)) > threshold:
        return False  # The common case: where the mean is above, so is some neighbourhood.
    worst = difference.max(axis=2)
    return bool(cv2.blur(worst.astype(np.float32), (9, 9)).max() <= threshold)
