"""The actors of the group `limited`: busts that talk, the cat, and poses on the spot."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from bench.clips.bust import Moment, Sitter, paint_bust
from bench.clips.cat import CatPose, paint_cat
from bench.clips.portrait import MARGIN
from bench.clips.scene import HEIGHT, SCALE, WIDTH, Sprite, remembered, slide
from bench.clips.styles import INKED, Style
from bench.clips.walker import Stance
from data.violet.cel import Placement

ANA = Sitter(hair=(122, 66, 56), top=(84, 136, 172), skin=(250, 218, 194), bare=True,
             iris=(84, 120, 90))  # fmt: skip
OTTO = Sitter(hair=(156, 146, 142), top=(116, 88, 70), trim=(226, 214, 190), style="short",
              skin=(238, 196, 168), glasses=True, beard=True, inked=0.5)  # fmt: skip
MIA = Sitter(hair=(58, 54, 80), top=(212, 96, 92), style="bob", iris=(70, 96, 150))
IDA = Sitter(hair=(196, 146, 88), top=(96, 122, 104), trim=(236, 226, 206), style="bun",
             skin=(244, 208, 182), inked=0.5)  # fmt: skip
LEA = Sitter(hair=(228, 178, 96), top=(150, 74, 92), trim=(240, 230, 214), iris=(72, 110, 160),
             skin=(248, 214, 190))  # fmt: skip

_CAT_SHEET = (230, 180)  # frame pixels
_CAT_GROUND = (120.0, 160.0)


def bust(
    name: str, looks: Sitter, moments: Sequence[Moment], shown: Sequence[int], style: Style,
    at: tuple[float, float], size: float,
    place: Callable[[float], tuple[float, float]] = lambda t: (0.0, 0.0),
) -> Sprite:  # fmt: skip
    """Someone from near: the middle of the face at ``at`` (design pixels), ``size`` times as large.

    ``place(t)`` is how far the drawing has been moved in frame t, frame pixels.
    """

    @remembered
    def sheet(drawing: int) -> NDArray[np.uint8]:
        cel = style.sheet(width=WIDTH, height=HEIGHT, scale=SCALE, margin=MARGIN)
        paint_bust(cel, Placement(*at, 0.0, size), looks, moments[drawing])
        return style.finished(cel)

    return Sprite(name, sheet, tuple(shown), slide(MARGIN, place))


def cat(
    poses: Sequence[CatPose], shown: Sequence[int], paws: Callable[[float], tuple[float, float]]
) -> Sprite:
    """The cat, the ground under it at ``paws`` (frame pixels)."""

    @remembered
    def sheet(drawing: int) -> NDArray[np.uint8]:
        cel = INKED.sheet(width=_CAT_SHEET[0], height=_CAT_SHEET[1], scale=SCALE)
        paint_cat(cel, Placement(*(v / SCALE for v in _CAT_GROUND)), poses[drawing])
        return cel.samples

    def place(t: float) -> tuple[float, float]:
        x, y = paws(t)
        return x - _CAT_GROUND[0], y - _CAT_GROUND[1]

    return Sprite("cat", sheet, tuple(shown), slide(0, place))


def on_the_spot(phase: float, *, bob: float) -> Stance:
    """Stepping without getting on: one foot lifts, then the other, and the hip bobs.

    ``phase`` in radians, 2 pi for two steps; ``bob`` in design pixels, from the lowest to the
    highest.
    """
    lift = np.array((max(np.sin(phase), 0.0), max(-np.sin(phase), 0.0)))
    swing = 14 * np.sin(phase)
    return Stance(
        thighs=(3 + 26 * lift[0], -3 + 26 * lift[1]), knees=(4 + 50 * lift[0], 5 + 50 * lift[1]),
        arms=(-swing, swing), elbows=(18, 18), rise=0.5 * bob * np.cos(2 * phase),
        sway=2 * phase, wind=0.2,
    )  # fmt: skip


def shaken(frames: int, seed: int, *, most: float) -> tuple[tuple[float, float], ...]:
    """Offsets of a shaking camera, design pixels, that jump ``most`` frame pixels or less a frame.

    Whole frame pixels, so that what stands on the ground is the same to the last bit.
    """
    random = np.random.default_rng((seed, 7))
    offsets, angle = [], 0.0
    for _ in range(frames):
        angle += np.pi + random.normal(0, 0.5)
        reach = 0.5 * most * random.uniform(0.5, 1)
        step = np.trunc(reach * np.array((np.cos(angle), np.sin(angle))))
        offsets.append((float(step[0] / SCALE), float(step[1] / SCALE)))
    return tuple(offsets)
