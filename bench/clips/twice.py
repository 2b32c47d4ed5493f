"""Clips that can be drawn at twice the rate: what in-betweens are compared with.

At rate 1 the drawings are on twos, as television draws them, and the camera moves in every frame.
At rate 2 there are a frame in the middle and a drawing of its own for each frame, so frame 2 t has
the camera of frame t, and, where t is even, its drawing.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from bench.clips import places, rooms, town
from bench.clips.actors import ANA, IDA, LEA, bust, cat, on_the_spot
from bench.clips.bust import Moment
from bench.clips.cast import KAI, MAY, RIN, ground, walker
from bench.clips.cat import CatPose
from bench.clips.scene import SCALE, Camera, Film, on_ground
from bench.clips.styles import FLAT, INKED, PAINTED, THIN
from bench.clips.walker import stride

FRAMES = 13
"""Frames at rate 1: the last one begins a drawing, so that all others lie between two."""

Times = list[float]


def drawn_times(rate: int) -> Times:
    """Return for each frame the time of its drawing, in frames of rate 1.

    >>> drawn_times(1)[:5], drawn_times(2)[:3]
    ([0.0, 0.0, 2.0, 2.0, 4.0], [0.0, 0.5, 1.0])
    """
    if rate == 1:
        return [float(t // 2 * 2) for t in range(FRAMES)]
    return [j / rate for j in range(rate * (FRAMES - 1) + 1)]


def _numbers(times: Times) -> list[int]:
    """Return the number of the drawing of each frame."""
    return [sorted(set(times)).index(time) for time in times]


def _camera(rate: int, **moves: object) -> Camera:
    return Camera(rate * (FRAMES - 1) + 1, **moves)  # pyright: ignore[reportArgumentType]


def _panned(rate: int, step: float, start: tuple[float, float] = (0.0, 0.0)) -> Camera:
    """A camera that slides to the right by ``step`` frame pixels in a frame of rate 1."""
    return _camera(rate, start=start, travel=(step / SCALE * (FRAMES - 1), 0.0), ease=0.0)


def pan_walk(rate: int) -> Film:
    """A girl walks before shops; the camera goes with her."""
    camera, times = _panned(rate, 5.0), drawn_times(rate)
    poses = [stride(2 * np.pi * t / 24) for t in sorted(set(times))]
    may = walker("girl", MAY, poses, _numbers(times), lambda j: (300, 204))
    return Film(camera.frames, camera, (ground(town.paint_shops, 51, camera),), (may,))


def pan_close_up(rate: int) -> Film:
    """Head and shoulders sway while the street slides by; the hair streams."""
    camera, times = _panned(rate, 4.0, (200, 0)), drawn_times(rate)
    moments = [
        Moment("small", sway=0.35 * t, nod=(4 * np.sin(0.4 * t), 2 * np.cos(0.4 * t)))
        for t in sorted(set(times))
    ]
    ana = bust("girl", ANA, moments, _numbers(times), INKED, (620, 216), 1.24)
    return Film(camera.frames, camera, (ground(town.paint_town, 52, camera),), (ana,))


def zoom_breath(rate: int) -> Film:
    """The camera closes in on a painted woman who breathes and stands on the ground."""
    camera, times = _camera(rate, start=(120, -10), zoom=1.12), drawn_times(rate)
    moments = [
        Moment(breath=3 - 3 * np.cos(0.5 * t), nod=(0, 2 * np.sin(0.5 * t)))
        for t in sorted(set(times))
    ]
    ida = bust("woman", IDA, moments, _numbers(times), PAINTED, (700, 320), 0.95)
    ida = replace(ida, motion=on_ground(ida.motion, camera))
    return Film(camera.frames, camera, (ground(places.paint_park, 53, camera),), (ida,))


def tilt_cat(rate: int) -> Film:
    """The camera travels to the right and down past a cat that moves its tail."""
    camera, times = _camera(rate, start=(60, 0), travel=(90, 60)), drawn_times(rate)
    poses = [CatPose("sit", 0.45 * t) for t in sorted(set(times))]
    animal = cat(poses, _numbers(times), lambda j: (330, 300))
    animal = replace(animal, motion=on_ground(animal.motion, camera))
    return Film(camera.frames, camera, (ground(rooms.paint_parlour, 54, camera),), (animal,))


def turn_steps(rate: int) -> Film:
    """The camera turns while a woman of flat colours steps on the spot."""
    camera, times = _camera(rate, turn=2.4), drawn_times(rate)
    poses = [on_the_spot(2 * np.pi * t / 20, bob=4) for t in sorted(set(times))]
    rin = walker("woman", RIN, poses, _numbers(times), lambda j: (330, 204), style=FLAT)
    rin = replace(rin, motion=on_ground(rin.motion, camera))
    return Film(camera.frames, camera, (ground(places.paint_park, 55, camera),), (rin,))


def walk_across(rate: int) -> Film:
    """A boy walks across the picture, moved on twos, against a slow pan."""
    camera, times = _panned(rate, -2.5, (120, 0)), drawn_times(rate)
    poses = [stride(2 * np.pi * t / 22) for t in sorted(set(times))]
    kai = walker("boy", KAI, poses, _numbers(times), lambda j: (200 + 14 * times[round(j)], 206))
    return Film(camera.frames, camera, (ground(town.paint_shops, 56, camera),), (kai,))


def near_pan(rate: int) -> Film:
    """A girl so near that she covers half of the picture turns her head a little."""
    camera, times = _panned(rate, 2.0, (100, 40)), drawn_times(rate)
    moments = [
        Moment(nod=(5 * np.sin(0.35 * t), 3 * np.cos(0.35 * t)), tilt=1.2 * np.sin(0.35 * t))
        for t in sorted(set(times))
    ]
    lea = bust("girl", LEA, moments, _numbers(times), THIN, (620, 290), 1.7)
    return Film(camera.frames, camera, (ground(town.paint_town, 57, camera),), (lea,))


TWICE: dict[str, Callable[[int], Film]] = {
    draw.__name__: draw
    for draw in (pan_walk, pan_close_up, zoom_breath, tilt_cat, turn_steps, walk_across, near_pan)
}
"""The films by name."""
