"""The distant plane: an afternoon sky over hills, far roofs and towers in the haze."""

import numpy as np

from data.violet.paint import Colour, Painting, clouds, mix

_HAZE: Colour = (196, 206, 222)


def paint_skyline(painting: Painting, random: np.random.Generator) -> None:
    """Fill the whole plane, from the zenith down to the lowest line of far roofs."""
    _sky(painting, random)
    paint_roofs(painting, random)


def paint_roofs(painting: Painting, random: np.random.Generator) -> None:
    """Hills, houses and towers, and nothing above them."""
    width = painting.right - painting.left
    x = np.linspace(painting.left, painting.right, 80)
    for level, (base, height, tone) in enumerate(
        ((250, 34, (164, 184, 212)), (292, 26, (146, 172, 190)))
    ):
        ridge = base - height * np.sin(x / (170 + 60 * level) + 2.1 * level) - 9 * np.sin(x / 37)
        low = painting.bottom
        painting.fill(
            [*zip(x, ridge, strict=True), (painting.right, low), (painting.left, low)], tone
        )
    for distance, base in ((0.62, 268), (0.46, 318), (0.30, 372)):
        at = painting.left - random.uniform(0, 60)
        while at < painting.right:
            span = random.uniform(70, 150)
            _far_house(painting, random, at, base + random.uniform(-26, 22), span, distance)
            at += span * random.uniform(0.82, 1.0)
    for share, top, domed in (
        (0.17, 96, False),
        (0.49, 74, True),
        (0.60, 128, False),
        (0.86, 88, True),
    ):
        _tower(painting, painting.left + share * width, top, random.uniform(20, 28), domed=domed)
    for at in np.arange(painting.left, painting.right, 46):
        painting.foliage(
            at + random.uniform(-16, 16), 470 + random.uniform(-16, 16), 48, 34,
            ((92, 122, 116), (116, 146, 128), (142, 166, 138)), random, 40,
        )  # fmt: skip
    painting.box(painting.left, 486, width, painting.bottom - 486, (150, 150, 156))


def _sky(painting: Painting, random: np.random.Generator) -> None:
    height, width = painting.pixels.shape[:2]
    y = painting.top + np.arange(height) / painting.scale
    depth = np.clip((y - painting.top) / (300 - painting.top), 0, 1)[:, None, None]
    zenith, horizon = np.array((112, 166, 220.0)), np.array((226, 230, 228.0))
    sky = np.broadcast_to(zenith + (horizon - zenith) * depth**0.8, (height, width, 3)).copy()
    # Flat-bottomed summer clouds: noise stretched sideways, lit from above on the right.
    k = painting.scale
    noise = clouds((height, width), 190 * k, random, octaves=6)
    lower = np.roll(noise, (-round(16 * k), round(10 * k)), axis=(0, 1))
    cover = np.clip((noise + 0.05) * 3.2, 0, 1)[..., None]
    lit = np.clip(0.55 + 1.3 * (noise - lower), 0, 1)[..., None]
    cloud = np.array((190, 204, 226.0)) + lit * (np.array((255, 252, 244.0)) - (190, 204, 226))
    sky += (cloud - sky) * cover * 0.92
    painting.pixels[..., :3] = np.clip(np.round(sky), 0, 255)
    painting.pixels[..., 3] = 255


def _far_house(
    painting: Painting, random: np.random.Generator, x: float, y: float, width: float, haze: float
) -> None:
    walls = ((236, 214, 184), (222, 196, 170), (230, 222, 206), (204, 184, 178))
    roofs = ((188, 98, 78), (172, 88, 84), (130, 116, 136), (200, 116, 84))
    wall = mix(walls[random.integers(4)], _HAZE, haze)
    roof = mix(roofs[random.integers(4)], _HAZE, haze)
    rise = random.uniform(22, 44)
    painting.blend(x, y, width, 140, wall, mix(wall, _HAZE, 0.4), 4)
    painting.box(x + 0.72 * width, y, 0.28 * width, 140, mix(wall, (110, 110, 150), 0.28))
    inset = random.uniform(0.08, 0.3) * width
    painting.fill(
        [
            (x - 5, y + 3),
            (x + inset, y - rise),
            (x + width - inset, y - rise),
            (x + width + 5, y + 3),
        ],
        roof,
    )
    painting.fill(
        [(x + width - inset, y - rise), (x + width + 5, y + 3), (x + 0.7 * width, y + 3)],
        mix(roof, (70, 60, 100), 0.25),
    )
    for at in np.arange(x + 12, x + width - 14, 24):
        for floor in (18, 52):
            painting.box(at, y + floor, 9, 16, mix((96, 108, 134), _HAZE, haze))
    if random.uniform() < 0.6:
        painting.box(x + 0.6 * width, y - rise - 16, 12, 26, mix((150, 96, 84), _HAZE, haze))


def _tower(painting: Painting, x: float, top: float, half: float, *, domed: bool) -> None:
    """A clock tower, `half` its width, under a dome or a spire."""
    haze = 0.42
    stone, shade = mix((226, 206, 178), _HAZE, haze), mix((168, 152, 160), _HAZE, haze)
    roof = mix((96, 132, 136), _HAZE, haze)
    painting.box(x - half, top + 60, 2 * half, 330, stone)
    painting.box(x + 0.3 * half, top + 60, 0.7 * half, 330, shade)
    if not domed:
        painting.fill([(x - half - 6, top + 62), (x, top - 40), (x + half + 6, top + 62)], roof)
        painting.fill(
            [(x + 4, top - 20), (x + half + 6, top + 62), (x + 8, top + 62)], mix(roof, shade, 0.5)
        )
    else:
        painting.dab(x, top + 62, half + 8, half + 18, roof)
        painting.dab(x + 8, top + 62, half - 4, half + 12, mix(roof, shade, 0.4))
        painting.box(x - 5, top + 14, 10, 24, stone)
        painting.box(x - half - 4, top + 62, 2 * half + 8, 60, stone)
        painting.box(x + 0.3 * half, top + 62, 0.7 * half + 4, 60, shade)
    painting.box(x - half - 7, top + 58, 2 * half + 14, 8, mix(stone, (255, 255, 255), 0.3))
    painting.dab(x, top + 98, 13, 13, mix((246, 240, 224), _HAZE, 0.2))
    painting.line([(x, top + 98), (x, top + 89)], (96, 96, 116), 2)
    painting.line([(x, top + 98), (x + 7, top + 101)], (96, 96, 116), 2)
    for level in (140, 200):
        painting.box(x - 6, top + level, 12, 30, mix((90, 96, 124), _HAZE, haze))
