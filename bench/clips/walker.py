"""A whole person seen from the side, walking, running, standing or waving.

Coordinates: the hip is (0, 0), the person looks to the right and is about 540 design pixels tall.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bench.clips.faces import Looks, head, tail
from data.violet.cel import Cel, Points, ribbon, spline

Place = Callable[[Points], Points]

_NECK, _THIGH, _SHIN = np.array((6.0, -150.0)), 122.0, 120.0
_UPPER_ARM, _FOREARM = 78.0, 72.0


@dataclass(frozen=True)
class Stance:
    """One drawing's pose: degrees from straight down, forwards positive; near limb first."""

    thighs: tuple[float, float] = (4.0, -6.0)
    knees: tuple[float, float] = (2.0, 4.0)  # bent backwards
    arms: tuple[float, float] = (-4.0, 8.0)
    elbows: tuple[float, float] = (12.0, 14.0)
    lean: float = 2.0
    rise: float = 0.0  # of the hip, design pixels
    sway: float = 0.0  # phase of hair and cloth, radians
    wind: float = 0.2  # how far they stream backwards, 0..1
    mouth: float = 0.0  # opening, 0..1
    eye: float = 1.0


def stride(phase: float, *, run: float = 0.0) -> Stance:
    """The pose at a phase (radians, 2 pi for two steps) of a walk (0) or a run (1)."""
    reach, far = 27 + 22 * run, phase + np.pi

    def knee(at: float) -> float:
        lift = max(np.cos(at + 0.35), 0.0) ** 1.3
        return 7 + 16 * run + (46 + 44 * run) * lift

    swing = 26 + 26 * run
    return Stance(
        thighs=(4 + 8 * run + reach * np.sin(phase), 4 + 8 * run + reach * np.sin(far)),
        knees=(knee(phase), knee(far)),
        arms=(-swing * np.sin(phase), -swing * np.sin(far)),
        elbows=(16 + 66 * run + 8 * np.cos(phase), 16 + 66 * run + 8 * np.cos(far)),
        lean=3 + 13 * run,
        rise=(6 + 8 * run) * np.cos(2 * phase),
        sway=2 * phase,
        wind=0.3 + 0.6 * run,
        mouth=0.5 * run,
    )


def paint_walker(cel: Cel, place: Place, looks: Looks, stance: Stance) -> None:
    """Paint the person from the far arm to the near one."""
    turn = np.deg2rad(stance.lean)
    cos, sin = np.cos(turn), np.sin(turn)

    def body(points: Points) -> Points:
        """Hip coordinates of the upright person to the leaning one's, then to the sheet."""
        turned = np.asarray(points, np.float64) @ np.array([[cos, sin], [-sin, cos]])
        return place(turned - (0, stance.rise))

    def legs(points: Points) -> Points:
        return place(np.asarray(points, np.float64) - (0, stance.rise))

    _arm(cel, body, looks, stance, near=False)
    _leg(cel, legs, looks, stance, near=False)
    _leg(cel, legs, looks, stance, near=True)
    tail(cel, lambda p: body(np.asarray(p) + _NECK), looks, sway=stance.sway, wind=stance.wind)
    neck = ribbon(np.array([(2, -140), (6, -160), (9, -182.0)]), (30, 26, 28))
    cel.part(body(neck), looks.skin, ink=looks.ink(looks.skin), shade=looks.shade(looks.skin),
             shadows=[body(neck + (-6, 2))])  # fmt: skip
    _torso(cel, body, legs, looks, stance)
    _arm(cel, body, looks, stance, near=True)
    head(cel, lambda p: body(np.asarray(p) + _NECK + (6, -64)), looks,
         sway=stance.sway, wind=stance.wind, mouth=stance.mouth, eye=stance.eye)  # fmt: skip


def _torso(cel: Cel, body: Place, legs: Place, looks: Looks, stance: Stance) -> None:
    drift = 10 * stance.wind * np.sin(stance.sway)
    if looks.skirt:
        spread = 14 + 0.5 * max(stance.thighs), 14 - 0.5 * min(stance.thighs)
        hem = [(40 + spread[0], 92, 1), (14, 98 + 0.3 * drift), (-16, 98 - 0.3 * drift),
               (-42 - spread[1] - drift, 90, 1)]  # fmt: skip
        outline = spline([(26, -14, 1), (34, 24), *hem, (-36, 22), (-28, -14, 1)], closed=True)
        shadow = outline * (0.9, 1) + (-26, 8)
        cel.part(legs(outline), looks.bottom, ink=looks.ink(looks.bottom),
                 shade=looks.shade(looks.bottom), shadows=[legs(shadow)])  # fmt: skip
        for x, low in ((-20, -30 - drift), (0, -4), (16, 24)):
            cel.line(legs(spline([(x, 0), (0.5 * (x + low), 45), (low, 90)])),
                     looks.ink(looks.bottom), 1.8, taper=(0.1, 0.7))  # fmt: skip
    hem_y = 62 if looks.coat else 8
    flare = 16 + 0.4 * abs(stance.thighs[0]) if looks.coat else 0
    outline = spline(
        [(-22, -146), (10, -152), (30, -132), (37, -96), (30, -46), (32, -8),
         (34 + flare, hem_y, 1), (-36 - flare - drift, hem_y + 2, 1), (-34, -10), (-31, -50),
         (-39, -100), (-36, -132)],
        closed=True,
    )  # fmt: skip
    rear = spline([(-60, -160), (-16, -150), (-12, -96), (-20, -40), (-8, hem_y + 10),
                   (-80, hem_y + 10)], closed=True)  # fmt: skip
    chest = spline([(50, -84), (26, -76), (8, -84, 1), (18, -62), (44, -58)], closed=True)
    cel.part(body(outline), looks.top, ink=looks.ink(looks.top), width=2.8,
             shade=looks.shade(looks.top), shadows=[body(rear), body(chest)])  # fmt: skip
    trim = looks.trim
    collar = spline([(-20, -150, 1), (14, -158), (30, -140), (14, -124, 1), (-4, -136)],
                    closed=True)  # fmt: skip
    cel.part(body(collar), trim, ink=looks.ink(trim), width=2)
    for start, end in (((30, -50), (4, -42)), ((-30, -40), (-6, -30)), ((34, -100), (18, -92))):
        cel.line(body(np.array([start, end], float)), looks.ink(looks.top), 1.6, taper=(0.9, 0.1))
    if looks.coat:
        belt = np.array([(-38, -22), (0, -16), (38, -22.0)])
        cel.fill(body(ribbon(belt, 13)), trim, within=body(outline))
        cel.line(body(np.array([(24, -130), (30, -60), (34 + 0.6 * flare, hem_y)])),
                 looks.ink(looks.top), 2)  # fmt: skip
        for y in (-110, -78, -46):
            cel.fill(body(np.array([(20, y), (26, y), (26, y + 6), (20, y + 6.0)])), trim)


def _leg(cel: Cel, legs: Place, looks: Looks, stance: Stance, *, near: bool) -> None:
    side = 0 if near else 1
    hip = np.array((-3.0, -4.0)) if near else np.array((7.0, -6.0))
    knee = hip + _THIGH * _down(stance.thighs[side])
    low = stance.thighs[side] - stance.knees[side]
    ankle = knee + _SHIN * _down(low)
    bone = spline([hip, 0.5 * (hip + knee) + (2, 0), knee, 0.5 * (knee + ankle), ankle])
    cloth = looks.skin if looks.skirt else looks.bottom
    cloth = cloth if near else looks.shade(cloth)
    widths = (46, 42, 33, 32, 24, 19) if looks.skirt else (56, 50, 42, 40, 38, 40)
    outline = ribbon(bone, widths)
    _shoe(cel, legs, looks, ankle, low, near=near)
    cel.part(legs(outline), cloth, ink=looks.ink(cloth), shade=looks.shade(cloth),
             shadows=[legs(outline + (-15, 0))])  # fmt: skip
    if looks.skirt:  # a knee-length sock
        sock = ribbon(bone[int(0.66 * len(bone)) :], (30, 30, 24, 20))
        white = (236, 234, 240) if near else (196, 196, 216)
        cel.part(legs(sock), white, ink=(70, 66, 92), shade=(190, 192, 214),
                 shadows=[legs(sock + (-12, 0))])  # fmt: skip
    else:
        for y in (-8, 6):
            fold = np.array([knee + (16, y), knee + (-6, y + 3)])
            cel.line(legs(fold), looks.ink(cloth), 1.6, taper=(0.8, 0.1))


def _shoe(cel: Cel, legs: Place, looks: Looks, ankle: Points, shin: float, *, near: bool) -> None:
    pitch = np.deg2rad(np.clip(-0.75 * shin, -20, 62))
    turn = np.array([[np.cos(pitch), np.sin(pitch)], [-np.sin(pitch), np.cos(pitch)]])
    colour = looks.shoe if near else looks.shade(looks.shoe)

    def foot(points: list[tuple[float, ...]]) -> Points:
        return legs(spline(points, closed=True) @ turn + ankle)

    upper = [(-18, -14), (-22, 8), (-18, 17, 1), (50, 18, 1), (54, 8), (36, -2), (18, -10)]
    cel.part(foot(upper), colour, ink=looks.ink(colour), shade=looks.shade(colour),
             shadows=[foot([(-40, 6), (10, 8), (60, 12), (60, 30), (-40, 30)])])  # fmt: skip
    sole = [(-21, 13), (-20, 22, 1), (54, 22, 1), (55, 14)]
    cel.part(foot(sole), (232, 228, 220), ink=looks.ink(colour), width=1.6)


def _arm(cel: Cel, body: Place, looks: Looks, stance: Stance, *, near: bool) -> None:
    side = 0 if near else 1
    shoulder = np.array((-8.0, -130.0)) if near else np.array((14.0, -128.0))
    elbow = shoulder + _UPPER_ARM * _down(stance.arms[side])
    wrist = elbow + _FOREARM * _down(stance.arms[side] + stance.elbows[side])
    cloth = looks.top if near else looks.shade(looks.top)
    skin = looks.skin if near else looks.shade(looks.skin)
    reach = (wrist - elbow) / _FOREARM
    across = np.array((-reach[1], reach[0]))
    palm = wrist + np.array((-4, 8, 20, 27, 26, 12, -4))[:, None] * reach
    palm = palm + np.array((-9, -12, -12, -5, 6, 11, 9))[:, None] * across
    thumb = (
        wrist
        + np.array((6, 14, 20))[:, None] * reach
        + np.array((-8, -17, -18))[:, None] * (across)
    )
    cel.part(body(spline(palm.tolist(), closed=True)), skin, ink=looks.ink(looks.skin), width=2)
    cel.line(body(thumb), skin, 8, taper=(0.9, 0.6))
    bone = spline([shoulder, 0.5 * (shoulder + elbow), elbow, 0.5 * (elbow + wrist), wrist])
    sleeve = ribbon(bone, (40, 40, 35, 33, 29, 29))
    cel.part(body(sleeve), cloth, ink=looks.ink(looks.top), shade=looks.shade(cloth),
             shadows=[body(sleeve + (-13, 5))])  # fmt: skip
    cuff = ribbon(np.array([wrist - 9 * reach, wrist + 2 * reach]), (31, 32))
    cel.part(body(cuff), looks.trim if near else looks.shade(looks.trim),
             ink=looks.ink(looks.trim), width=1.8)  # fmt: skip
    crook = np.array([elbow + 15 * across, elbow - 2 * across])
    cel.line(body(crook), looks.ink(looks.top), 1.6, taper=(0.9, 0.1))


def _down(degrees: float) -> Points:
    """Unit vector at an angle from straight down, forwards positive."""
    return np.array((np.sin(np.deg2rad(degrees)), np.cos(np.deg2rad(degrees))))


def redrawn(place: Place, random: np.random.Generator, size: float = 1.6) -> Place:
    """Move every line a little, another way for every drawing, as a hand that draws anew does."""
    waves = random.normal(0, 0.03, (4, 2))
    phases, pushes = random.uniform(0, 2 * np.pi, 4), random.normal(0, size / 2, (4, 2))

    def placed(points: Points) -> Points:
        points = np.asarray(points, np.float64)
        return place(points + np.sin(points @ waves.T + phases) @ pushes)

    return placed
