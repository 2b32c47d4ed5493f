"""Backgrounds out of doors without houses: sky, a park, a whitewashed wall.

Every painter fills the whole painting it is given, in design pixels; the horizon of the park lies
at y = 380, the foot of the wall at y = 672.
"""

import numpy as np

from data.violet.paint import Colour, Painting, clouds, mix

_LEAVES = ((44, 86, 66), (70, 122, 74), (110, 156, 82), (164, 196, 104))
_SHADE: Colour = (84, 92, 142)


def paint_sky(painting: Painting, random: np.random.Generator, *, horizon: float) -> None:
    """A summer sky down to ``horizon`` with heaped clouds lit from the right."""
    height, width = painting.pixels.shape[:2]
    k = painting.scale
    y = painting.top + np.arange(height) / k
    depth = np.clip((y - painting.top) / (horizon - painting.top), 0, 1)[:, None, None]
    zenith, low = np.array((86, 156, 224.0)), np.array((218, 234, 240.0))
    sky = np.broadcast_to(zenith + (low - zenith) * depth, (height, width, 3)).copy()
    noise = clouds((height, width), 230 * k, random, octaves=6)
    lower = np.roll(noise, (-round(20 * k), round(12 * k)), axis=(0, 1))
    cover = np.clip((noise - 0.05) * 4, 0, 1)[..., None]
    lit = np.clip(0.6 + 1.4 * (noise - lower), 0, 1)[..., None]
    cloud = np.array((184, 204, 232.0)) + lit * (np.array((255, 254, 248.0)) - (184, 204, 232))
    painting.pixels[..., :3] = np.round(sky + (cloud - sky) * cover * 0.94)
    painting.pixels[..., 3] = 255


def paint_park(painting: Painting, random: np.random.Generator) -> None:
    """Hills, trees, hedge, fence, lawn and a path, under a summer sky."""
    left, right, low = painting.left, painting.right, painting.bottom
    width = right - left
    paint_sky(painting, random, horizon=380)
    x = np.linspace(left, right, 90)
    for base, height, tone in ((318, 40, (150, 182, 204)), (352, 26, (122, 166, 158))):
        ridge = base - height * np.sin(x / (190 + height) + height) - 10 * np.sin(x / 41)
        painting.fill([*zip(x, ridge, strict=True), (right, low), (left, low)], tone)
    for at in np.arange(left - 40, right + 40, 70):
        painting.foliage(at + random.uniform(-20, 20), 372 + random.uniform(-16, 10), 70, 48,
                         ((64, 112, 96), (92, 142, 104), (128, 172, 112)), random, 90)  # fmt: skip
    painting.blend(left, 400, width, low - 400, (164, 200, 108), (96, 150, 84), 16)
    for _ in range(int(width * 0.9)):  # tufts of grass
        spot = random.uniform((left, 408), (right, low))
        grow = 0.5 + (spot[1] - 400) / 260
        tone = mix((120, 172, 88), ((62, 112, 72), (206, 220, 126))[random.integers(2)], 0.6)
        blade = [spot, spot + (random.uniform(-5, 5) * grow, -random.uniform(6, 15) * grow)]
        painting.line(blade, tone, 2.4 * grow)
    bend = 566 + 16 * np.sin(x / 260)
    path = [*zip(x, bend, strict=True), *zip(x[::-1], bend[::-1] + 92, strict=True)]
    painting.fill(path, (226, 206, 168))
    for _ in range(int(width * 0.35)):  # gravel
        at = random.uniform(left, right)
        y = float(np.interp(at, x, bend)) + random.uniform(6, 86)
        stone = mix((226, 206, 168), ((168, 142, 122), (250, 238, 210))[random.integers(2)], 0.5)
        painting.dab(at, y, random.uniform(3, 9), random.uniform(2, 4), stone)
    for at in np.arange(left + 60, right, 330):
        _tree(painting, random, float(at + random.uniform(-50, 50)), 480 + random.uniform(-26, 26))
    _fence(painting, random)
    for at in np.arange(left + 180, right, 620):
        _bench(painting, float(at))
    for _ in range(int(width * 0.3)):
        spot = random.uniform((left, 668), (right, low))
        petal = ((246, 226, 120), (250, 246, 244), (236, 120, 140), (176, 130, 214))
        painting.dab(*spot, 5, 4.4, petal[random.integers(4)])
    for at in np.arange(left, right, 500):  # shade of trees outside the picture
        painting.glaze([(at, low), (at + 60, 610), (at + 190, 590), (at + 300, 640),
                        (at + 330, low)], _SHADE, 0.30)  # fmt: skip


def _tree(painting: Painting, random: np.random.Generator, x: float, foot: float) -> None:
    bark, dark = (132, 98, 82), (92, 66, 72)
    size = random.uniform(0.85, 1.2)
    painting.dab(x + 30, foot + 4, 120 * size, 15, (84, 132, 82))
    painting.fill([(x - 17, foot), (x - 11, foot - 210), (x + 12, foot - 210), (x + 20, foot)],
                  bark)  # fmt: skip
    painting.fill([(x + 4, foot), (x + 4, foot - 210), (x + 12, foot - 210), (x + 20, foot)], dark)
    for _ in range(14):
        at = foot - random.uniform(10, 190)
        painting.line([(x + random.uniform(-12, 8), at), (x + random.uniform(-8, 12), at - 18)],
                      dark, 2.6)  # fmt: skip
    painting.line([(x, foot - 150), (x + 60 * size, foot - 240)], dark, 11)
    painting.line([(x, foot - 130), (x - 55 * size, foot - 230)], bark, 11)
    for dx, dy, reach in ((-58, -236, 86), (62, -246, 82), (0, -316, 104), (4, -230, 84)):
        painting.foliage(x + dx * size, foot + dy * size, reach * size, reach * 0.8 * size,
                         _LEAVES, random, 230)  # fmt: skip


def _fence(painting: Painting, random: np.random.Generator) -> None:
    wood, shade = (236, 228, 212), (164, 158, 176)
    for y in (500, 530):
        painting.box(painting.left, y, painting.right - painting.left, 9, wood)
        painting.box(painting.left, y + 9, painting.right - painting.left, 4, shade)
    for x in np.arange(painting.left + 6, painting.right, 34):
        top = 480 + random.uniform(-3, 3)
        painting.fill([(x, 556), (x, top + 8), (x + 8, top), (x + 16, top + 8), (x + 16, 556)],
                      wood)  # fmt: skip
        painting.box(x + 11, top + 8, 5, 556 - top - 8, shade)


def _bench(painting: Painting, x: float) -> None:
    wood, iron = (178, 112, 76), (66, 66, 86)
    for dx in (0, 150):
        painting.box(x + dx, 520, 9, 66, iron)
    for y in (500, 518, 546):
        painting.box(x - 14, y, 188, 13, mix(wood, (250, 220, 170), (546 - y) / 120))
        painting.box(x - 14, y + 11, 188, 3, (112, 68, 62))


def paint_white_wall(painting: Painting, random: np.random.Generator) -> None:
    """A whitewashed wall in full sun: nearly white all over, pale shutters, a few plants."""
    left, right, low = painting.left, painting.right, painting.bottom
    width = right - left
    painting.blend(left, painting.top, width, low - painting.top, (250, 249, 246), (240, 240, 242))
    for _ in range(int(width * 0.35)):  # coats of whitewash
        spot = random.uniform((left, painting.top), (right, 672))
        tone = ((255, 255, 253), (240, 241, 245), (247, 244, 238))[random.integers(3)]
        painting.dab(*spot, random.uniform(18, 80), random.uniform(8, 30), tone,
                     random.uniform(-20, 20))  # fmt: skip
    for _ in range(int(width * 0.05)):  # hairline cracks
        start = random.uniform((left, painting.top), (right, 650))
        steps = random.normal((3, 9), 8, (6, 2))
        painting.line(start + np.cumsum(steps, axis=0), (214, 214, 222), 1.6)
    for index, x in enumerate(np.arange(left + 150, right, 520)):
        _shutters(painting, float(x), (176, 204, 220) if index % 2 else (194, 214, 202), random)
    painting.blend(left, 672, width, 24, (214, 214, 222), (188, 190, 204), 4)
    painting.blend(left, 696, width, low - 696, (226, 218, 208), (196, 186, 184), 6)
    for x in np.arange(left, right, 74):
        painting.line([(x, 698), (x - 40, low)], (186, 176, 178), 2.4)
    for x in np.arange(left + 430, right, 520):
        painting.fill([(x - 42, 600), (x + 42, 600), (x + 30, 686), (x - 30, 686)],
                      (206, 128, 96))  # fmt: skip
        painting.fill([(x + 8, 600), (x + 42, 600), (x + 30, 686), (x + 8, 686)], (166, 94, 88))
        painting.foliage(x, 548, 70, 66, _LEAVES, random, 260)
        for _ in range(40):
            spot = random.normal((x, 542), (30, 30))
            painting.dab(*spot, 7, 6, ((222, 84, 132), (242, 130, 164))[random.integers(2)])
    for x in np.arange(left - 200, right, 460):  # shade of leaves on the wall
        for _ in range(40):
            at, y = random.normal((x, 130), (90, 80))
            leaf = np.array([(at, y), (at + 26, y - 9), (at + 48, y), (at + 26, y + 9)])
            painting.glaze(leaf, (196, 204, 226), 0.5)


def _shutters(painting: Painting, x: float, tone: Colour, random: np.random.Generator) -> None:
    painting.box(x - 76, 148, 152, 238, (226, 228, 236))
    painting.blend(x - 62, 160, 124, 214, (150, 176, 200), (108, 132, 166), 8)
    painting.fill([(x - 62, 330), (x - 62, 210), (x + 30, 160), (x + 62, 160)], (186, 208, 224))
    painting.box(x - 4, 160, 8, 214, (246, 246, 246))
    painting.box(x - 62, 258, 124, 7, (246, 246, 246))
    for side in (-1, 1):
        at = x - 132 if side < 0 else x + 70
        painting.box(at, 152, 62, 230, tone)
        for y in np.arange(162, 374, 13):
            painting.box(at + 7, y, 48, 5, mix(tone, (96, 120, 160), 0.35))
    painting.box(x - 84, 384, 168, 13, (252, 252, 250))
    painting.box(x - 80, 397, 160, 8, (204, 206, 220))
    painting.foliage(x + random.uniform(-20, 20), 372, 54, 16, _LEAVES, random, 90)
