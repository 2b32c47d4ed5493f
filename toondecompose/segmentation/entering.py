"""Sprites at the moment they enter the picture, or leave it, before a street only this frame shows.

The first pixels of a sprite at the picture's rim hide a street that the moving camera has left
behind a frame later, and so become that street themselves. But a frame later the sprite is larger
and known, and in yet another frame it tells how it moves: where it must have been, pixels count
as its own that look more like it than like the street beside them.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.parallel import each
from toondecompose.core.reduction import dot, squared_length
from toondecompose.planes.background import Background, compose_view, sights

REACH = 40
"""Working pixels by which a sprite moves from one frame to the next, at most."""

FEWEST = 60
"""Pixels of a sprite whose motion can be seen."""

ENTERED = 0.5
"""Share of what the next frame shows of a sprite from which it has entered already."""

OTHERS = 2.0
"""Sights from which a frame that shows a place is not the only one; the camera's steps by parts
of a pixel count as parts of a sight, so the street beside is known from one more on."""

SLACK = 8
"""Pixels by which a new drawing may lie elsewhere than the last one would."""

UNLIKE = 30.0
"""Grey levels by which a pixel may differ from all mixtures of the sprite and the street."""


def let_in(frames: np.ndarray, foreground: np.ndarray, background: Background) -> np.ndarray:
    """Add the first and last pixels of sprites that cross the picture's rim.

    Parameters
    ----------
    frames : (T, H, W, 3) uint8.
    foreground : (T, H, W) float32 in 0..1.
    background : its planes, gathered from what is not foreground.
    """
    inside = foreground > 0.5
    size = (frames.shape[2], frames.shape[1])

    def one(t: int) -> np.ndarray:
        coming = list(_coming(frames, inside, t))
        if not coming:
            return foreground[t]
        view, seen = compose_view(background, t, size), sights(background, t, size)
        own = np.zeros(inside.shape[1:], bool)
        for part, motion, colour in coming:
            own |= entering(frames[t], view, seen, part, motion, colour)
        return np.where(own, 1, foreground[t]).astype(np.float32)

    return np.stack(each(one, range(len(frames))))


def _coming(
    frames: np.ndarray, inside: np.ndarray, t: int
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Yield what crosses the rim beside frame t: its mask (H, W) there, its motion and the frame.

    The motion, (x, y) pixels, leads from frame t to that frame.
    """
    window = np.ones((2 * REACH + 1, 2 * REACH + 1), np.uint8)
    for step in (1, -1):
        s, after = t + step, t + 2 * step
        if not 0 <= after < len(frames):
            continue
        _, parts, stats, _ = cv2.connectedComponentsWithStats(inside[s].astype(np.uint8))
        left, top, wide, tall, area = stats.T
        at_rim = (left == 0) | (top == 0)
        at_rim |= (left + wide == parts.shape[1]) | (top + tall == parts.shape[0])
        at_rim[0] = False
        for number in np.flatnonzero(at_rim & (area >= FEWEST)):
            part = parts == number
            around = cv2.dilate(part.astype(np.uint8), window) > 0
            if np.count_nonzero(inside[t] & around) < ENTERED * area[number]:
                yield part, find_again(frames[s], part, frames[after]), frames[s]


def find_again(frame: np.ndarray, part: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return by how many pixels, (x, y), a part (H, W) bool of a frame lies elsewhere in another.

    Frames are (H, W, 3) uint8. At least half of the part must lie in the other one.
    """
    x, y, width, height = cv2.boundingRect(part.astype(np.uint8))
    rows, columns = slice(y, y + height), slice(x, x + width)
    mask = part[rows, columns].astype(np.float32)
    border = (REACH,) * 4
    inner = cv2.copyMakeBorder(np.ones(part.shape, np.float32), *border, cv2.BORDER_CONSTANT)
    search = (slice(y, y + height + 2 * REACH), slice(x, x + width + 2 * REACH))
    shared = _correlate(inner[search], mask)
    total = np.zeros_like(shared)
    for c in range(3):
        own = frame[rows, columns, c].astype(np.float32)
        there = cv2.copyMakeBorder(other[..., c], *border, cv2.BORDER_CONSTANT)
        there = there[search].astype(np.float32)
        # Sum of (a - b)^2 over the part, as far as it lies in the frame.
        total += _correlate(there**2, mask) - 2 * _correlate(there, own * mask)
        total += _correlate(inner[search], own**2 * mask)
    cost = np.where(shared >= mask.sum() / 2, total / np.maximum(shared, 1), np.inf)
    row, column = np.unravel_index(int(cost.argmin()), cost.shape)
    return np.array([column - REACH, row - REACH])


def entering(
    frame: np.ndarray,
    view: np.ndarray,
    seen: np.ndarray,
    part: np.ndarray,
    motion: np.ndarray,
    colour: np.ndarray,
) -> np.ndarray:
    """Return which pixels of a frame show a sprite that the frame beside it shows, (H, W) bool.

    Parameters
    ----------
    frame, colour : (H, W, 3) uint8, this frame and the one beside it.
    view : (H, W, 3) float32, the plate in this frame.
    seen : (H, W), how many frames have shown the plate.
    part : (H, W) bool, the sprite in the frame beside it.
    motion : (x, y) pixels from this frame to that one.
    """
    size = (part.shape[1], part.shape[0])
    back = np.array([[1, 0, -motion[0]], [0, 1, -motion[1]]], np.float32)
    moved = cv2.warpAffine(part.astype(np.uint8), back, size) > 0
    known = seen >= OTHERS + 1
    if not moved.any() or not known.any():
        return np.zeros(part.shape, bool)
    window = np.ones((2 * SLACK + 1, 2 * SLACK + 1), np.uint8)
    asked = (cv2.dilate(moved.astype(np.uint8), window) > 0) & (seen < OTHERS)
    sprite = geometry.nearest_of(cv2.warpAffine(colour, back, size), moved).astype(np.float32)
    street = geometry.nearest_of(view, known)
    # a = <C - B, F - B> / |F - B|^2, and what no a explains.
    span, offset = sprite - street, frame - street
    alpha = dot(offset, span) / np.maximum(squared_length(span), 1)
    rest = squared_length(offset - alpha[..., None] * span)
    shown = asked & (alpha > 0.5) & (rest < UNLIKE**2)
    # Beyond the rim a sprite goes on.
    grown = cv2.copyMakeBorder(shown.astype(np.uint8), 2, 2, 2, 2, cv2.BORDER_REPLICATE)
    return cv2.morphologyEx(grown, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))[2:-2, 2:-2] > 0


def _correlate(picture: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    return cv2.matchTemplate(picture, kernel, cv2.TM_CCORR)
