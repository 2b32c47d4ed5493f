"""The exposure sheet: which drawing each frame shows, where it slides, and every drawing's pose."""

from dataclasses import dataclass, replace

import numpy as np

from data.violet.arm import Arm
from data.violet.figure import Pose

_TAIL = ((3, "open"), (2, "half"), (2, "shut"), (2, "half"), (4, "open"))  # the last blink
_MIN_FRAMES_FOR_TAIL = 40  # shorter clips have no room for a blink that returns to its drawing
_FRAMES_PER_STRIDE = 13.0  # a full swing of the arms and back, at a run


@dataclass(frozen=True)
class Exposure:
    """The exposure sheet of a clip of T frames."""

    drawings: tuple[Pose, ...]  # in order of appearance
    shown: tuple[int, ...]  # (T) index of the drawing that each frame shows
    slides: tuple[tuple[float, float], ...]  # (T) design pixels the drawing is moved by


def expose(frames: int, random: np.random.Generator) -> Exposure:
    """Fill in the exposure sheet: on twos and threes, every second hold sliding."""
    tail = _TAIL if frames >= _MIN_FRAMES_FOR_TAIL else ()
    left = frames - sum(length for length, _ in tail)
    holds: list[tuple[int, str]] = []
    while left > 0:
        length = min(int(random.choice((2, 2, 3))), left)
        if left - length == 1:  # no drawing is shown for a single frame
            length = 3 if left == 3 else 2
        holds.append((length, "new"))
        left -= length

    drawings: list[Pose] = []
    shown: list[int] = []
    slides: list[tuple[float, float]] = []
    named: dict[str, int] = {}
    motion = _Motion(frames)
    slide = np.zeros(2)
    for length, name in (*holds, *tail):
        if name == "new" or name not in named:
            named[name] = len(drawings)
            if name in ("half", "shut"):
                opening = 0.5 if name == "half" else 0.0
                drawings.append(replace(drawings[named["open"]], eye_open=opening))
            else:
                drawings.append(motion.pose(len(shown)))
        if name == "new":
            slide = np.zeros(2)
        pace = _slide_pace(len(shown) / frames, random)
        for _ in range(length):
            shown.append(named[name])
            slides.append((float(slide[0]), float(slide[1])))
            slide = slide + pace
    return Exposure(tuple(drawings), tuple(shown), tuple(slides))


def _slide_pace(share: float, random: np.random.Generator) -> np.ndarray:
    """Design pixels per frame: half of the holds stand still on the screen."""
    if random.uniform() < 0.5:
        return np.zeros(2)
    across = random.choice((-1.25, 0.75, 1.5, 2.0)) if share < 0.6 else random.choice((0.5, 0.75))
    return np.array((across, random.choice((0.0, 0.0, 0.25))))


def _ease(value: float, start: float, end: float) -> float:
    """0 before `start`, 1 after `end`, smooth between."""
    u = float(np.clip((value - start) / (end - start), 0, 1))
    return u * u * (3 - 2 * u)


class _Motion:
    """The acting: she runs, slows down, straightens, and lifts her hand to her scarf."""

    def __init__(self, frames: int) -> None:
        self._shares = np.arange(frames) / max(frames - 1, 1)
        effort = np.array([self._effort(s) for s in self._shares])
        pace = 2 * np.pi / _FRAMES_PER_STRIDE * (0.30 + 0.70 * effort)
        self._stride = 0.5 + np.concatenate([[0], np.cumsum(pace[:-1])])

    @staticmethod
    def _effort(share: float) -> float:
        return 1 - _ease(share, 0.46, 0.78)

    def pose(self, frame: int) -> Pose:
        """The pose drawn for the hold that begins at `frame`."""
        share, stride = float(self._shares[frame]), float(self._stride[frame])
        effort, lifted = self._effort(share), _ease(share, 0.74, 0.84)
        wind = 0.10 + 0.90 * (1 - _ease(share, 0.50, 0.86))  # hair settles later than she does
        swing = np.sin(stride)
        near = Arm(
            swing=(-12 + 50 * swing) * effort - 2 + 38 * lifted,
            bend=12 + (72 + 10 * swing) * effort + 96 * lifted,
        )
        far = Arm(swing=(-8 - 50 * swing) * effort + 2, bend=12 + (78 - 12 * swing) * effort)
        bounce = np.cos(2 * stride)  # twice per stride, once for each foot
        calm = 1 - effort
        return Pose(
            x=575 + 22 * _ease(share, 0.0, 0.4) + 34 * calm + 5 * effort * np.sin(2 * stride + 1),
            y=448 + 13 * effort * bounce + calm * (8 + 3 * np.sin(0.5 * stride)),
            lean=5 + 23 * effort + 2.5 * effort * np.sin(2 * stride),
            nod=1 + 8 * effort + 3 * effort * np.sin(2 * stride + 0.8) + 3 * lifted,
            near_arm=near,
            far_arm=far,
            sway=1.25 * stride,
            wind=wind,
            eye_open=1.0 - 0.15 * lifted,
            mouth_open=max(0.0, 0.45 * np.sin(stride + 0.6)) * (0.35 + 0.65 * effort),
            brow=0.2 + 0.6 * effort,
        )
