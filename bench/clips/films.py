"""The group ``moving``: clips in which much moves, each hard for one thing."""

from dataclasses import replace
from functools import partial

import numpy as np

from bench.clips import places, portrait, town
from bench.clips.cast import (
    KAI,
    MAY,
    RIN,
    SUE,
    calm,
    close_up,
    delivery_van,
    ground,
    on_twos,
    runner,
    walker,
)  # fmt: skip
from bench.clips.scene import Camera, Film
from bench.clips.spec import ClipSpec
from bench.clips.walker import Stance, stride
from data.violet.figure import Pose
from data.violet.skyline import paint_roofs


def pan_zoom_turn(seed: int) -> Film:
    """A runner close up; the camera pans, closes in and turns, all at once."""
    camera = Camera(42, start=(120, 60), travel=(470, -24), zoom=1.16, turn=5.0)
    return Film(42, camera, (ground(town.paint_town, seed, camera),),
                (runner(42, seed, portrait.RED),))  # fmt: skip


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
    girl = walker("girl", MAY, poses, shown, lambda t: (40 + paces[round(t)], 203))
    return Film(48, camera, (ground(town.paint_classroom, seed, camera),), (girl,))


def crossing(seed: int) -> Film:
    """A van drives past behind two people who meet; all three are apart at first and at last."""
    camera = Camera(48, start=(0, 0), travel=(90, 0))
    van = delivery_van("van", lambda t: (690 - 17.0 * t, 262))
    there = [stride(2 * np.pi * n / 12) for n in range(24)]
    back = [stride(2 * np.pi * n / 12 + 2) for n in range(24)]
    kai = walker("boy", KAI, there, on_twos(48), lambda t: (50 + 7.0 * (t // 2 * 2), 208))
    rin = walker("woman", RIN, back, on_twos(48), lambda t: (500 - 7.0 * (t // 2 * 2), 216),
                  mirrored=True)  # fmt: skip
    return Film(48, camera, (ground(town.paint_shops, seed, camera),), (van, kai, rin))


def twos_threes(seed: int) -> Film:
    """Drawings held for two and three frames, some sliding; some come back after a blink."""
    camera = Camera(48, start=(0, 10), travel=(330, 0), ease=0.8)
    return Film(48, camera, (ground(places.paint_park, seed, camera),),
                (runner(48, seed, portrait.FAIR),))  # fmt: skip


def loose_hair(seed: int) -> Film:
    """Some eighty loose hairs of one pixel or less, streaming over a street."""
    camera = Camera(42, start=(500, 20), travel=(420, 12))

    def pose(drawing: int) -> Pose:
        at = 0.75 * drawing
        still = calm(
            x=690 + 16 * np.sin(0.6 * at), sway=at, wind=0.72 + 0.2 * np.sin(0.8 * drawing)
        )
        return replace(
            still, y=still.y + 7 * np.cos(at), lean=6 + 3 * np.sin(at), nod=3 * np.cos(at)
        )

    girl = close_up("girl", pose, portrait.DARK, 42, loose=84, seed=seed)
    return Film(42, camera, (ground(town.paint_town, seed, camera),), (girl,))


def still_figure(seed: int) -> Film:
    """A girl fills a third of the picture and only her hair stirs, before a slow pan."""
    camera = Camera(42, start=(700, 20), travel=(150, 12))

    def pose(drawing: int) -> Pose:
        eye = 0.1 if drawing in (6, 7) else 0.9
        return replace(calm(x=690, sway=0.7 * drawing, wind=0.35), eye_open=eye)

    girl = close_up("girl", pose, portrait.DARK, 42)
    return Film(42, camera, (ground(town.paint_town, seed, camera),), (girl,))


def shadow(seed: int) -> Film:
    """A walker who throws a translucent shadow on the path; the shadow belongs to the sprite."""
    camera = Camera(40, start=(0, 0), travel=(130, 0))
    poses = [stride(2 * np.pi * n / 12) for n in range(20)]
    sue = walker("girl", SUE, poses, on_twos(40), lambda t: (110 + 7.0 * (t // 2 * 2), 196),
                  shadow=0.46)  # fmt: skip
    return Film(40, camera, (ground(places.paint_park, seed, camera),), (sue,))


def motion_blur(seed: int) -> Film:
    """A runner dashes through the picture, smeared over 13 px by an open shutter."""
    camera = Camera(36, start=(60, 0), travel=(110, 0))
    poses = [stride(2 * np.pi * n / 10, run=1.0) for n in range(36)]
    kai = walker("runner", KAI, poses, list(range(36)), lambda t: (-70 + 22.0 * t, 204),
                  shutter=0.6)  # fmt: skip
    return Film(36, camera, (ground(town.paint_shops, seed, camera),), (kai,))


def parallax(seed: int) -> Film:
    """Near houses before a distance that moves half as fast, and a runner before both."""
    camera = Camera(48, start=(330, 10), travel=(520, 0), ease=0.5)
    far = ground(town.paint_skyline, seed, camera, share=0.5)
    near = ground(town.paint_street, seed + 1, camera)
    return Film(48, camera, (far, near), (runner(48, seed, portrait.RED),))


def drifting_sky(seed: int) -> Film:
    """Near houses, roofs that move half as fast, clouds that drift, and a runner before them."""
    camera = Camera(48, start=(330, -50), travel=(520, 0), ease=0.5)
    sky = ground(partial(places.paint_sky, horizon=380), seed + 2, camera, share=0.25)
    roofs = ground(paint_roofs, seed, camera, share=0.6)
    near = ground(town.paint_street, seed + 1, camera)
    return Film(48, camera, (sky, roofs, near), (runner(48, seed, portrait.FAIR),))


def fade_in(seed: int) -> Film:
    """The shot comes out of black over 16 frames while a woman walks."""
    camera = Camera(44, start=(30, 0), travel=(100, 0), zoom=1.06)
    poses = [stride(2 * np.pi * n / 12) for n in range(22)]
    rin = walker("woman", RIN, poses, on_twos(44), lambda t: (150 + 6.0 * (t // 2 * 2), 200))
    light = tuple(min((t + 1) / 16, 1.0) for t in range(44))
    return Film(44, camera, (ground(places.paint_park, seed, camera),), (rin,), opacity=light)


def grain_h264(seed: int) -> Film:
    """Film grain, then H.264 with a rate factor of 28."""
    camera = Camera(42, start=(560, 10), travel=(260, 0))
    return Film(42, camera, (ground(town.paint_town, seed, camera),),
                (runner(42, seed, portrait.FAIR),), grain=4.0, crf=28)  # fmt: skip


def low_contrast(seed: int) -> Film:
    """A white blouse before a whitewashed wall."""
    camera = Camera(42, start=(0, 0), travel=(240, 0))
    return Film(42, camera, (ground(places.paint_white_wall, seed, camera),),
                (runner(42, seed, portrait.WHITE),))  # fmt: skip


def walk_cycle(seed: int) -> Film:
    """A walk on twos in which no drawing is used twice and every line is drawn anew."""
    camera = Camera(40, start=(0, 0), travel=(330, 0), ease=0)
    poses = [stride(2 * np.pi * n / 10) for n in range(20)]
    may = walker("girl", MAY, poses, on_twos(40), lambda t: (290, 203), redraw=seed)
    return Film(40, camera, (ground(town.paint_shops, seed, camera),), (may,))


MOVING = (
    ClipSpec("pan_zoom_turn", "pan, zoom and turn", (2,), 11, pan_zoom_turn),
    ClipSpec("static", "static camera", (2,), 12, static),
    ClipSpec("crossing", "three sprites crossing", (4,), 13, crossing),
    ClipSpec("twos_threes", "twos and threes with sliding", (2,), 14, twos_threes),
    ClipSpec("loose_hair", "loose hair", (2,), 15, loose_hair),
    ClipSpec("still_figure", "figure stiller than the camera", (2,), 23, still_figure),
    ClipSpec("shadow", "translucent shadow", (2,), 16, shadow),
    ClipSpec("motion_blur", "motion blur", (2,), 17, motion_blur),
    ClipSpec("parallax", "two-plane parallax", (2, 3), 18, parallax),
    ClipSpec("drifting_sky", "three-plane parallax", (2,), 24, drifting_sky),
    ClipSpec("fade_in", "fade in", (2,), 19, fade_in),
    ClipSpec("grain_h264", "grain and H.264 at crf 28", (2,), 20, grain_h264),
    ClipSpec("low_contrast", "white blouse, white wall", (2,), 21, low_contrast),
    ClipSpec("walk_cycle", "every drawing drawn anew", (2,), 22, walk_cycle),
)
"""The clips of this group, in the order of the table."""
