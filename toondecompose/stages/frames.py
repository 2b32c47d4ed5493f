"""Stage 1: decode the clip once, at full and at working resolution; refuse what is no single shot.

Writes ``source/<N>.png`` (as given), ``frame/<N>.png`` and ``frame/all_frames.npy`` (working size)
``frame/info.json`` and ``frame/gain.npy``, each frame's factor of a fade; of a transparent clip
also ``source/alpha/<N>.png`` and ``frame/alpha/<N>.png``; or, when it refuses a clip of several
shots, ``shots.yaml``, a config with a clip for each.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from itertools import islice
from typing import NamedTuple, TypeVar

import cv2
import numpy as np

from toondecompose.core.errors import UserError
from toondecompose.core.parallel import threads
from toondecompose.footage.fades import estimate_gains
from toondecompose.footage.shots import (
    colour_histogram,
    cuts_of_histograms,
    find_flashes,
    hold_behind,
)
from toondecompose.footage.transitions import Transition, find_transitions
from toondecompose.pipeline.reading_settings import reading_settings
from toondecompose.pipeline.settings import FramesSettings
from toondecompose.pipeline.shot_list import offer, split
from toondecompose.pipeline.stage import run_stage
from toondecompose.pipeline.terminal import Progress
from toondecompose.pipeline.tuning import read_tuning
from toondecompose.reading.clip_source import Source
from toondecompose.reading.frame_size import check_frame_size
from toondecompose.reading.media import open_source
from toondecompose.reading.transparency import GROUNDS, lay_over_ground
from toondecompose.store import paths
from toondecompose.store.artifacts import ClipFolder

T = TypeVar("T")

Reader = Callable[[], np.ndarray]


class KeptFrame(NamedTuple):
    """What the stage remembers of a frame it has written.

    Attributes
    ----------
    small
        (H, W, 3) uint8 RGB at working size.
    digest
        Hash of the frame as given.
    histogram
        Its ``colour_histogram``.
    transparent
        Whether any of it is transparent.
    """

    small: np.ndarray
    digest: str
    histogram: np.ndarray
    transparent: bool


def main(clip: ClipFolder, settings: FramesSettings, progress: Progress) -> None:
    """Decode ``settings.input`` into the clip folder."""
    source = open_source(settings.input, fps=settings.fps, reading=reading_settings(settings))
    decode(clip, source, settings, progress)


def decode(clip: ClipFolder, source: Source, settings: FramesSettings, progress: Progress) -> None:
    """Decode a source into the clip folder.

    Raises
    ------
    UserError
        When a frame is damaged, there are fewer than two, or they hold several shots.
    """
    tuning = read_tuning(settings.tuning)
    for line in (*source.facts, *source.lines):
        progress.say(line)
    check_frame_size(source.size, settings.input)
    size = working_size(source.size, settings.working_height)
    use_alpha = settings.transparency == "use"

    def keep(numbered: tuple[int, Reader]) -> KeptFrame:
        number, read = numbered
        given = read()
        frame, alpha = lay_over_ground(given, source.ground or GROUNDS[0])
        small = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
        clip.write_png(paths.source(number), frame)
        clip.write_png(paths.frame(number), small)
        if alpha is not None and use_alpha:
            write_alpha(clip, number, alpha, size)
        digest = hashlib.sha256(given.data).hexdigest()
        return KeptFrame(small, digest, colour_histogram(small), alpha is not None)

    numbered = enumerate(_selected(source, settings))
    total = _selected_count(source, settings)
    with clip.together():  # a clip that turns out to be none leaves the earlier frames alone
        kept = progress.map(keep, numbered, "decoding", workers=threads(), total=total)
        refuse_single(len(kept), settings)
        frames, hashes, histograms, transparent = zip(*kept, strict=True)
        flashes = find_flashes(histograms, tuning=tuning)
        if not settings.allow_cuts:
            cuts = cuts_of_histograms(list(histograms), tuning=tuning)
            flashing = [t for first, last in flashes for t in range(first, last + 2)]
            gradual = find_transitions(frames, histograms, breaks=cuts + flashing, tuning=tuning)
            refuse_cuts(clip, cuts, gradual, len(frames), settings)
        ground = source.ground if any(transparent) and use_alpha else None
        if ground is None:  # behind flashes, which are overlays
            held = hold_behind(flashes)
            frames = [frames[held.get(t, t)] for t in range(len(frames))]
        shape = (len(frames), *frames[0].shape)
        clip.write_npy_rows(paths.ALL_FRAMES, shape, np.uint8, frames)
        info = {
            "fps": float(source.fps),
            "fps_fraction": [source.fps.numerator, source.fps.denominator],
            "source": settings.input,
            "source_size": list(source.size),
            "working_size": list(size),
            "frames": len(frames),
            "times": [float(t / source.fps) for t in range(len(frames))],
            "input_times": _chosen(source.input_times, settings),
            "numbers": _chosen(source.numbers, settings),
            "duplicates": equal_runs(list(hashes)),
            "flashes": flashes,
            "alpha": ground is not None,
            "ground": None if ground is None else list(ground),
        }
        clip.write_json(paths.INFO, info)
        if ground is not None:
            opaque = np.full(source.size[::-1], 255, np.uint8)
            for number in np.flatnonzero(~np.array(transparent)):
                write_alpha(clip, int(number), opaque, size)
        # The ground does not fade with the drawings.
        gains = (
            np.ones(len(frames), np.float32)
            if any(transparent)
            else estimate_gains(frames, tuning=tuning)
        )
        clip.write_npy(paths.GAINS, gains)
        keep_sound(clip, source, settings, len(frames))
    progress.say(
        f"{len(frames)} frames of {source.size[0]}x{source.size[1]}, "
        f"worked on at {size[0]}x{size[1]}"
    )
    for line in found_lines(flashes, sum(transparent), gains, source.ground, use_alpha=use_alpha):
        progress.say(line)


def keep_sound(clip: ClipFolder, source: Source, settings: FramesSettings, count: int) -> None:
    """Write the sound of the chosen frames, if the input has any."""
    if source.sound is None:
        return
    times = _chosen(source.input_times, settings)
    start = times[0] if times else float(settings.first_frame / source.fps)
    with clip.writing(paths.SOUND) as part:
        source.sound(part, start, count / source.fps)


def found_lines(
    flashes: list[tuple[int, int]],
    transparent: int,
    gains: np.ndarray,
    ground: tuple[int, int, int] | None,
    *,
    use_alpha: bool,
) -> list[str]:
    """Lines about what was found in the frames and what becomes of it.

    Parameters
    ----------
    flashes
        First and last frame of each flash.
    transparent
        Number of transparent frames.
    gains
        (T,) factor of each frame, 1 without a fade.
    ground
        Colour that transparent frames are laid over.
    use_alpha
        Whether their alpha is that of the sprites.
    """
    lines = []
    if flashes:
        names = ", ".join(str(a) if a == b else f"{a} to {b}" for a, b in flashes)
        lines.append(
            f"a flash or impact frames, no cut: {names}; "
            + (
                "the next stages take them as any other frame, so that what they show may become "
                "part of a sprite"
                if transparent and use_alpha
                else "they are an overlay of their own, behind which the frame before is held"
            )
        )
    if transparent:
        lines.append(
            f"the input is transparent in {transparent} of {len(gains)} frames: "
            + (
                "its alpha is taken for that of all sprites together, and the background is empty "
                f"(transparency: ignore takes the frames over the colour {ground} instead)"
                if use_alpha
                else f"its alpha is dropped, the frames are laid over the colour {ground}"
            )
        )
    faded = np.nonzero(gains != 1)[0]
    if faded.size:
        lines.append(f"a fade between frames {faded[0]} and {faded[-1]}: taken out, and put back")
    return lines


def write_alpha(clip: ClipFolder, number: int, alpha: np.ndarray, size: tuple[int, int]) -> None:
    """Write the alpha (H, W) uint8 of a frame, as given and at the working size."""
    clip.write_png(paths.source_alpha(number), alpha)
    small = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)
    clip.write_png(paths.frame_alpha(number), small)


def working_size(size: tuple[int, int], height: int) -> tuple[int, int]:
    """(width, height) to work at: about ``height`` high, no enlargement but to multiples of 8.

    >>> working_size((1280, 720), 256)
    (456, 256)
    >>> working_size((100, 60), 256)
    (96, 64)
    """
    scale = min(1.0, height / size[1])
    width, height = (max(8, 8 * round(side * scale / 8)) for side in size)
    return width, height


def equal_runs(hashes: list[str]) -> list[list[int]]:
    """[first, last] of every run of two or more equal neighbours.

    >>> equal_runs(["a", "b", "b", "b", "c"])
    [[1, 3]]
    """
    starts = [t for t in range(len(hashes)) if t == 0 or hashes[t] != hashes[t - 1]]
    ends = [t - 1 for t in starts[1:]] + [len(hashes) - 1]
    return [[a, b] for a, b in zip(starts, ends, strict=True) if b > a]


def refuse_single(count: int, settings: FramesSettings) -> None:
    """Raise a UserError when there are fewer than two frames."""
    if count > 1:
        return
    place = f" from frame {settings.first_frame} on" if settings.first_frame else ""
    upto = f" up to frame {settings.last_frame}" if settings.last_frame >= 0 else ""
    raise UserError(
        f"the input {settings.input} gives {count} frame{'' if count else 's'}{place}{upto}, "
        "but a clip needs at least two; correct the keys 'input', 'first_frame' and 'last_frame'"
    )


def refuse_cuts(
    clip: ClipFolder,
    cuts: list[int],
    gradual: list[Transition],
    count: int,
    settings: FramesSettings,
) -> None:
    """Raise a UserError that names the shots when there are several, and offers a clip for each.

    Frames of gradual transitions are in none of them.
    """
    if not (cuts or gradual):
        return
    first = settings.first_frame
    shots = split(cuts, first, count, between=[(one.first, one.last) for one in gradual])
    between = [one.named(first) for one in gradual]
    if cuts:
        names = ", ".join(f"{first + cut - 1}/{first + cut}" for cut in cuts)
        between.insert(0, f"cuts between the frames {names}")
    fix = offer(clip, shots) or (
        "take one shot with the keys 'first_frame' and 'last_frame' "
        f"(such as last_frame: {shots[0][1]})"
    )
    raise UserError(
        f"the input {settings.input} holds {len(shots)} shots, with {', '.join(between)}; "
        f"if it is one shot, set allow_cuts: true, else {fix}"
    )


def _selected(source: Source, settings: FramesSettings) -> Iterator[Reader]:
    stop = None if settings.last_frame < 0 else settings.last_frame + 1
    return islice(source.readers(), settings.first_frame, stop)


def _chosen(values: list[T] | None, settings: FramesSettings) -> list[T] | None:
    stop = None if settings.last_frame < 0 else settings.last_frame + 1
    return None if values is None else values[settings.first_frame : stop]


def _selected_count(source: Source, settings: FramesSettings) -> int | None:
    if source.count is None:
        return None
    stop = source.count if settings.last_frame < 0 else min(source.count, settings.last_frame + 1)
    return max(0, stop - settings.first_frame)


if __name__ == "__main__":
    run_stage("frames", main, FramesSettings)
