"""Hair: the cap on the skull, fringe, side lock, ponytail and loose strands.

Head coordinates as in `head`: the middle of the skull is (0, 0) and she looks to the right.
Everything that moves in the wind takes `sway`, a phase in radians, and `wind`, 1 at full run
and 0 when the air is still.
"""

import numpy as np

from data.violet import palette as ink
from data.violet.cel import Cel, Placement, Points, ribbon, spline

_CAP = (
    (106, -58, 1), (113, -78), (104, -108), (66, -137), (12, -152), (-48, -146), (-98, -118),
    (-130, -70), (-138, -16), (-126, 34), (-104, 70), (-74, 88), (-50, 82, 1), (-40, 52),
    (-20, 30), (0, 6), (16, -2), (30, -20), (52, -56), (80, -72),
)  # fmt: skip
_CAP_SHADE = (
    (-138, -40), (-112, -28), (-92, 4), (-72, 20), (-50, 16), (-30, -4), (-8, -14), (10, -8),
    (0, 20), (-30, 60), (-50, 100), (-120, 90), (-160, 20),
)  # fmt: skip
_CROWN = np.array((-112.0, -84.0))  # where the hair is gathered for the ponytail


def back_hair(cel: Cel, place: Placement) -> None:
    """The cap: everything combed from the hairline to the tie, with its light band."""
    cap = place(spline(_CAP, closed=True))
    cel.part(
        cap, ink.HAIR, ink=ink.HAIR_INK, width=2.6, shade=ink.HAIR_SHADE,
        shadows=[place(spline(_CAP_SHADE, closed=True))],
    )  # fmt: skip
    for start, bend in (((-30, 36), (-80, -10)), ((-58, 72), (-104, 12)), ((22, -14), (-38, -58))):
        cel.line(place(spline([start, bend, _CROWN])), ink.HAIR_SHADE, 5.5, taper=(0.5, 0.1))
    _shine(cel, place, within=cap)
    for start, bend in (
        ((58, -66), (-10, -104)), ((34, -30), (-32, -70)), ((8, 2), (-46, -44)),
        ((-22, 28), (-70, -20)), ((-44, 58), (-92, 4)), ((-70, 80), (-112, 20)),
        ((-104, 60), (-124, -6)), ((-6, 10), (-58, -36)), ((-40, -146), (-84, -122)),
    ):  # fmt: skip
        cel.line(place(spline([start, bend, _CROWN])), ink.HAIR_INK, 1.7, taper=(0.5, 0.2))


def _shine(cel: Cel, place: Placement, *, within: Points) -> None:
    """The band of light that runs around the crown, over cap and fringe alike."""
    cel.fill(place(_light_band(-152, -30, 0.78, 10, 14)), ink.HAIR_LIGHT, within=within)
    cel.fill(place(_light_band(-126, -48, 0.80, 2, 6)), ink.HAIR_GLINT, within=within)


def _light_band(first: float, last: float, radius: float, low: float, high: float) -> Points:
    """A jagged band of light around the crown, from `first` to `last` degrees."""
    count = 41
    turns = np.deg2rad(np.linspace(first, last, count))
    tooth = np.where(np.arange(count) % 2, high, low) * (1 + 0.5 * np.sin(np.arange(count) * 2.3))
    tooth *= np.sin(np.linspace(0, np.pi, count)) ** 0.4
    middle = np.stack([-8 + 138 * np.cos(turns), 4 + 152 * np.sin(turns)], axis=1) * radius
    away = np.stack([np.cos(turns), np.sin(turns)], axis=1) * tooth[:, None]
    return np.concatenate([middle + 0.7 * away, (middle - np.roll(away, 1, axis=0))[::-1]])


# Root, belly and tip of every lock over the forehead, with its width, from the foremost one to
# those at the temple, which lie over it; the last two hang before the ear.
_LOCKS = (
    ((76, -128), (123, -74), (124, 4), 19),
    ((62, -133), (114, -70), (106, -6), 24),
    ((46, -137), (99, -66), (94, 16), 26),
    ((28, -139), (80, -62), (70, 2), 27),
    ((18, -140), (68, -58), (54, 44), 27),
    ((4, -140), (52, -52), (36, 26), 26),
    ((-34, -136), (18, -40), (2, 92), 24),
    ((-14, -139), (40, -44), (26, 132), 32),
)  # fmt: skip


def fringe(cel: Cel, place: Placement, *, sway: float, wind: float) -> None:
    """The locks over the forehead and the long locks before the ear, rear ones first."""
    for i, (root, belly, tip, width) in enumerate(_LOCKS):
        reach = (tip[1] + 20) / 150  # long locks give way to the wind, short ones stay
        give = (5 + 46 * reach**1.7) * wind
        flutter = (3 + 13 * reach) * (0.25 + wind) * np.sin(sway - 0.7 * i)
        end = np.array(tip) + (0.5 * flutter - give, flutter - 0.45 * give * reach)
        middle = np.array(belly) + (0.25 * flutter - 0.25 * give, 0)
        _lock(
            cel, place, spline([root, middle, 0.5 * (middle + end) + (0.12 * give, 4), end]), width
        )


def _lock(cel: Cel, place: Placement, centre: Points, width: float) -> None:
    """One pointed lock along `centre`, shaded on the side away from the light."""
    outline = ribbon(centre, (4, 0.85 * width, width, width, 0.86 * width, 0.5 * width, 0))
    rear, front = place(outline[: len(centre)]), place(outline[len(centre) :][::-1])
    shape = np.concatenate([rear, front[::-1]])
    cel.fill(shape, ink.HAIR)
    start = len(centre) // 3
    grow = np.clip(np.linspace(0, 3, len(centre) - start), 0, 1)[:, None]
    inner = rear[start:] + grow * (place(centre - (0.08 * width, 0)) - rear)[start:]
    cel.fill(np.concatenate([rear[start:], inner[::-1]]), ink.HAIR_SHADE, within=shape)
    _shine(cel, place, within=shape)
    cel.line(rear[4:], ink.HAIR_INK, 2.3, taper=(0.1, 0.5))
    cel.line(front[4:], ink.HAIR_INK, 2.3, taper=(0.1, 0.5))


def ponytail(cel: Cel, place: Placement, *, sway: float, wind: float) -> None:
    """The tail behind the head: streaming at a run, hanging when still."""
    tails = (
        # length, widest, share of the wind it takes, phase, rise at the root
        (300, 46, 0.80, 0.9, -8), (345, 62, 1.00, 0.0, 0), (290, 52, 0.88, 0.5, 6),
        (235, 34, 0.70, 1.3, 10),
    )  # fmt: skip
    curves = [
        _tail(length, lift * wind, sway + phase, root) for length, _, lift, phase, root in tails
    ]
    for (_, widest, *_), curve in zip(tails, curves, strict=True):
        shape = place(ribbon(curve, (26, 0.8 * widest, widest, 0.8 * widest, 0.4 * widest, 0)))
        low = place(ribbon(curve + (0, 0.42 * widest), (20, widest * 0.6, widest * 0.5, 0)))
        cel.part(shape, ink.HAIR, ink=ink.HAIR_INK, width=2.3, shade=ink.HAIR_SHADE, shadows=[low])
        light = curve[int(0.16 * len(curve)) : int(0.42 * len(curve))] - (0, 0.16 * widest)
        cel.fill(
            place(ribbon(light, (0, 0.2 * widest, 0.1 * widest, 0))), ink.HAIR_LIGHT, within=shape
        )
        for shift in (-0.12, 0.16):
            inner = curve[3 : int(0.9 * len(curve))] + (0, shift * widest)
            cel.line(place(inner), ink.HAIR_INK, 1.5, taper=(0.4, 0.1))
    for i in range(3):
        wisp = _tail(270 + 36 * i, (0.62 + 0.2 * i) * wind, sway + 0.7 * i - 0.6, 4.0 * i - 4)
        cel.line(place(wisp[8:]), ink.HAIR_INK, 1.6, taper=(0.6, 0.5))


def _tail(length: float, lift: float, sway: float, root: float) -> Points:
    """Centre line of a tail (40, 2): each joint's heading swings with a wave running outwards."""
    u = np.linspace(0, 1, 40)
    hanging, streaming = 96 - 22 * (1 - u) ** 2, 14 + 16 * u  # degrees below straight back
    heading = (1 - lift) * hanging + lift * streaming
    heading = heading - 55 * (1 - u) ** 6  # a ponytail first rises out of its tie
    heading = heading + (8 + 22 * lift) * u**0.7 * np.sin(sway - 4.2 * u)
    heading = np.deg2rad(heading)
    steps = np.stack([-np.cos(heading), np.sin(heading)], axis=1) * length / len(u)
    return _CROWN + (-14, root) + np.concatenate([[(0, 0)], np.cumsum(steps, axis=0)[:-1]])


def tie(cel: Cel, place: Placement, *, sway: float, wind: float) -> None:
    """The ribbon around the root of the ponytail, with two fluttering ends."""
    for i, length in enumerate((92, 74)):
        u = np.linspace(0, 1, 16)
        fall = np.deg2rad(70 - 55 * wind + 26 * i + 28 * np.sin(sway * (1 + 0.1 * i) - 3.4 * u + i))
        steps = np.stack([-np.cos(fall), np.sin(fall)], axis=1) * length / 16
        end = _CROWN + (-8, 4) + np.cumsum(steps, axis=0)
        cel.part(place(ribbon(end, (8, 14, 17, 19))), ink.SCARF, ink=ink.SCARF_INK, width=2)
    for bow in (
        [(-116, -86, 1), (-150, -128), (-134, -142), (-112, -124), (-110, -92, 1)],
        [(-120, -82, 1), (-150, -70), (-152, -48), (-130, -46), (-112, -74, 1)],
    ):
        shape = place(spline(bow, closed=True))
        low = place(spline([(x - 9, y + 9) for x, y, *_ in bow], closed=True))
        cel.part(shape, ink.SCARF, ink=ink.SCARF_INK, width=2, shade=ink.SCARF_SHADE, shadows=[low])
    knot = spline(
        [(-124, -100), (-108, -102), (-100, -84), (-106, -68), (-122, -68), (-130, -84)],
        closed=True,
    )
    cel.part(place(knot), ink.SCARF, ink=ink.SCARF_INK, width=2.2)
    cel.line(place(spline([(-122, -92), (-112, -88), (-110, -76)])), ink.SCARF_INK, 1.6)


def strands(cel: Cel, place: Placement, *, sway: float, wind: float) -> None:
    """Single loose hairs, 1 to 2 pixels wide, that leave the silhouette."""
    s = [np.sin(sway + 1.1 * i) * (0.3 + wind) for i in range(6)]
    reach = 60 + 40 * wind
    for curve, width in (
        (
            [(70, -134), (36, -158 + 5 * s[0]), (-10, -162), (-20 - 0.6 * reach, -148 + 9 * s[1])],
            1.7,
        ),
        ([(-50, -146), (-90, -150), (-100 - 0.7 * reach, -130 + 10 * s[2])], 1.5),
        (
            [
                (100, -98),
                (130, -66),
                (140 - 6 * wind, -14 + 5 * s[3]),
                (126 - 10 * wind, 40 + 7 * s[3]),
            ],
            1.7,
        ),
        ([(-112, 56), (-138, 80), (-150 - 0.5 * reach, 104 - 22 * wind + 8 * s[4])], 1.8),
        ([(-84, 84), (-108, 108), (-116 - 0.6 * reach, 140 - 34 * wind + 8 * s[5])], 1.5),
    ):
        cel.line(place(spline(curve)), ink.HAIR_INK, width, taper=(0.8, 0.6))
