"""The near plane: a row of plastered town houses with shutters, balconies, roofs and plants."""

from dataclasses import dataclass

import numpy as np

from data.violet.paint import Colour, Painting, mix

_SHADOW: Colour = (92, 88, 132)  # what lies in shadow leans towards this
_LIGHT: Colour = (255, 246, 222)


@dataclass(frozen=True)
class House:
    """One house: design pixels and RGB colours."""

    left: float
    width: float
    eaves: float  # y of the roof's lower edge
    wall: Colour
    roof: Colour
    shutters: Colour
    roof_rise: float = 90.0
    gable: bool = False  # gable towards the street, else a sloping roof with dormers
    windows: int = 3  # per floor
    arched: bool = False
    balcony_floor: int = 1  # floor with a balcony, counted from the eaves; -1 for none


# The row, from left to right. Gaps between houses and low roofs let the distance show.
_ROW = (
    House(-200, 376, 150, (232, 208, 162), (166, 98, 82), (116, 140, 140), balcony_floor=1),
    House(172, 262, 262, (238, 234, 224), (112, 112, 144), (110, 134, 166), gable=True, windows=2,
          roof_rise=140, balcony_floor=0),
    House(432, 314, 112, (218, 170, 140), (146, 90, 82), (226, 212, 190), balcony_floor=2,
          roof_rise=120),
    House(950, 296, 214, (242, 238, 224), (178, 110, 90), (126, 152, 140), arched=True),
    House(1248, 244, 96, (192, 198, 186), (108, 106, 136), (130, 108, 102), windows=2,
          gable=True, roof_rise=130, balcony_floor=1),
    House(1570, 330, 190, (232, 202, 148), (170, 96, 80), (98, 126, 132), balcony_floor=1,
          roof_rise=110, arched=True),
    House(1900, 330, 130, (224, 196, 190), (114, 110, 138), (230, 222, 210)),
)  # fmt: skip

_STOREY = 176.0  # from one floor's windows to the next
_LEAVES = ((52, 82, 72), (76, 114, 78), (118, 150, 88), (164, 188, 108))


def paint_street(painting: Painting, random: np.random.Generator) -> None:
    """Paint the whole row, then what stands before it."""
    for house in _ROW:
        _wall(painting, house, random)
        _roof(painting, house, random)
        _floors(painting, house, random)
    _garden(painting, 746, 950, random)
    _garden(painting, 1492, 1570, random)
    _evening_light(painting)
    for x, y, reach in (
        (172, 620, 74),
        (1244, 590, 84),
        (1900, 640, 80),
        (470, 690, 56),
        (860, 640, 60),
    ):
        painting.box(x - 5, y, 10, 260, (94, 76, 74))
        painting.foliage(x, y, reach, reach * 1.15, _LEAVES, random, 340)
    for x in (640, 1470):
        _lamp(painting, x)


def _evening_light(painting: Painting) -> None:
    """Low sun: houses across the street throw their shadow on the lower floors."""
    for x in np.arange(painting.left - 300, painting.right, 640):
        outline = [
            (x, painting.bottom), (x, 560), (x + 90, 486), (x + 190, 560), (x + 190, 610),
            (x + 330, 610), (x + 330, 520), (x + 520, 520), (x + 520, 580), (x + 640, 580),
            (x + 640, painting.bottom),
        ]  # fmt: skip
        painting.glaze(outline, (104, 104, 158), 0.34)
    for x in np.arange(painting.left - 500, painting.right, 430):
        beam = [
            (x, painting.bottom),
            (x + 330, painting.top),
            (x + 450, painting.top),
            (x + 120, painting.bottom),
        ]
        painting.glaze(beam, (255, 244, 214), 0.16)


def _wall(painting: Painting, house: House, random: np.random.Generator) -> None:
    x, width, top = house.left, house.width, house.eaves
    low = painting.bottom
    painting.blend(
        x, top, width, low - top, mix(house.wall, _LIGHT, 0.35), mix(house.wall, _SHADOW, 0.20), 14
    )
    for _ in range(26):  # patches of older plaster
        at = random.uniform((x, top), (x + width, low))
        tone = mix(house.wall, _LIGHT if random.uniform() < 0.5 else _SHADOW, 0.14)
        painting.dab(
            float(np.clip(at[0], x + 50, x + width - 50)), at[1], random.uniform(12, 46),
            random.uniform(6, 24), tone, 90 if random.uniform() < 0.4 else 0,
        )  # fmt: skip
    edge = mix(house.wall, _SHADOW, 0.42)
    painting.box(x + width - 0.1 * width, top, 0.1 * width, low - top, edge)
    for i, y in enumerate(np.arange(top + 20, low, 26)):  # corner stones
        painting.box(x, y, 20 + 10 * (i % 2), 17, mix(house.wall, (255, 255, 255), 0.45))
    painting.box(x, top, width, 26, mix(house.wall, _SHADOW, 0.45))  # shade below the eaves
    painting.box(x - 8, top - 8, width + 16, 15, mix(house.wall, (255, 255, 255), 0.6))
    painting.box(x - 8, top + 5, width + 16, 5, mix(house.wall, _SHADOW, 0.6))


def _roof(painting: Painting, house: House, random: np.random.Generator) -> None:
    x, width, y, rise = house.left, house.width, house.eaves - 6, house.roof_rise
    dark, light = mix(house.roof, _SHADOW, 0.4), mix(house.roof, _LIGHT, 0.25)
    if house.gable:
        top = (x + 0.5 * width, y - rise)
        wall = mix(house.wall, _LIGHT, 0.4)
        painting.fill([(x, y + 10), top, (x + width, y + 10)], wall)
        painting.line([(x - 12, y + 14), top], light, 17)
        painting.line([top, (x + width + 12, y + 14)], dark, 17)
        painting.dab(top[0], y - 0.38 * rise, 20, 24, mix(house.wall, (255, 255, 255), 0.7))
        painting.dab(top[0], y - 0.38 * rise, 14, 18, (96, 110, 138))
    else:
        inset = 0.14 * width
        slope = [
            (x - 12, y),
            (x + inset, y - rise),
            (x + width - inset, y - rise),
            (x + width + 12, y),
        ]
        painting.fill(slope, house.roof)
        for row in np.arange(8, rise, 11):  # courses of tiles
            reach = (inset + 12) * row / rise
            first, last = x - 8 + reach, x + width + 8 - reach
            for at in np.arange(first, last, 17):
                tone = mix(
                    house.roof, light if random.uniform() < 0.5 else dark, random.uniform(0, 0.5)
                )
                painting.box(at, y - row, min(15, last - at), 8, tone)
        painting.fill(
            [(x + width - inset, y - rise), (x + width + 12, y), (x + 0.84 * width, y)], dark
        )
        painting.line([(x + inset - 4, y - rise), (x + width - inset + 4, y - rise)], light, 8)
        for share in (0.3, 0.62):
            _dormer(painting, house, x + share * width, y - 0.3 * rise)
    for share in (0.24, 0.78):
        at = x + share * width
        stack = y - rise * (1.0 if not house.gable else 0.7) - 34
        painting.box(at, stack, 30, 58, mix((186, 130, 110), _LIGHT, 0.15))
        painting.box(at + 20, stack, 10, 58, (132, 88, 92))
        painting.box(at - 4, stack - 6, 38, 10, (206, 170, 150))
        painting.box(at + 5, stack - 22, 8, 18, (160, 92, 76))
        painting.box(at + 18, stack - 18, 8, 14, (150, 84, 74))


def _dormer(painting: Painting, house: House, x: float, y: float) -> None:
    painting.box(x - 20, y - 44, 40, 48, mix(house.wall, (255, 255, 255), 0.5))
    painting.box(x - 13, y - 36, 26, 38, (98, 112, 142))
    painting.box(x - 13, y - 36, 9, 38, (146, 164, 186))
    painting.fill([(x - 28, y - 42), (x, y - 70), (x + 28, y - 42)], mix(house.roof, _SHADOW, 0.25))
    painting.line([(x - 28, y - 42), (x, y - 70)], mix(house.roof, _LIGHT, 0.4), 5)


def _floors(painting: Painting, house: House, random: np.random.Generator) -> None:
    pitch = house.width / house.windows
    for floor in range(int((painting.bottom - house.eaves) / _STOREY) + 1):
        top = house.eaves + 46 + floor * _STOREY
        course = top + _STOREY - 40
        painting.box(house.left, course, house.width, 9, mix(house.wall, (255, 255, 255), 0.5))
        painting.box(house.left, course + 9, house.width, 5, mix(house.wall, _SHADOW, 0.35))
        centres = house.left + pitch * (np.arange(house.windows) + 0.5)
        for x in centres:
            _window(painting, house, float(x), top, random)
        if floor == house.balcony_floor:
            _balcony(painting, centres[0] - 62, centres[-1] + 62, top + 108, random)


def _window(
    painting: Painting, house: House, x: float, y: float, random: np.random.Generator
) -> None:
    frame, height = mix(house.wall, (255, 255, 255), 0.75), 104
    painting.box(x - 30, y - 2, 66, height + 10, mix(house.wall, _SHADOW, 0.35))
    if house.arched:
        painting.dab(x, y + 4, 33, 28, frame)
    painting.box(x - 33, y - 6, 66, height + 10, frame)
    sky = random.uniform(0.2, 0.7)
    glass, gleam = mix((62, 78, 112), (150, 176, 200), 0.3 * sky), (158, 184, 206)
    if house.arched:
        painting.dab(x, y + 6, 25, 22, glass)
    painting.blend(x - 25, y, 50, height, mix(glass, gleam, 0.3 + 0.3 * sky), glass, 6)
    painting.fill(
        [(x - 25, y + 62), (x - 25, y + 20), (x + 4, y), (x + 22, y)], mix(glass, gleam, sky)
    )
    if random.uniform() < 0.5:  # a curtain
        painting.fill(
            [(x - 25, y), (x + 2, y), (x - 16, y + 70), (x - 25, y + 100)], (226, 220, 214)
        )
    painting.box(x - 3, y - 4, 6, height + 4, frame)
    painting.box(x - 25, y + 40, 50, 5, frame)
    open_ = min(random.uniform(18, 27), 0.5 * house.width / house.windows - 35)
    for side in (-1, 1):
        left = x + side * 33 - (open_ if side < 0 else 0)
        tone = house.shutters if side > 0 else mix(house.shutters, _LIGHT, 0.18)
        painting.box(left, y - 4, open_, height + 6, tone)
        for slat in np.arange(y + 4, y + height - 4, 9):
            painting.box(left + 4, slat, open_ - 8, 4, mix(tone, _SHADOW, 0.35))
    painting.box(x - 40, y + height, 80, 9, mix(house.wall, (255, 255, 255), 0.65))
    painting.box(x - 36, y + height + 9, 72, 6, mix(house.wall, _SHADOW, 0.45))
    if random.uniform() < 0.45:
        painting.box(x - 32, y + height - 14, 64, 16, (158, 92, 70))
        painting.foliage(x, y + height - 20, 36, 15, _LEAVES, random, 90)
        for _ in range(14):
            petal = ((226, 84, 92), (250, 190, 96), (246, 236, 232))[random.integers(3)]
            painting.dab(
                x + random.uniform(-32, 32), y + height - 22 + random.uniform(-12, 10), 5, 5, petal
            )


def _balcony(
    painting: Painting, left: float, right: float, y: float, random: np.random.Generator
) -> None:
    painting.box(left, y + 18, right - left, 20, mix((200, 190, 190), _SHADOW, 0.5))
    painting.box(left - 6, y, right - left + 12, 14, (228, 220, 208))
    for x in np.arange(left, right + 1, 15):
        painting.line([(x, y), (x, y - 62)], (62, 62, 84), 4)
        painting.dab(x + 7, y - 30, 5, 7, (62, 62, 84))
    painting.line([(left - 4, y - 62), (right + 4, y - 62)], (54, 54, 76), 7)
    painting.line([(left, y - 12), (right, y - 12)], (62, 62, 84), 4)
    for _ in range(2):
        at = random.uniform(left + 40, right - 40)
        painting.foliage(at, y - 50, 40, 34, _LEAVES, random, 180)


def _garden(painting: Painting, left: float, right: float, random: np.random.Generator) -> None:
    """A low wall with shrubs that closes the gap where no house stands."""
    painting.blend(left, 500, right - left, 400, (222, 206, 184), (160, 144, 150), 8)
    painting.box(left, 492, right - left, 14, (240, 230, 212))
    for x in np.arange(left + 10, right, 42):
        painting.foliage(x, 486 + random.uniform(-14, 10), 44, 40, _LEAVES, random, 180)


def _lamp(painting: Painting, x: float) -> None:
    iron = (58, 60, 80)
    painting.box(x - 5, 380, 10, 520, iron)
    painting.box(x - 9, 470, 18, 10, iron)
    painting.fill([(x - 20, 330), (x + 20, 330), (x + 13, 380), (x - 13, 380)], (250, 232, 186))
    painting.fill([(x - 26, 330), (x, 302), (x + 26, 330)], iron)
    for side in (-20, 0, 20):
        painting.line([(x + side, 330), (x + 0.65 * side, 380)], iron, 4)
