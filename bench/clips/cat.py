"""A small cat that leaps, crouches and sits, with a soft rim of fur.

Coordinates: the ground under the cat is (0, 0), it looks to the right and is about 250 design
pixels high when it sits.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from data.violet.cel import Cel, Points, disc, ribbon, spline
from data.violet.paint import Colour, mix

Place = Callable[[Points], Points]

_FUR, _PALE, _DARK = (214, 138, 78), (246, 226, 196), (160, 88, 58)
_INK = (92, 50, 44)
_HAIR_WIDTH = 0.5  # one sample wide: a single hair covers a quarter of a frame pixel
_HAIRS_PER_PIXEL = 0.75  # along the outline, per design pixel
_FUR_SEED = 41  # the same hairs in every drawing


@dataclass(frozen=True)
class CatPose:
    """One drawing's pose."""

    kind: str = "sit"  # leap, crouch or sit
    tail: float = 0.0  # phase of its swing, radians
    eye: float = 1.0  # opening, 0..1


def paint_cat(cel: Cel, place: Place, pose: CatPose) -> None:
    """Paint the cat from the tail to the whiskers."""
    if pose.kind == "sit":
        _sitting(cel, place, pose)
        _head(cel, lambda p: place(np.asarray(p) + (30, -188)), pose)
        return
    leap = pose.kind == "leap"
    rear, front = (np.array((-86.0, -78)), np.array((56.0, -104))) if leap else (
        np.array((-62.0, -58)), np.array((46.0, -66)))  # fmt: skip
    _tail(cel, place, rear + (-20, -10), -30 if leap else 30, pose.tail)
    feet = ((-150, -22), (124, -46)) if leap else ((-52, -6), (66, -4))
    for shift in (12, 0):  # the far legs first
        tone = _DARK if shift else _FUR
        for hip, foot in zip((rear, front), feet, strict=True):
            knee = 0.5 * (hip + foot) + ((0, 18) if leap else (-14, 4))
            leg = spline([hip + (shift, 14), knee + (shift, 0), np.array(foot) + (2 * shift, 0)])
            _furry(cel, place(ribbon(leg, (46, 34, 24, 20))), tone, 2)
    back = spline([rear + (-14, 2), 0.5 * (rear + front) + (0, -16), front + (12, 0)])
    body = ribbon(back, (58, 92, 90, 84, 62))
    _furry(cel, place(body), _FUR, 1, shadow=place(body + (-4, 44)))
    _stripes(cel, place, body, [0.5 * (rear + front) + (x, -52) for x in (-46, -14, 18)])
    _head(cel, lambda p: place(np.asarray(p) + front + (46, -42)), pose)


def _sitting(cel: Cel, place: Place, pose: CatPose) -> None:
    _tail(cel, place, np.array((-74.0, -20)), 150, pose.tail)
    body = spline(
        [(6, -158), (52, -128), (66, -62), (62, 0, 1), (-66, 2), (-98, -26), (-90, -82),
         (-44, -140)],
        closed=True,
    )  # fmt: skip
    _furry(cel, place(body), _FUR, 1, shadow=place(body + (-46, 40)))
    _stripes(cel, place, body, [(-62, -112), (-84, -76), (-40, -136)])
    _furry(cel, place(disc(36, -104, 30, 40)), _PALE, 3)
    haunch = spline([(-84, -6), (-78, -54), (-40, -66), (-6, -40), (-4, 0, 1)], closed=True)
    _furry(cel, place(haunch), _FUR, 4, shadow=place(haunch + (-10, 26)))
    for x in (22, 46):
        leg = ribbon(np.array([(x - 4, -92), (x, -48), (x + 4, -6.0)]), (30, 24, 24))
        _furry(cel, place(leg), _FUR, 5)
        _furry(cel, place(disc(x + 8, -4, 18, 10)), _PALE, 6)
    _furry(cel, place(disc(-16, -4, 30, 11)), _PALE, 7)


def _tail(cel: Cel, place: Place, root: Points, rise: float, phase: float) -> None:
    u = np.linspace(0, 1, 22)
    heading = np.deg2rad(190 + rise * u * 0.6 + 24 * u * np.sin(phase - 1.6 * u))
    steps = np.stack([np.cos(heading), np.sin(heading)], axis=1) * 128 / len(u)
    curve = root + np.cumsum(steps, axis=0)
    _furry(cel, place(ribbon(curve, (30, 30, 28, 24, 8))), _FUR, 8)
    _furry(cel, place(ribbon(curve[15:], (26, 24, 8))), _PALE, 9)


def _stripes(cel: Cel, place: Place, body: Points, spots: list[Points]) -> None:
    for x, y in spots:
        band = ribbon(spline([(x, y - 14), (x + 6, y + 10), (x + 2, y + 38)]), (12, 9, 0))
        cel.fill(place(band), _DARK, within=place(body))


def _head(cel: Cel, place: Place, pose: CatPose) -> None:
    for x in (-1, 1):
        ear = spline([(12 * x + 4, -40), (42 * x, -78, 1), (46 * x + 4, -24)], closed=True)
        _furry(cel, place(ear), _FUR, 10)
        cel.fill(place(0.55 * (ear - (40 * x, -44)) + (40 * x, -42)), (236, 166, 146))
    skull = spline([(0, -52), (44, -38), (66, 2), (48, 38), (6, 48), (-38, 38), (-60, 4),
                    (-42, -38)], closed=True)  # fmt: skip
    _furry(cel, place(skull), _FUR, 11, shadow=place(skull + (-10, 56)))
    for x in (-14, 2, 18):
        band = ribbon(np.array([(x, -56), (x + 0.4 * x, -24.0)]), (9, 3))
        cel.fill(place(band), _DARK, within=place(skull))
    _furry(cel, place(disc(12, 22, 26, 17)), _PALE, 12)
    for x in (-22, 38):
        if pose.eye < 0.3:
            cel.line(place(spline([(x - 12, -2), (x, 4), (x + 12, -2)])), _INK, 4)
            continue
        cel.fill(place(disc(x, -2, 12, 14 * pose.eye)), (226, 220, 130))
        cel.fill(place(disc(x + 2, -2, 6, 12 * pose.eye)), (34, 26, 34))
        cel.fill(place(disc(x - 1, -7, 3, 3.4)), (255, 255, 255))
    cel.fill(place(spline([(4, 12), (20, 12), (12, 20)], closed=True)), (196, 98, 92))
    for x in (-1, 1):
        cel.line(place(spline([(12, 20), (12 + 5 * x, 28), (12 + 12 * x, 27)])), _INK, 2.2)


def _furry(
    cel: Cel, outline: Points, colour: Colour, part: int, *, shadow: Points | None = None
) -> None:
    """Fill a part and let single hairs of 2.5 to 7.5 design pixels stand out along its outline.

    The hairs leave gaps, so the rim's alpha lies between 0.1 and 0.5 over 2 to 4 frame pixels.
    """
    random = np.random.default_rng((_FUR_SEED, part))
    loop = np.concatenate([outline, outline[:1]])
    steps = np.linalg.norm(np.diff(loop, axis=0), axis=1)
    count = int(steps.sum() * _HAIRS_PER_PIXEL)
    at = np.concatenate([[0], np.cumsum(steps)])
    spots = np.linspace(0, at[-1], count, endpoint=False)
    roots = np.stack([np.interp(spots, at, loop[:, axis]) for axis in (0, 1)], axis=1)
    ahead = np.stack(
        [np.interp((spots + 1) % at[-1], at, loop[:, axis]) for axis in (0, 1)], axis=1
    )
    along = (ahead - roots) / np.maximum(np.linalg.norm(ahead - roots, axis=1)[:, None], 1e-9)
    area = np.sum(loop[:-1, 0] * loop[1:, 1] - loop[1:, 0] * loop[:-1, 1])
    outwards = np.sign(area) * np.stack([along[:, 1], -along[:, 0]], axis=1)
    lengths = random.uniform(2.5, 7.5, (count, 1))
    tips = roots + lengths * outwards + random.normal(0, 1.6, (count, 2)) + (0, 1.0)
    for root, tip, pale in zip(roots, tips, random.uniform(0, 0.4, count), strict=True):
        cel.line(np.stack([root, tip]), mix(colour, _PALE, pale), _HAIR_WIDTH, taper=(1, 1))
    cel.fill(outline, colour)
    if shadow is not None:
        cel.fill(shadow, mix(colour, (96, 60, 92), 0.28), within=outline)
