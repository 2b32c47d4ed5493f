"""In-betweens against truth: from layers, and by the same engine on flat frames.

    python -m bench.inbetween
    python -m bench.inbetween --clips pan_walk --engine rife --checkpoint flownet.pkl
    python -m bench.inbetween --triplets path/to/ATD-12K/test

Draws the clips of ``bench.clips.twice`` at their own rate and at twice the rate, takes each apart
with the pipeline, and compares what both ways make for the moments between two drawings with the
frames that were drawn. Under ``--out`` come to lie

- ``input/<clip>/``, ``truth/<clip>/``, ``workers/<clip>/``;
- ``table.md``: the figures of `toondecompose evaluate`; ``table.new.md``: of the new frames alone;
- ``sheets/<clip>.png``: truth, flat frames, layers.

Of triplets, folders of three pictures of which the middle one is the truth, there are no layers:
the engine is compared with the mean of both pictures and with the first one held.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np

from bench.clips.render import levels
from bench.clips.twice import FRAMES, TWICE
from bench.run import pipeline, say
from bench.triplets import read_triplets
from toondecompose.core.errors import UserError
from toondecompose.core.files import write_text
from toondecompose.evaluation.measures import MEASURES, Measured, Moment, measure_frame
from toondecompose.evaluation.table import markdown
from toondecompose.inbetween.composition import between
from toondecompose.inbetween.engine import Engine, open_engine
from toondecompose.inbetween.tracks import Pair
from toondecompose.inbetween.video import open_between
from toondecompose.pipeline.settings import clip_settings, settings_of
from toondecompose.store.artifacts import ClipFolder
from toondecompose.store.layers import load_layers
from toondecompose.store.placement import Placements

COMPARED = tuple(one for one in MEASURES if one.name in ("PSNR", "SSIM", "FLIP", "edge PSNR"))
"""The figures of the tables; ``edge PSNR`` is that within 8 pixels of lines."""

SHOWN = FRAMES + 2
"""Frame of twice the rate that a sheet shows: between two frames of rate 1 with other drawings."""


def main() -> None:
    """Read the command line, compare, print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.inbetween",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--clips", nargs="*", choices=TWICE, default=list(TWICE), metavar="CLIP")
    parser.add_argument("--out", type=Path, default=Path("workers/bench/inbetween"))
    parser.add_argument("--engine", choices=("flow", "rife"), default="flow")
    parser.add_argument("--checkpoint", default="", help="of rife")
    parser.add_argument("--triplets", type=Path, metavar="FOLDER", help="compare these instead")
    args = parser.parse_args()
    try:
        engine = open_engine(args.engine, checkpoint=args.checkpoint)
        if args.triplets is not None:
            print(markdown(measure_triplets(args.triplets, engine), COMPARED))
            return
    except UserError as error:
        parser.error(str(error))
    every, new = [], []
    for name in args.clips:
        say(f"drawing {name}")
        draw(name, args.out)
        say(f"taking {name} apart")
        take_apart(name, args.out)
        say(f"comparing {name}")
        results = compare(name, args.out, engine)
        every += results
        # Frames of the clip itself, in which only drawings are held, are left out.
        new += [Measured(one.method, one.clip, one.values[::2]) for one in results]
    table = markdown(every, COMPARED)
    write_text(args.out / "table.md", table)
    write_text(args.out / "table.new.md", markdown(new, COMPARED))
    print(table)


def draw(name: str, out: Path) -> None:
    """Draw a clip at both rates, where it is not there already."""
    for rate, kind in ((1, "input"), (2, "truth")):
        folder, film = ClipFolder(root=out / kind / name), TWICE[name](rate)
        for t in range(film.frames):
            if not folder.exists(f"{t:03d}.png"):
                folder.write_png(f"{t:03d}.png", levels(film.frame(t)))


def take_apart(name: str, out: Path) -> None:
    """Run the workflow on a drawn clip."""
    clips = "".join(f"  {one}: {{input: input/{one}, objects: 2}}\n" for one in TWICE)
    write_text(out / "config.yaml", f"clips:\n{clips}")
    pipeline(name, out, cores=1)


def compare(name: str, out: Path, engine: Engine) -> list[Measured]:
    """Return the figures of both ways, of all frames but those whose drawings are the clip's."""
    given, truth = (ClipFolder(root=out / kind / name) for kind in ("input", "truth"))
    frames = [given.read_png(f"{t:03d}.png") for t in range(FRAMES)]
    settings = settings_of("inbetween", clip_settings({"input": "-"}))
    layers = open_between(Placements(load_layers(out / "workers" / name)), settings, engine)

    def flat(j: int) -> np.ndarray:
        return flat_between(frames[j // 2], frames[j // 2 + 1], engine) if j % 2 else frames[j // 2]

    def layered(j: int) -> np.ndarray:
        return layers.compose(j / 2)

    wanted = [j for j in range(2 * FRAMES - 1) if j % 4]
    real = {j: truth.read_png(f"{j:03d}.png") for j in wanted}
    made: dict[str, Callable[[int], np.ndarray]] = {"flat frames": flat, "layers": layered}
    results = []
    for method, make in made.items():
        values = [measure_frame(Moment(make(j), real[j]), COMPARED) for j in wanted]
        results.append(Measured(method, name, np.array(values)))
    pictures = [real[SHOWN], flat(SHOWN), layered(SHOWN)]
    write_sheet(out / "sheets" / f"{name}.png", pictures)
    return results


def flat_between(first: np.ndarray, second: np.ndarray, engine: Engine) -> np.ndarray:
    """Return the picture between two, (H, W, 3) uint8 as they are."""
    opaque = tuple(
        np.dstack([one, np.full(one.shape[:2], 255, np.uint8)]) for one in (first, second)
    )
    size, still = first.shape[1::-1], np.eye(3)
    pair = Pair((opaque[0], opaque[1]), (0, 0), size, (still, still), (1.0, 1.0))
    picture = between(pair, pair.match(engine), 0.5, canvas=still, size=size)
    # Cubic kernels take some alpha from the border, which has to stay opaque.
    colour = picture[..., :3] * 255 / np.maximum(picture[..., 3:], 1)
    return np.rint(np.clip(colour, 0, 255)).astype(np.uint8)


def measure_triplets(folder: Path, engine: Engine) -> list[Measured]:
    """Return the figures of a folder of triplets; each counts as a clip of one frame."""
    results = []
    for triplet in read_triplets(folder):
        first, truth, second = (triplet.read(n) for n in range(3))
        mean = np.rint((first.astype(np.float32) + second) / 2).astype(np.uint8)
        made = {"held": first, "mean": mean, "engine": flat_between(first, second, engine)}
        for method, picture in made.items():
            values = measure_frame(Moment(picture, truth), COMPARED)[None]
            results.append(Measured(method, triplet.name, values))
    return sorted(results, key=lambda one: ("held", "mean", "engine").index(one.method))


def write_sheet(path: Path, pictures: Sequence[np.ndarray]) -> None:
    """Write where the first two pictures differ most, of all beside each other, twice as large."""
    difference = cv2.absdiff(pictures[0], pictures[1]).max(axis=-1).astype(np.float32)
    width, height = 240, 200
    strong = cv2.boxFilter(difference, -1, (width, height), normalize=True)
    strong[: height // 2] = strong[-height // 2 :] = -1
    strong[:, : width // 2] = strong[:, -width // 2 :] = -1
    y, x = np.unravel_index(int(strong.argmax()), strong.shape)
    top, left = int(y) - height // 2, int(x) - width // 2
    parts = [one[top : top + height, left : left + width] for one in pictures]
    sheet = cv2.resize(np.hstack(parts), None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST)
    ClipFolder(root=path.parent).write_png(path.name, sheet)


if __name__ == "__main__":
    main()
