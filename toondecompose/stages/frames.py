"""Stage 1: decode the clip once, at full and at working resolution; refuse what is no single shot.

Writes ``source/<N>.png`` (as given), ``frame/<N>.png`` and ``frame/all_frames.npy`` (working size)
``frame/info.json`` and ``frame/gain.npy``, each frame's factor of a fade; of a transparent clip
also ``source/alpha/<N>.png`` and ``frame/alpha/<N>.png``; or, when it refuses a clip of several
shots, ``shots.yaml``, a config with a clip for each.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from toondecompose.core.errors import UserError
from toondecompose.core.parallel import threads
from toondecompose.core.tuning import DEFAULT, Tuning
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
from toondecompose.reading.selection import select_frames
from toondecompose.reading.transparency import GROUNDS
from toondecompose.reading.working_size import to_both_sizes, working_size
from toondecompose.store import paths
from toondecompose.store.artifacts import ClipFolder


@dataclass(frozen=True)
class KeptFrame:
    """What the stage remembers of a frame it has written.

    Attributes
    ----------
    small : (H, W, 3) uint8 RGB at working size.
    digest : hash of the frame as given.
    histogram : its `colour_histogram`.
    transparent : whether any of it is transparent.
    """

    small: np.ndarray
    digest: str
    histogram: np.ndarray
    transparent: bool


def main(clip: ClipFolder, settings: FramesSettings, progress: Progress) -> None:
    """Decode ``settings.input`` into the clip folder."""
    source = open_source(settings.input, fps=settings.fps, reading=reading_settings(settings))
    decode(clip, source, settings, progress=progress)


def decode(
    clip: ClipFolder, source: Source, settings: FramesSettings, *, progress: Progress
) -> None:
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
    source = select_frames(source, settings.first_frame, settings.last_frame)
    use_alpha = settings.transparency == "use"
    size = working_size(source.size, settings.working_height)
    with clip.together():  # a clip that turns out to be none leaves the earlier frames alone
        kept = write_frames(clip, source, size, progress=progress, use_alpha=use_alpha)
        refuse_single(len(kept), settings)
        flashes = find_flashes([one.histogram for one in kept], tuning=tuning)
        if not settings.allow_cuts:
            cuts, gradual = find_shot_changes(kept, flashes, tuning=tuning)
            if cuts or gradual:
                raise several_shots(clip, cuts, gradual, count=len(kept), settings=settings)
        ground = source.ground if use_alpha and any(one.transparent for one in kept) else None
        # Behind flashes, which are overlays, the frame before is held.
        held = hold_behind(flashes) if ground is None else {}
        shown = (kept[held.get(t, t)].small for t in range(len(kept)))
        shape = (len(kept), *kept[0].small.shape)
        clip.write_npy_rows(paths.ALL_FRAMES, shape, np.uint8, rows=shown)
        info = describe(source, settings.input, kept, ground=ground)
        clip.write_json(paths.INFO, info | {"flashes": flashes})
        if ground is not None:
            write_opaque_alphas(clip, kept, source.size)
        gains = find_gains(kept, tuning=tuning)
        clip.write_npy(paths.GAINS, gains)
        if source.sound is not None:
            with clip.writing(paths.SOUND) as part:
                source.sound(part, 0.0, len(kept) / source.fps)
    progress.say(
        f"{len(kept)} frames of {source.size[0]}x{source.size[1]}, worked on at {size[0]}x{size[1]}"
    )
    transparent = sum(one.transparent for one in kept)
    for line in found_lines(flashes, transparent, gains, ground=source.ground, use_alpha=use_alpha):
        progress.say(line)


def write_frames(
    clip: ClipFolder,
    source: Source,
    size: tuple[int, int],
    *,
    progress: Progress,
    use_alpha: bool,
) -> list[KeptFrame]:
    """Decode all frames and write them at full size and at (width, height) to work at.

    The alpha that comes with them is written where it is to be used.
    """
    ground = source.ground or GROUNDS[0]

    def keep(numbered: tuple[int, Callable[[], np.ndarray]]) -> KeptFrame:
        number, read = numbered
        given = read()
        frame = to_both_sizes(given, ground, size)
        clip.write_png(paths.source(number), frame.full)
        clip.write_png(paths.frame(number), frame.small)
        if use_alpha and frame.alpha is not None and frame.small_alpha is not None:
            clip.write_png(paths.source_alpha(number), frame.alpha)
            clip.write_png(paths.frame_alpha(number), frame.small_alpha)
        digest = hashlib.sha256(given.data).hexdigest()
        transparent = frame.alpha is not None
        return KeptFrame(frame.small, digest, colour_histogram(frame.small), transparent)

    numbered = enumerate(source.readers())
    return progress.map(keep, numbered, "decoding", workers=threads(), total=source.count)


def write_opaque_alphas(clip: ClipFolder, kept: Sequence[KeptFrame], size: tuple[int, int]) -> None:
    """Write the alpha of the opaque frames of a transparent clip; size is that of the input."""
    full = np.full(size[::-1], 255, np.uint8)
    small = np.full(kept[0].small.shape[:2], 255, np.uint8)
    for number, one in enumerate(kept):
        if not one.transparent:
            clip.write_png(paths.source_alpha(number), full)
            clip.write_png(paths.frame_alpha(number), small)


def describe(
    source: Source,
    name: str,
    kept: Sequence[KeptFrame],
    *,
    ground: tuple[int, int, int] | None,
) -> dict[str, Any]:
    """Return the facts about a clip that the stages after this one need, but for its flashes.

    Parameters
    ----------
    source : of the frames.
    name : of the input.
    kept : the frames.
    ground : colour that transparent frames were laid over; None if their alpha is not used.
    """
    height, width = kept[0].small.shape[:2]
    return {
        "fps": float(source.fps),
        "fps_fraction": [source.fps.numerator, source.fps.denominator],
        "source": name,
        "source_size": list(source.size),
        "working_size": [width, height],
        "frames": len(kept),
        "times": [float(t / source.fps) for t in range(len(kept))],
        "input_times": source.input_times,
        "numbers": source.numbers,
        "duplicates": equal_runs([one.digest for one in kept]),
        "alpha": ground is not None,
        "ground": None if ground is None else list(ground),
    }


def find_gains(kept: Sequence[KeptFrame], *, tuning: Tuning = DEFAULT) -> np.ndarray:
    """Return the factor of each frame of a fade, (T,) float32.

    Ones for a transparent clip: the ground does not fade with the drawings.
    """
    if any(one.transparent for one in kept):
        return np.ones(len(kept), np.float32)
    return estimate_gains([one.small for one in kept], tuning=tuning)


def find_shot_changes(
    kept: Sequence[KeptFrame], flashes: Sequence[tuple[int, int]], *, tuning: Tuning = DEFAULT
) -> tuple[list[int], list[Transition]]:
    """Return the frames that begin a new shot, and the gradual transitions; flashes are neither."""
    frames, histograms = [one.small for one in kept], [one.histogram for one in kept]
    cuts = cuts_of_histograms(histograms, tuning=tuning)
    flashing = [t for first, last in flashes for t in range(first, last + 2)]
    return cuts, find_transitions(frames, histograms, breaks=cuts + flashing, tuning=tuning)


def found_lines(
    flashes: list[tuple[int, int]],
    transparent: int,
    gains: np.ndarray,
    *,
    ground: tuple[int, int, int] | None,
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


def several_shots(
    clip: ClipFolder,
    cuts: Sequence[int],
    gradual: Sequence[Transition],
    *,
    count: int,
    settings: FramesSettings,
) -> UserError:
    """Return the error that names the shots of a clip of count frames, and offers a clip for each.

    Frames of gradual transitions are in none of them.
    """
    first = settings.first_frame
    shots = split(list(cuts), first, count, between=[(one.first, one.last) for one in gradual])
    between = [one.named(first) for one in gradual]
    if cuts:
        names = ", ".join(f"{first + cut - 1}/{first + cut}" for cut in cuts)
        between.insert(0, f"cuts between the frames {names}")
    fix = offer(clip, shots) or (
        "take one shot with the keys 'first_frame' and 'last_frame' "
        f"(such as last_frame: {shots[0][1]})"
    )
    return UserError(
        f"the input {settings.input} holds {len(shots)} shots, with {', '.join(between)}; "
        f"if it is one shot, set allow_cuts: true, else {fix}"
    )


if __name__ == "__main__":
    run_stage("frames", main, FramesSettings)
