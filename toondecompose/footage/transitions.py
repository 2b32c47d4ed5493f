"""Find gradual transitions between shots: dissolves, wipes, and fades through one colour.

In the frames of a dissolve both shots are seen through each other, I = (1 - w) A + w B; in those
of a wipe each pixel shows one of them. A is a frame before and B one after, each shifted as its
edges have moved since. So a pan is none, whose frames show what A shows at another place; nor is a
change of light, for A and B then have the same edges; nor a flash, after which the shot goes on. In
a fade through black (or another colour) frames without any picture lie between two that differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from toondecompose.core.parallel import each
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.footage.mixtures import NO_FIT, Fit, fit_mixture
from toondecompose.footage.parameters import Parameters
from toondecompose.footage.shots import colour_difference
from toondecompose.footage.small_pictures import SmallPicture

REACHES = (2, 3, 4, 6, 8, 12, 16, 24, 36)
"""Frames from the middle of a transition to the frames before and after it that are tried."""

MIDDLE = (0.25, 0.75)
"""Weight of the second shot in the middle of a transition."""

MOSTLY_MIXED = 0.7
"""Share of the difference from either shot that may be left over in the middle frame."""

PURE = 0.06
"""Weights below this, or above the rest to one, are those of a frame of one shot."""

MAX_DROP = 0.15
"""The weight of the second shot may fall by this from one frame to the next."""

MAX_GAP = 4
"""Frames between parts of one transition, at most."""

WEAK_PART = 10
"""Of so many frames of a transition one at either end may be too weak to be seen, and one more."""

EMPTY = 6.0
"""Standard deviation in grey levels of a frame without a picture, at most."""

FULL = 0.9
"""Share of the contrast of a shot from which on a frame counts as not faded."""


@dataclass(frozen=True)
class Transition:
    """A gradual transition.

    Attributes
    ----------
    kind : "dissolve", "wipe" or "fade".
    first, last : frames that do not show one shot alone.
    """

    kind: str
    first: int
    last: int

    def named(self, first: int = 0) -> str:
        """Name it, as in messages; its frames count from the frame number given."""
        kind = {"fade": "fade through one colour"}.get(self.kind, self.kind)
        return f"a {kind} in the frames {first + self.first} to {first + self.last}"


def find_transitions(
    frames: Sequence[np.ndarray],
    histograms: Sequence[np.ndarray],
    *,
    breaks: Sequence[int] = (),
    tuning: Tuning = DEFAULT,
) -> list[Transition]:
    """Find the gradual transitions of a clip.

    Parameters
    ----------
    frames : (H, W, 3) uint8 RGB.
    histograms : of the frames, see `shots.colour_histogram`.
    breaks : frames that begin something else, such as shots after a cut, or flashes; no transition
        lies across them.

    Returns
    -------
    In order. They are rather a frame too long than too short, so that the rest is pure.
    """
    pictures = each(SmallPicture.of, frames)
    min_change = tuning[Parameters].min_cut_change
    found = _find_fades(pictures, histograms, breaks, min_change=min_change)
    taken = [*breaks, *(t for one in found for t in range(one.first, one.last + 1))]
    mixtures = _find_mixtures(pictures, histograms, taken, min_change=min_change)
    found += [_wider(one, len(frames)) for one in _joined(mixtures)]
    return sorted(found, key=lambda one: one.first)


def _find_mixtures(
    pictures: Sequence[SmallPicture],
    histograms: Sequence[np.ndarray],
    breaks: Sequence[int],
    *,
    min_change: float,
) -> list[Transition]:
    count = len(pictures)
    barred = np.zeros(count + 1, int)
    barred[sorted(set(breaks))] = 1
    until = np.cumsum(barred)
    tried = [
        (t, reach)
        for reach in reversed(REACHES)
        for t in range(reach, count - reach, max(1, reach // 3))
        if until[t + reach] == until[t - reach]
        and colour_difference(histograms[t - reach], histograms[t + reach]) > min_change
    ]

    def middle(at: tuple[int, int]) -> Fit:
        before, after = pictures[at[0] - at[1]], pictures[at[0] + at[1]]
        return NO_FIT if before.edges_agree(after) else fit_mixture(before, pictures[at[0]], after)

    found: list[Transition] = []
    for (t, reach), fit in zip(tried, each(middle, tried), strict=True):
        steady = fit.kind and MIDDLE[0] <= fit.weight <= MIDDLE[1]
        if not steady or any(one.first <= t <= one.last for one in found):
            continue
        span = _span(pictures, t - reach, t + reach, kind=fit.kind)
        if span is not None:
            # What lies nearer to it has moved less since.
            before, after = max(t - reach, span.first - 2), min(t + reach, span.last + 2)
            found.append(_span(pictures, before, after, kind=fit.kind) or span)
    return found


def _joined(found: Sequence[Transition]) -> list[Transition]:
    """Join transitions that overlap or nearly meet: parts of one, in which both shots move."""
    joined: list[Transition] = []
    for one in sorted(found, key=lambda one: one.first):
        if joined and one.first <= joined[-1].last + MAX_GAP:
            last = joined.pop()
            longer = max(last, one, key=lambda part: part.last - part.first)
            one = Transition(longer.kind, last.first, max(last.last, one.last))
        joined.append(one)
    return joined


def _wider(one: Transition, count: int) -> Transition:
    """Add frames at either end in which the other shot is too weak to be seen."""
    more = 1 + (one.last - one.first + 1) // WEAK_PART
    return Transition(one.kind, max(1, one.first - more), min(count - 2, one.last + more))


def _span(
    pictures: Sequence[SmallPicture], before: int, after: int, *, kind: str
) -> Transition | None:
    # The mixed frames between two; None where the second shot does not come in steadily.
    inner = range(before + 1, after)
    fits = each(
        lambda s: fit_mixture(pictures[before], pictures[s], pictures[after], kind=kind), inner
    )
    weights = [0.0, *(fit.weight for fit in fits), 1.0]
    if any(b < a - MAX_DROP for a, b in pairwise(weights)):
        return None
    mixed = [s for s, w in zip(inner, weights[1:-1], strict=True) if PURE < w < 1 - PURE]
    ratios = [fit.ratio for s, fit in zip(inner, fits, strict=True) if s in mixed]
    if not mixed or float(np.median(ratios)) > MOSTLY_MIXED:
        return None
    return Transition(kind, mixed[0], mixed[-1])


def _find_fades(
    pictures: Sequence[SmallPicture],
    histograms: Sequence[np.ndarray],
    breaks: Sequence[int],
    *,
    min_change: float,
) -> list[Transition]:
    contrast = np.array([picture.colour.std(axis=(0, 1)).mean() for picture in pictures])
    count, t = len(pictures), 0
    found: list[Transition] = []
    while t < count:
        if contrast[t] >= EMPTY:
            t += 1
            continue
        end = t
        while end + 1 < count and contrast[end + 1] < EMPTY:
            end += 1
        before, after = _rise(contrast, t, -1), _rise(contrast, end, 1)
        if before is not None and after is not None:
            whole = not any(before < one <= after for one in breaks)
            apart = colour_difference(histograms[before], histograms[after]) > min_change
            if whole and apart and not pictures[before].edges_agree(pictures[after]):
                found.append(Transition("fade", before + 1, after - 1))
        t = end + 1
    return found


def _rise(contrast: np.ndarray, start: int, step: int) -> int | None:
    """Return the frame beside an empty one at which a shot has its contrast; None for none."""
    t = start + step
    if not 0 <= t < len(contrast):
        return None
    end = t
    while 0 <= end + step < len(contrast) and contrast[end + step] > 1.01 * contrast[end]:
        end += step
    full = FULL * contrast[end]
    while contrast[t] < full:
        t += step
    return t if contrast[t] > 2 * EMPTY else None
