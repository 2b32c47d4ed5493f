"""The twelve clips: what each is hard for, and how it is put together."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.clips import places, portrait, town
from bench.clips.faces import Looks
from bench.clips.scene import SCALE, Camera, Film, Motion, Plane, Sprite, remembered, slide
from bench.clips.van import paint_van
from bench.clips.walker import Stance, paint_walker, redrawn, stride
from data.violet.arm import Arm
from data.violet.cel import OVERSAMPLE, Cel, Placement
from data.violet.figure import Pose
from data.violet.paint import Colour, Painting
from data.violet.timing import expose

Paint = Callable[[Painting, np.random.Generator], None]

MAY = Looks(hair=(104, 62, 52), top=(214, 92, 84), bottom=(58, 66, 110), skirt=True)
KAI = Looks(hair=(56, 58, 84), top=(92, 142, 120), bottom=(104, 86, 84), style="spikes",
            trim=(240, 220, 150), shoe=(70, 70, 96))  # fmt: skip
RIN = Looks(hair=(222, 168, 84), top=(86, 100, 168), bottom=(86, 100, 168), style="bob", coat=True,
            trim=(240, 236, 240), shoe=(120, 66, 60), iris=(70, 140, 110))  # fmt: skip
SUE = Looks(hair=(70, 92, 132), top=(240, 200, 110), bottom=(120, 78, 110), style="long",
            trim=(250, 246, 240), skirt=True)  # fmt: skip


@dataclass(frozen=True)
class ClipSpec:
    """One clip of the benchmark: its difficulty, and with how many objects it is taken apart."""

    name: str
    hard_for: str
    objects: tuple[int, ...]
    seed: int
    draw: Callable[[int], Film]  # from the seed


def pan_zoom_turn(seed: int) -> Film:
    """A runner close up; the camera pans, closes in and turns, all at once."""
    camera = Camera(42, start=(120, 60), travel=(470, -24), zoom=1.16, turn=5.0)
    return Film(42, camera, (_ground(town.paint_town, seed, camera),),
                (_runner(42, seed, portrait.RED),))  # fmt: skip


def static(seed: int) -> Film:
    """A girl walks into a classroom, stops, and waves; the camera does not move at all."""
    camera = Camera(48)
    walk, stop = 26, 8
    poses = [stride(2 * np.pi * n / 12 + 0.4) for n in range(walk // 2)]
    poses.append(Stance(sway=1.0))
    for swing in (0, 20, 0, 20):
        poses.append(Stance(arms=(128 + swing, 6), elbows=(36 - swing, 12), sway=1.0, mouth=0.7))
    shown = [*np.repeat(np.arange(13), 2).tolist(), *[13] * stop, *np.repeat((14, 15, 14, 15, 14),
             3).tolist()][:48]  # fmt: skip
    shown += [shown[-1]] * (48 - len(shown))
    paces = np.cumsum([0] + [18.0 * (t % 2 == 0 and t <= walk) for t in range(1, 48)])
    girl = _walker("girl", MAY, poses, shown, lambda t: (40 + paces[round(t)], 203))
    return Film(48, camera, (_ground(town.paint_classroom, seed, camera),), (girl,))


def crossing(seed: int) -> Film:
    """A van drives past behind two people who meet; all three are apart at first and at last."""
    camera = Camera(48, start=(0, 0), travel=(90, 0))
    van = _rigid("van", lambda t: (690 - 17.0 * t, 262))
    there = [stride(2 * np.pi * n / 12) for n in range(24)]
    back = [stride(2 * np.pi * n / 12 + 2) for n in range(24)]
    kai = _walker("boy", KAI, there, _twos(48), lambda t: (50 + 7.0 * (t // 2 * 2), 208))
    rin = _walker("woman", RIN, back, _twos(48), lambda t: (500 - 7.0 * (t // 2 * 2), 216),
                  mirrored=True)  # fmt: skip
    return Film(48, camera, (_ground(town.paint_shops, seed, camera),), (van, kai, rin))


def twos_threes(seed: int) -> Film:
    """Drawings held for two and three frames, some sliding; some come back after a blink."""
    camera = Camera(48, start=(0, 10), travel=(330, 0), ease=0.8)
    return Film(48, camera, (_ground(places.paint_park, seed, camera),),
                (_runner(48, seed, portrait.FAIR),))  # fmt: skip


def loose_hair(seed: int) -> Film:
    """Some eighty loose hairs of one pixel or less, over a street that pans slowly."""
    camera = Camera(42, start=(700, 20), travel=(150, 12))
    shown = np.repeat(np.arange(14), 3).tolist()

    @remembered
    def sheet(drawing: int) -> NDArray[np.uint8]:
        pose = _calm(x=690, sway=0.75 * drawing, wind=0.72 + 0.2 * np.sin(0.8 * drawing))
        return portrait.paint_portrait(pose, portrait.DARK, loose=84, seed=seed)

    still = slide(portrait.MARGIN, lambda t: (0.0, 0.0))
    return Film(42, camera, (_ground(town.paint_town, seed, camera),),
                (Sprite("girl", sheet, tuple(shown), still),))  # fmt: skip


def shadow(seed: int) -> Film:
    """A walker who throws a translucent shadow on the path; the shadow belongs to the sprite."""
    camera = Camera(40, start=(0, 0), travel=(130, 0))
    poses = [stride(2 * np.pi * n / 12) for n in range(20)]
    sue = _walker("girl", SUE, poses, _twos(40), lambda t: (110 + 7.0 * (t // 2 * 2), 196),
                  shadow=0.46)  # fmt: skip
    return Film(40, camera, (_ground(places.paint_park, seed, camera),), (sue,))


def motion_blur(seed: int) -> Film:
    """A runner dashes through the picture, smeared over 13 px by an open shutter."""
    camera = Camera(36, start=(60, 0), travel=(110, 0))
    poses = [stride(2 * np.pi * n / 10, run=1.0) for n in range(36)]
    kai = _walker("runner", KAI, poses, list(range(36)), lambda t: (-70 + 22.0 * t, 204),
                  shutter=0.6)  # fmt: skip
    return Film(36, camera, (_ground(town.paint_shops, seed, camera),), (kai,))


def parallax(seed: int) -> Film:
    """Near houses before a distance that moves half as fast, and a runner before both."""
    camera = Camera(48, start=(330, 10), travel=(520, 0), ease=0.5)
    far = _ground(town.paint_skyline, seed, camera, share=0.5)
    near = _ground(town.paint_street, seed + 1, camera)
    return Film(48, camera, (far, near), (_runner(48, seed, portrait.RED),))


def fade_in(seed: int) -> Film:
    """The shot comes out of black over 16 frames while a woman walks."""
    camera = Camera(44, start=(30, 0), travel=(100, 0), zoom=1.06)
    poses = [stride(2 * np.pi * n / 12) for n in range(22)]
    rin = _walker("woman", RIN, poses, _twos(44), lambda t: (150 + 6.0 * (t // 2 * 2), 200))
    light = tuple(min((t + 1) / 16, 1.0) for t in range(44))
    return Film(44, camera, (_ground(places.paint_park, seed, camera),), (rin,), opacity=light)


def grain_h264(seed: int) -> Film:
    """Film grain, then H.264 with a rate factor of 28."""
    camera = Camera(42, start=(560, 10), travel=(260, 0))
    return Film(42, camera, (_ground(town.paint_town, seed, camera),),
                (_runner(42, seed, portrait.FAIR),), grain=4.0, crf=28)  # fmt: skip


def low_contrast(seed: int) -> Film:
    """A white blouse before a whitewashed wall."""
    camera = Camera(42, start=(0, 0), travel=(240, 0))
    return Film(42, camera, (_ground(places.paint_white_wall, seed, camera),),
                (_runner(42, seed, portrait.WHITE),))  # fmt: skip


def walk_cycle(seed: int) -> Film:
    """A walk on twos in which no drawing is used twice and every line is drawn anew."""
    camera = Camera(40, start=(0, 0), travel=(330, 0), ease=0)
    poses = [stride(2 * np.pi * n / 10) for n in range(20)]
    may = _walker("girl", MAY, poses, _twos(40), lambda t: (290, 203), redraw=seed)
    return Film(40, camera, (_ground(town.paint_shops, seed, camera),), (may,))


SPECS = (
    ClipSpec("pan_zoom_turn", "pan, zoom and turn", (2,), 11, pan_zoom_turn),
    ClipSpec("static", "static camera", (2,), 12, static),
    ClipSpec("crossing", "three sprites crossing", (4,), 13, crossing),
    ClipSpec("twos_threes", "twos and threes with sliding", (2,), 14, twos_threes),
    ClipSpec("loose_hair", "loose hair", (2,), 15, loose_hair),
    ClipSpec("shadow", "translucent shadow", (2,), 16, shadow),
    ClipSpec("motion_blur", "motion blur", (2,), 17, motion_blur),
    ClipSpec("parallax", "two-plane parallax", (2, 3), 18, parallax),
    ClipSpec("fade_in", "fade in", (2,), 19, fade_in),
    ClipSpec("grain_h264", "grain and H.264 at crf 28", (2,), 20, grain_h264),
    ClipSpec("low_contrast", "white blouse, white wall", (2,), 21, low_contrast),
    ClipSpec("walk_cycle", "every drawing drawn anew", (2,), 22, walk_cycle),
)
"""Every clip, in the order of the table."""


def _ground(paint: Paint, seed: int, camera: Camera, share: float = 1.0) -> Plane:
    """Paint a plane that covers all the camera will see of it."""
    corners = np.array([(0, 0, 1), (639, 0, 1), (639, 359, 1), (0, 359, 1.0)]).T
    seen = np.hstack([(camera(t, share) @ corners)[:2] for t in range(camera.frames)])
    (left, top), (right, bottom) = seen.min(axis=1) - 30, seen.max(axis=1) + 30
    painting = Painting(left=left, top=top, right=right, bottom=bottom, scale=SCALE)
    random = np.random.default_rng(seed)
    paint(painting, random)
    canvas = painting.finish(random, texture=0.10, blur=0.9)
    return Plane(canvas, painting.to_canvas(), share)


def _twos(frames: int) -> list[int]:
    return [t // 2 for t in range(frames)]


def _calm(*, x: float, sway: float, wind: float) -> Pose:
    """Standing upright in the wind."""
    return Pose(x=x, y=452, lean=4, nod=-2, near_arm=Arm(-6, 14), far_arm=Arm(6, 16), sway=sway,
                wind=wind, eye_open=0.9, brow=0.2)  # fmt: skip


def _runner(frames: int, seed: int, colours: dict[str, Colour]) -> Sprite:
    """The figure of `data.violet` by its own exposure sheet, in other colours."""
    timing = expose(frames, np.random.default_rng(seed))

    @remembered
    def sheet(drawing: int) -> NDArray[np.uint8]:
        return portrait.paint_portrait(timing.drawings[drawing], colours)

    def place(t: float) -> tuple[float, float]:
        x, y = timing.slides[round(t)]
        return x * SCALE, y * SCALE

    return Sprite("runner", sheet, timing.shown, slide(portrait.MARGIN, place))


_WALKER = (340, 320)  # size of a walker's sheet, frame pixels; the hip lies in its middle
_HIP = (170.0, 176.0)


def _walker(
    name: str, looks: Looks, poses: list[Stance], shown: list[int],
    hip: Callable[[float], tuple[float, float]], *, mirrored: bool = False, shutter: float = 0.0,
    shadow: float = 0.0, redraw: int | None = None,
) -> Sprite:  # fmt: skip
    """A walker whose ``hip`` is at (x, y) frame pixels in frame t."""
    width, height = (_WALKER[0] + 120, _WALKER[1]) if shadow else _WALKER
    flip = np.array((-1.0 if mirrored else 1.0, 1.0))

    def at(scale: float) -> Placement:
        return Placement(_HIP[0] / SCALE, _HIP[1] / SCALE, 0.0, scale)

    @remembered
    def sheet(drawing: int) -> NDArray[np.uint8]:
        cel = Cel(width=width, height=height, scale=SCALE, origin=0, margin=0)
        upright = at(1.0)

        def place(points: NDArray[np.float64]) -> NDArray[np.float64]:
            return upright(np.asarray(points) * flip)

        if redraw is not None:
            place = redrawn(place, np.random.default_rng((redraw, drawing)))
        paint_walker(cel, place, looks, poses[drawing])
        if not shadow:
            return cel.samples
        return _with_shadow(cel.samples, looks, poses[drawing], shadow)

    def place_sheet(t: float) -> tuple[float, float]:
        x, y = hip(t)
        return x - _HIP[0], y - _HIP[1]

    motion: Motion = slide(0, place_sheet)
    return Sprite(name, sheet, tuple(shown), motion, shutter=shutter)


def _with_shadow(
    samples: NDArray[np.uint8], looks: Looks, stance: Stance, strength: float
) -> NDArray[np.uint8]:
    """Lay the walker's shadow, cast to the right on level ground, under the drawing."""
    rows, columns, _ = samples.shape
    cel = Cel(width=columns // OVERSAMPLE, height=rows // OVERSAMPLE, scale=SCALE, origin=0,
              margin=0)  # fmt: skip
    feet = (_HIP[0] / SCALE, _HIP[1] / SCALE + 258)

    def cast(points: NDArray[np.float64]) -> NDArray[np.float64]:
        x, y = np.moveaxis(np.asarray(points, np.float64), -1, 0)
        height = 258 - y
        return np.stack([feet[0] + x + 0.66 * height, feet[1] - 0.21 * height], axis=-1)

    paint_walker(cel, cast, looks, stance)
    cover = cv2.GaussianBlur(cel.samples[..., 3].astype(np.float32), (0, 0), 5.0) * strength
    top = samples[..., 3:].astype(np.float32) / 255
    under = np.dstack([cover / 255 * tone for tone in (44, 40, 92)] + [cover])
    return np.rint(samples * top + (1 - top) * under).astype(np.uint8)


def _rigid(name: str, hub: Callable[[float], tuple[float, float]]) -> Sprite:
    """The van, its front wheel at ``hub`` (frame pixels)."""
    centre = (70.0, 130.0)

    @remembered
    def sheet(drawing: int) -> NDArray[np.uint8]:
        cel = Cel(width=280, height=180, scale=SCALE, origin=0, margin=0)
        paint_van(cel, Placement(centre[0] / SCALE, centre[1] / SCALE))
        return cel.samples

    def place(t: float) -> tuple[float, float]:
        x, y = hub(t)
        return x - centre[0], y - centre[1]

    return Sprite(name, sheet, (0,) * 48, slide(0, place), rigid=True)
