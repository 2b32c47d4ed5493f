"""Groups of frames that show the same drawing of a sprite, although other sprites touch it.

Labels are unreliable where sprites touch. So two frames show the same drawing when nearly all of
the area that both show agrees. Each drawing is then gathered from the frames in which no other
sprite is near (`gathered_drawings`), and predicts the frames in which sprites meet (`occlusion`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.parallel import each
from toondecompose.core.reduction import squared_length
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.exposure.alignment import Template, make_template, soften
from toondecompose.exposure.change import steepness
from toondecompose.exposure.sheet import best_motion, inner, likely, shrink, starts
from toondecompose.motion.matches import Flows
from toondecompose.segmentation.gathered_drawings import Group, separate_pixels
from toondecompose.segmentation.parameters import Parameters


@dataclass(frozen=True)
class SpriteFrame:
    """One frame of a sprite.

    Attributes
    ----------
    picture : (H, W, 3) float32, softened.
    slope : (H, W) float32, the steepest squared gradient of the picture around each pixel.
    own, others : (H, W) bool, where the sprite is and where other sprites are, by their labels; the
        outline around others counts as theirs, too.
    """

    picture: np.ndarray
    slope: np.ndarray
    own: np.ndarray
    others: np.ndarray


def group_frames(
    frames: np.ndarray,
    own: np.ndarray,
    others: np.ndarray,
    *,
    flows: Flows,
    noise: float,
    tuning: Tuning = DEFAULT,
) -> list[Group]:
    """Group the frames that show the same drawing of a sprite.

    Parameters
    ----------
    frames : (T, H, W, 3) uint8.
    own, others : (T, H, W) bool, labels of the sprite and of all others.
    flows : flow (H, W, 2) of each pair of frames; from each frame to the one before is used.
    noise : standard deviation of a softened picture's channel, in grey levels.

    Returns
    -------
    A group for each drawing, its best frame first; every frame that shows enough of the sprite
    is in one.
    """
    times = range(len(frames))
    sprite = each(lambda t: sprite_frame(frames[t], own[t], others[t], tuning=tuning), times)
    templates = each(
        lambda a: make_template(a.picture, inner(a.own), noise, tuning=tuning),
        sprite,
    )
    present = [int(mask.sum()) >= tuning[Parameters].min_drawing_pixels for mask in own]

    def neighbours(t: int) -> tuple[np.ndarray, float]:
        if not (present[t - 1] and present[t]):
            return np.eye(3), np.inf
        tried = starts(own[t], flows.get((t, t - 1)))
        motion = best_motion(templates[t], sprite[t - 1].picture, tried, tuning=tuning)
        return motion, difference(sprite[t], sprite[t - 1], motion, noise=noise, tuning=tuning)

    steps = [(np.eye(3), np.inf), *each(neighbours, times[1:])]
    apart = [int(separate_pixels(own[t], others[t], tuning=tuning).sum()) for t in times]
    runs = _runs(steps, present, tuning[Parameters].max_held_change)
    best = [max(run, key=lambda t: apart[t]) for run in runs]
    shrunk = each(lambda t: shrink(sprite[t].picture, own[t], tuning=tuning), best)
    small = dict(zip(best, shrunk, strict=True))
    groups: list[Group] = []
    for i in sorted(range(len(runs)), key=lambda i: -apart[best[i]]):
        run = _aligned_run(
            runs[i], best[i], steps, templates=templates, sprite=sprite, tuning=tuning
        )
        earlier = [next(iter(group)) for group in groups]
        found = _recognise(
            best[i], earlier, small, templates=templates, sprite=sprite, noise=noise, tuning=tuning
        )
        if found is None:
            groups.append(run)
        else:
            group = groups[earlier.index(found[0])]
            group |= {t: found[1] @ motion for t, motion in run.items()}
    return groups


def sprite_frame(
    frame: np.ndarray, own: np.ndarray, others: np.ndarray, *, tuning: Tuning = DEFAULT
) -> SpriteFrame:
    """Prepare a frame (H, W, 3) uint8 for comparison; labels are (H, W) bool."""
    window = np.ones((2 * tuning[Parameters].drawing_outline_px + 1,) * 2, np.uint8)
    picture = soften(frame, tuning=tuning)
    covered = cv2.dilate(others.astype(np.uint8), window) > 0
    return SpriteFrame(picture, steepness(picture), own & ~covered, covered)


def difference(
    first: SpriteFrame,
    second: SpriteFrame,
    motion: np.ndarray,
    *,
    noise: float,
    tuning: Tuning = DEFAULT,
) -> float:
    """Return the share of a sprite's pixels that differ between two frames, 0..1.

    Pixels are compared that either frame shows of the sprite, where neither shows another sprite.
    motion (3, 3) takes pixels of the first to pixels of the second. Infinity with too few pixels.
    """
    parameters = tuning[Parameters]
    x, y, width, height = cv2.boundingRect(first.own.astype(np.uint8))
    margin = max(width, height) // 4
    rows = slice(max(0, y - margin), y + height + margin)
    columns = slice(max(0, x - margin), x + width + margin)
    box = (rows, columns)
    size = first.own[box].shape[1], first.own[box].shape[0]
    at = motion @ geometry.translation(columns.start, rows.start)
    masks = np.stack([second.own, second.others, np.ones_like(second.own)], axis=-1)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    facts = cv2.warpPerspective(masks.astype(np.uint8) * 255, at, size, flags=flags) > 127
    own, hidden, inside = np.moveaxis(facts, -1, 0)
    picture = geometry.to_frame(second.picture, at, size, cubic=True)
    slope = np.maximum(first.slope[box], geometry.to_frame(second.slope, at, size))
    variance = 2 * 3 * noise**2 + parameters.drawing_misalignment_px**2 * slope
    squared = squared_length(first.picture[box] - picture)
    differs = squared > parameters.max_squared_deviation * variance
    here, covered = first.own[box], first.others[box]
    compared = inside & ((here & own) | (here & ~hidden) | (own & ~covered))
    number = int(compared.sum())
    if number < parameters.min_drawing_pixels:
        return np.inf
    return float((compared & differs).sum() / number)


def _runs(
    steps: Sequence[tuple[np.ndarray, float]], present: Sequence[bool], held: float
) -> list[list[int]]:
    """Return the frames of each run of neighbours that show the same drawing."""
    runs: list[list[int]] = []
    for t, (_, change) in enumerate(steps):
        if not present[t]:
            continue
        if runs and change < held:
            runs[-1].append(t)
        else:
            runs.append([t])
    return runs


def _aligned_run(
    run: Sequence[int],
    best: int,
    steps: Sequence[tuple[np.ndarray, float]],
    *,
    templates: Sequence[Template],
    sprite: Sequence[SpriteFrame],
    tuning: Tuning = DEFAULT,
) -> Group:
    """Return the motion (3, 3) from each frame of a run to its best one, that one first."""
    motions = {best: np.eye(3)}
    for t in range(best + 1, run[-1] + 1):
        motions[t] = motions[t - 1] @ steps[t][0]
    for t in reversed(range(run[0], best)):
        motions[t] = motions[t + 1] @ np.linalg.inv(steps[t + 1][0])

    def refined(t: int) -> np.ndarray:
        return best_motion(templates[t], sprite[best].picture, [motions[t]], tuning=tuning)

    return dict(zip(motions, each(refined, list(motions)), strict=True))


def _recognise(
    t: int,
    earlier: Sequence[int],
    small: dict[int, np.ndarray],
    *,
    templates: Sequence[Template],
    sprite: Sequence[SpriteFrame],
    noise: float,
    tuning: Tuning = DEFAULT,
) -> tuple[int, np.ndarray] | None:
    """Return which earlier frame shows frame t's drawing, and the motion (3, 3) to it; or None."""

    def compare(pair: tuple[int, np.ndarray]) -> tuple[float, int, np.ndarray]:
        other, shift = earlier[pair[0]], pair[1]
        start = geometry.translation(*shift)
        motion = best_motion(templates[t], sprite[other].picture, [start], tuning=tuning)
        return (
            difference(sprite[t], sprite[other], motion, noise=noise, tuning=tuning),
            other,
            motion,
        )

    tried = each(compare, likely([small[s] for s in earlier], small[t], tuning=tuning))
    change, other, motion = min(tried, key=lambda one: one[0], default=(np.inf, 0, np.eye(3)))
    return (other, motion) if change < tuning[Parameters].max_returned_change else None
