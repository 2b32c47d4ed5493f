"""The cast: grounds, walkers, close-ups and the van, ready to be put into a film."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.clips import portrait
from bench.clips.faces import Looks
from bench.clips.scene import SCALE, Camera, Motion, Plane, Sprite, remembered, slide
from bench.clips.styles import INKED, Style
from bench.clips.van import paint_van
from bench.clips.walker import Stance, paint_walker, redrawn
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

_SHEET = (340, 320)  # size of a walker's sheet, frame pixels; the hip lies in its middle
_HIP = (170.0, 176.0)


def ground(
    paint: Paint, seed: int, camera: Camera, share: float = 1.0, *, texture: float = 0.10
) -> Plane:
    """Paint a plane that covers all the camera will see of it; ``texture`` is its brushwork's."""
    corners = np.array([(0, 0, 1), (639, 0, 1), (639, 359, 1), (0, 359, 1.0)]).T
    seen = np.hstack([(camera(t, share) @ corners)[:2] for t in range(camera.frames)])
    (left, top), (right, bottom) = seen.min(axis=1) - 30, seen.max(axis=1) + 30
    painting = Painting(left=left, top=top, right=right, bottom=bottom, scale=SCALE)
    random = np.random.default_rng(seed)
    paint(painting, random)
    canvas = painting.finish(random, texture=texture, blur=0.9)
    return Plane(canvas, painting.to_canvas(), share)


def on_twos(frames: int) -> list[int]:
    """A new drawing in every second frame."""
    return [t // 2 for t in range(frames)]


def calm(*, x: float, sway: float, wind: float) -> Pose:
    """Standing upright in the wind."""
    return Pose(x=x, y=452, lean=4, nod=-2, near_arm=Arm(-6, 14), far_arm=Arm(6, 16), sway=sway,
                wind=wind, eye_open=0.9, brow=0.2)  # fmt: skip


def close_up(
    name: str, pose: Callable[[int], Pose], colours: dict[str, Colour], frames: int, *,
    loose: int = 0, seed: int = 0,
) -> Sprite:  # fmt: skip
    """Someone close up who stays where she is on the screen, on threes."""

    @remembered
    def sheet(drawing: int) -> NDArray[np.uint8]:
        return portrait.paint_portrait(pose(drawing), colours, loose=loose, seed=seed)

    still = slide(portrait.MARGIN, lambda t: (0.0, 0.0))
    return Sprite(name, sheet, tuple(t // 3 for t in range(frames)), still)


def runner(frames: int, seed: int, colours: dict[str, Colour]) -> Sprite:
    """The figure of `data.violet` by its own exposure sheet, in other colours."""
    timing = expose(frames, np.random.default_rng(seed))

    @remembered
    def sheet(drawing: int) -> NDArray[np.uint8]:
        return portrait.paint_portrait(timing.drawings[drawing], colours)

    def place(t: float) -> tuple[float, float]:
        x, y = timing.slides[round(t)]
        return x * SCALE, y * SCALE

    return Sprite("runner", sheet, timing.shown, slide(portrait.MARGIN, place))


def walker(
    name: str, looks: Looks, poses: list[Stance], shown: list[int],
    hip: Callable[[float], tuple[float, float]], *, mirrored: bool = False, shutter: float = 0.0,
    shadow: float = 0.0, redraw: int | None = None, style: Style = INKED,
) -> Sprite:  # fmt: skip
    """A walker whose ``hip`` is at (x, y) frame pixels in frame t."""
    width, height = (_SHEET[0] + 120, _SHEET[1]) if shadow else _SHEET
    flip = np.array((-1.0 if mirrored else 1.0, 1.0))

    def at(scale: float) -> Placement:
        return Placement(_HIP[0] / SCALE, _HIP[1] / SCALE, 0.0, scale)

    @remembered
    def sheet(drawing: int) -> NDArray[np.uint8]:
        cel = style.sheet(width=width, height=height, scale=SCALE)
        upright = at(1.0)

        def place(points: NDArray[np.float64]) -> NDArray[np.float64]:
            return upright(np.asarray(points) * flip)

        if redraw is not None:
            place = redrawn(place, np.random.default_rng((redraw, drawing)))
        paint_walker(cel, place, looks, poses[drawing])
        if not shadow:
            return style.finished(cel)
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


def delivery_van(name: str, hub: Callable[[float], tuple[float, float]]) -> Sprite:
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
