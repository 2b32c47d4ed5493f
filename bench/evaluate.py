"""The figures of a finished clip against its truth, as a markdown table.

    python -m bench.evaluate workers/violet data/violet/truth
    python -m bench.evaluate workers/real

Without truth (a real clip) only the recomposition is measured. The definitions are those of
``bench.metrics``; alphas, plates and recompositions are compared at source resolution.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

from bench.figures import Figures, measure, recomposition
from bench.finished import FinishedClip, Truth
from toondecompose.core.errors import UserError


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
        found = measure(clip, Truth(args.truth)) if args.truth else recomposition(clip)
    except UserError as error:
        parser.error(str(error))
    print("| figure | value | goal |\n| --- | --- | --- |")
    for row in rows_of(found):
        print(f"| {row.what} | {row.value} | {row.goal} |")


def rows_of(found: Figures) -> list[Row]:
    """Write the figures down, with the goals set for them."""
    rows = []
    for item in found.get("objects", ()):
        rows += _object(item, "" if len(found["objects"]) == 1 else f", {item['name']}")
    if "plate_psnr" in found:
        rows += _background(found)
    return [*rows, *_recomposition(found)]


def _object(item: Figures, which: str) -> list[Row]:
    name = f"object {item['found']}" if item["found"] else "no object found"
    rows = [
        Row(f"alpha IoU{which}, {name}, mean over frames", f"{item['alpha_iou']:.4f}", ">= 0.98"),
        Row(f"alpha IoU{which}, worst frame",
            f"{item['alpha_iou_min']:.4f} (frame {item['alpha_iou_worst_frame']})"),
        Row(f"alpha MAE{which}", f"{item['alpha_mae']:.5f}"),
        Row(f"boundary F at 2 px{which}, mean / worst frame",
            f"{item['boundary_f']:.4f} / {item['boundary_f_min']:.4f}"),
        Row(f"flicker{which}", f"{item['flicker']:.6f}"),
    ]  # fmt: skip
    if item["edge_mae"] is not None:
        rows.append(Row(f"alpha MAE at edges of held drawings{which}", f"{item['edge_mae']:.4f}"))
    if item["fringe"] is not None:
        rows.append(Row(f"sprite on magenta at its edges{which}", f"{item['fringe']:.2f} levels"))
    if item["corner"] is not None:
        error = f"{item['corner']:.3f} / {item['corner_max']:.3f}"
        rows.append(Row(f"corner error{which}, mean / max, working px", error))
    exposure = "not made" if item["exposure"] is None else f"{item['exposure']:.4f}"
    return [*rows, Row(f"exposure accuracy{which}", exposure)]


def _background(found: Figures) -> list[Row]:
    hidden = "-" if found["hidden_psnr"] is None else f"{found['hidden_psnr']:.2f} dB"
    corner = f"{found['corner']:.3f} / {found['corner_max']:.3f}"
    step = f"{found['corner_step']:.3f} / {found['corner_step_max']:.3f}"
    worst = f"{found['plate_psnr_min']:.2f} dB (frame {found['plate_worst_frame']})"
    return [
        Row("plate PSNR, observed pixels", f"{found['plate_psnr']:.2f} dB", ">= 36 dB"),
        Row("plate PSNR, worst frame", worst),
        Row("hidden PSNR", hidden),
        Row("pixels never observed", f"{found['hidden_share']:.2%}"),
        Row("of all pixels, never observed but passed for observed",
            f"{found['taken_for_observed']:.2%}"),
        Row("background corner error, mean / max, working px", corner, "<= 0.3 / 1"),
        Row("between neighbours, mean / max", step),
    ]  # fmt: skip


def _recomposition(found: Figures) -> list[Row]:
    worst = f"{found['recomposition_psnr_min']:.2f} dB (frame {found['recomposition_worst_frame']})"
    ssim = f"{found['recomposition_ssim']:.4f} / {found['recomposition_ssim_min']:.4f}"
    return [
        Row("recomposition PSNR, worst frame", worst, ">= 38 dB"),
        Row("recomposition PSNR, mean over frames", f"{found['recomposition_psnr']:.2f} dB"),
        Row("recomposition PSNR with grain, worst frame", f"{found['regrained_psnr_min']:.2f} dB"),
        Row("recomposition SSIM, mean / worst frame", ssim),
    ]


if __name__ == "__main__":
    main()
