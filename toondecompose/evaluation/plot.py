"""Figures of methods as a picture: a panel a figure."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import numpy as np

from toondecompose.evaluation.measures import Measure, Measured, by_method, over_clips

COLUMNS = 3
"""Panels beside each other."""


def plot_png(results: Sequence[Measured], measures: Sequence[Measure]) -> bytes:
    """Draw each figure, as the bytes of a PNG; the same results give the same bytes.

    Of one clip a line a method over its frames; of several clips the mean of each method with its
    confidence interval, and a dot a clip.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    methods = by_method(results)
    rows = -(-len(measures) // COLUMNS)
    figure = Figure(figsize=(4 * COLUMNS, 3 * rows), layout="constrained")
    FigureCanvasAgg(figure)
    for m, measure in enumerate(measures):
        panel = figure.add_subplot(rows, COLUMNS, m + 1)
        arrow = "larger" if measure.more_is_better else "smaller"
        panel.set_title(f"{measure.name} ({arrow} is better)", fontsize=10)
        panel.set_ylabel(measure.unit)
        draw = _frames if all(len(own) == 1 for own in methods.values()) else _clips
        draw(panel, methods, m)
    figure.axes[0].legend(fontsize=8)
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=100, metadata={"Software": None})
    return data.getvalue()


def _frames(panel, methods: Mapping[str, list[Measured]], m: int) -> None:  # noqa: ANN001
    for method, (one,) in methods.items():
        panel.plot(one.values[:, m], label=method, linewidth=1)
    panel.set_xlabel("frame")


def _clips(panel, methods: Mapping[str, list[Measured]], m: int) -> None:  # noqa: ANN001
    for place, (method, own) in enumerate(methods.items()):
        values = np.array([one.means[m] for one in own])
        found = over_clips(values)
        panel.plot(np.full(len(values), place), values, ".", color=f"C{place}", alpha=0.4)
        reach = np.zeros((2, 1))
        if found.bounds is not None:
            low, high = found.bounds
            reach = np.array([[found.mean - low], [high - found.mean]]).clip(0)
        panel.errorbar([place], [found.mean], yerr=reach, fmt="o", color=f"C{place}",
                       capsize=4, label=method)  # fmt: skip
    panel.set_xticks(range(len(methods)), list(methods), rotation=15, fontsize=8)
