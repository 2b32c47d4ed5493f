"""Recovers sprites at the moment they enter or leave the frame.

The first pixels of a sprite at the frame's rim cover background that the moving camera has left
behind in the next frame. No other frame shows that background, so these pixels become the plate.
But in the next frame the sprite is larger and labelled, and the frame after that gives its motion.
Where the sprite must have been, pixels are the sprite's that are nearer to its colours than to
those of the background beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.parallel import each
from toondecompose.core.reduction import dot, squared_length
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.planes.background import Background, compose_view, observation_count
from toondecompose.segmentation.parameters import Parameters


@dataclass(frozen=True)
class Neighbour:
    """A sprite that crosses the frame's rim in a neighbouring frame.

    Attributes
    ----------
    mask : (H, W) bool, the sprite in that frame.
    motion : (2,) int, (x, y) pixels from this frame to that one.
    frame : (H, W, 3) uint8, that frame.
    """

    mask: np.ndarray
    motion: np.ndarray
    frame: np.ndarray


def recover_entering_pixels(
    frames: np.ndarray,
    foreground: np.ndarray,
    background: Background,
    *,
    tuning: Tuning = DEFAULT,
) -> np.ndarray:
    """Add the first and last pixels of sprites that cross the frame's rim.

    Parameters
    ----------
    frames : (T, H, W, 3) uint8.
    foreground : (T, H, W) float32 in 0..1.
    background : its planes, gathered outside of the foreground.

    Returns
    -------
    The foreground with these pixels, (T, H, W) float32.
    """
    inside = foreground > 0.5
    size = (frames.shape[2], frames.shape[1])

    def one(t: int) -> np.ndarray:
        neighbours = list(_neighbours(frames, inside, t, tuning=tuning))
        if not neighbours:
            return foreground[t]
        view = compose_view(background, t, size)
        observations = observation_count(background, t, size)
        own = np.zeros(inside.shape[1:], bool)
        for neighbour in neighbours:
            own |= entering_pixels(
                frames[t], view, observations, neighbour=neighbour, tuning=tuning
            )
        return np.where(own, 1, foreground[t]).astype(np.float32)

    return np.stack(each(one, range(len(frames))))


def _neighbours(
    frames: np.ndarray, inside: np.ndarray, t: int, *, tuning: Tuning = DEFAULT
) -> Iterator[Neighbour]:
    """Yield the sprites that cross the rim in a frame beside frame t and are not yet in frame t."""
    parameters = tuning[Parameters]
    window = np.ones((2 * parameters.max_entering_step_px + 1,) * 2, np.uint8)
    for step in (1, -1):
        s, after = t + step, t + 2 * step
        if not 0 <= after < len(frames):
            continue
        _, parts, stats, _ = cv2.connectedComponentsWithStats(inside[s].astype(np.uint8))
        left, top, wide, tall, area = stats.T
        at_rim = (left == 0) | (top == 0)
        at_rim |= (left + wide == parts.shape[1]) | (top + tall == parts.shape[0])
        at_rim[0] = False
        for number in np.flatnonzero(at_rim & (area >= parameters.min_entering_pixels)):
            mask = parts == number
            around = cv2.dilate(mask.astype(np.uint8), window) > 0
            entered = np.count_nonzero(inside[t] & around)
            if entered < parameters.entered_share * area[number]:
                motion = find_motion(frames[s], mask, frames[after], tuning=tuning)
                yield Neighbour(mask, motion, frames[s])


def find_motion(
    frame: np.ndarray, mask: np.ndarray, other: np.ndarray, *, tuning: Tuning = DEFAULT
) -> np.ndarray:
    """Return the motion (x, y) in whole pixels of a mask's content from a frame to another one.

    Frames are (H, W, 3) uint8, the mask is (H, W) bool. At least half of it must lie in the other
    frame.
    """
    reach = tuning[Parameters].max_entering_step_px
    x, y, width, height = cv2.boundingRect(mask.astype(np.uint8))
    rows, columns = slice(y, y + height), slice(x, x + width)
    weight = mask[rows, columns].astype(np.float32)

    def padded(image: np.ndarray) -> np.ndarray:
        return cv2.copyMakeBorder(image, reach, reach, reach, reach, cv2.BORDER_CONSTANT)

    search = (slice(y, y + height + 2 * reach), slice(x, x + width + 2 * reach))
    inner = padded(np.ones(mask.shape, np.float32))[search]
    shared = _correlate(inner, weight)
    total = np.zeros_like(shared)
    for c in range(3):
        own = frame[rows, columns, c].astype(np.float32)
        there = padded(other[..., c])[search].astype(np.float32)
        # Sum of (a - b)^2 over the mask, as far as it lies in the other frame.
        total += _correlate(there**2, weight) - 2 * _correlate(there, own * weight)
        total += _correlate(inner, own**2 * weight)
    cost = np.where(shared >= weight.sum() / 2, total / np.maximum(shared, 1), np.inf)
    row, column = np.unravel_index(int(cost.argmin()), cost.shape)
    return np.array([column - reach, row - reach])


def entering_pixels(
    frame: np.ndarray,
    view: np.ndarray,
    observations: np.ndarray,
    *,
    neighbour: Neighbour,
    tuning: Tuning = DEFAULT,
) -> np.ndarray:
    """Return which pixels of a frame show a sprite of a neighbouring frame, (H, W) bool.

    Parameters
    ----------
    frame : (H, W, 3) uint8.
    view : (H, W, 3) float32, the plate in this frame.
    observations : (H, W), how many frames have shown the plate.
    neighbour : the sprite.
    """
    parameters = tuning[Parameters]
    mask, motion = neighbour.mask, neighbour.motion
    size = (mask.shape[1], mask.shape[0])
    back = np.array([[1, 0, -motion[0]], [0, 1, -motion[1]]], np.float32)
    moved = cv2.warpAffine(mask.astype(np.uint8), back, size) > 0
    others = parameters.other_frame_observations
    known = observations >= others + 1
    if not moved.any() or not known.any():
        return np.zeros(mask.shape, bool)
    window = np.ones((2 * parameters.entering_drawing_shift_px + 1,) * 2, np.uint8)
    candidates = (cv2.dilate(moved.astype(np.uint8), window) > 0) & (observations < others)
    warped = cv2.warpAffine(neighbour.frame, back, size)
    sprite = geometry.nearest_of(warped, moved).astype(np.float32)
    background = geometry.nearest_of(view, known)
    # a = <C - B, F - B> / |F - B|^2, and the residual that no a explains.
    span, offset = sprite - background, frame - background
    alpha = dot(offset, span) / np.maximum(squared_length(span), 1)
    residual = squared_length(offset - alpha[..., None] * span)
    shown = candidates & (alpha > 0.5) & (residual < parameters.max_mixture_error_levels**2)
    # Beyond the rim a sprite goes on.
    grown = cv2.copyMakeBorder(shown.astype(np.uint8), 2, 2, 2, 2, cv2.BORDER_REPLICATE)
    return cv2.morphologyEx(grown, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))[2:-2, 2:-2] > 0


def _correlate(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    return cv2.matchTemplate(image, kernel, cv2.TM_CCORR)
