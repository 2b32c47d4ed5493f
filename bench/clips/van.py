"""A delivery van seen from the side: one drawing that only slides.

Coordinates: its front wheel's hub is (0, 0), it drives to the left, and it is 470 design pixels
long.
"""

from collections.abc import Callable

import numpy as np

from data.violet.cel import Cel, Points, disc, spline
from data.violet.paint import mix

_BODY, _ROOF, _INK = (226, 160, 60), (246, 238, 222), (54, 36, 46)
_SHADE, _GLASS = (182, 112, 66), (92, 128, 158)


def paint_van(cel: Cel, place: Callable[[Points], Points]) -> None:
    """Paint the van, body first."""
    body = spline(
        [(-92, 20, 1), (-96, -20), (-88, -70, 1), (-52, -88), (-12, -176), (16, -196), (330, -200),
         (352, -186), (360, -100), (362, 10), (352, 22, 1)],
        closed=True,
    )  # fmt: skip
    low = np.array([(-120, -16), (380, -22), (380, 60), (-120, 60.0)])
    cel.part(place(body), _BODY, ink=_INK, width=3.2, shade=_SHADE, shadows=[place(low)])
    roof = spline([(-4, -172, 1), (16, -196), (330, -200), (352, -186), (354, -160, 1)],
                  closed=True)  # fmt: skip
    cel.part(place(roof), _ROOF, ink=_INK, width=2.4)
    windscreen = [(-44, -88, 1), (-8, -160), (6, -160, 1), (6, -88, 1)]
    door = [(18, -160, 1), (84, -160, 1), (84, -88, 1), (18, -88, 1)]
    rear = [(236, -158, 1), (334, -158), (338, -92, 1), (236, -90, 1)]
    for pane in (windscreen, door, rear):
        glass = place(spline(pane, closed=True))
        cel.part(glass, _GLASS, ink=_INK, width=2.6)
        left = pane[0][0]
        gleam = np.array(
            [(left + 34, -166), (left + 52, -166), (left + 22, -80), (left + 4, -80.0)]
        )
        cel.fill(place(gleam), mix(_GLASS, (255, 255, 255), 0.5), within=glass)
    driver = spline([(40, -88, 1), (36, -112), (44, -140), (62, -140), (66, -112), (72, -88, 1)],
                    closed=True)  # fmt: skip
    cel.fill(place(driver), (58, 66, 92))
    cel.part(place(np.array([(104, -150), (222, -150), (222, -62), (104, -62.0)])),
             (246, 238, 222), ink=_INK, width=2)  # fmt: skip
    loaf = spline([(120, -92), (132, -126), (164, -136), (196, -124), (208, -92), (164, -84)],
                  closed=True)  # fmt: skip
    cel.part(place(loaf), (204, 132, 74), ink=(96, 54, 44), width=2.2, shade=(166, 96, 62),
             shadows=[place(loaf + (0, 22))])  # fmt: skip
    for x in (142, 162, 182):
        cel.line(place(np.array([(x - 6, -108), (x + 6, -128.0)])), (246, 220, 170), 4)
    cel.line(place(np.array([(92, -160), (92, 6.0)])), _INK, 2)
    cel.line(place(np.array([(-80, -52), (358, -58.0)])), (246, 238, 222), 7, taper=(1, 1))
    cel.line(place(np.array([(28, -74), (46, -74.0)])), _INK, 4, taper=(1, 1))
    cel.part(place(disc(-84, -42, 10, 15)), (255, 246, 206), ink=_INK, width=2.2)
    cel.part(place(disc(356, -36, 6, 13)), (206, 66, 62), ink=_INK, width=2.2)
    cel.part(place(np.array([(-104, 4), (-60, 4), (-60, 22), (-104, 22.0)])), (196, 200, 212),
             ink=_INK, width=2.2)  # fmt: skip
    for hub in (0, 272):
        cel.fill(place(disc(hub, 4, 52, 48)), (62, 40, 50))
        cel.part(place(disc(hub, 12, 42, 42)), (56, 54, 66), ink=_INK, width=2.6)
        cel.part(place(disc(hub, 12, 21, 21)), (206, 208, 214), ink=_INK, width=2,
                 shade=(150, 152, 176), shadows=[place(disc(hub + 8, 22, 20, 20))])  # fmt: skip
        for turn in np.arange(5) * 1.2566:
            spot = (hub + 12 * np.cos(turn), 12 + 12 * np.sin(turn))
            cel.fill(place(disc(*spot, 2.4, 2.4)), _INK)
