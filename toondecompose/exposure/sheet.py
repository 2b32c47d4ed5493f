"""The exposure sheet of an object: its drawings, the frames of each, and how each slides.

Neighbouring frames are compared first: this gives runs of frames that show one drawing. Then the
first frames of the runs are compared, because a drawing may return; a coarse comparison selects
the few earlier runs that are compared in detail.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.parallel import each
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.exposure.alignment import Template, align, make_template, simplest, soften
from toondecompose.exposure.change import Observation, largest_change
from toondecompose.exposure.parameters import Parameters
from toondecompose.motion.matches import Flows


@dataclass(frozen=True)
class Exposure:
    """Which drawing an object shows in each frame.

    Attributes
    ----------
    shown : (T,) int, number of the drawing, in order of appearance; -1 where the object is absent.
    motion : (T, 3, 3), pixel of the frame to pixel of the first frame that shows its drawing.
    """

    shown: np.ndarray
    motion: np.ndarray

    @property
    def drawings(self) -> list[list[int]]:
        """The frames of each drawing."""
        return [np.nonzero(self.shown == d)[0].tolist() for d in range(int(self.shown.max()) + 1)]


@dataclass(frozen=True)
class Step:
    """Motion (3, 3) from a frame's pixels to an earlier frame's, and the largest change there."""

    motion: np.ndarray
    change: float


def find_exposure(
    observations: Sequence[Observation],
    flows: Flows,
    planes: Sequence[np.ndarray],
    *,
    noise: float,
    tuning: Tuning = DEFAULT,
) -> Exposure:
    """Find the drawings of one object.

    Parameters
    ----------
    observations : of each of the T frames.
    flows : flow (H, W, 2) from each frame to the one before, where known.
    planes : (T, 3, 3) each, the motion of the planes of the background: frame pixel to canvas
        pixel.
    noise : standard deviation of a channel of a softened image, in grey levels.
    """
    parameters = tuning[Parameters]
    count = len(observations)
    present = [bool(one.mask.any()) for one in observations]
    templates = each(
        lambda s: make_template(s.picture, inner(s.mask), noise, tuning=tuning), observations
    )

    def compare(earlier: int, later: int, tried: Sequence[np.ndarray]) -> Step:
        motion = best_motion(templates[later], observations[earlier].picture, tried, tuning=tuning)
        between = [np.linalg.inv(plane[earlier]) @ plane[later] for plane in planes]
        return Step(
            motion,
            largest_change(
                observations[earlier],
                observations[later],
                motion,
                planes=between,
                noise=noise,
                tuning=tuning,
            ),
        )

    def neighbours(t: int) -> Step:
        if not (present[t - 1] and present[t]):
            return Step(np.eye(3), np.inf)
        return compare(t - 1, t, starts(observations[t].mask, flows.get((t, t - 1))))

    steps = [Step(np.eye(3), np.inf), *each(neighbours, range(1, count))]
    slivers = [
        _is_sliver(s.mask, t, tuning=tuning) for s, t in zip(observations, templates, strict=True)
    ]
    steps = _copy_neighbouring_steps(steps, slivers)
    runs = _runs(steps, present, tuning=tuning)
    small = [
        shrink(observations[run[0]].picture, observations[run[0]].mask, tuning=tuning)
        for run in runs
    ]

    def returns(number: int) -> list[tuple[int, Step]]:
        """Return earlier runs that show the same drawing, the most similar first."""
        start, found = runs[number][0], []
        if slivers[start]:
            return found
        for other, shift in likely(small[:number], small[number], tuning=tuning):
            step = compare(runs[other][0], start, [geometry.translation(*shift)])
            if step.change < parameters.max_held_variances and not slivers[runs[other][0]]:
                found.append((other, step))
        return sorted(found, key=lambda pair: pair[1].change)

    matches = each(returns, range(len(runs)))
    shown, motion = np.full(count, -1), np.repeat(np.eye(3)[None], count, axis=0)
    of_run: list[tuple[int, np.ndarray]] = []  # its drawing; its first frame to the drawing's
    for run, match in zip(runs, matches, strict=True):
        if match:
            drawing, to_first = of_run[match[0][0]]
            to_first = to_first @ match[0][1].motion
        else:
            drawing, to_first = int(shown.max()) + 1, np.eye(3)
        of_run.append((drawing, to_first))
        for t in run:
            if t > run[0]:
                to_first = to_first @ steps[t].motion
            shown[t], motion[t] = drawing, to_first
    first = {int(d): int(np.argmax(shown == d)) for d in np.unique(shown) if d >= 0}

    def settle(t: int) -> np.ndarray:
        """Align with the drawing's first frame directly: errors of steps accumulate."""
        if shown[t] < 0 or first[int(shown[t])] >= t - 1:
            return motion[t]
        return best_motion(
            templates[t], observations[first[int(shown[t])]].picture, [motion[t]], tuning=tuning
        )

    return Exposure(shown, np.stack(each(settle, range(count))))


def align_again(
    pictures: Sequence[np.ndarray],
    masks: Sequence[np.ndarray],
    motion: np.ndarray,
    *,
    noise: float,
    margin: int,
    tuning: Tuning = DEFAULT,
) -> np.ndarray:
    """Refine the motion of T frames that show one drawing, at a finer resolution.

    pictures are (H, W, 3) uint8; masks (H, W) bool, where the object is, may be wrong by margin
    pixels; noise is the standard deviation of the frames. motion (T, 3, 3) takes the pixels of each
    frame to those of the first, and so does the result; the first frame keeps its motion.
    """
    if len(pictures) == 1:
        return motion
    base = soften(pictures[0], tuning=tuning)
    result = [motion[0]]
    for picture, mask, start in zip(pictures[1:], masks[1:], motion[1:], strict=True):
        template = make_template(
            soften(picture, tuning=tuning), inner(mask, margin), noise, tuning=tuning
        )
        start = np.linalg.inv(motion[0]) @ start
        result.append(motion[0] @ best_motion(template, base, [start], tuning=tuning))
    return np.stack(result)


def inner(mask: np.ndarray, margin: int = 2) -> np.ndarray:
    """Erode a mask (H, W) bool by so many pixels."""
    kernel = np.ones((2 * margin + 1, 2 * margin + 1), np.uint8)
    return cv2.erode(mask.astype(np.uint8), kernel, borderValue=1) > 0


def starts(mask: np.ndarray, flow: np.ndarray | None) -> list[np.ndarray]:
    """Return motions to another frame that are worth trying: none, and the median of the flow.

    mask (H, W) bool is where the object is, flow (H, W, 2) to the other frame, if it is known.
    """
    tried = [np.eye(3)]
    if flow is not None:
        tried.append(geometry.translation(*np.median(flow[mask], axis=0)))
    return tried


def best_motion(
    template: Template, other: np.ndarray, starts: Sequence[np.ndarray], *, tuning: Tuning = DEFAULT
) -> np.ndarray:
    """Return the motion (3, 3) that aligns an image best with the other (H, W, 3)."""
    parameters = tuning[Parameters]
    tried = [align(template, other, start, turns=False, tuning=tuning) for start in starts]
    poorer, error = min(tried, key=lambda pair: pair[1])
    motion, left = align(template, other, poorer, turns=True, tuning=tuning)
    enough = np.isfinite(left) and left < (1 - parameters.min_similarity_gain) * error
    return simplest(motion if enough else poorer, poorer, template.places, tuning=tuning)


def _is_sliver(mask: np.ndarray, template: Template, *, tuning: Tuning = DEFAULT) -> bool:
    """Return whether too little of an object (H, W) bool is inside the frame to compare it."""
    parameters = tuning[Parameters]
    edges = (mask[0], mask[-1], mask[:, 0], mask[:, -1])
    return len(template.places) < parameters.min_points and any(edge.any() for edge in edges)


def _copy_neighbouring_steps(steps: Sequence[Step], slivers: Sequence[bool]) -> list[Step]:
    """Replace steps from or to a frame that shows too little by the neighbouring steps.

    An object that enters or leaves by a few pixels may show the drawing of the next frame, and
    continues to move as it does there.
    """
    result = list(steps)
    for t in reversed(range(1, len(steps) - 1)):
        if slivers[t - 1] and not slivers[t] and np.isfinite(result[t + 1].change):
            result[t] = result[t + 1]
    for t in range(2, len(steps)):
        if slivers[t] and not slivers[t - 1] and np.isfinite(result[t - 1].change):
            result[t] = result[t - 1]
    return result


def _runs(
    steps: Sequence[Step], present: Sequence[bool], *, tuning: Tuning = DEFAULT
) -> list[list[int]]:
    """Return the frames of each run of neighbours that show the same drawing."""
    parameters = tuning[Parameters]
    runs: list[list[int]] = []
    for t, step in enumerate(steps):
        if present[t] and runs and step.change < parameters.max_held_variances:
            runs[-1].append(t)
        elif present[t]:
            runs.append([t])
    return runs


def shrink(picture: np.ndarray, mask: np.ndarray, *, tuning: Tuning = DEFAULT) -> np.ndarray:
    """Return the object alone at a small size, (h, w, 4) float32: colour times coverage, and
    coverage.

    picture is (H, W, 3), mask (H, W) bool, where the object is.
    """
    parameters = tuning[Parameters]
    size = tuple(max(1, round(side / parameters.search_reduction)) for side in mask.shape[::-1])
    inside = mask.astype(np.float32)[..., None]
    whole = np.dstack([picture * inside, 255 * inside])
    return cv2.resize(whole, size, interpolation=cv2.INTER_AREA)


def likely(
    others: Sequence[np.ndarray], one: np.ndarray, *, tuning: Tuning = DEFAULT
) -> list[tuple[int, np.ndarray]]:
    """Return the small images that are most like one, and the shift in pixels from it to each.

    The images are (h, w, 4), see `shrink`.
    """
    parameters = tuning[Parameters]
    found = []
    height, width = one.shape[:2]
    rows, columns = height // 2, width // 2
    for number, other in enumerate(others):
        wide = cv2.copyMakeBorder(
            other, rows, rows, columns, columns, cv2.BORDER_CONSTANT, value=(0, 0, 0, 0)
        )
        score = cv2.matchTemplate(wide, one, cv2.TM_CCORR)
        y, x = np.unravel_index(int(score.argmax()), score.shape)
        # |a - b|^2 = |a|^2 + |b|^2 - 2 a b, over the larger of both.
        energy = [float((picture**2).sum()) for picture in (other, one)]
        distance = (sum(energy) - 2 * float(score.max())) / max(energy)
        found.append(
            (
                distance,
                number,
                parameters.search_reduction * np.array([x - columns, y - rows], float),
            )
        )
    found.sort(key=lambda entry: entry[:2])
    return [(number, shift) for _, number, shift in found[: parameters.max_candidates]]
