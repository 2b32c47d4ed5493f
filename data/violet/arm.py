"""Sleeved arms with their fists, in torso coordinates (see `body`)."""

from dataclasses import dataclass

import numpy as np

from data.violet import palette as ink
from data.violet.body import BELOW_SCARF
from data.violet.cel import Cel, Placement, Points, disc, spline

_NEAR_SHOULDER, _FAR_SHOULDER = np.array((-38.0, 62.0)), np.array((34.0, 58.0))
_UPPER_ARM, _FOREARM = 188.0, 150.0


@dataclass(frozen=True)
class Arm:
    """Angles of one arm in degrees, forwards positive."""

    swing: float  # of the upper arm, from straight down
    bend: float  # of the elbow, 0 stretched


def paint_arm(cel: Cel, place: Placement, pose: Arm, *, near: bool) -> None:
    """A sleeved arm with its fist; the far one lies in shadow."""
    shoulder = _NEAR_SHOULDER if near else _FAR_SHOULDER
    elbow = shoulder + _UPPER_ARM * _direction(pose.swing)
    wrist = elbow + _FOREARM * _direction(pose.swing + pose.bend)
    base, shade = (ink.COAT, ink.COAT_SHADE) if near else (ink.COAT_SHADE, ink.COAT_DEEP)
    _fist(cel, place, wrist, pose, near=near)
    rear, front = _sleeve(shoulder, elbow, wrist)
    sleeve = place(np.concatenate([rear, front[::-1]]))
    cel.fill(sleeve, base)
    below_scarf = spline(BELOW_SCARF, closed=True)
    for shadow in (below_scarf, *_sleeve_shadows(shoulder, elbow, wrist, front)):
        cel.fill(place(shadow), shade, within=sleeve)
    # Ink the sleeve open at its root, where it runs into the coat.
    cel.line(place(rear[5 if near else 0 :]), ink.COAT_INK, 3.0, taper=(0.2, 0.8))
    cel.line(place(front[14 if near else 0 :]), ink.COAT_INK, 3.0, taper=(0.2, 0.8))
    _creases(cel, place, shoulder, elbow, wrist, within=sleeve)
    along = (wrist - elbow) / _FOREARM
    across = np.array((-along[1], along[0]))
    cuff = spline(
        [wrist - 26 * along - 38 * across, wrist - 20 * along, wrist - 26 * along + 38 * across,
         (*(wrist + 8 * along + 36 * across), 1), wrist + 13 * along,
         (*(wrist + 8 * along - 36 * across), 1)],
        closed=True,
    )  # fmt: skip
    side = 1 if across[1] > 0 else -1
    half = wrist + np.array([-50 * along, 40 * along, 40 * along + side * 60 * across,
                             -50 * along + side * 60 * across])  # fmt: skip
    cel.part(
        place(cuff), ink.TRIM, ink=ink.TRIM_INK, width=2.2, shade=ink.TRIM_SHADE,
        shadows=[place(half)],
    )  # fmt: skip
    button = wrist - 8 * along - side * 22 * across
    cel.part(place(disc(*button, 5, 5)), ink.SCARF, ink=ink.SCARF_INK, width=1.5)


def _direction(degrees: float) -> Points:
    return np.array((np.sin(np.deg2rad(degrees)), np.cos(np.deg2rad(degrees))))


def _rearwards(start: Points, end: Points) -> Points:
    """Unit vector across a bone, to the side of its owner's back."""
    along = (end - start) / np.linalg.norm(end - start)
    return np.array((-along[1], along[0]))


def _sleeve(shoulder: Points, elbow: Points, wrist: Points) -> tuple[Points, Points]:
    """The rear and the front edge of a sleeve, both from the shoulder to the wrist."""
    upper, lower = elbow - shoulder, wrist - elbow
    n, m = _rearwards(shoulder, elbow), _rearwards(elbow, wrist)
    outer = (n + m) / np.linalg.norm(n + m)
    # The crook lies where the inner edges of both halves meet.
    half_bend = np.arccos(np.clip(n @ m, -1, 1)) / 2
    crook = elbow - outer * min(40 / np.cos(half_bend), 78)
    rear = spline(
        [shoulder - 0.30 * upper + 26 * n, shoulder - 0.06 * upper + 53 * n,
         shoulder + 0.42 * upper + 57 * n, elbow - 0.14 * upper + 49 * n, elbow + 55 * outer,
         elbow + 0.20 * lower + 51 * m, elbow + 0.62 * lower + 47 * m, wrist + 35 * m]
    )  # fmt: skip
    front = spline(
        [shoulder - 0.24 * upper - 10 * n, shoulder + 0.02 * upper - 52 * n,
         shoulder + 0.46 * upper - 52 * n, (*crook, 1), elbow + 0.66 * lower - 43 * m,
         wrist - 35 * m]
    )  # fmt: skip
    return rear, front


def _sleeve_shadows(shoulder: Points, elbow: Points, wrist: Points, front: Points) -> list[Points]:
    """Shadow along the lower side of both halves, and wedges of folds at the crook."""
    shapes = []
    for start, end in ((shoulder, elbow), (elbow, wrist)):
        across = _rearwards(start, end)
        low = across if across[1] > -0.25 else -across
        along = end - start
        shapes.append(
            spline(
                [(*(start - 0.05 * along + 80 * low), 1), (*(start + 0.04 * along + 54 * low), 1),
                 start + 0.25 * along + 20 * low, start + 0.42 * along + 6 * low,
                 start + 0.55 * along + 24 * low, start + 0.8 * along + 14 * low,
                 (*(start + 0.98 * along + 50 * low), 1), (*(start + 1.1 * along + 80 * low), 1)],
                closed=True,
            )
        )  # fmt: skip
    crook = front[36]  # the corner of the front edge
    upper, lower = (elbow - shoulder) / _UPPER_ARM, (wrist - elbow) / _FOREARM
    inwards = (elbow - crook) / max(float(np.linalg.norm(elbow - crook)), 1e-6)
    for along, reach, depth in ((-upper, 108, 30), (-upper, 46, 58), (lower, 92, 26)):
        tip = crook + reach * along + depth * inwards
        shapes.append(
            spline(
                [(*(crook - 6 * inwards), 1), crook + 0.5 * reach * along + 0.30 * depth * inwards,
                 (*tip, 1), crook + 0.40 * reach * along + 0.62 * depth * inwards],
                closed=True,
            )
        )  # fmt: skip
    return shapes


def _creases(
    cel: Cel, place: Placement, shoulder: Points, elbow: Points, wrist: Points, *, within: Points
) -> None:
    """Thin lines of cloth: from the crook outwards, and two at the shoulder."""
    _, front = _sleeve(shoulder, elbow, wrist)
    crook = front[36]
    upper, lower = (elbow - shoulder) / _UPPER_ARM, (wrist - elbow) / _FOREARM
    inwards = (elbow - crook) / max(float(np.linalg.norm(elbow - crook)), 1e-6)
    for along, reach, depth in ((-upper, 60, 44), (lower, 48, 46), (-upper, 14, 60)):
        middle = crook + 0.5 * reach * along + 0.42 * depth * inwards
        end = crook + reach * along + depth * inwards
        cel.line(
            place(spline([crook, middle, end])), ink.COAT_INK, 2.2, taper=(0.9, 0.1), within=within
        )
    n = _rearwards(shoulder, elbow)
    for shift, depth in ((30, 20), (58, 34)):
        start = shoulder + shift * upper - 50 * n
        end = start + (0.4 * depth) * upper + depth * n
        cel.line(place(spline([start, 0.5 * (start + end) + 4 * upper, end])), ink.COAT_INK, 2.0,
                 taper=(0.8, 0.1), within=within)  # fmt: skip


_FIST = (
    (-4, -22), (18, -30), (42, -31), (60, -29), (76, -20), (74, -10, 1), (78, -2), (75, 6, 1),
    (76, 13), (70, 19, 1), (67, 26), (54, 30), (30, 28), (8, 25), (-6, 22),
)  # fmt: skip
_FIST_SHADE = ((-12, 14), (16, 10), (40, 14), (50, 4), (60, 10), (90, 2), (80, 50), (0, 50))
_THUMB = ((8, -18), (6, -29), (28, -38), (52, -41), (66, -37), (67, -29), (58, -25), (40, -24))


def _fist(cel: Cel, place: Placement, wrist: Points, pose: Arm, *, near: bool) -> None:
    """A loose fist, thumb on top; its x axis runs on from the forearm."""
    hand = Placement(float(wrist[0]), float(wrist[1]), 90 - (pose.swing + pose.bend), 1.05)
    base, shade = (ink.SKIN, ink.SKIN_SHADE) if near else (ink.SKIN_FAR, ink.SKIN_FAR_SHADE)

    def on_arm(points: Points) -> Points:
        return place(hand(points))

    fist = on_arm(spline(_FIST, closed=True))
    shadow = on_arm(spline(_FIST_SHADE, closed=True))
    cel.part(fist, base, ink=ink.SKIN_INK, width=2.3, shade=shade, shadows=[shadow])
    for start, end in (((74, -10), (50, -9)), ((75, 6), (49, 5)), ((70, 19), (48, 17))):
        middle = (0.5 * (start[0] + end[0]), 0.5 * (start[1] + end[1]) + 1.5)
        cel.line(on_arm(spline([start, middle, end])), ink.SKIN_INK, 1.9, taper=(0.9, 0.3))
    for y in (-16, -2, 11):  # knuckles
        cel.line(on_arm(spline([(51, y - 6), (46, y), (49, y + 6)])), ink.SKIN_INK, 1.5)
    thumb = on_arm(spline(_THUMB, closed=True))
    cel.part(thumb, base, ink=ink.SKIN_INK, width=1.9)
    cel.line(on_arm(spline([(66, -34), (60, -36), (55, -33)])), ink.SKIN_INK, 1.2)
