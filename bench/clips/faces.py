"""Heads and model sheets of the walkers: face, eyes, four ways to wear the hair.

Head coordinates: the middle of the skull is (0, 0), the person looks to the right; the head is
about 125 design pixels high.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from data.violet.cel import Cel, Points, disc, ribbon, spline
from data.violet.paint import Colour, mix

Place = Callable[[Points], Points]

_PROFILE = (
    (-6, -52), (34, -46), (47, -22), (47, -8), (45, 0), (50, 9), (57, 17, 1), (51, 22), (49, 27),
    (51, 30), (48, 34), (48, 40), (42, 52), (28, 57), (4, 46), (-14, 28), (-20, 0), (-18, -34),
)  # fmt: skip
_CAP = (
    (50, -26, 1), (46, -54), (16, -76), (-26, -72), (-56, -46), (-64, -8), (-56, 22), (-38, 40, 1),
    (-26, 22), (-20, -2), (-6, -12), (10, -34), (30, -34),
)  # fmt: skip
_FRINGE = (
    (44, -56), (53, -30), (49, -4, 1), (42, -22), (33, -2, 1), (24, -24), (12, 4, 1), (4, -20),
    (-10, 24, 1), (-18, -8), (-22, -40), (8, -70),
)  # fmt: skip
_SPIKES = (
    (52, -22, 1), (62, -52, 1), (40, -58), (38, -86, 1), (12, -74), (-6, -96, 1), (-24, -72),
    (-58, -80, 1), (-56, -48), (-80, -34, 1), (-62, -14), (-72, 14, 1), (-50, 16), (-40, 42, 1),
    (-24, 16), (-16, -6), (4, -10), (14, -36), (24, -14, 1), (34, -36), (42, -12, 1),
)  # fmt: skip


@dataclass(frozen=True)
class Looks:
    """A model sheet: one flat colour per material; shadow and ink follow from it."""

    skin: Colour = (251, 222, 200)
    hair: Colour = (90, 62, 58)
    top: Colour = (70, 110, 160)
    bottom: Colour = (70, 66, 96)
    trim: Colour = (236, 226, 206)
    shoe: Colour = (150, 70, 60)
    iris: Colour = (96, 70, 130)
    style: str = "tail"  # tail, bob, spikes or long
    skirt: bool = False
    coat: bool = False
    inked: float = 0.80  # how dark the ink is, 0: like the colour it goes around, 1: black

    def shade(self, colour: Colour) -> Colour:
        """The cel's one shadow tone of a colour."""
        return mix(colour, (100, 76, 134), 0.30)

    def ink(self, colour: Colour) -> Colour:
        """The ink that goes around a colour."""
        return mix(colour, (34, 22, 44), self.inked)


def tail(cel: Cel, place: Place, looks: Looks, *, sway: float, wind: float) -> None:
    """Hair that falls behind the body: a tail or long hair. ``place`` is that of the neck."""
    if looks.style not in ("tail", "long"):
        return
    long = looks.style == "long"
    for i in range(5 if long else 2):
        u = np.linspace(0, 1, 24)
        start = np.array((-30.0 - 5 * i, -76 + 4 * i)) if long else np.array((-52.0, -98 + 6 * i))
        heading = (90 - 40 * wind if long else 80 - 60 * wind) - 5 * i
        heading = heading - (0 if long else 48 * (1 - u) ** 4)
        heading = np.deg2rad(heading + (12 + 16 * wind) * u * np.sin(sway - 3.4 * u - 0.5 * i) + 10)
        length = (150 if long else 118) + 9 * i
        steps = np.stack([-np.cos(heading), np.sin(heading)], axis=1) * length / len(u)
        middle = start + np.cumsum(steps, axis=0)
        shape = ribbon(middle, (20, 34, 36, 26, 0) if not long else (26, 30, 26, 16, 0))
        cel.part(place(shape), looks.hair, ink=looks.ink(looks.hair), shade=looks.shade(looks.hair),
                 shadows=[place(shape + (-4, 11))])  # fmt: skip
        cel.line(place(middle[2:20] + (3, -3)), looks.ink(looks.hair), 1.6, taper=(0.4, 0.1))


def head(
    cel: Cel, place: Place, looks: Looks, *, sway: float, wind: float, mouth: float, eye: float
) -> None:
    """Paint a head; ``mouth`` and ``eye`` are openings, 0..1."""
    ink, hair = looks.ink(looks.skin), looks.hair
    hair_ink, hair_shade = looks.ink(hair), looks.shade(hair)
    if looks.style == "bob":
        swing = 5 * np.sin(sway) - 12 * wind
        back = spline(
            [(-6, -60), (-56, -44), (-70, 4), (-66 + swing, 50), (-46 + swing, 62, 1), (-34, 50),
             (-18 + 0.5 * swing, 62, 1), (0, 40), (2, 0)],
            closed=True,
        )  # fmt: skip
        cel.part(place(back), hair_shade, ink=hair_ink)
    face = place(spline(_PROFILE, closed=True))
    jaw = spline([(60, 50), (36, 50), (12, 38), (-4, 16), (-40, 20), (0, 80), (60, 80)],
                 closed=True)  # fmt: skip
    under = spline([(60, -40), (52, -14), (34, 8), (10, 14), (-20, 40), (-30, -50)], closed=True)
    cel.part(face, looks.skin, ink=ink, width=2.4, shade=looks.shade(looks.skin),
             shadows=[place(jaw), place(under)])  # fmt: skip
    cel.fill(place(disc(22, 24, 9, 5)), mix(looks.skin, (236, 120, 112), 0.35), within=face)
    _eye(cel, place, looks, eye)
    if mouth > 0.2:
        gap = 9 * mouth
        lips = spline([(47, 36, 1), (38, 35), (33, 38, 1), (37, 38 + gap), (46, 37 + gap, 1)],
                      closed=True)  # fmt: skip
        cel.part(place(lips), (150, 62, 70), ink=ink, width=1.4)
    else:
        cel.line(place(spline([(48, 37), (40, 38), (34, 35)])), ink, 2.2, taper=(0.8, 0.2))
    cap = place(spline(_SPIKES if looks.style == "spikes" else _CAP, closed=True))
    low = spline([(-80, -30), (-50, -16), (-36, -4), (-18, -30), (-8, -6), (-30, 60), (-90, 60)],
                 closed=True)  # fmt: skip
    cel.part(cap, hair, ink=hair_ink, width=2.6, shade=hair_shade, shadows=[place(low)])
    cel.part(place(disc(-16, 8, 9, 13)), looks.skin, ink=ink, width=1.9,
             shade=looks.shade(looks.skin), shadows=[place(disc(-14, 10, 5, 8))])  # fmt: skip
    if looks.style != "spikes":
        give = np.array((-4 * wind, 0)) * (1 + np.sin(sway))
        lock = [(x + give[0] * (y > -10), y, *c) for x, y, *c in _FRINGE]
        cel.part(place(spline(lock, closed=True)), hair, ink=hair_ink, width=2.2)
        side = [(-14, -10), (-8 + give[0], 20), (-12 + 3 * give[0], 44, 1), (-22 + give[0], 20),
                (-24, -10)]  # fmt: skip
        cel.part(place(spline(side, closed=True)), hair, ink=hair_ink, width=2)
        shine = spline([(40, -56, 1), (10, -58), (-30, -52), (-46, -30, 1), (-28, -42), (8, -46)],
                       closed=True)  # fmt: skip
        cel.fill(place(shine), mix(hair, (255, 250, 240), 0.38), within=cap)
    if looks.style == "tail":
        cel.part(place(disc(-56, -40, 9, 13)), looks.trim, ink=looks.ink(looks.trim), width=2)
    cel.line(place(spline([(44, -16), (33, -20), (20, -15)])), hair_ink, 3, taper=(0.6, 0.2))


def _eye(cel: Cel, place: Place, looks: Looks, opening: float) -> None:
    lash = (40, 28, 44)
    if opening < 0.3:
        cel.line(place(spline([(43, 8), (34, 12), (24, 8)])), lash, 3.6, taper=(0.6, 0.3))
        return
    white = place(spline([(43, -4), (43, 12), (36, 17), (26, 13), (25, 0), (33, -8)], closed=True))
    cel.fill(white, (250, 250, 250))
    cel.fill(place(disc(37, 4, 6.5, 11)), mix(looks.iris, (20, 16, 40), 0.4), within=white)
    cel.fill(place(disc(37, 8, 5, 6)), looks.iris, within=white)
    cel.fill(place(disc(38, 3, 2.6, 6)), (24, 18, 34), within=white)
    cel.fill(place(disc(35, -2, 2.4, 3.2)), (255, 255, 255), within=white)
    cel.line(place(spline([(45, -2), (36, -9), (22, -3)])), lash, 5, taper=(0.5, 0.2))
    cel.line(place(spline([(41, 16), (34, 18), (27, 14)])), lash, 1.6)
