"""The figures of a finished clip against its truth, as a markdown table.

    python -m bench.evaluate workers/violet data/violet/truth
    python -m bench.evaluate workers/real

Without truth (a real clip) only the recomposition is measured. The definitions are those of
``toondecompose.metrics``; alphas, plates and recompositions are compared at source resolution.
"""

import argparse
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.finished import FinishedClip, Truth, composite
from toondecompose import metrics
from toondecompose.errors import UserError

WORKERS = 2


@dataclass(frozen=True)
class Row:
    """One figure: what it is, its value as text, and the goal set for it ("" for none)."""

    what: str
    value: str
    goal: str = ""


def main() -> None:
    """Read the folders, print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.evaluate",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("clip", type=Path, help="folder of the finished clip")
    parser.add_argument("truth", type=Path, nargs="?", help="folder with the truth")
    args = parser.parse_args()
    try:
        clip = FinishedClip(args.clip)
        rows = recomposition(clip)
        if args.truth:
            truth = Truth(args.truth)
            rows = [*figure(clip, truth), *plate(clip, truth), *background(clip, truth), *rows]
    except UserError as error:
        parser.error(str(error))
    print("| figure | value | goal |\n| --- | --- | --- |")
    for row in rows:
        print(f"| {row.what} | {row.value} | {row.goal} |")


def figure(clip: FinishedClip, truth: Truth) -> list[Row]:
    """Compare the figure's alpha, taken from the object that fits it best, with the truth."""
    if clip.objects < 2:
        return []
    frames = range(clip.count)
    true = np.stack([truth.alpha(n) for n in frames])
    sprites = [np.stack([clip.sprite(k, n)[..., 3] for n in frames]) for k in clip.sprites]
    (best,) = metrics.match_objects(sprites, true[None])
    alpha = sprites[best]

    def per_frame(measure: Callable[[np.ndarray, np.ndarray], float]) -> np.ndarray:
        with ThreadPoolExecutor(WORKERS) as pool:
            return np.array(list(pool.map(measure, alpha, true)))

    iou, edge = per_frame(metrics.alpha_iou), per_frame(metrics.boundary_f)
    name = f"object {best + 1}"
    return [
        Row(f"alpha IoU, {name}, mean over frames", f"{iou.mean():.4f}", ">= 0.98"),
        Row("alpha IoU, worst frame", f"{iou.min():.4f} (frame {iou.argmin()})"),
        Row("alpha MAE", f"{per_frame(metrics.alpha_mae).mean():.5f}"),
        Row("boundary F at 2 px, mean / worst frame", f"{edge.mean():.4f} / {edge.min():.4f}"),
        Row("flicker", f"{metrics.flicker(alpha, true):.6f}"),
    ]


def plate(clip: FinishedClip, truth: Truth) -> list[Row]:
    """Compare the clean plate, as the camera sees it, with the truth."""

    def compare(n: int) -> tuple[float, int, float, int]:
        seen = clip.observed(n)
        error = (clip.plate(n).astype(np.float64) - truth.plate(n)) ** 2
        return error[seen].sum(), error[seen].size, error[~seen].sum(), error[~seen].size

    with ThreadPoolExecutor(WORKERS) as pool:
        parts = np.array(list(pool.map(compare, range(clip.count))))
    seen_sum, seen_count, hidden_sum, hidden_count = parts.sum(axis=0)
    seen = metrics.decibels(seen_sum / seen_count)
    worst = np.array([metrics.decibels(part[0] / max(part[1], 1)) for part in parts])
    hidden = f"{metrics.decibels(hidden_sum / hidden_count):.2f} dB" if hidden_count else "-"
    return [
        Row("plate PSNR, observed pixels", f"{seen:.2f} dB", ">= 36 dB"),
        Row("plate PSNR, worst frame", f"{worst.min():.2f} dB (frame {worst.argmin()})"),
        Row("hidden PSNR", hidden),
        Row("pixels never observed", f"{hidden_count / (seen_count + hidden_count):.2%}"),
    ]


def background(clip: FinishedClip, truth: Truth) -> list[Row]:
    """Compare the background's motion with the truth."""
    size = clip.working_size
    error = metrics.corner_error(clip.homographies(0), truth.homographies(size), size)
    pairs, steps = f"{error.mean:.3f} / {error.max:.3f}", f"{error.step_mean:.3f}"
    return [
        Row("background corner error, mean / max, working px", pairs, "<= 0.3 / 1"),
        Row("between neighbours, mean / max", f"{steps} / {error.step_max:.3f}"),
    ]


def recomposition(clip: FinishedClip) -> list[Row]:
    """Composite the layers again and compare them with the input."""

    def compare(n: int) -> tuple[float, float]:
        frame = clip.input(n)
        again = composite(clip.plate(n), [clip.sprite(k, n) for k in clip.sprites])
        return metrics.psnr(again, frame), metrics.ssim(again, frame)

    with ThreadPoolExecutor(WORKERS) as pool:
        psnr, ssim = np.array(list(pool.map(compare, range(clip.count)))).T
    worst = f"{psnr.min():.2f} dB (frame {psnr.argmin()})"
    return [
        Row("recomposition PSNR, worst frame", worst, ">= 38 dB"),
        Row("recomposition PSNR, mean over frames", f"{psnr.mean():.2f} dB"),
        Row("recomposition SSIM, mean / worst frame", f"{ssim.mean():.4f} / {ssim.min():.4f}"),
    ]


if __name__ == "__main__":
    main()
