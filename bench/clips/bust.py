"""Head and shoulders of someone who talks, seen from the front and turned a little to the right.

Coordinates: the middle of the face is (0, 0), the chin lies at y = 188, the shoulders reach from
x = -340 to 360; all in design pixels.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bench.clips.faces import Looks
from data.violet.cel import Cel, Placement, Points, disc, ribbon, spline
from data.violet.paint import Colour, mix

Place = Callable[[Points], Points]

MOUTHS = ("shut", "small", "wide", "round")

_FACE = (
    (-138, -60), (-141, 20), (-128, 88), (-86, 148), (-16, 184), (18, 188), (82, 160), (130, 94),
    (144, 20), (140, -60), (100, -150), (0, -186), (-100, -150),
)  # fmt: skip
_UNDER_HAIR = ((-180, -60), (-100, -20), (-30, -50), (40, -24), (110, -40), (180, -30), (120, -220),
               (-120, -220))  # fmt: skip
_FRINGE = (
    (-150, 78, 1), (-176, -20), (-162, -130), (-92, -214), (10, -236), (112, -212), (168, -130),
    (178, -20), (158, 78, 1), (144, 0), (128, -66), (108, -6, 1), (88, -78), (62, -16, 1),
    (36, -92), (-2, -6, 1), (-34, -88), (-74, -4, 1), (-92, -70), (-118, 4, 1), (-134, -40),
)  # fmt: skip
_PARTED = (
    (-148, 90, 1), (-174, -10), (-164, -126), (-92, -214), (10, -236), (112, -212), (168, -126),
    (176, -10), (154, 90, 1), (140, 0), (112, -84), (40, -128), (-24, -156, 1), (-60, -110),
    (-118, -60), (-136, 0),
)  # fmt: skip
_CROPPED = (
    (-142, 34, 1), (-166, -40), (-158, -132), (-120, -206, 1), (-78, -204), (-50, -244, 1),
    (-4, -222), (44, -250, 1), (74, -216), (128, -220, 1), (150, -150), (168, -50), (150, 34, 1),
    (138, -40), (118, -96), (60, -118), (20, -92, 1), (-20, -124), (-90, -106), (-128, -50),
)  # fmt: skip
_BEARD = (
    (-141, 30, 1), (-128, 60), (-96, 96), (-50, 104), (20, 92, 1), (84, 104), (118, 88), (138, 60),
    (147, 30, 1), (142, 110), (110, 176), (60, 216), (18, 224), (-30, 214), (-96, 176), (-136, 104),
)  # fmt: skip


@dataclass(frozen=True)
class Sitter(Looks):
    """A model sheet of someone seen from near; ``style`` is long, bob, short or bun."""

    style: str = "long"
    glasses: bool = False
    beard: bool = False
    bare: bool = False  # bare shoulders: a large even field of skin


@dataclass(frozen=True)
class Moment:
    """One drawing's pose (design pixels, degrees)."""

    mouth: str = "shut"  # one of MOUTHS
    eye: float = 1.0  # opening, 0..1
    sway: float = 0.0  # phase of the hair, radians
    breath: float = 0.0  # how far the shoulders rise
    nod: tuple[float, float] = (0.0, 0.0)  # how far the head is moved
    tilt: float = 0.0  # of the head, clockwise


def paint_bust(cel: Cel, place: Place, looks: Sitter, moment: Moment) -> None:
    """Paint the figure from the hair behind the shoulders to the fringe."""
    turn = Placement(moment.nod[0], 170 + moment.nod[1], moment.tilt)

    def head(points: Points) -> Points:
        return place(turn(np.asarray(points, np.float64) - (0, 170)))

    def body(points: Points) -> Points:
        return place(np.asarray(points, np.float64) - (0, moment.breath))

    _hair_behind(cel, head, looks, moment)
    _torso(cel, body, looks)
    _neck(cel, body, looks)
    if not looks.bare:
        _collar(cel, body, looks)
    _skull(cel, head, looks)
    if looks.beard:
        _part(cel, head, looks, spline(_BEARD, closed=True), looks.hair)
    _eyes(cel, head, looks, moment.eye)
    _mouth(cel, head, looks, moment.mouth)
    nose = spline([(36, 58), (46, 84), (30, 92)])
    cel.line(head(nose), looks.ink(looks.skin), 3.0, taper=(0.1, 0.6))
    _hair(cel, head, looks, moment)
    if looks.glasses:
        for x, rx in ((-50, 52), (92, 46)):
            ring = disc(x, 34, rx, 46)
            cel.line(head(np.concatenate([ring, ring[:2]])), (62, 44, 46), 6.5, taper=(1, 1))
        cel.line(head(np.array([(2, 32), (46, 32.0)])), (62, 44, 46), 6.5, taper=(1, 1))


def _part(
    cel: Cel, place: Place, looks: Looks, shape: Points, colour: Colour, *shadows: Points
) -> None:
    cel.part(place(shape), colour, ink=looks.ink(colour), width=3.4, shade=looks.shade(colour),
             shadows=[place(s) for s in shadows])  # fmt: skip


def _hair_behind(cel: Cel, head: Place, looks: Sitter, moment: Moment) -> None:
    swing = 16 * np.sin(moment.sway)
    late = 16 * np.sin(moment.sway - 0.9)
    if looks.style == "long":
        shape = [(-172, -60), (-196, 90), (-214 + swing, 250), (-196 + 1.4 * late, 400, 1),
                 (-120 + late, 330), (0, 300), (130 + late, 330), (206 + 1.4 * late, 410, 1),
                 (216 + swing, 250), (192, 90), (176, -60), (100, -210), (-100, -210)]  # fmt: skip
    elif looks.style == "bob":
        shape = [(-172, -60), (-198, 60), (-190 + swing, 150), (-150 + late, 196, 1), (-90, 150),
                 (110, 150), (160 + late, 196, 1), (196 + swing, 150), (200, 60), (176, -60),
                 (100, -210), (-100, -210)]  # fmt: skip
    elif looks.style == "bun":
        knot = disc(-20 + 0.3 * swing, -262, 78, 66)
        _part(cel, head, looks, knot, looks.hair, knot + (20, 36))
        return
    else:
        return
    outline = spline(shape, closed=True)
    _part(cel, head, looks, outline, looks.hair, outline * (0.86, 0.9) + (10, 40))


def _torso(cel: Cel, body: Place, looks: Sitter) -> None:
    outline = spline(
        [(-44, 236, 1), (-120, 272), (-246, 306), (-320, 380), (-352, 560), (-366, 760, 1),
         (392, 760, 1), (374, 560), (340, 380), (264, 306), (134, 272), (60, 236, 1)],
        closed=True,
    )  # fmt: skip
    side = spline([(200, 250), (250, 400), (220, 760), (460, 760), (420, 300)], closed=True)
    arms = [spline([(x, 470), (x + 0.06 * x, 620), (x + 0.1 * x, 760)]) for x in (-236, 256)]
    colour = looks.skin if looks.bare else looks.top
    _part(cel, body, looks, outline, colour, *(() if looks.bare else (side,)))
    if looks.bare:
        dress = spline(
            [(-232, 500, 1), (-150, 462), (-60, 470), (10, 500), (90, 470), (170, 462),
             (252, 500, 1), (270, 760, 1), (-250, 760, 1)],
            closed=True,
        )  # fmt: skip
        _part(cel, body, looks, dress, looks.top,
              spline([(150, 480), (190, 760), (300, 760), (280, 480)], closed=True))  # fmt: skip
        for x in (-1, 1):
            strap = np.array([(10 + 150 * x, 470), (10 + 128 * x, 380), (10 + 118 * x, 282.0)])
            _part(cel, body, looks, ribbon(strap, 26), looks.top)
        for x in (-1, 1):
            bone = spline([(10 + 26 * x, 330), (10 + 80 * x, 326), (10 + 140 * x, 306)])
            cel.line(body(bone), looks.shade(looks.skin), 4, taper=(0.3, 0.1))
    for arm in arms:
        cel.line(body(arm), looks.ink(colour), 3.4, taper=(0.1, 0.9))


def _neck(cel: Cel, body: Place, looks: Sitter) -> None:
    neck = spline([(-46, 120, 1), (-46, 200), (-62, 262), (8, 318), (78, 262), (62, 200),
                   (64, 120, 1)], closed=True)  # fmt: skip
    under = spline([(-90, 110), (-60, 196), (10, 236), (80, 204), (100, 110)], closed=True)
    cel.part(body(neck), looks.skin, ink=looks.skin)  # its ink would cross the chest
    cel.fill(body(under), looks.shade(looks.skin), within=body(neck))
    for x in (-1, 1):
        edge = spline([(9 + 55 * x, 150), (9 + 55 * x, 204), (9 + 70 * x, 258)])
        cel.line(body(edge), looks.ink(looks.skin), 3.2, taper=(1, 0.2))


def _collar(cel: Cel, body: Place, looks: Sitter) -> None:
    for x in (-1, 1):
        wing = spline([(9 + 58 * x, 228, 1), (9 + 96 * x, 262), (9 + 112 * x, 322, 1),
                       (9 + 60 * x, 350), (9 + 4 * x, 330, 1), (9 + 40 * x, 290)],
                      closed=True)  # fmt: skip
        _part(cel, body, looks, wing, looks.trim)
    cel.line(body(np.array([(9, 334), (12, 760.0)])), looks.ink(looks.top), 3, taper=(0.8, 0.8))
    for y in (400, 490, 580):
        cel.fill(body(disc(28, y, 8, 8)), looks.trim)


def _skull(cel: Cel, head: Place, looks: Sitter) -> None:
    for x, rx in ((-146, 25), (150, 18)):
        _part(cel, head, looks, disc(x, 38, rx, 38), looks.skin, disc(x + 4, 44, 0.5 * rx, 22))
    face = spline(_FACE, closed=True)
    cheek = spline([(150, -40), (126, 40), (104, 110), (40, 176), (60, 220), (190, 120)],
                   closed=True)  # fmt: skip
    hair = spline(_UNDER_HAIR, closed=True)
    _part(cel, head, looks, face, looks.skin, *(() if looks.bare else (cheek, hair)))
    for x in (-82, 112):
        cel.fill(head(disc(x, 92, 26, 13)), mix(looks.skin, (236, 112, 104), 0.3),
                 within=head(face))  # fmt: skip


def _eyes(cel: Cel, head: Place, looks: Sitter, opening: float) -> None:
    lash = mix(looks.hair, (30, 20, 36), 0.75)
    for x, rx in ((-50, 32), (92, 28)):
        brow = spline([(x - rx - 8, -32), (x, -48), (x + rx + 6, -34)])
        cel.line(head(brow), mix(looks.hair, (30, 20, 36), 0.3), 7.5, taper=(0.3, 0.3))
        if opening < 0.25:
            lid = spline([(x - rx, 36), (x, 52), (x + rx, 36)])
            cel.line(head(lid), lash, 6.5, taper=(0.4, 0.4))
            continue
        high = 40 * opening
        ball = spline([(x - rx, 38), (x - 0.6 * rx, 36 - 0.9 * high), (x + 0.5 * rx, 36 - high),
                       (x + rx, 34), (x + 0.6 * rx, 68), (x - 0.5 * rx, 70)],
                      closed=True)  # fmt: skip
        cel.fill(head(ball), (250, 249, 247))
        for ry, tone in ((32, mix(looks.iris, (20, 16, 40), 0.45)), (24, looks.iris)):
            cel.fill(head(disc(x + 5, 70 - 1.1 * ry, 0.6 * ry, ry)), tone, within=head(ball))
        cel.fill(head(disc(x + 5, 38, 9, 14)), (26, 20, 36), within=head(ball))
        cel.fill(head(disc(x - 2, 24, 6, 8)), (255, 255, 255), within=head(ball))
        upper = spline([(x - rx - 5, 38), (x - 0.6 * rx, 35 - 0.9 * high), (x + 0.5 * rx,
                        34 - high), (x + rx + 5, 30)])  # fmt: skip
        cel.line(head(upper), lash, 8.5, taper=(0.4, 0.6))


def _mouth(cel: Cel, head: Place, looks: Sitter, kind: str) -> None:
    inside, tongue = (134, 52, 60), (222, 122, 118)
    if kind == "shut":
        lips = spline([(-12, 130), (22, 136), (54, 128)])
        cel.line(head(lips), looks.ink(looks.skin), 4.4, taper=(0.3, 0.3))
        return
    shapes = {
        "small": [(-2, 130), (22, 124), (46, 129), (24, 144)],
        "wide": [(-20, 122, 1), (22, 118), (62, 120, 1), (52, 152), (22, 164), (-8, 152)],
        "round": [(4, 134), (22, 116), (40, 133), (22, 158)],
    }
    shape = spline(shapes[kind], closed=True)
    _part(cel, head, looks, shape, inside)
    if kind == "wide":
        teeth = np.array([(-24, 112), (64, 112), (58, 130), (-16, 130.0)])
        cel.fill(head(teeth), (250, 246, 240), within=head(shape))
        cel.fill(head(disc(22, 164, 26, 17)), tongue, within=head(shape))


def _hair(cel: Cel, head: Place, looks: Sitter, moment: Moment) -> None:
    give = 9 * np.sin(moment.sway + 0.6)
    shapes = {"short": _CROPPED, "bun": _PARTED, "bob": _FRINGE, "long": _FRINGE}
    lock = [(x + give * (y > -40), y, *c) for x, y, *c in shapes[looks.style]]
    if looks.style == "long":
        for side in (-1, 1):
            strand = np.array([(8 + 150 * side, -40), (8 + 160 * side + 0.5 * give, 130),
                               (8 + 150 * side + 2 * give, 250), (8 + 158 * side + 3 * give,
                               350.0)])  # fmt: skip
            _part(cel, head, looks, ribbon(spline(strand.tolist()), (40, 44, 34, 4)), looks.hair)
    cap = spline(lock, closed=True)
    low = spline([(60, -230), (120, -120), (136, 80), (220, 80), (200, -240)], closed=True)
    _part(cel, head, looks, cap, looks.hair, low)
    if looks.style == "short":
        return
    shine = spline([(-118, -120, 1), (-60, -160), (0, -170), (60, -158), (30, -146), (-30, -146)],
                   closed=True)  # fmt: skip
    cel.fill(head(shine), mix(looks.hair, (255, 252, 240), 0.34), within=head(cap))
