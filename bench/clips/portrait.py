"""The figure of `data.violet` in other colours: a person seen close up, to the hips."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from bench.clips.scene import HEIGHT, SCALE, WIDTH
from data.violet import palette
from data.violet.cel import Cel, Placement, ribbon
from data.violet.figure import Pose, paint_figure
from data.violet.paint import Colour

MARGIN = 60  # frame pixels drawn around the frame, so that a drawing can slide

RED = {
    "HAIR": (168, 76, 52), "HAIR_SHADE": (120, 48, 52), "HAIR_INK": (62, 20, 34),
    "HAIR_LIGHT": (220, 130, 84), "HAIR_GLINT": (250, 196, 140),
    "COAT": (76, 118, 106), "COAT_SHADE": (50, 82, 92), "COAT_DEEP": (40, 66, 82),
    "COAT_INK": (22, 34, 48), "TRIM": (232, 214, 170), "TRIM_SHADE": (190, 160, 140),
    "TRIM_INK": (70, 50, 50), "SCARF": (246, 236, 216), "SCARF_SHADE": (196, 180, 190),
    "SCARF_INK": (84, 62, 76), "IRIS": (70, 140, 110), "IRIS_LIGHT": (150, 214, 160),
}  # fmt: skip
DARK = {
    "HAIR": (58, 50, 74), "HAIR_SHADE": (38, 32, 58), "HAIR_INK": (18, 14, 30),
    "HAIR_LIGHT": (110, 100, 140), "HAIR_GLINT": (182, 174, 206),
    "COAT": (150, 62, 76), "COAT_SHADE": (108, 42, 70), "COAT_DEEP": (86, 34, 62),
    "COAT_INK": (44, 14, 34), "TRIM": (44, 42, 62), "TRIM_SHADE": (30, 28, 48),
    "TRIM_INK": (14, 12, 24), "SCARF": (116, 160, 176), "SCARF_SHADE": (76, 112, 146),
    "SCARF_INK": (34, 50, 76),
}  # fmt: skip
FAIR = {
    "HAIR": (242, 206, 120), "HAIR_SHADE": (208, 154, 88), "HAIR_INK": (112, 68, 42),
    "HAIR_LIGHT": (252, 232, 170), "HAIR_GLINT": (255, 248, 220),
    "COAT": (74, 92, 152), "COAT_SHADE": (52, 62, 118), "COAT_DEEP": (42, 50, 100),
    "COAT_INK": (20, 22, 56), "TRIM": (238, 236, 240), "TRIM_SHADE": (184, 186, 214),
    "TRIM_INK": (70, 70, 104), "SCARF": (206, 74, 82), "SCARF_SHADE": (150, 46, 74),
    "SCARF_INK": (74, 18, 38), "IRIS": (80, 130, 190), "IRIS_LIGHT": (160, 206, 236),
}  # fmt: skip
WHITE = {
    # A blouse one or two levels from the whitewashed wall, inked in a pale grey.
    "COAT": (248, 247, 244), "COAT_SHADE": (230, 232, 240), "COAT_DEEP": (218, 221, 233),
    "COAT_INK": (186, 188, 202), "TRIM": (240, 240, 242), "TRIM_SHADE": (222, 224, 234),
    "TRIM_INK": (180, 182, 198), "SCARF": (244, 238, 230), "SCARF_SHADE": (222, 216, 220),
    "SCARF_INK": (176, 168, 180),
}  # fmt: skip


def paint_portrait(
    pose: Pose, colours: Mapping[str, Colour], *, loose: int = 0, seed: int = 0
) -> NDArray[np.uint8]:
    """Draw one drawing; return its samples, RGBA, for a sheet ``MARGIN`` larger than the frame.

    ``colours`` replaces entries of `data.violet.palette` by name; ``loose`` hairs are added that
    stream out of the cap.
    """
    cel = Cel(width=WIDTH, height=HEIGHT, scale=SCALE, origin=0, margin=MARGIN)
    if loose:
        _loose_hair(cel, pose, loose, np.random.default_rng(seed), front=False)
    paint_figure(cel, pose)
    if loose:
        _loose_hair(cel, pose, loose // 3, np.random.default_rng(seed + 1), front=True)
    return recoloured(cel.samples, colours)


def recoloured(samples: NDArray[np.uint8], colours: Mapping[str, Colour]) -> NDArray[np.uint8]:
    """Swap flat colours: samples are not anti-aliased, so each is one palette entry exactly."""
    packed = samples[..., :3].astype(np.uint32) @ np.array([65536, 256, 1], np.uint32)
    result = samples.copy()
    for name, colour in colours.items():
        red, green, blue = getattr(palette, name)
        result[packed == (red << 16 | green << 8 | blue), :3] = colour
    result[samples[..., 3] == 0] = 0
    return result


def _loose_hair(
    cel: Cel, pose: Pose, count: int, random: np.random.Generator, *, front: bool
) -> None:
    """Long single hairs and thin locks, 1 to 4 design pixels wide, streaming in the wind."""
    forward = np.deg2rad(0.6 * pose.lean + 8)
    skull = (pose.x + 158 * np.sin(forward) + 6, pose.y - 158 * np.cos(forward))
    place = Placement(*skull, pose.nod, 1.12)
    u = np.linspace(0, 1, 30)
    for index in range(count):
        turn = np.deg2rad(random.uniform(-150, -60) if front else random.uniform(-205, -80))
        root = np.array((-8 + 118 * np.cos(turn), 4 + 132 * np.sin(turn)))
        length = random.uniform(60, 190) if front else random.uniform(130, 400)
        fall = random.uniform(-14, 40) + 46 * (1 - pose.wind) * u
        wave = (10 + 16 * u) * np.sin(pose.sway + random.uniform(0, 6.3) - 5 * u)
        heading = np.deg2rad(fall + wave - 24 * (1 - u) ** 3)
        steps = np.stack([-np.cos(heading), np.sin(heading)], axis=1) * length / len(u)
        curve = root + np.cumsum(steps, axis=0)
        thick = index % 7 == 0 and not front
        if thick:
            lock = place(ribbon(curve, (10, 15, 12, 6, 0)))
            cel.part(lock, palette.HAIR, ink=palette.HAIR_INK, width=1.8)
        else:
            colour = (palette.HAIR_INK, palette.HAIR, palette.HAIR_SHADE)[index % 3]
            cel.line(place(curve), colour, float(random.uniform(1.2, 3)), taper=(0.8, 0.4))
