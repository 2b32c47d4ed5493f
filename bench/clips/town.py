"""Backgrounds with walls: the street of `data.violet`, a row of shops, a classroom.

Every painter fills the whole painting it is given, in design pixels; people stand at about
y = 640.
"""

import numpy as np

from data.violet.paint import Colour, Painting, mix
from data.violet.skyline import paint_skyline
from data.violet.street import paint_street

_SHADE: Colour = (80, 72, 124)
_WALLS = ((238, 206, 168), (206, 222, 214), (240, 226, 200), (222, 176, 160), (196, 204, 226))
_AWNINGS = ((206, 78, 74), (64, 130, 120), (232, 170, 70), (92, 104, 170))
_GOODS = ((226, 92, 74), (246, 196, 84), (112, 176, 104), (240, 236, 226), (150, 110, 180))


def paint_town(painting: Painting, random: np.random.Generator) -> None:
    """The street of the example clip and the distance behind it, both on one plane."""
    paint_skyline(painting, random)
    paint_street(painting, random)


def paint_shops(painting: Painting, random: np.random.Generator) -> None:
    """A row of small shops with awnings and signs, a pavement and a road."""
    left, right, low = painting.left, painting.right, painting.bottom
    at, index = left - 60.0, 0
    while at < right:
        width = float(random.uniform(250, 350))
        _shop(painting, random, at, width, index)
        at, index = at + width, index + 1
    painting.blend(left, 560, right - left, 74, (216, 206, 204), (190, 180, 188), 5)
    for x in np.arange(left - 100, right, 62):
        painting.line([(x + 46, 560), (x, 634)], (160, 150, 166), 2)
    for y in (580, 604):
        painting.line([(left, y), (right, y)], (166, 156, 170), 1.8)
    painting.box(left, 630, right - left, 16, (236, 228, 222))
    painting.box(left, 644, right - left, 8, (120, 112, 134))
    painting.blend(left, 652, right - left, low - 652, (132, 126, 146), (104, 98, 124), 6)
    for _ in range(int((right - left) * 0.25)):
        spot = random.uniform((left, 656), (right, low))
        painting.dab(*spot, random.uniform(4, 20), 2.2, (150, 144, 160))
    for x in np.arange(left + 120, right, 430):
        painting.box(x, 690, 170, 10, (240, 236, 224))
    for x in np.arange(left + 60, right, 540):
        _pole(painting, float(x))


def _shop(
    painting: Painting, random: np.random.Generator, x: float, width: float, index: int
) -> None:
    wall = mix(_WALLS[index % 5], (255, 255, 255), random.uniform(0, 0.2))
    dark, light = mix(wall, _SHADE, 0.35), mix(wall, (255, 255, 255), 0.5)
    top = painting.top
    painting.blend(
        x, top, width, 570 - top, mix(wall, (255, 246, 220), 0.3), mix(wall, _SHADE, 0.1)
    )
    for _ in range(50):  # stains and bricks
        spot = random.uniform((x + 20, top), (x + width - 40, 540))
        painting.box(
            *spot, 22, 8, mix(wall, _SHADE if random.uniform() < 0.6 else (255,) * 3, 0.14)
        )
    painting.box(x + width - 14, top, 14, 570 - top, dark)
    for y in (30.0, -140.0):
        for share in (0.22, 0.5, 0.78):
            if y > top - 120:
                _upper_window(painting, random, x + share * width, y, wall)
    painting.box(x, 172, width, 10, light)
    painting.box(x, 182, width, 6, dark)
    sign = _AWNINGS[(index + 1) % 4]
    painting.box(x + 20, 200, width - 48, 54, mix(sign, (40, 30, 60), 0.35))
    painting.box(x + 26, 206, width - 60, 42, mix(sign, (255, 250, 236), 0.78))
    mark = x + 44
    while mark < x + width - 70:  # letters of no script
        span = random.uniform(12, 26)
        for _ in range(3):
            ends = random.uniform((mark, 214), (mark + span, 242), (2, 2))
            painting.line(ends, mix(sign, (30, 20, 40), 0.4), 5)
        mark += span + 12
    awning = _AWNINGS[index % 4]
    stripes = int(width // 30)
    for i in range(stripes):
        a, b = x + 10 + (width - 30) * i / stripes, x + 10 + (width - 30) * (i + 1) / stripes
        tone = awning if i % 2 else (250, 242, 228)
        painting.fill([(a + 6, 268), (b + 6, 268), (b - 8, 330), (a - 8, 330)], tone)
        painting.dab(0.5 * (a + b) - 8, 330, 0.5 * (b - a), 10, mix(tone, _SHADE, 0.25))
    painting.box(x + 14, 340, width - 34, 220, mix(wall, _SHADE, 0.5))
    door = x + (0.66 if index % 2 else 0.12) * width
    window = x + (0.08 if index % 2 else 0.42) * width
    span = 0.5 * width
    painting.blend(window, 356, span, 150, (116, 112, 132), (84, 80, 106), 5)
    for shelf in (420, 496):
        for good in np.arange(window + 12, window + span - 14, 23):
            tone, high = _GOODS[random.integers(5)], random.uniform(16, 44)
            painting.box(good, shelf - high, 17, high, tone)
            painting.box(good + 12, shelf - high, 5, high, mix(tone, _SHADE, 0.4))
        painting.box(window, shelf, span, 6, (196, 150, 112))
    gleam = [(window + 20, 506), (window + 80, 356), (window + 120, 356), (window + 60, 506)]
    painting.glaze(gleam, (226, 236, 246), 0.35)
    painting.box(window - 6, 506, span + 12, 54, mix(awning, (60, 44, 60), 0.3))
    painting.box(door, 356, 62, 204, (92, 64, 62))
    painting.blend(door + 9, 368, 44, 120, (150, 170, 190), (104, 116, 146), 5)
    painting.dab(door + 54, 470, 4, 4, (240, 206, 110))
    pot = door + 74
    painting.box(pot, 536, 30, 28, (190, 104, 82))
    painting.foliage(pot + 15, 512, 27, 32,
                     ((44, 86, 66), (76, 128, 78), (132, 172, 92)), random, 80)  # fmt: skip


def _upper_window(
    painting: Painting, random: np.random.Generator, x: float, y: float, wall: Colour
) -> None:
    painting.box(x - 34, y - 6, 68, 118, mix(wall, (255, 255, 255), 0.7))
    painting.blend(x - 27, y, 54, 104, (150, 178, 204), (98, 120, 156), 6)
    painting.fill([(x - 27, y + 70), (x - 27, y + 30), (x + 10, y), (x + 27, y)], (190, 210, 226))
    if random.uniform() < 0.6:
        painting.fill([(x + 27, y), (x + 4, y), (x + 18, y + 104), (x + 27, y + 104)],
                      (240, 228, 216))  # fmt: skip
    painting.box(x - 3, y, 6, 104, mix(wall, (255, 255, 255), 0.7))
    painting.box(x - 40, y + 110, 80, 9, mix(wall, (255, 255, 255), 0.6))
    painting.box(x - 38, y + 119, 76, 6, mix(wall, _SHADE, 0.4))


def _pole(painting: Painting, x: float) -> None:
    painting.box(x, painting.top, 15, 640 - painting.top, (150, 146, 156))
    painting.box(x + 10, painting.top, 5, 640 - painting.top, (104, 100, 122))
    painting.box(x - 34, 250, 84, 26, (70, 90, 150))
    painting.box(x - 28, 258, 72, 9, (240, 240, 246))


def paint_classroom(painting: Painting, random: np.random.Generator) -> None:
    """A classroom in the afternoon: blackboard, windows, desks, patches of sun."""
    left, right, low = painting.left, painting.right, painting.bottom
    width = right - left
    painting.blend(left, painting.top, width, 700, (244, 234, 210), (226, 208, 186), 12)
    for _ in range(60):
        spot = random.uniform((left, painting.top), (right, 480))
        painting.dab(*spot, random.uniform(20, 70), random.uniform(8, 24), (238, 224, 200))
    painting.blend(left, 470, width, 110, (190, 146, 108), (160, 116, 92), 5)
    for x in np.arange(left, right, 44):
        painting.box(x, 474, 3, 106, (130, 92, 80))
    painting.box(left, 464, width, 10, (216, 178, 134))
    painting.blend(left, 580, width, low - 580, (206, 164, 118), (150, 108, 88), 8)
    for x in np.arange(left - 900, right + 600, 84):  # boards
        painting.line([(640 + (x - 640) * 0.75, 580), (640 + (x - 640) * 1.3, low)],
                      (132, 92, 76), 2.4)  # fmt: skip
    _blackboard(painting, random, 640)
    for x in (60.0, 1180.0):
        _window(painting, random, x)
    painting.dab(905, 70, 36, 36, (92, 70, 66))
    painting.dab(905, 70, 30, 30, (250, 248, 240))
    painting.line([(905, 70), (905, 50)], (50, 44, 54), 4)
    painting.line([(905, 70), (920, 78)], (50, 44, 54), 4)
    for x, tone in ((300, (226, 110, 96)), (330, (110, 160, 190)), (968, (150, 186, 120))):
        painting.box(x, 170, 70, 92, (252, 250, 244))
        painting.box(x + 8, 180, 54, 40, tone)
        for y in (230, 240, 250):
            painting.box(x + 8, y, 50, 4, (170, 166, 176))
    for at in (40.0, 330.0, 950.0, 1220.0):
        _desk(painting, at)
    for at in (160.0, 760.0):
        sun = [(at, 580), (at + 200, 580), (at + 330, low), (at + 60, low)]
        painting.glaze(sun, (255, 244, 196), 0.42)


def _blackboard(painting: Painting, random: np.random.Generator, x: float) -> None:
    painting.box(x - 236, 126, 472, 268, (150, 106, 78))
    painting.blend(x - 222, 140, 444, 236, (66, 104, 92), (52, 84, 80), 8)
    for _ in range(26):  # wiped chalk
        spot = random.uniform((x - 190, 150), (x + 190, 360))
        painting.dab(*spot, random.uniform(20, 60), random.uniform(5, 14), (74, 112, 100),
                     random.uniform(-25, 25))  # fmt: skip
    chalk = (222, 232, 222)
    for row in range(5):
        at = x - 196.0
        while at < x - 10 - 26 * (row % 2):
            ends = random.uniform((at, 168 + 38 * row), (at + 16, 188 + 38 * row), (3, 2))
            painting.line(ends, chalk, 2.6)
            at += random.uniform(20, 30)
    turn = np.linspace(0, 2 * np.pi, 40)
    circle = np.stack([x + 110 + 70 * np.cos(turn), 256 + 70 * np.sin(turn)], axis=1)
    painting.line(circle, (246, 214, 140), 3)
    painting.line([(x + 50, 290), (x + 160, 204), (x + 176, 300), (x + 50, 290)], chalk, 3)
    painting.box(x - 236, 388, 472, 12, (190, 146, 104))


def _window(painting: Painting, random: np.random.Generator, x: float) -> None:
    painting.box(x - 130, 30, 260, 410, (250, 248, 240))
    painting.blend(x - 116, 44, 232, 382, (142, 194, 236), (226, 240, 244), 14)
    painting.dab(x - 40, 130, 60, 20, (252, 252, 250))
    painting.dab(x + 4, 118, 46, 24, (252, 252, 250))
    painting.foliage(x + 30, 350, 84, 90,
                     ((66, 112, 84), (104, 150, 92), (160, 192, 116)), random, 240)  # fmt: skip
    painting.box(x - 116, 410, 232, 16, (200, 194, 190))
    painting.box(x - 5, 44, 10, 382, (246, 242, 232))
    painting.box(x - 116, 220, 232, 9, (246, 242, 232))
    for side in (-1, 1):
        edge = x + side * 138
        folds = [(edge, 16), (edge - side * 70, 16), (edge - side * 40, 240),
                 (edge - side * 56, 440), (edge + side * 14, 440)]  # fmt: skip
        painting.fill(folds, (236, 190, 150))
        for share in (0.25, 0.55, 0.8):
            painting.line([(edge - side * 70 * share, 20), (edge - side * 48 * share, 436)],
                          (206, 150, 124), 5)  # fmt: skip
    painting.box(x - 160, 10, 320, 12, (132, 96, 80))


def _desk(painting: Painting, x: float) -> None:
    for dx in (8, 150):
        painting.box(x + dx, 560, 9, 130, (110, 112, 128))
    painting.fill([(x - 6, 556), (x + 8, 536), (x + 162, 536), (x + 176, 556)], (226, 180, 124))
    painting.box(x - 6, 556, 182, 26, (184, 132, 92))
    painting.box(x + 20, 526, 60, 10, (110, 150, 190))
    painting.box(x + 24, 518, 52, 9, (236, 120, 100))
