"""Plain grounds: a parlour with patterned wallpaper, and grounds of one even colour.

Design pixels; in the parlour the wall meets the floor at y = 566, and animals sit at about 660.
"""

from collections.abc import Callable

import numpy as np

from data.violet.paint import Colour, Painting, mix

_WOOD, _DARK_WOOD = (164, 112, 78), (112, 74, 62)
_BOOKS = ((176, 70, 66), (64, 96, 124), (206, 164, 90), (86, 118, 84), (126, 92, 132))


def even(colour: Colour) -> Callable[[Painting, np.random.Generator], None]:
    """Give a painter that fills everything with one colour."""

    def paint(painting: Painting, random: np.random.Generator) -> None:
        painting.pixels[:] = (*colour, 255)

    return paint


def paint_vector_room(painting: Painting, random: np.random.Generator) -> None:
    """A wall and a floor of one colour each, a door, a shelf and a poster: shapes without lines."""
    left, width = painting.left, painting.right - painting.left
    painting.box(left, painting.top, width, 500 - painting.top, (240, 222, 188))
    painting.box(left, 500, width, painting.bottom - 500, (176, 204, 196))
    painting.box(left, 488, width, 14, (250, 240, 222))
    painting.box(120, 180, 170, 308, (214, 138, 108))
    painting.dab(268, 340, 7, 7, (90, 70, 84))
    painting.box(930, 220, 220, 16, (150, 116, 104))
    for x, high, tone in (
        (946, 70, (92, 130, 150)),
        (986, 92, (214, 96, 92)),
        (1040, 58, (120, 150, 110)),
    ):
        painting.box(x, 220 - high, 34, high, tone)
    painting.box(560, 130, 170, 120, (120, 168, 176))
    painting.dab(645, 190, 36, 36, (246, 214, 120))


def paint_parlour(painting: Painting, random: np.random.Generator) -> None:
    """Wallpaper with sprigs, a bookcase, a window, a picture, wainscot and a rug."""
    left, right, top, low = painting.left, painting.right, painting.top, painting.bottom
    width = right - left
    painting.blend(left, top, width, 470 - top, (206, 214, 190), (190, 198, 172), 8)
    for x in np.arange(left - left % 48, right, 48):
        painting.box(x, top, 14, 470 - top, (196, 206, 180))
        for y in np.arange(top - top % 66, 460, 66):
            at = y + 33 * (round(x / 48) % 2)
            for turn in (-38, 0, 38):
                spot = (x + 31 + 0.18 * turn, at - 7 + 0.1 * abs(turn))
                painting.dab(*spot, 3.4, 8.5, (150, 166, 134), turn)
            painting.dab(x + 31, at - 12, 4.6, 4.6, (214, 132, 118))
    painting.blend(left, 470, width, 100, (226, 212, 186), (204, 186, 160), 4)
    for x in np.arange(left - left % 92, right, 92):
        painting.box(x + 10, 492, 72, 60, (212, 196, 168))
        painting.box(x + 14, 496, 64, 52, (224, 210, 184))
    painting.box(left, 462, width, 12, (240, 228, 204))
    painting.box(left, 560, width, 12, (178, 158, 136))
    painting.blend(left, 570, width, low - 570, (158, 110, 82), (122, 82, 70), 8)
    for x in np.arange(left - 900, right + 900, 96):  # boards
        painting.line([(640 + (x - 640) * 0.8, 570), (640 + (x - 640) * 1.3, low)],
                      (106, 70, 62), 2.4)  # fmt: skip
    _rug(painting, 660)
    _bookcase(painting, random, 60)
    _window(painting, random, 1080)
    _picture(painting, random, 690)


def _rug(painting: Painting, x: float) -> None:
    for grow, tone in ((0, (150, 66, 66)), (18, (222, 190, 140)), (28, (168, 78, 74))):
        painting.dab(x, 658, 420 - 2 * grow, 62 - grow, tone)
    for at in np.arange(x - 320, x + 330, 64):
        painting.dab(at, 658, 15, 8, (226, 196, 146))
        painting.dab(at, 658, 7, 4, (84, 96, 120))


def _bookcase(painting: Painting, random: np.random.Generator, x: float) -> None:
    painting.box(x, 110, 320, 470, _DARK_WOOD)
    painting.box(x - 10, 98, 340, 18, _WOOD)
    for shelf in (242, 366, 490):
        painting.box(x + 14, shelf - 116, 292, 120, (78, 54, 54))
        at = x + 18.0
        while at < x + 280:
            thick, high = random.uniform(12, 27), random.uniform(62, 102)
            tone = mix(_BOOKS[random.integers(5)], (60, 44, 50), random.uniform(0, 0.4))
            painting.box(at, shelf - high, thick, high, tone)
            painting.box(at + thick - 3, shelf - high, 3, high, mix(tone, (30, 24, 40), 0.4))
            painting.box(at + 2, shelf - 0.8 * high, thick - 6, 5, (226, 204, 150))
            at += thick + random.uniform(0, 5)
        painting.box(x + 8, shelf, 304, 10, _WOOD)
    painting.box(x, 576, 320, 14, _WOOD)


def _window(painting: Painting, random: np.random.Generator, x: float) -> None:
    painting.box(x - 124, 70, 248, 372, (236, 226, 206))
    painting.blend(x - 108, 86, 216, 340, (126, 170, 206), (222, 226, 214), 10)
    painting.foliage(x + 20, 372, 80, 80, ((74, 112, 92), (108, 146, 98), (150, 180, 116)), random)
    painting.box(x - 108, 420, 216, 12, (208, 196, 176))
    painting.box(x - 5, 86, 10, 340, (236, 226, 206))
    painting.box(x - 108, 240, 216, 9, (236, 226, 206))
    for side in (-1, 1):
        edge = x + side * 140
        folds = [(edge, 50), (edge - side * 80, 50), (edge - side * 34, 280),
                 (edge - side * 60, 470), (edge + side * 16, 470)]  # fmt: skip
        painting.fill(folds, (166, 96, 88))
        for share in (0.2, 0.5, 0.8):
            painting.line([(edge - side * 80 * share, 54), (edge - side * 52 * share, 466)],
                          (128, 70, 76), 5)  # fmt: skip
    painting.box(x - 180, 40, 360, 14, _DARK_WOOD)


def _picture(painting: Painting, random: np.random.Generator, x: float) -> None:
    painting.box(x - 110, 130, 220, 164, _WOOD)
    painting.box(x - 102, 138, 204, 148, (214, 178, 112))
    painting.blend(x - 92, 148, 184, 128, (178, 204, 214), (236, 222, 190), 6)
    hills = np.linspace(x - 92, x + 92, 30)
    for base, tone in ((226, (132, 158, 150)), (246, (104, 138, 104))):
        ridge = base - 14 * np.sin(hills / 31 + base)
        painting.fill([*zip(hills, ridge, strict=True), (x + 92, 276), (x - 92, 276)], tone)
    for _ in range(14):
        painting.dab(*random.uniform((x - 84, 252), (x + 84, 272)), 8, 5, (78, 112, 84))
