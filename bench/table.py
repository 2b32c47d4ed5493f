"""The benchmark's table: a row per run and contender, a column per figure, means at the end."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Figures = dict[str, Any]

_FIRST_GROUP = "moving"  # of figures that were written before there were groups


@dataclass(frozen=True)
class Column:
    """One column: where its number comes from and how it is written."""

    title: str
    value: Callable[[Figures], float | None]
    form: str
    none: str = "-"


def _mean(key: str) -> Callable[[Figures], float | None]:
    """Mean of a figure over the objects for which it is known."""

    def value(figures: Figures) -> float | None:
        known = [item[key] for item in figures["objects"] if item.get(key) is not None]
        return float(np.mean(known)) if known else None

    return value


def _least(key: str) -> Callable[[Figures], float | None]:
    return lambda figures: min((item[key] for item in figures["objects"]), default=None)


def _whole(key: str) -> Callable[[Figures], float | None]:
    return lambda figures: figures.get(key)


COLUMNS = (
    Column("alpha IoU", _mean("alpha_iou"), "{:.4f}"),
    Column("worst frame", _least("alpha_iou_min"), "{:.3f}"),
    Column("alpha MAE", _mean("alpha_mae"), "{:.5f}"),
    Column("boundary F", _mean("boundary_f"), "{:.4f}"),
    Column("edge MAE, held", _mean("edge_mae"), "{:.4f}"),
    Column("flicker", _mean("flicker"), "{:.5f}"),
    Column("fringe, levels", _mean("fringe"), "{:.2f}"),
    Column("plate PSNR", _whole("plate_psnr"), "{:.2f}"),
    Column("hidden PSNR", _whole("hidden_psnr"), "{:.2f}"),
    Column("corner mean", _whole("corner"), "{:.3f}"),
    Column("corner max", _whole("corner_max"), "{:.3f}"),
    Column("rigid corner", _mean("corner"), "{:.3f}"),
    Column("recomp. min", _whole("recomposition_psnr_min"), "{:.2f}"),
    Column("recomp. mean", _whole("recomposition_psnr"), "{:.2f}"),
    Column("with grain, min", _whole("regrained_psnr_min"), "{:.2f}"),
    Column("SSIM", _whole("recomposition_ssim"), "{:.4f}"),
    Column("exposure", _mean("exposure"), "{:.3f}", "not made"),
    Column("seconds", _whole("seconds"), "{:.0f}"),
)


def table(results: dict[str, Figures], earlier: dict[str, Figures]) -> str:
    """Write the markdown: ours, the same in an earlier state where known, and the baseline.

    Parameters
    ----------
    results, earlier
        By run: ``hard_for``, ``group``, ``objects``, and under ``ours`` and ``baseline`` the
        figures, or ``{"error": sentence}``.
    """
    parts = [("Ours", results, "ours")]
    if earlier:
        parts.append(("Before", _comparable(results, earlier), "ours"))
    parts.append(("Baseline: median plate and threshold", results, "baseline"))
    return "\n".join(_part(title, runs, who) for title, runs, who in parts)


def _comparable(results: dict[str, Figures], earlier: dict[str, Figures]) -> dict[str, Figures]:
    """Keep the earlier runs of the same clips; one that was drawn otherwise then says so."""
    redrawn = {"ours": {"error": "the clip has been redrawn since, so nothing can be compared"}}
    return {
        name: earlier[name]
        | (redrawn if earlier[name].get("pictures") != result.get("pictures") else {})
        for name, result in results.items()
        if name in earlier
    }


def _part(title: str, runs: dict[str, Figures], who: str) -> str:
    lines = [
        f"### {title}\n",
        "| clip | hard for | K | " + " | ".join(column.title for column in COLUMNS) + " |",
        "| --- " * (len(COLUMNS) + 3) + "|",
    ]
    measured: dict[str, list[Figures]] = {}
    for name, result in runs.items():
        figures = result.get(who, {"error": "not run"})
        if "error" in figures:
            cells = ["failed: " + figures["error"].replace("|", "/")]
            cells += [""] * (len(COLUMNS) - 1)
        else:
            measured.setdefault(result.get("group", _FIRST_GROUP), []).append(figures)
            cells = [_written(column, column.value(figures)) for column in COLUMNS]
        lines.append(f"| {name} | {result['hard_for']} | {result['objects']} | "
                     + " | ".join(cells) + " |")  # fmt: skip
    if len(measured) > 1:
        lines += [_means(f"mean of {len(some)}, {group}", some) for group, some in measured.items()]
    every = [figures for some in measured.values() for figures in some]
    return "\n".join([*lines, _means(f"mean of {len(every)}", every), ""])


def _means(title: str, measured: list[Figures]) -> str:
    """Write a row of means over the runs that know a figure."""
    means = [_written(column, _average(column, measured)) for column in COLUMNS]
    return f"| **{title}** | | | " + " | ".join(means) + " |"


def _average(column: Column, measured: list[Figures]) -> float | None:
    known = [value for value in map(column.value, measured) if value is not None]
    return float(np.mean(known)) if known else None


def _written(column: Column, value: float | None) -> str:
    return column.none if value is None else column.form.format(value)
