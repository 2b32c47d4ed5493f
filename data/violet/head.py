"""The face in profile, looking to the right. Coordinates: the middle of the skull is (0, 0)."""

import numpy as np

from data.violet import palette as ink
from data.violet.cel import Cel, Placement, Points, disc, spline

_PROFILE = (
    (46, -92), (92, -74), (108, -42), (110, -12), (105, 8), (110, 24), (119, 37),
    (127, 47, 1), (124, 54), (113, 58, 1), (114, 65), (117, 71), (108, 76, 1), (113, 82),
    (111, 88), (105, 93), (106, 104), (101, 116), (88, 121), (60, 112), (30, 97), (8, 76),
    (-6, 46), (-14, 10), (-12, -50),
)  # fmt: skip
_UNDER_JAW = (
    (112, 108), (98, 112), (84, 113), (58, 103), (32, 87), (14, 68), (2, 44), (-40, 40),
    (-40, 140), (110, 140),
)  # fmt: skip
_TEETH = ((116, 73, 1), (102, 74), (95, 77, 1), (104, 79), (116, 79, 1))
_UNDER_FRINGE = (
    (40, -100), (112, -90), (116, -30), (107, -16, 1), (98, -30), (90, -6, 1), (80, -26),
    (66, 10, 1), (56, -10), (44, 30, 1), (34, 20), (24, 64, 1), (12, 50), (-20, 40), (-20, -60),
)  # fmt: skip


def face(cel: Cel, place: Placement, *, eye_open: float, mouth_open: float) -> None:
    """Paint the face. `eye_open` and `mouth_open` run from 0 to 1."""
    profile = list(_PROFILE)
    drop = 11 * mouth_open  # the jaw turns down with the mouth
    profile[13:20] = [(x - 0.3 * drop, y + drop, *c) for x, y, *c in profile[13:20]]
    outline = place(spline(profile, closed=True))
    shadows = [place(spline(p, closed=True)) for p in (_UNDER_JAW, _UNDER_FRINGE)]
    cel.part(outline, ink.SKIN, ink=ink.SKIN_INK, width=2.3, shade=ink.SKIN_SHADE, shadows=shadows)
    _cheek(cel, place)
    _mouth(cel, place, outline, mouth_open)
    _eye(cel, place, outline, eye_open)
    cel.line(place(spline([(121, 51), (117, 50), (115, 53)])), ink.SKIN_INK, 1.5)


def nape(cel: Cel, place: Placement) -> None:
    """The strip of neck between the ear and the hair."""
    strip = spline([(-64, 0), (12, 0), (16, 60), (-14, 104), (-58, 96)], closed=True)
    cel.fill(place(strip), ink.SKIN_SHADE)


def brow(cel: Cel, place: Placement, *, tension: float) -> None:
    """Ink the brow, over the fringe as cartoons do; `tension` 0 calm, 1 resolute."""
    knit = 7 * tension
    arch = [(106, -20 + knit), (94, -25 + 0.3 * knit), (78, -25 - 0.5 * knit), (62, -17 - knit)]
    cel.line(place(spline(arch)), ink.HAIR_INK, 4.4, taper=(0.6, 0.1))


def _cheek(cel: Cel, place: Placement) -> None:
    cel.fill(
        place(spline([(92, 54), (80, 49), (62, 51), (54, 58), (66, 64), (84, 62)], closed=True)),
        ink.CHEEK,
    )
    for x in (64, 72, 80):
        cel.line(place(np.array([(x + 5, 50), (x, 58), (x - 2, 61)])), ink.BLUSH, 1.8)


def _mouth(cel: Cel, place: Placement, outline: Points, opening: float) -> None:
    corner, drop = (87, 76 + 5 * opening), 11 * opening
    if opening > 0.15:
        inside = [(114, 74, 1), (100, 75), (*corner, 1), (97, 82 + drop), (115, 81 + drop, 1)]
        cel.fill(place(spline(inside, closed=True)), ink.MOUTH, within=outline)
        cel.fill(
            place(spline(_TEETH, closed=True)),
            ink.EYE_WHITE, within=outline,
        )  # fmt: skip
        cel.line(place(spline([corner, (97, 83 + drop), (112, 82 + drop)])), ink.SKIN_INK, 1.6)
    cel.line(place(spline([(110, 76), (99, 76), corner])), ink.SKIN_INK, 2.0, taper=(0.9, 0.3))
    cel.line(place(spline([(106, 95 + drop), (100, 97 + drop), (94, 95 + drop)])), ink.BLUSH, 1.6)


def _eye(cel: Cel, place: Placement, outline: Points, opening: float) -> None:
    """An eye seen from the side: a tall wedge, its front curved like the ball it sits on."""
    top, bottom = 33 - 32 * opening, 35.0
    if opening < 0.15:
        lid = place(spline([(101, 27), (92, 33), (78, 33), (66, 27)]))
        cel.line(lid, ink.LASH, 4.5, taper=(0.6, 0.2))
        cel.line(place(spline([(72, 32), (64, 32), (58, 28)])), ink.LASH, 2.2, taper=(0.9, 0.1))
        return
    white = place(
        spline(
            [(100, top + 5, 1), (102, (top + bottom) / 2), (97, bottom, 1), (86, bottom + 1),
             (75, bottom - 5, 1), (69, top + 14), (72, top + 5, 1), (86, top - 1)],
            closed=True,
        )
    )  # fmt: skip
    cel.fill(white, ink.EYE_WHITE)
    cel.fill(place(disc(84, top - 2, 30, 12)), ink.EYE_WHITE_SHADE, within=white)
    middle = 17.0
    cel.fill(place(disc(92, middle, 10.5, 19)), ink.IRIS_DARK, within=white)
    cel.fill(place(disc(92, middle + 3, 8.6, 15)), ink.IRIS, within=white)
    cel.fill(place(disc(92, middle + 11, 6.5, 7)), ink.IRIS_LIGHT, within=white)
    cel.fill(place(disc(94, middle, 4.2, 9)), ink.LASH, within=white)
    cel.fill(place(disc(92, top + 2, 13, 6)), ink.IRIS_DARK, within=white)
    cel.fill(place(disc(89, middle - 7, 3.4, 4.6)), ink.EYE_WHITE, within=white)
    cel.fill(place(disc(96, middle + 9, 1.8, 2.4)), ink.EYE_WHITE, within=white)
    cel.line(
        place(
            spline([(103, top + 9), (99, top + 1), (86, top - 4), (72, top + 3), (62, top + 12)])
        ),
        ink.LASH, 7.2, taper=(0.5, 0.1),
    )  # fmt: skip
    for x, y, length in ((74, top + 1, 11), (68, top + 6, 9)):
        cel.line(
            place(spline([(x, y), (x - 6, y + 1), (x - length, y - 3)])),
            ink.LASH,
            3,
            taper=(0.9, 0.1),
        )
    cel.line(place(spline([(100, top - 7), (88, top - 11), (72, top - 5)])), ink.SKIN_INK, 1.6)
    cel.line(place(spline([(96, bottom + 1), (87, bottom + 2), (77, bottom - 3)])), ink.LASH, 2.0)


def ear(cel: Cel, place: Placement) -> None:
    """Paint the ear; it lies on the hair's edge, so it comes after the back hair."""
    shell = spline(
        [(12, 40, 1), (16, 22), (12, 4), (-2, -4), (-16, 2), (-18, 20), (-8, 38), (2, 50)],
        closed=True,
    )
    shadow = spline(
        [(14, 36), (6, 26), (2, 10), (-10, 8), (-12, 22), (-4, 38), (6, 46)], closed=True
    )
    cel.part(
        place(shell), ink.SKIN, ink=ink.SKIN_INK, width=2, shade=ink.SKIN_SHADE,
        shadows=[place(shadow)],
    )  # fmt: skip
    cel.line(place(spline([(10, 8), (-2, 4), (-11, 12), (-9, 26)])), ink.SKIN_INK, 1.5)
    cel.line(place(spline([(8, 20), (0, 20), (-1, 30)])), ink.SKIN_INK, 1.5)
    cel.fill(place(disc(0, 48, 3.2, 3.2)), ink.SCARF)  # a small ear stud
