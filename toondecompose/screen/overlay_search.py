"""Find overlays: parts that keep their place on the screen while the camera moves.

From a frame to the next, a pixel of the background changes as the plate does there, and looks like
the pixel that the camera's motion takes there; a pixel of an overlay stays the same. Every pixel
collects votes for and against standing still, and keeps the stretch of frames with the most votes
(maximum subarray; Kadane). A figure that the camera follows stands still on the screen as well. So
an overlay must also be small, lie in the outer part of the picture, and have nothing but the moving
background around it.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.geometry import Images, Size
from toondecompose.core.parallel import each
from toondecompose.core.reduction import largest_channel
from toondecompose.screen.overlay import RIM, BackgroundPlate, Region, dilated

MIN_TRAVEL = 8.0
"""Pixels that the picture's corners must travel: before a still camera overlays are plate."""

CHANGE = 15.0
"""Grey levels by which the background must change between two frames to tell anything."""

NOISE = 4.0
"""Grey levels by which a still pixel may change."""

STILL, MOVES = 0.4, 0.6
"""Share of the background's change, beyond the noise, up to which a pixel votes for standing still,
and from which it votes against."""

AGAINST = 4.0
"""Weight of a vote against, relative to one for: drawings are held for a few frames as well."""

MIN_VOTES = 5.0
"""Votes for standing still that a pixel needs."""

FEW_AGAINST = 0.1
"""Share of the frames with an overlay in which one of its pixels may change, for noise."""

JOINED = (13, 7)
"""Width and height in pixels of the gaps between parts, letters of a word, of one overlay."""

MIN_PIXELS = 12
"""Still pixels that an overlay needs."""

DENSE = 0.15
"""Share of still pixels that the joined outline must hold: scattered ones are chance."""

MAX_HEIGHT, MAX_AREA = 0.25, 0.08
"""Height and area of an overlay at most, as a share of the picture's."""

OUTER = 0.25
"""Width of the outer part of the picture, as a share of its sides."""

RING = (5, 9)
"""Distances in pixels between which the surroundings of an overlay are looked at."""

LIKE_BACKGROUND = 25.0
"""Grey levels up to which the surroundings look like the background."""

SURROUNDED = 0.8
"""Share of the surroundings that must look like it, over all frames with the overlay."""

MOVING = 0.75
"""Share of the pixels around an overlay that must mostly vote against standing still."""

MIN_SHOWN = 4
"""Frames in which an overlay must be there."""


def find_overlays(frames: np.ndarray, homographies: np.ndarray) -> list[Region]:
    """Find overlays in frames (T, H, W, 3) uint8 seen by a camera (T, 3, 3)."""
    size = (frames.shape[2], frames.shape[1])
    still = np.repeat(homographies[:1], len(frames), axis=0)
    if len(frames) < MIN_SHOWN or geometry.largest_shift(still, homographies, size) < MIN_TRAVEL:
        return []
    each_vote = stillness_votes(frames, homographies)
    votes, first, last = longest_stand(each_vote)
    candidates = [
        Region(mask, _between(first[mask], last[mask], len(frames)))
        for mask in separate_parts(votes >= MIN_VOTES)
        if may_be_overlay(mask, size)
    ]
    if not candidates:
        return []
    grown = [replace(one, mask=dilated(one.mask, RING[0])) for one in candidates]
    behind = BackgroundPlate(frames, homographies, grown)
    regions = [standing(each_vote, shown_again(frames, behind, one)) for one in candidates]
    return [
        replace(one, mask=completed(frames, one))
        for one in regions
        if one.shown.sum() >= MIN_SHOWN
        and one.mask.sum() >= MIN_PIXELS
        and before_motion(each_vote, one)
        and is_surrounded(frames, behind, one)
    ]


def stillness_votes(frames: np.ndarray, homographies: np.ndarray) -> np.ndarray:
    """Return votes for standing still from each frame to the next, (T - 1, H, W) float32."""
    behind, size = BackgroundPlate(frames, homographies, []), (frames.shape[2], frames.shape[1])

    def vote(t: int) -> np.ndarray:
        change = largest_channel(cv2.absdiff(frames[t + 1], frames[t])).astype(np.float32)
        views = [np.clip(behind.view(s)[0], 0, 255) for s in (t, t + 1)]
        expected = largest_channel(cv2.absdiff(views[1], views[0]))
        # Over an even background only the pixels of the overlay differ from the moved frame. Those
        # beside it differ too, but in one direction only.
        motion = np.linalg.inv(homographies[t]) @ homographies[t + 1]
        carried = geometry.to_frame(frames[t], motion, size)
        back = geometry.to_frame(frames[t + 1], np.linalg.inv(motion), size)
        missed = np.minimum(
            largest_channel(cv2.absdiff(carried, frames[t + 1])),
            largest_channel(cv2.absdiff(back, frames[t])),
        ).astype(np.float32)
        expected = np.maximum(expected, missed)
        votes = ((expected > CHANGE) & (change <= NOISE + STILL * expected)).astype(np.float32)
        return np.where(change > NOISE + MOVES * expected, np.float32(-AGAINST), votes)

    return np.stack(each(vote, range(len(frames) - 1)))


def longest_stand(votes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the largest sum of consecutive votes (T - 1, H, W), and its first and last frame."""
    total, start = np.zeros(votes.shape[1:], np.float32), np.zeros(votes.shape[1:], int)
    best, first, last = total.copy(), start.copy(), start.copy()
    for t, vote in enumerate(votes):
        begins = total <= 0
        start = np.where(begins, t, start)
        total = np.where(begins, 0, total) + vote
        better = total > best
        best = np.where(better, total, best)
        first, last = np.where(better, start, first), np.where(better, t + 1, last)
    return best, first, last


def separate_parts(still: np.ndarray) -> list[np.ndarray]:
    """Return candidates of overlays among still pixels (H, W) bool, each a mask of its pixels."""
    joined = cv2.morphologyEx(still.view(np.uint8), cv2.MORPH_CLOSE, np.ones(JOINED[::-1]))
    count, parts = cv2.connectedComponents(joined, connectivity=8)
    masks = []
    for number in range(1, count):
        outline = parts == number
        own = outline & still
        if own.sum() >= max(MIN_PIXELS, DENSE * outline.sum()):
            masks.append(own)
    return masks


def may_be_overlay(mask: np.ndarray, size: Size) -> bool:
    """Tell whether size and place of a mask (H, W) bool are those of an overlay.

    Overlays do not touch the border of the picture, where figures are cut off.
    """
    left, top, width, height = cv2.boundingRect(mask.view(np.uint8))
    if height > MAX_HEIGHT * size[1] or mask.sum() > MAX_AREA * mask.size:
        return False
    if not (left > 0 and top > 0 and left + width < size[0] and top + height < size[1]):
        return False
    x, y = (left + width / 2) / size[0], (top + height / 2) / size[1]
    return min(y, 1 - y) < OUTER or min(x, 1 - x) < OUTER


def shown_again(frames: Images, behind: BackgroundPlate, region: Region) -> Region:
    """Return a region with all frames in which it looks more like itself than the background."""
    own = np.stack([frames[t][region.mask] for t in np.flatnonzero(region.shown).tolist()])
    appearance = np.median(own, axis=0)

    def shown(t: int) -> bool:
        here = frames[t][region.mask].astype(np.float32)
        view = behind.view(t)[0][region.mask]
        off = [np.minimum(np.abs(here - p).max(axis=1), 64).mean() for p in (appearance, view)]
        return bool(off[0] < off[1])

    return Region(region.mask, np.array(each(shown, range(len(frames)))))


def standing(votes: np.ndarray, region: Region) -> Region:
    """Return a region without pixels that move while it is shown: parts of sprites that touch it.

    votes (T - 1, H, W) are those of `stillness_votes`.
    """
    own = votes[region.shown[1:] & region.shown[:-1]]
    if not len(own):
        return region
    stands = ((own < 0).mean(axis=0) < FEW_AGAINST) & ((own > 0).sum(axis=0) >= MIN_VOTES)
    return replace(region, mask=region.mask & stands)


def completed(frames: np.ndarray, region: Region) -> np.ndarray:
    """Return the mask of a region with enclosed pixels that never change.

    The first plate holds traces of the overlay, so that these pixels seemed to be background.
    """
    outline = cv2.morphologyEx(region.mask.view(np.uint8), cv2.MORPH_CLOSE, np.ones(JOINED[::-1]))
    inside = dilated(outline > 0, RIM)
    own = frames[region.shown][:, inside].astype(np.float32)
    off = np.abs(own - np.median(own, axis=0)).mean(axis=0).max(axis=1)
    mask = region.mask.copy()
    mask[inside] |= off < NOISE
    return mask


def before_motion(votes: np.ndarray, region: Region) -> bool:
    """Tell whether the surroundings of a region move with the camera, by votes of
    `stillness_votes`.

    A flat figure that fills the picture looks like the background too: its plate is gathered from
    it.
    """
    near, far = (dilated(region.mask, reach) for reach in RING)
    own = votes[region.shown[1:] & region.shown[:-1]][:, far & ~near]
    moves = (own < 0).sum(axis=0) > (own > 0).sum(axis=0)
    return bool(own.size) and float(moves.mean()) > MOVING


def is_surrounded(frames: Images, behind: BackgroundPlate, region: Region) -> bool:
    """Tell whether only background is around a region: parts of sprites are not surrounded."""
    near, far = (dilated(region.mask, reach) for reach in RING)
    ring = far & ~near

    def share(t: int) -> float:
        view, known = behind.view(t)
        compared = ring & known
        off = np.abs(frames[t][compared] - view[compared]).max(axis=1)
        return float((off < LIKE_BACKGROUND).mean()) if off.size else 0.0

    return float(np.mean(each(share, np.flatnonzero(region.shown).tolist()))) >= SURROUNDED


def _between(first: np.ndarray, last: np.ndarray, count: int) -> np.ndarray:
    times = np.arange(count)
    return (times >= np.median(first)) & (times <= np.median(last))
