"""Torso, neck and scarf: a light coat with a blue trim, a satchel strap across it.

Torso coordinates: the pit of the neck is (0, 0), she looks to the right, y runs down the spine.
"""

import numpy as np

from data.violet import palette as ink
from data.violet.cel import Cel, Placement, Points, disc, ribbon, spline

_TORSO = (
    (44, -6, 1), (62, 24), (92, 66), (108, 118), (102, 170), (86, 224), (80, 290), (92, 380),
    (104, 520, 1), (-118, 520, 1), (-104, 400), (-84, 310), (-88, 240), (-112, 170), (-122, 104),
    (-108, 46), (-76, 8), (-52, -6, 1),
)  # fmt: skip
_TORSO_SHADE = (
    (-140, 60), (-96, 70), (-74, 130), (-62, 210), (-50, 260), (-60, 330), (-36, 420), (-50, 540),
    (-160, 540),
)  # fmt: skip
_BUST_SHADE = (
    (112, 150), (78, 176), (38, 186), (10, 178, 1), (36, 204), (62, 226), (54, 270), (66, 340),
    (60, 540), (130, 540), (120, 300),
)  # fmt: skip
# Where the scarf throws its shadow, on the coat and on the shoulder of the near sleeve.
BELOW_SCARF = (
    (66, 10), (72, 34), (58, 58), (24, 70), (-26, 64), (-74, 42), (-98, 8), (-90, -30), (0, -40),
    (60, -20),
)  # fmt: skip


def torso(cel: Cel, place: Placement) -> None:
    """The coat without its sleeves."""
    coat = place(spline(_TORSO, closed=True))
    shadows = [place(spline(p, closed=True)) for p in (_TORSO_SHADE, _BUST_SHADE, BELOW_SCARF)]
    cel.part(coat, ink.COAT, ink=ink.COAT_INK, width=2.6, shade=ink.COAT_SHADE, shadows=shadows)
    for fold in (
        [(58, 250), (20, 270), (-20, 272)], [(96, 96), (80, 108), (72, 126)],
        [(76, 290), (40, 300), (10, 322)], [(-84, 300), (-52, 296), (-24, 310)],
        [(-80, 318), (-40, 330), (-20, 352)],
    ):  # fmt: skip
        cel.line(place(spline(fold)), ink.COAT_INK, 1.8, taper=(0.6, 0.1), within=coat)
    pocket = spline(
        [(-6, 196, 1), (40, 186, 1), (42, 206, 1), (18, 214), (-4, 216, 1)], closed=True
    )
    cel.part(place(pocket), ink.COAT, ink=ink.COAT_INK, width=1.8)
    cel.line(place(spline([(-64, 110), (-56, 200), (-62, 290), (-74, 420)])), ink.COAT_INK, 1.8,
             taper=(0.2, 0.6), within=coat)  # fmt: skip
    # The front edge of the coat: a trim with three buttons, seen at a slant.
    edge = place(
        ribbon(
            spline([(40, 0), (66, 50), (86, 110), (80, 180), (64, 240), (62, 330), (72, 520)]), 15
        )
    )
    cel.fill(edge, ink.TRIM, within=coat)
    cel.fill(edge, ink.TRIM_SHADE, within=place(spline(_BUST_SHADE, closed=True)))
    for x, y in ((56, 62), (69, 118), (63, 178), (47, 240), (45, 310)):
        cel.part(place(disc(x, y, 4.6, 5.6)), ink.SCARF, ink=ink.SCARF_INK, width=1.6)
    strap = spline([(-86, 2), (-40, 60), (14, 128), (56, 196), (86, 262)])
    cel.fill(place(ribbon(strap, 25)), ink.STRAP, within=coat)
    cel.fill(place(ribbon(strap + (-5, 6), 11)), ink.STRAP_SHADE, within=coat)
    for side in (-12.5, 12.5):
        cel.line(place(strap + (side * 0.85, -side * 0.6)), ink.SCARF_INK, 2, within=coat)
    cel.outline(coat, ink.COAT_INK, 2.6)


def neck(cel: Cel, place: Placement, chin: Points) -> None:
    """The neck from the collar up to `chin` (2,), the skull's place in torso coordinates."""
    to_head = chin + (-26, 40)
    column = ribbon(
        spline([(-4, 22), (-8, -14), to_head * 0.5 + (-2, -2), to_head]), (96, 82, 78, 92)
    )
    shade = ribbon(
        spline([(22, 22), (16, -14), to_head * 0.55 + (22, 0), to_head + (30, 0)]), (30, 62, 70)
    )
    cel.part(
        place(column), ink.SKIN, ink=ink.SKIN_INK, width=2.2, shade=ink.SKIN_SHADE,
        shadows=[place(shade)],
    )  # fmt: skip


def scarf(cel: Cel, place: Placement, *, sway: float) -> None:
    """A scarf wound around the neck; its end flutters behind the shoulder."""
    wave = 5 * np.sin(sway)
    band = (
        (62, -20), (70, 4), (58, 30), (26, 44), (-18, 40), (-62, 22), (-82, -8), (-78, -36),
        (-62, -48, 1), (-30, -30), (16, -26), (46, -32, 1),
    )  # fmt: skip
    low = (
        (80, 6),
        (54, 16),
        (20, 26),
        (-20, 18),
        (-60, 0),
        (-90, -20),
        (-96, 20),
        (-20, 60),
        (60, 50),
    )
    cel.part(
        place(spline(band, closed=True)), ink.SCARF, ink=ink.SCARF_INK, width=2.4,
        shade=ink.SCARF_SHADE, shadows=[place(spline(low, closed=True))],
    )  # fmt: skip
    for fold in (
        [(56, -10), (20, 2), (-24, -6), (-62, -30)], [(60, 12), (30, 24), (-4, 20)],
        [(-74, -20), (-50, 2), (-20, 12 + wave * 0.4)],
    ):  # fmt: skip
        cel.line(place(spline(fold)), ink.SCARF_INK, 1.8, taper=(0.4, 0.1))


def scarf_end(cel: Cel, place: Placement, *, sway: float, wind: float) -> None:
    """The loose end of the scarf, behind her back."""
    u = np.linspace(0, 1, 24)
    fall = 86 - 74 * wind + (10 + 22 * wind) * np.sin(sway - 3.6 * u) * u
    # Placed on a leaning torso: the wind blows along the street, not along the spine.
    fall = np.deg2rad(fall + place.degrees)
    steps = np.stack([-np.cos(fall), np.sin(fall)], axis=1) * 210 / len(u)
    middle = np.array((-62, -14)) + np.cumsum(steps, axis=0)
    outline = place(ribbon(middle, (34, 50, 56, 60)))
    shade = place(ribbon(middle + (0, 16), (30, 30, 14, 34)))
    cel.part(
        outline, ink.SCARF, ink=ink.SCARF_INK, width=2.4, shade=ink.SCARF_SHADE, shadows=[shade]
    )
    cel.line(place(middle[2:18] - (0, 6)), ink.SCARF_INK, 1.8, taper=(0.5, 0.1))
    tips = ribbon(middle[-3:], (60, 60))
    ends = np.linspace(tips[2], tips[3], 8)
    for end in ends[1:-1]:  # fringe threads
        cel.line(place(np.array([end, end + steps[-1] * 2.2])), ink.SCARF_INK, 1.6)
