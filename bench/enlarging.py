"""Enlarging through layers against enlarging every frame: quality and time.

    python -m bench.enlarging --clips violet static parallax

Clips are drawn at full size, and averaged over 2 x 2 pixels: drawn at half size, their backgrounds
would lie half a pixel elsewhere. The half-size clip is taken apart and enlarged to twice its size;
the full one is the truth. Methods are the engine through the layers, the same engine on every
frame, and Lanczos on every frame. Quality and time are measured on every ``--every``-th frame, and
the time is that of as many frames as the clip has, in seconds of the processor, so that it holds on
a machine that others use too. Edge PSNR is that within 8 px of an edge. The clips, a picture a
method, ``figures.json`` and ``table.md`` come to lie under ``--out``.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np

import toondecompose as td
from bench.clips.render import chosen, filmed
from bench.clips.scene import over
from data.violet.scene import ClipSpec, render_clip
from toondecompose.evaluation.measures import MEASURES, Moment, measure_frame
from toondecompose.pipeline.stage import make_torch_repeatable
from toondecompose.pipeline.terminal import Progress
from toondecompose.store.layers import load_layers
from toondecompose.store.placement import Placements
from toondecompose.upscale.engines import open_engine
from toondecompose.upscale.lanczos import interpolate
from toondecompose.upscale.placements import EnlargedPlacements
from toondecompose.upscale.video import compose_frame, enlarge_pictures

FACTOR = 2
FIGURES = ("PSNR", "SSIM", "FLIP", "edge PSNR")
VIOLET_SIZE = (640, 360)


def drawn_clip(name: str) -> tuple[int, list[np.ndarray], list[np.ndarray]]:
    """Return the number of objects of a clip, its frames, and those at half the size."""
    if name == "violet":
        clip = render_clip(ClipSpec(width=VIOLET_SIZE[0], height=VIOLET_SIZE[1]))
        full = [clip.frame(t) for t in range(clip.spec.frames)]
        return 2, full, [halved(one) for one in full]
    (spec,) = chosen([name])
    film = spec.draw(spec.seed)
    pictures = []
    for t in range(film.frames):
        picture, _ = film.background(t)
        for k in range(len(film.sprites)):
            picture = over(film.layer(k, t), picture)
        pictures.append(picture * film.light(t))
    full = filmed(film, pictures, np.random.default_rng((spec.seed, 1)))
    return spec.objects[0], full, [halved(one) for one in full]


def halved(picture: np.ndarray) -> np.ndarray:
    """Return the means over 2 x 2 pixels of a picture (H, W, 3) uint8."""
    size = (picture.shape[1] // FACTOR, picture.shape[0] // FACTOR)
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


def prepare(name: str, out: Path) -> list[np.ndarray]:
    """Draw a clip and take its half apart, unless that has been done; return the full frames."""
    truth, layers = out / name / "truth.npy", out / name / "layers"
    if not (layers / "model/order.npy").exists():
        objects, full, half = drawn_clip(name)
        truth.parent.mkdir(parents=True, exist_ok=True)
        np.save(truth, np.stack(full))
        td.decompose(np.stack(half), objects=objects).save(layers, overwrite=True)
    return list(np.load(truth))


def measure(name: str, engine_name: str, out: Path, *, every: int) -> dict[str, object]:
    """Enlarge one clip in all ways; return figures and times."""
    truth = prepare(name, out)
    layers, times = load_layers(out / name / "layers"), range(0, len(truth), every)
    _, engine = open_engine(engine_name, FACTOR)
    engine(layers.frame(0))  # what is made once, such as models of onnxruntime
    progress, plain = Progress(stage="upscale", clip=name), Placements(layers)
    start = time.process_time()
    enlarge_pictures(plain, engine, progress)
    drawings = time.process_time() - start
    placements = EnlargedPlacements(layers, FACTOR)
    methods: dict[str, Callable[[int], np.ndarray]] = {
        "Lanczos": lambda t: interpolate(layers.frame(t), FACTOR),
        "every frame": lambda t: engine(layers.frame(t)),
        "layers": lambda t: compose_frame(placements, t),
    }
    found: dict[str, object] = {
        "frames": len(truth),
        "pictures": len(plain.pictures),
        "network Mpx": round(sum(_area(plain, i) for i in range(len(plain.pictures))) / 1e6, 2),
        "frames Mpx": round(len(truth) * layers.size[0] * layers.size[1] / 1e6, 2),
    }
    for method, enlarge in methods.items():
        start, results = time.process_time(), [enlarge(t) for t in times]
        seconds = (time.process_time() - start) * len(truth) / len(times)
        seconds += drawings if method == "layers" else 0
        figures = _figures(results, [truth[t] for t in times])
        found[method] = figures | {"seconds": round(seconds, 1)}
        middle = len(times) // 2
        cv2.imwrite(str(out / name / f"{engine_name}-{method}.png"), results[middle][..., ::-1])
    cv2.imwrite(str(out / name / "truth.png"), truth[times[len(times) // 2]][..., ::-1])
    return found


def _area(placements: Placements, i: int) -> int:
    width, height = placements.size(i)
    return width * height


def _figures(found: list[np.ndarray], truth: list[np.ndarray]) -> dict[str, float]:
    measures = [measure for measure in MEASURES if measure.name in FIGURES]
    moments = [Moment(a, b, None) for a, b in zip(found, truth, strict=True)]
    means = np.mean([measure_frame(moment, measures) for moment in moments], axis=0)
    return {
        measure.name: round(float(mean), 4) for measure, mean in zip(measures, means, strict=True)
    }


def table(figures: dict[str, dict]) -> Iterator[str]:
    """Yield the lines of the table."""
    yield "| clip | engine | method | PSNR | near lines | SSIM | FLIP | seconds | ratio |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for name, found in figures.items():
        clip, engine = name.split("/")
        slow = found["every frame"]["seconds"]
        for method in ("Lanczos", "every frame", "layers"):
            one = found[method]
            yield (
                f"| {clip} | {engine} | {method} | {one['PSNR']:.2f} | {one['edge PSNR']:.2f} | "
                f"{one['SSIM']:.4f} | {one['FLIP']:.4f} | {one['seconds']:.1f} | "
                f"{slow / max(one['seconds'], 0.1):.1f} |"
            )


def main() -> None:
    """Read the command line, enlarge, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", nargs="*", default=["violet", "static", "parallax"])
    parser.add_argument("--engines", nargs="*", default=["waifu2x", "animevideo"])
    parser.add_argument("--every", type=int, default=6, help="frames from one measured to the next")
    parser.add_argument("--only-prepare", action="store_true", help="draw and take apart")
    parser.add_argument("--out", type=Path, default=Path("workers/enlarging"))
    options = parser.parse_args()
    make_torch_repeatable()
    for name in options.clips:
        prepare(name, options.out)
    figures: dict[str, dict] = {}
    for name in options.clips if not options.only_prepare else ():
        for engine in options.engines:
            found = measure(name, engine, options.out, every=options.every)
            figures[f"{name}/{engine}"] = found
            print(json.dumps({f"{name}/{engine}": found}), flush=True)
            text = "\n".join(table(figures)) + "\n"
            (options.out / "figures.json").write_text(json.dumps(figures, indent=1) + "\n")
            (options.out / "table.md").write_text(text)
    print("\n".join(table(figures)))


if __name__ == "__main__":
    main()
