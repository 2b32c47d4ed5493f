"""The group ``limited``: the plainest shots of everyday television animation.

Little moves here: a mouth, hair, the legs of someone who steps on the spot; the camera stands or
slides along. The figures are inked, flat without lines, or painted (`styles`).
"""

from dataclasses import replace
from functools import partial

import numpy as np

from bench.clips import overlays, places, rooms, town
from bench.clips.actors import ANA, IDA, LEA, MIA, OTTO, bust, cat, on_the_spot, shaken
from bench.clips.bust import Moment
from bench.clips.cast import KAI, MAY, RIN, SUE, ground, on_twos, walker
from bench.clips.cat import CatPose
from bench.clips.scene import SCALE, Camera, Film, on_ground
from bench.clips.spec import ClipSpec
from bench.clips.styles import FLAT, INKED, PAINTED, THIN
from bench.clips.walker import Stance, stride

_TALK = ("shut", "small", "wide", "small", "round", "shut", "wide", "small")
_PACE = 18.0  # frame pixels a frame that someone gets on who walks briskly, on twos


def _panned(frames: int, step: float, start: tuple[float, float] = (0.0, 0.0)) -> Camera:
    """A camera that slides to the right by ``step`` frame pixels a frame."""
    return Camera(frames, start=start, travel=(step / SCALE * (frames - 1), 0), ease=0)


def close_up(seed: int) -> Film:
    """Head and bare shoulders fill the middle while the street slides by; hair and mouth move."""
    camera = _panned(24, 4.0, (200, 0))
    moments = [Moment(_TALK[n % 8], 0.1 if n == 8 else 1.0, sway=0.8 * n) for n in range(12)]
    ana = bust("girl", ANA, moments, on_twos(24), INKED, (620, 216), 1.24)
    return Film(24, camera, (ground(town.paint_town, seed, camera),), (ana,))


def dialogue(seed: int) -> Film:
    """A painted man without lines talks, sways a few pixels and blinks in a patterned room."""
    camera = Camera(24)
    eyes = [1.0] * 5 + [0.5, 0.1, 0.5] + [1.0] * 4
    moments = [Moment(_TALK[n % 8], eyes[n], nod=(0, 2.0 * (n % 3)), tilt=0.8 * np.sin(0.7 * n))
               for n in range(12)]  # fmt: skip

    def sway(t: float) -> tuple[float, float]:
        held = round(t) // 2 * 2
        return round(16 * np.sin(0.26 * held)) / 4, 0.0

    otto = bust("man", OTTO, moments, on_twos(24), PAINTED, (600, 300), 1.12, sway)
    return Film(24, camera, (ground(rooms.paint_parlour, seed, camera),), (otto,))


def lip_sync(seed: int) -> Film:
    """A head that stands still: three mouths on twos and one blink.

    The truth is the whole figure. No frame of this clip tells it from the room: only mouth and
    lids ever move, so what belongs to the figure cannot be known without a hint. Meant to be run
    with hints as well. The four drawings (three mouths, and the blink) differ in nothing else.
    """
    camera = Camera(24)
    moments = [Moment(m) for m in ("shut", "wide", "round")] + [Moment("shut", eye=0.0)]
    shown = np.repeat((0, 1, 2, 1, 0, 2, 1, 3, 0, 1, 2, 0), 2).tolist()
    mia = bust("woman", MIA, moments, shown, FLAT, (600, 290), 1.15)
    return Film(24, camera, (ground(town.paint_classroom, seed, camera),), (mia,))


def on_the_spot_textured(seed: int) -> Film:
    """A boy steps on the spot before shops; the camera stands still."""
    camera = Camera(24)
    poses = [on_the_spot(2 * np.pi * n / 8, bob=6) for n in range(8)]
    kai = walker("boy", KAI, poses, [n % 8 for n in on_twos(24)], lambda t: (310, 206), style=THIN)
    return Film(24, camera, (ground(town.paint_shops, seed, camera),), (kai,))


def on_the_spot_even(seed: int) -> Film:
    """A figure of flat colours steps on the spot before even green; the head bobs by 2 pixels."""
    camera = Camera(24)
    poses = [on_the_spot(2 * np.pi * n / 8, bob=4) for n in range(8)]
    may = walker("girl", MAY, poses, [n % 8 for n in on_twos(24)], lambda t: (320, 200), style=FLAT)
    green = ground(rooms.even((112, 168, 92)), seed, camera, texture=0)
    return Film(24, camera, (green,), (may,))


def passer_by(seed: int) -> Film:
    """A walker on twos crosses even white from side to side."""
    camera = Camera(30)
    poses = [stride(2 * np.pi * n / 6) for n in range(15)]
    sue = walker("girl", SUE, poses, on_twos(30), lambda t: (20 + 2 * _PACE * (t // 2), 200))
    white = ground(rooms.even((250, 250, 248)), seed, camera, texture=0)
    return Film(30, camera, (white,), (sue,))


def two_passers_by(seed: int) -> Film:
    """Two painted walkers pass each other in a park; the camera stands still."""
    camera = Camera(28)
    there = [stride(2 * np.pi * n / 8) for n in range(14)]
    back = [stride(2 * np.pi * n / 8 + 2) for n in range(14)]
    kai = walker("boy", replace(KAI, inked=0.4), there, on_twos(28),
                 lambda t: (110 + 1.5 * _PACE * (t // 2), 202), style=PAINTED)  # fmt: skip
    rin = walker("woman", replace(RIN, inked=0.4), back, on_twos(28),
                 lambda t: (530 - 1.5 * _PACE * (t // 2), 214), mirrored=True,
                 style=PAINTED)  # fmt: skip
    return Film(28, camera, (ground(places.paint_park, seed, camera),), (kai, rin))


def shake(seed: int) -> Film:
    """The camera shakes by up to 14 pixels a frame; a girl stands there and waves."""
    camera = Camera(20, start=(400, 0), shake=shaken(20, seed, most=14))
    poses = [Stance(arms=(120 + a, 6), elbows=(52 - 2 * a, 12), sway=0.8 * n, mouth=0.7)
             for n, a in enumerate((0, 10, 20, 10))]  # fmt: skip
    may = walker("girl", MAY, poses, [n % 4 for n in on_twos(20)], lambda t: (300, 196))
    may = replace(may, motion=on_ground(may.motion, camera))
    return Film(20, camera, (ground(places.paint_park, seed, camera),), (may,))


def slow_zoom(seed: int) -> Film:
    """The camera closes in slowly on a painted woman who only breathes and blinks once."""
    camera = Camera(24, start=(120, -10), zoom=1.14)
    moments = [Moment(breath=b, nod=(0, -0.6 * b)) for b in (0.0, 2.5, 5.0, 2.5)]
    moments.append(Moment(eye=0.1, breath=2.5, nod=(0, -1.5)))
    shown = np.repeat((0, 1, 2, 4, 3, 0), 4).tolist()
    ida = bust("woman", IDA, moments, shown, PAINTED, (700, 320), 0.95)
    ida = replace(ida, motion=on_ground(ida.motion, camera))
    return Film(24, camera, (ground(places.paint_park, seed, camera),), (ida,))


def covers_most(seed: int) -> Film:
    """A girl so near that she covers three fifths of the picture moves gently before a slow pan."""
    camera = _panned(24, 1.0, (100, 40))
    moments = [Moment("small" if n in (3, 5) else "shut", 0.1 if n == 6 else 1.0,
                      nod=(5 * np.sin(0.8 * n), 3 * np.cos(0.8 * n)), tilt=1.2 * np.sin(0.8 * n),
                      breath=3 * np.sin(0.8 * n)) for n in range(8)]  # fmt: skip
    shown = [t // 3 for t in range(24)]
    lea = bust("girl", LEA, moments, shown, THIN, (620, 290), 2.0)
    return Film(24, camera, (ground(town.paint_shops, seed, camera),), (lea,))


def enters_and_stays(seed: int) -> Film:
    """A woman of flat colours walks in for 10 frames, then stands for 18 and blinks once."""
    camera = Camera(28)
    poses = [*(stride(2 * np.pi * n / 6 + 0.4) for n in range(5)), Stance(wind=0.1),
             Stance(wind=0.1, eye=0.0), Stance(wind=0.1, mouth=0.8)]  # fmt: skip
    shown = [*on_twos(10), *[5] * 6, *[6] * 2, *[5] * 4, *[7] * 2, *[5] * 4]
    rin = walker("woman", RIN, poses, shown,
                 lambda t: (-20 + 2 * _PACE * min(t // 2, 5), 208), style=FLAT)  # fmt: skip
    return Film(28, camera, (ground(rooms.paint_parlour, seed, camera),), (rin,))


def two_touch(seed: int) -> Film:
    """Two people walk side by side and touch in every frame; the camera goes with them."""
    camera = _panned(24, 3.0)
    near = [stride(2 * np.pi * n / 8) for n in range(12)]
    far = [stride(2 * np.pi * n / 8 + 1.3) for n in range(12)]
    sue = walker("girl", SUE, far, on_twos(24), lambda t: (338 + 1.0 * (t // 2 % 4), 204))
    kai = walker("boy", KAI, near, on_twos(24), lambda t: (286, 210))
    return Film(24, camera, (ground(town.paint_shops, seed, camera),), (sue, kai))


def turning_room(seed: int) -> Film:
    """Two people of flat colours step about in a flat room; the camera turns by 1.8 degrees."""
    camera = Camera(24, turn=1.8)
    steps = [on_the_spot(2 * np.pi * n / 8, bob=4) for n in range(8)]
    talk = [replace(pose, mouth=0.8 * (n % 2), lean=2.0 + n % 3) for n, pose in enumerate(steps)]
    shown = [n % 8 for n in on_twos(24)]
    kai = walker("boy", KAI, talk, shown, lambda t: (240, 206), style=FLAT)
    rin = walker("woman", RIN, steps[3:] + steps[:3], shown, lambda t: (400, 204), mirrored=True,
                 style=FLAT)  # fmt: skip
    people = (replace(one, motion=on_ground(one.motion, camera)) for one in (kai, rin))
    room = ground(rooms.paint_vector_room, seed, camera, texture=0)
    return Film(24, camera, (room,), tuple(people))


def rain(seed: int) -> Film:
    """A walker in the rain, before a pan.

    The streaks lie over walker and street alike and belong to neither: the truth's alpha and
    colours are the walker's without rain, the plate is the dry street, and the rain is kept as
    ``truth/overlay``.
    """
    camera = _panned(24, 5.0)
    poses = [stride(2 * np.pi * n / 8) for n in range(12)]
    may = walker("girl", MAY, poses, on_twos(24), lambda t: (300, 204))
    return Film(24, camera, (ground(town.paint_shops, seed, camera),), (may,),
                overlay=partial(overlays.rain, seed))  # fmt: skip


def logo_subtitle(seed: int) -> Film:
    """A logo and a subtitle stand still on the screen, over a pan with a walker.

    They are kept as ``truth/overlay``; plate and walker are without them. The walker's picture
    never meets them, so any part of them in his layer is a fault.
    """
    camera = _panned(24, 4.0, (0, 76))
    poses = [stride(2 * np.pi * n / 8) for n in range(12)]
    kai = walker("boy", KAI, poses, on_twos(24), lambda t: (300, 168))
    return Film(24, camera, (ground(places.paint_park, seed, camera),), (kai,),
                overlay=lambda t: overlays.logo_and_subtitle())  # fmt: skip


def light_band(seed: int) -> Film:
    """A band of light sweeps over a pan and a walker on twos.

    It is kept as ``truth/overlay``; plate and walker are without it.
    """
    camera = _panned(24, 4.0, (0, 76))
    poses = [stride(2 * np.pi * n / 8) for n in range(12)]
    kai = walker("boy", KAI, poses, on_twos(24), lambda t: (300, 168))
    return Film(24, camera, (ground(places.paint_park, seed, camera),), (kai,),
                overlay=lambda t: overlays.glow(t, 24))  # fmt: skip


def cat_sits(seed: int) -> Film:
    """A small cat with a soft rim of fur leaps in, then sits and moves its tail."""
    camera = Camera(28)
    leaps = [CatPose("crouch"), CatPose("leap", 0.4), CatPose("leap", 1.4)]
    sits = [CatPose("sit", 0.9 * n, 0.1 if n == 3 else 1.0) for n in range(6)]
    hop = [0, 0, 1, 1, 2, 2]
    # Three frames for each sitting drawing, and one less for the last two.
    shown = [*hop, *hop, *np.repeat(np.arange(3, 9), (3, 3, 3, 3, 2, 2)).tolist()]
    across = [0, 0, 40, 40, 88, 88]
    up = [0, 0, 34, 34, 20, 20]

    def paws(t: float) -> tuple[float, float]:
        at = round(t)
        if at >= 12:
            return 276.0, 330.0
        return 20.0 + 128 * (at // 6) + across[at % 6], 330.0 - up[at % 6]

    animal = cat(leaps + sits, shown, paws)
    return Film(28, camera, (ground(rooms.paint_parlour, seed, camera),), (animal,))


LIMITED = tuple(
    ClipSpec(draw.__name__, hard_for, (objects,), seed, draw, "limited")
    for draw, hard_for, objects, seed in (
        (close_up, "close-up before a pan", 2, 31),
        (dialogue, "painted figure talks, static", 2, 32),
        (lip_sync, "still head, mouths only", 2, 33),
        (on_the_spot_textured, "steps on the spot, textured ground", 2, 34),
        (on_the_spot_even, "steps on the spot, even ground", 2, 35),
        (passer_by, "walker on even white", 2, 36),
        (two_passers_by, "two walkers pass, painted", 3, 37),
        (shake, "camera shake", 2, 38),
        (slow_zoom, "slow zoom on a still figure", 2, 39),
        (covers_most, "figure covers most of it", 2, 40),
        (enters_and_stays, "enters, then stays", 2, 41),
        (two_touch, "two walkers who touch", 3, 42),
        (turning_room, "flat room, camera turns", 3, 47),
        (rain, "rain over everything", 2, 43),
        (logo_subtitle, "burnt-in logo and subtitle", 2, 44),
        (light_band, "light sweeps over everything", 2, 46),
        (cat_sits, "soft fur, sits still", 2, 45),
    )
)
"""The clips of this group, in the order of the table."""
