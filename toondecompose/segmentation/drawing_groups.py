"""The drawings of one sprite as far as frames have shown them, although others get in its way.

Labels go wrong where sprites touch. So frames are said to show the same drawing when nearly all of
what both show of it agrees, and each drawing is gathered from the frames in which it lies apart
from the other sprites. Where two sprites meet, it then tells what each of them looks like there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.geometry import Size
from toondecompose.core.parallel import computed_once, each
from toondecompose.core.reduction import squared_length
from toondecompose.exposure.alignment import Template, make_template, soften
from toondecompose.exposure.change import steepness
from toondecompose.exposure.sheet import best_motion, inner, likely, shrink, starts
from toondecompose.motion.matches import Flows

CONTACT = 6
"""Pixels from another sprite within which a label is not believed."""

OUTLINE = 2
"""Pixels around the labels where nobody knows yet what shows."""

FEWEST = 60
"""A sprite that covers fewer pixels of a frame is not compared."""

DIFFERS = 12.0
"""A pixel differs when its squared difference exceeds so many variances,"""

MISALIGNED = 0.3
"""of noise and of an alignment that is so many pixels off."""

HELD, RETURNED = 0.06, 0.12
"""Share of the compared pixels that differ, at most, from one frame to the next while a drawing
is held, and between a frame and a drawing that comes back. Wrong labels make up as much; the next
drawing of a walk differs in more."""

SURELY = 200
"""Level of 255 from which a mask that was resampled is still meant."""

SIGHTS = 12
"""Frames that a drawing is gathered from, at most: those that show most of it."""


Group = dict[int, np.ndarray]
"""Frames that show one drawing: from each the motion (3, 3) of its pixels to a common grid."""


Sums = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""Sums over frames of a drawing: see `Drawing.summed`."""


@dataclass(frozen=True)
class Look:
    """One frame of a sprite.

    Attributes
    ----------
    picture : (H, W, 3) float32, softened.
    slope : (H, W) float32, the steepest squared gradient of the picture around each pixel.
    own, others : (H, W) bool, where the sprite is and where other sprites are, by their labels;
        `OUTLINE` pixels beside others are theirs, too.
    """

    picture: np.ndarray
    slope: np.ndarray
    own: np.ndarray
    others: np.ndarray


@dataclass(frozen=True)
class Drawing:
    """What frames have shown of one drawing, on a canvas of its own.

    Attributes
    ----------
    motion : for each frame with this drawing, (3, 3), its pixels to pixels of the canvas.
    times : (N,) the frames that it is gathered from.
    colour : (N, h, w, 3) uint8, what each of them shows.
    shown, missed : (N, h, w) bool, where that is the drawing, and where it is the background.
    """

    motion: Group
    times: np.ndarray
    colour: np.ndarray
    shown: np.ndarray
    missed: np.ndarray

    @computed_once
    def sums(self) -> Sums:
        """The sums over all frames."""
        return self.summed(np.ones(len(self.times), bool))

    def summed(self, chosen: np.ndarray) -> Sums:
        """Return the sums over chosen (N,) bool frames.

        Of the colour and of its square where the drawing is shown, (h, w, 3) float32 each, and how
        often it is shown and missed, (h, w) float32.
        """
        own = self.shown[chosen]
        colour = np.where(own[..., None], self.colour[chosen], 0).astype(np.float32)
        return (
            colour.sum(axis=0),
            (colour**2).sum(axis=0),
            own.sum(axis=0, dtype=np.float32),
            self.missed[chosen].sum(axis=0, dtype=np.float32),
        )


def group_frames(
    frames: np.ndarray, own: np.ndarray, others: np.ndarray, flows: Flows, noise: float
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
    window = np.ones((2 * OUTLINE + 1, 2 * OUTLINE + 1), np.uint8)

    def look(t: int) -> Look:
        picture = soften(frames[t])
        covered = cv2.dilate(others[t].astype(np.uint8), window) > 0
        return Look(picture, steepness(picture), own[t] & ~covered, covered)

    looks = each(look, times)
    templates = each(lambda a: make_template(a.picture, inner(a.own), noise), looks)
    present = [int(mask.sum()) >= FEWEST for mask in own]

    def neighbours(t: int) -> tuple[np.ndarray, float]:
        if not (present[t - 1] and present[t]):
            return np.eye(3), np.inf
        tried = starts(own[t], flows.get((t, t - 1)))
        motion = best_motion(templates[t], looks[t - 1].picture, tried)
        return motion, difference(looks[t], looks[t - 1], motion, noise)

    steps = [(np.eye(3), np.inf), *each(neighbours, times[1:])]
    apart = [int(lies_apart(own[t], others[t]).sum()) for t in times]
    runs = _runs(steps, present)
    best = [max(run, key=lambda t: apart[t]) for run in runs]
    small = dict(zip(best, each(lambda t: shrink(looks[t].picture, own[t]), best), strict=True))
    groups: list[Group] = []
    for i in sorted(range(len(runs)), key=lambda i: -apart[best[i]]):
        run = _follow_run(runs[i], best[i], steps, templates, looks)
        earlier = [next(iter(group)) for group in groups]
        found = _recognise(best[i], earlier, small, templates, looks, noise)
        if found is None:
            groups.append(run)
        else:
            group = groups[earlier.index(found[0])]
            group |= {t: found[1] @ motion for t, motion in run.items()}
    return groups


def difference(first: Look, second: Look, motion: np.ndarray, noise: float) -> float:
    """Return the share of a sprite's pixels that differ between two frames, 0..1.

    Compared is what either frame shows of the sprite and neither shows another sprite at; motion
    (3, 3) takes pixels of the first to pixels of the second. Infinity where nothing is compared.
    """
    x, y, width, height = cv2.boundingRect(first.own.astype(np.uint8))
    margin = max(width, height) // 4
    rows = slice(max(0, y - margin), y + height + margin)
    columns = slice(max(0, x - margin), x + width + margin)
    box = (rows, columns)
    size = first.own[box].shape[::-1]
    at = motion @ geometry.translation(columns.start, rows.start)
    seen = np.stack([second.own, second.others, np.ones_like(second.own)], axis=-1)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    facts = cv2.warpPerspective(seen.astype(np.uint8) * 255, at, size, flags=flags) > 127
    own, hidden, inside = np.moveaxis(facts, -1, 0)
    picture = geometry.to_frame(second.picture, at, size, cubic=True)
    slope = np.maximum(first.slope[box], geometry.to_frame(second.slope, at, size))
    variance = 2 * 3 * noise**2 + MISALIGNED**2 * slope
    differs = squared_length(first.picture[box] - picture) > DIFFERS * variance
    here, covered = first.own[box], first.others[box]
    compared = inside & ((here & own) | (here & ~hidden) | (own & ~covered))
    number = int(compared.sum())
    return float((compared & differs).sum() / number) if number >= FEWEST else np.inf


def _runs(steps: Sequence[tuple[np.ndarray, float]], present: Sequence[bool]) -> list[list[int]]:
    """Return the frames of each run of neighbours that show the same drawing."""
    runs: list[list[int]] = []
    for t, (_, change) in enumerate(steps):
        if not present[t]:
            continue
        if runs and change < HELD:
            runs[-1].append(t)
        else:
            runs.append([t])
    return runs


def _follow_run(
    run: Sequence[int],
    best: int,
    steps: Sequence[tuple[np.ndarray, float]],
    templates: Sequence[Template],
    looks: Sequence[Look],
) -> Group:
    """Return the motion (3, 3) from each frame of a run to its best one, that one first."""
    motions = {best: np.eye(3)}
    for t in range(best + 1, run[-1] + 1):
        motions[t] = motions[t - 1] @ steps[t][0]
    for t in reversed(range(run[0], best)):
        motions[t] = motions[t + 1] @ np.linalg.inv(steps[t + 1][0])

    def settle(t: int) -> np.ndarray:
        return best_motion(templates[t], looks[best].picture, [motions[t]])

    return dict(zip(motions, each(settle, motions), strict=True))


def _recognise(
    t: int,
    earlier: Sequence[int],
    small: dict[int, np.ndarray],
    templates: Sequence[Template],
    looks: Sequence[Look],
    noise: float,
) -> tuple[int, np.ndarray] | None:
    """Return which of some frames shows frame t's drawing, and the motion (3, 3) to it."""

    def compare(pair: tuple[int, np.ndarray]) -> tuple[float, int, np.ndarray]:
        other, shift = earlier[pair[0]], pair[1]
        motion = best_motion(templates[t], looks[other].picture, [geometry.translation(*shift)])
        return difference(looks[t], looks[other], motion, noise), other, motion

    tried = each(compare, likely([small[s] for s in earlier], small[t]))
    change, other, motion = min(tried, key=lambda one: one[0], default=(np.inf, 0, np.eye(3)))
    return (other, motion) if change < RETURNED else None


def gather(frames: np.ndarray, own: np.ndarray, others: np.ndarray, group: Group) -> Drawing:
    """Gather a drawing from the frames of a group; see `group_frames`."""
    apart = {t: lies_apart(own[t], others[t]) for t in group}
    times = sorted(group, key=lambda t: (-int(apart[t].sum()), t))[:SIGHTS]
    shift, size = canvas_of([own[t] for t in times], [group[t] for t in times])
    motion = {t: shift @ to_grid for t, to_grid in group.items()}
    kernel = np.ones((2 * OUTLINE + 1, 2 * OUTLINE + 1), np.uint8)
    colours, masks = [], []
    for t in times:
        free = cv2.dilate((own[t] | others[t]).astype(np.uint8), kernel) == 0
        facts = np.stack([apart[t], free], axis=-1).astype(np.uint8) * 255
        masks.append(geometry.to_canvas(facts, motion[t], size) > SURELY)
        colours.append(geometry.to_canvas(frames[t], motion[t], size, cubic=True))
    shown, missed = np.moveaxis(np.stack(masks), -1, 0)
    return Drawing(motion, np.array(times), np.stack(colours), shown, missed)


def lies_apart(own: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return where a sprite is (H, W) bool and no other sprite is near."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * CONTACT + 1, 2 * CONTACT + 1))
    return own & (cv2.dilate(others.astype(np.uint8), kernel) == 0)


def canvas_of(
    masks: Sequence[np.ndarray], motions: Sequence[np.ndarray], margin: int = CONTACT
) -> tuple[np.ndarray, Size]:
    """Return a canvas that holds masks (H, W) bool moved by motions (3, 3), with a margin.

    Returned are the shift (3, 3) from the motions' grid to the canvas, and the canvas' size.
    """
    ends = []
    for mask, motion in zip(masks, motions, strict=True):
        x, y, width, height = cv2.boundingRect(mask.astype(np.uint8))
        if width:
            ends.append(geometry.apply(motion, geometry.corners((width, height)) + (x, y)))
    if not ends:
        return np.eye(3), (1, 1)
    least = np.floor(np.concatenate(ends).min(axis=0)).astype(int) - margin
    most = np.ceil(np.concatenate(ends).max(axis=0)).astype(int) + margin
    width, height = (most - least + 1).tolist()
    return geometry.translation(*-least), (width, height)
