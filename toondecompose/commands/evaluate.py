"""``toondecompose evaluate A ... REFERENCE``: figures of clips against reference clips."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

import numpy as np

from toondecompose.core.errors import UserError
from toondecompose.core.files import naming_file, write_text
from toondecompose.core.parallel import threads
from toondecompose.core.typed_commands import typed
from toondecompose.evaluation.measures import (
    MEASURES,
    Measure,
    Measured,
    Moment,
    measure_frame,
    with_before,
)
from toondecompose.evaluation.perceptual import load_lpips
from toondecompose.evaluation.plot import plot_png
from toondecompose.evaluation.table import frames_csv, markdown
from toondecompose.pipeline.terminal import Progress
from toondecompose.reading.inputs import IMAGES, VIDEOS
from toondecompose.reading.media import open_source
from toondecompose.viz.pictures import over_colour

EXAMPLES = """examples:
  toondecompose evaluate edit.mp4 shot.mp4           one clip against another
  toondecompose evaluate ours/ theirs/ truth/        two methods, over all clips in truth/
  toondecompose evaluate new=a.mp4 old=b.mp4 c.mp4   with names of their own"""
"""The end of the help."""

NEEDED = ("kornia", "torchmetrics", "flip_evaluator", "matplotlib")
"""Libraries of the extra ``evaluate``."""

GROUND = (128, 128, 128)
"""Colour behind pixels that are transparent."""


@dataclass(frozen=True)
class Method:
    """What is evaluated: a name for the table, and a clip or a folder of clips."""

    name: str
    path: Path


class ClipPair(NamedTuple):
    """A clip of a method, and its reference."""

    name: str
    path: Path
    truth: Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the subcommand."""
    parser.description = (
        "Compare clips with a reference, frame by frame: PSNR, SSIM, MS-SSIM, FLIP, edge PSNR, "
        "flicker, and LPIPS where its weights are on this machine. Each of A and REFERENCE is a "
        "video, a folder of images, or a folder of such clips; of folders of clips those with the "
        "names of the reference are compared."
    )
    parser.epilog = EXAMPLES.replace("  toondecompose", f"  {typed('toondecompose')}")
    parser.add_argument("methods", nargs="+", metavar="A", help="clip or clips; also NAME=PATH")
    parser.add_argument("reference", metavar="REFERENCE", help="what they are compared with")
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER",
        help="write evaluation.csv, evaluation.md and evaluation.png there",
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Print the table, and write the files.

    Raises
    ------
    UserError
        When clips do not agree in number, size or length, or cannot be read.
    """
    missing = [name.replace("_", "-") for name in NEEDED if find_spec(name) is None]
    if missing:
        raise UserError(
            f"evaluate needs {', '.join(missing)}; give: pip install 'toondecompose[evaluate]'"
        )
    methods = name_methods(arguments.methods)
    reference = Path(arguments.reference)
    progress = Progress(stage="evaluate", clip=reference.name)
    measures, lpips = list(MEASURES), load_lpips()
    if isinstance(lpips, str):
        progress.say(lpips)
    else:
        of = lambda moment: lpips(moment.picture, moment.truth)  # noqa: E731
        measures.append(Measure("LPIPS", "", 4, False, of))
    wanted = [(method, clip) for method in methods for clip in pair_clips(method, reference)]
    results = [
        measure_clip(method.name, clip, measures=measures, progress=progress)
        for method, clip in wanted
    ]
    table = markdown(results, measures)
    print(table, end="")
    if arguments.out is not None:
        write_text(arguments.out / "evaluation.csv", frames_csv(results, measures))
        write_text(arguments.out / "evaluation.md", table)
        picture = arguments.out / "evaluation.png"
        with naming_file(picture):
            picture.write_bytes(plot_png(results, measures))
        print(f"done: {arguments.out}")
    return 0


def name_methods(said: Sequence[str]) -> list[Method]:
    """Return the methods by what the command line says: PATH, or NAME=PATH.

    Raises
    ------
    UserError
        When one is not there, or two have one name.
    """
    methods = []
    for word in said:
        name, equals, path = word.partition("=")
        if not equals or Path(word).exists():
            name, path = Path(word).stem or word, word
        if not Path(path).exists():
            raise UserError(f"there is no {path}; give a video, or a folder of images or of clips")
        if any(one.name == name for one in methods):
            name = path  # two folders of one name
        methods.append(Method(name, Path(path)))
    several = [
        one.name for n, one in enumerate(methods) if one.name in [m.name for m in methods[:n]]
    ]
    if several:
        raise UserError(f"two methods are named {several[0]}; give names, as in NAME={several[0]}")
    return methods


def pair_clips(method: Method, reference: Path) -> list[ClipPair]:
    """Return each clip of a method with its reference.

    Raises
    ------
    UserError
        When the reference is not there, or the method lacks one of its clips.
    """
    if not reference.exists():
        raise UserError(f"there is no {reference}; give a video, or a folder of images or of clips")
    truths = clips_in(reference)
    if not truths:
        return [ClipPair(reference.stem, method.path, reference)]
    own = clips_in(method.path)
    lacking = sorted(set(truths) - set(own))
    if lacking:
        raise UserError(
            f"{method.path} has no clip {lacking[0]}, but {reference} has; put it there, or leave "
            "it out of the reference"
        )
    return [ClipPair(name, own[name], truths[name]) for name in truths]


def clips_in(folder: Path) -> dict[str, Path]:
    """Return the clips in a folder by name; none where it is a clip itself.

    Videos are clips, and so are folders of images.
    """
    if not folder.is_dir():
        return {}
    inside = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    if any(path.suffix.lower() in IMAGES for path in inside if path.is_file()):
        return {}
    return {
        path.stem if path.is_file() else path.name: path
        for path in inside
        if path.is_dir() or path.suffix.lower() in VIDEOS
    }


def measure_clip(
    method: str, clip: ClipPair, *, measures: Sequence[Measure], progress: Progress
) -> Measured:
    """Measure a clip against its reference, frame by frame.

    Raises
    ------
    UserError
        When their sizes or lengths differ.
    """
    path, truth = clip.path, clip.truth
    found, real = (open_source(str(one), fps=24) for one in (path, truth))
    if found.size != real.size:
        raise UserError(
            f"{path} has frames of {_by(found.size)}, but {truth} of {_by(real.size)} pixels; "
            "give clips of one size"
        )

    def pairs() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        readers = zip_longest(found.readers(), real.readers())
        for count, (one, other) in enumerate(readers):
            if one is None or other is None:
                short, long = (path, truth) if one is None else (truth, path)
                raise UserError(
                    f"{short} ends after {count} frames, but {long} goes on; give clips of one "
                    "length"
                )
            yield opaque(one()), opaque(other())

    def measured(moment: Moment) -> np.ndarray:
        return measure_frame(moment, measures)

    text = f"{method}, {clip.name}: frames"
    rows = progress.map(measured, with_before(pairs()), text, workers=threads(), total=real.count)
    return Measured(method, clip.name, np.array(rows))


def opaque(frame: np.ndarray) -> np.ndarray:
    """Return a frame as RGB; what is transparent gets the colour `GROUND`."""
    return frame if frame.shape[2] == 3 else over_colour(frame, GROUND)


def _by(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"
