"""Figures of methods over clips as text: Markdown to read, CSV to work on."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import numpy as np

from toondecompose.evaluation.measures import (
    CONFIDENCE,
    Interval,
    Measure,
    Measured,
    by_method,
    over_clips,
)


def markdown(results: Sequence[Measured], measures: Sequence[Measure]) -> str:
    """Write a row a method with means over clips, then a row a method and clip.

    Means have their confidence intervals behind them where there is more than one clip.
    """
    methods = by_method(results)
    titles = [_title(one) for one in measures]
    lines = [_row(["method", "clips", *titles]), _row(["---"] * (2 + len(titles)))]
    for method, own in methods.items():
        means = np.array([one.means for one in own])
        cells = [_cell(over_clips(means[:, m]), one) for m, one in enumerate(measures)]
        lines.append(_row([method, str(len(own)), *cells]))
    if any(len(own) > 1 for own in methods.values()):
        lines += ["", f"In brackets: {CONFIDENCE:.0%} confidence interval of the mean over clips.",
                  "", _row(["clip", "method", *titles]),
                  _row(["---"] * (2 + len(titles)))]  # fmt: skip
        for one in sorted(results, key=lambda one: one.clip):
            cells = [_number(v, m) for v, m in zip(one.means, measures, strict=True)]
            lines.append(_row([one.clip, one.method, *cells]))
    return "\n".join([*lines, ""])


def frames_csv(results: Sequence[Measured], measures: Sequence[Measure]) -> str:
    """Write a line a method, clip and frame, frames from 0; empty where there is no figure."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["method", "clip", "frame", *(one.name for one in measures)])
    for one in results:
        for t, values in enumerate(one.values):
            cells = ["" if np.isnan(v) else f"{v:.6f}" for v in values]
            writer.writerow([one.method, one.clip, t, *cells])
    return text.getvalue()


def _title(measure: Measure) -> str:
    unit = f", {measure.unit}" if measure.unit else ""
    return f"{measure.name}{unit} {'↑' if measure.more_is_better else '↓'}"


def _cell(found: Interval, measure: Measure) -> str:
    if found.bounds is None:
        return _number(found.mean, measure)
    low, high = (_number(bound, measure) for bound in found.bounds)
    return f"{_number(found.mean, measure)} [{low}, {high}]"


def _number(value: float, measure: Measure) -> str:
    return "-" if np.isnan(value) else f"{value:.{measure.digits}f}"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
