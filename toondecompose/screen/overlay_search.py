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
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.screen.overlay import BackgroundPlate, Region, dilated
from toondecompose.screen.parameters import Parameters


def find_overlays(
    frames: np.ndarray, homographies: np.ndarray, *, tuning: Tuning = DEFAULT
) -> list[Region]:
    """Find overlays in frames (T, H, W, 3) uint8 seen by a camera (T, 3, 3)."""
    parameters = tuning[Parameters]
    size = (frames.shape[2], frames.shape[1])
    still = np.repeat(homographies[:1], len(frames), axis=0)
    if (
        len(frames) < parameters.min_overlay_frames
        or geometry.largest_shift(still, homographies, size) < parameters.min_camera_travel_px
    ):
        return []
    each_vote = stillness_votes(frames, homographies, tuning=tuning)
    votes, first, last = longest_stand(each_vote)
    candidates = [
        Region(mask, _between(first[mask], last[mask], len(frames)))
        for mask in separate_parts(votes >= parameters.min_votes, tuning=tuning)
        if may_be_overlay(mask, size, tuning=tuning)
    ]
    if not candidates:
        return []
    grown = [
        replace(one, mask=dilated(one.mask, parameters.surroundings_px[0])) for one in candidates
    ]
    behind = BackgroundPlate(frames, homographies, grown, tuning=tuning)
    regions = [
        standing(each_vote, shown_again(frames, behind, one), tuning=tuning) for one in candidates
    ]
    return [
        replace(one, mask=completed(frames, one, tuning=tuning))
        for one in regions
        if one.shown.sum() >= parameters.min_overlay_frames
        and one.mask.sum() >= parameters.min_overlay_pixels
        and before_motion(each_vote, one, tuning=tuning)
        and is_surrounded(frames, behind, one, tuning=tuning)
    ]


def stillness_votes(
    frames: np.ndarray, homographies: np.ndarray, *, tuning: Tuning = DEFAULT
) -> np.ndarray:
    """Return votes for standing still from each frame to the next, (T - 1, H, W) float32."""
    parameters = tuning[Parameters]
    behind, size = (
        BackgroundPlate(frames, homographies, [], tuning=tuning),
        (frames.shape[2], frames.shape[1]),
    )

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
        votes = (
            (expected > parameters.min_background_change_levels)
            & (change <= parameters.still_noise_levels + parameters.still_share * expected)
        ).astype(np.float32)
        return np.where(
            change > parameters.still_noise_levels + parameters.moving_share * expected,
            np.float32(-parameters.weight_against),
            votes,
        )

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


def separate_parts(still: np.ndarray, *, tuning: Tuning = DEFAULT) -> list[np.ndarray]:
    """Return candidates of overlays among still pixels (H, W) bool, each a mask of its pixels."""
    parameters = tuning[Parameters]
    joined = cv2.morphologyEx(
        still.view(np.uint8), cv2.MORPH_CLOSE, np.ones(parameters.overlay_gap_px[::-1])
    )
    count, parts = cv2.connectedComponents(joined, connectivity=8)
    masks = []
    for number in range(1, count):
        outline = parts == number
        own = outline & still
        if own.sum() >= max(
            parameters.min_overlay_pixels, parameters.min_overlay_density * outline.sum()
        ):
            masks.append(own)
    return masks


def may_be_overlay(mask: np.ndarray, size: Size, *, tuning: Tuning = DEFAULT) -> bool:
    """Tell whether size and place of a mask (H, W) bool are those of an overlay.

    Overlays do not touch the border of the picture, where figures are cut off.
    """
    parameters = tuning[Parameters]
    left, top, width, height = cv2.boundingRect(mask.view(np.uint8))
    if (
        height > parameters.max_overlay_height_share * size[1]
        or mask.sum() > parameters.max_overlay_area_share * mask.size
    ):
        return False
    if not (left > 0 and top > 0 and left + width < size[0] and top + height < size[1]):
        return False
    x, y = (left + width / 2) / size[0], (top + height / 2) / size[1]
    return min(y, 1 - y) < parameters.outer_share or min(x, 1 - x) < parameters.outer_share


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


def standing(votes: np.ndarray, region: Region, *, tuning: Tuning = DEFAULT) -> Region:
    """Return a region without pixels that move while it is shown: parts of sprites that touch it.

    votes (T - 1, H, W) are those of `stillness_votes`.
    """
    parameters = tuning[Parameters]
    own = votes[region.shown[1:] & region.shown[:-1]]
    if not len(own):
        return region
    stands = ((own < 0).mean(axis=0) < parameters.max_changed_share) & (
        (own > 0).sum(axis=0) >= parameters.min_votes
    )
    return replace(region, mask=region.mask & stands)


def completed(frames: np.ndarray, region: Region, *, tuning: Tuning = DEFAULT) -> np.ndarray:
    """Return the mask of a region with enclosed pixels that never change.

    The first plate holds traces of the overlay, so that these pixels seemed to be background.
    """
    parameters = tuning[Parameters]
    outline = cv2.morphologyEx(
        region.mask.view(np.uint8), cv2.MORPH_CLOSE, np.ones(parameters.overlay_gap_px[::-1])
    )
    inside = dilated(outline > 0, parameters.overlay_rim_px)
    own = frames[region.shown][:, inside].astype(np.float32)
    off = np.abs(own - np.median(own, axis=0)).mean(axis=0).max(axis=1)
    mask = region.mask.copy()
    mask[inside] |= off < parameters.still_noise_levels
    return mask


def before_motion(votes: np.ndarray, region: Region, *, tuning: Tuning = DEFAULT) -> bool:
    """Tell whether the surroundings of a region move with the camera, by votes of
    `stillness_votes`.

    A flat figure that fills the picture looks like the background too: its plate is gathered from
    it.
    """
    parameters = tuning[Parameters]
    near, far = (dilated(region.mask, reach) for reach in parameters.surroundings_px)
    own = votes[region.shown[1:] & region.shown[:-1]][:, far & ~near]
    moves = (own < 0).sum(axis=0) > (own > 0).sum(axis=0)
    return bool(own.size) and float(moves.mean()) > parameters.min_moving_share


def is_surrounded(
    frames: Images, behind: BackgroundPlate, region: Region, *, tuning: Tuning = DEFAULT
) -> bool:
    """Tell whether only background is around a region: parts of sprites are not surrounded."""
    parameters = tuning[Parameters]
    near, far = (dilated(region.mask, reach) for reach in parameters.surroundings_px)
    ring = far & ~near

    def share(t: int) -> float:
        view, known = behind.view(t)
        compared = ring & known
        off = np.abs(frames[t][compared] - view[compared]).max(axis=1)
        return (
            float((off < parameters.max_background_difference_levels).mean()) if off.size else 0.0
        )

    return (
        float(np.mean(each(share, np.flatnonzero(region.shown).tolist())))
        >= parameters.min_surrounded_share
    )


def _between(first: np.ndarray, last: np.ndarray, count: int) -> np.ndarray:
    times = np.arange(count)
    return (times >= np.median(first)) & (times <= np.median(last))
