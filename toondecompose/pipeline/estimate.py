"""What a stage of a clip needs: memory, disk and time, from the clip's size and length.

The figures are straight lines, fitted by hand to benchmark files of about ten clips of 192x128 to
1280x720 and 6 to 78 frames; those of the report stage are guessed. They are meant to be right
within a third, rather too much than too little; time is that of two cores.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from toondecompose.store.artifacts import STAGES

MEGA = 1e6


@dataclass(frozen=True)
class ClipSize:
    """How large a clip is.

    Attributes
    ----------
    size, working_size : (width, height) of a frame as given, and as it is worked on.
    frames : number of frames.
    layers : number of objects, the background included.
    """

    size: tuple[int, int]
    working_size: tuple[int, int]
    frames: int
    layers: int = 2

    @property
    def frame(self) -> float:
        """Megapixels of a frame."""
        return self.size[0] * self.size[1] / MEGA

    @property
    def source(self) -> float:
        """Megapixels of all frames."""
        return self.frame * self.frames

    @property
    def working(self) -> float:
        """Megapixels of all frames at working size."""
        return self.working_size[0] * self.working_size[1] / MEGA * self.frames


@dataclass(frozen=True)
class Cost:
    """What a stage takes: a part that is always there, and parts for each megapixel.

    Attributes
    ----------
    base : MB of memory, or seconds, or MB of disk, of any clip.
    working, source : for each megapixel of all frames, at working size and as given.
    frame : for each megapixel of one frame as given.
    """

    base: float
    working: float = 0.0
    source: float = 0.0
    frame: float = 0.0

    def of(self, clip: ClipSize) -> float:
        """Return the sum for a clip."""
        parts = self.working * clip.working, self.source * clip.source, self.frame * clip.frame
        return self.base + sum(parts)


@dataclass(frozen=True)
class Needs:
    """What a stage of a clip needs: MB of memory and disk, seconds."""

    memory: float
    disk: float
    seconds: float


MEMORY = {
    "frames": Cost(100, working=3, frame=30),
    "flow": Cost(115, working=3),
    "alpha": Cost(180, working=165),
    "homography": Cost(180, working=110),
    "preview": Cost(150, working=4),
    "sprites": Cost(700, working=55),
    "refine": Cost(380, source=26, frame=100),
    "report": Cost(200, frame=60),
    "video": Cost(200, frame=260),
}
"""MB of memory."""

DISK = {
    "frames": Cost(1, working=5, source=2),
    "flow": Cost(1, working=37),
    "alpha": Cost(1, working=4),
    "homography": Cost(1),
    "preview": Cost(1, working=2),
    "sprites": Cost(2, working=4),
    "refine": Cost(5, source=4),
    "report": Cost(2, source=0.5),
    "video": Cost(1, source=0.8),
}
"""MB on disk, of two layers."""

SECONDS = {
    "frames": Cost(2, source=0.1),
    "flow": Cost(2, working=1),
    "alpha": Cost(3, working=6),
    "homography": Cost(2, working=2.3),
    "preview": Cost(2, working=0.3),
    "sprites": Cost(8, working=2),
    "refine": Cost(4, working=3.5, source=0.8),
    "report": Cost(2, source=0.2),
    "video": Cost(2, source=0.2),
}
"""Seconds on two cores."""

THREADS = {"alpha": 2, "homography": 2, "sprites": 2, "refine": 2, "flow": 2, "frames": 2}
"""Cores that a stage can keep busy; one where it is not listed."""

SURE_DISK = 200.0
"""Estimates of fewer MB of disk are too rough to refuse a clip for."""

SLACK = 3.0
"""A scheduler stops a job after this many times the estimated time."""


def needs(stage: str, clip: ClipSize) -> Needs:
    """Estimate what a stage of a clip needs.

    >>> round(needs("refine", ClipSize((1280, 720), (456, 256), 78)).memory)
    2341
    """
    layers = (1 + clip.layers) / 3 if stage in ("refine", "video") else 1
    return Needs(
        memory=MEMORY[stage].of(clip),
        disk=DISK[stage].of(clip) * layers,
        seconds=SECONDS[stage].of(clip),
    )


def largest(clip: ClipSize) -> tuple[str, Needs]:
    """Return the stage that needs most memory, and what it needs."""
    return max(((stage, needs(stage, clip)) for stage in STAGES), key=lambda one: one[1].memory)


def totals(clip: ClipSize) -> Needs:
    """Sum up all stages: the most memory at a time, all disk, all seconds."""
    each = [needs(stage, clip) for stage in STAGES]
    return Needs(
        memory=max(one.memory for one in each),
        disk=sum(one.disk for one in each),
        seconds=sum(one.seconds for one in each),
    )


def resources(stage: str, clip: ClipSize | None, settings: Mapping[str, Any]) -> dict[str, int]:
    """Return the resources that a stage declares; for a clip of unknown size, defaults.

    ``mem_mb`` and ``disk_mb`` in MB, ``runtime`` in minutes, ``gpu`` a number of GPUs.
    """
    gpu = settings.get("device") == "cuda" and stage in ("flow", "sprites")
    if clip is None:
        return {"mem_mb": 1000, "disk_mb": 1000, "runtime": 60, "gpu": int(gpu)}
    one = needs(stage, clip)
    return {
        "mem_mb": round(one.memory),
        "disk_mb": round(one.disk),
        "runtime": max(10, round(SLACK * one.seconds / 60)),
        "gpu": int(gpu),
    }


def say_needs(name: str, clip: ClipSize) -> str:
    """Return one line with the estimate of a clip."""
    total = totals(clip)
    return (
        f"{name}: about {_gigabytes(total.memory)} of memory, {_gigabytes(total.disk)} of disk and "
        f"{say_time(total.seconds)} on two cores for {_words(clip)}"
    )


def too_large(name: str, clip: ClipSize, *, memory: float, disk: float) -> str | None:
    """Return a sentence where a clip needs more memory or disk, in MB, than there is; else None."""
    stage, most = largest(clip)
    if most.memory > memory:
        return (
            f"{name}: the stage {stage} needs about {_gigabytes(most.memory)} of memory for "
            f"{_words(clip)}, but {_gigabytes(memory)} are free; "
            f"{_smaller(clip, stage, memory)}, or close other programs, or give --resources "
            f"mem_mb={round(most.memory)} to try it all the same"
        )
    total = totals(clip).disk
    if total > max(disk, SURE_DISK):
        return (
            f"{name}: all stages need about {_gigabytes(total)} of disk for {_words(clip)}, but "
            f"{_gigabytes(disk)} are free; make room, or take fewer frames with first_frame and "
            "last_frame"
        )
    return None


def say_time(seconds: float) -> str:
    """Return a span of time in words.

    >>> say_time(40), say_time(100), say_time(9000)
    ('40 s', '2 minutes', '2.5 hours')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"


def _smaller(clip: ClipSize, stage: str, memory: float) -> str:
    # The settings that make it fit: fewer frames at a time, or a smaller working size.
    cost = MEMORY[stage]
    share = (memory - cost.base - cost.frame * clip.frame) / (
        cost.working * clip.working + cost.source * clip.source
    )
    frames = int(0.95 * share * clip.frames)
    if frames < 2:
        return "take a smaller copy of the input"
    text = f"set last_frame: {frames - 1} and take the rest as clips of their own"
    height = int(clip.working_size[1] * share**0.5 * 0.95)
    if cost.working and not cost.source and height >= 64:
        text = f"set working_height: {height}, or {text}"
    return text


def _words(clip: ClipSize) -> str:
    return f"{clip.frames} frames of {clip.size[0]}x{clip.size[1]}"


def _gigabytes(megabytes: float) -> str:
    return f"{megabytes / 1000:.1f} GB"
