"""Tables: means and intervals of methods, rows of clips and frames."""

from __future__ import annotations

import csv
import io

import numpy as np

from toondecompose.evaluation.measures import Measure, Measured
from toondecompose.evaluation.table import frames_csv, markdown

MEASURES = (
    Measure("PSNR", "dB", 2, True, lambda moment: None),
    Measure("FLIP", "", 4, False, lambda moment: None),
)


def results(*clips: str) -> list[Measured]:
    """Return two methods: the second is 3 dB better, and has no FLIP."""
    return [
        Measured(method, clip, np.array([[20.0 + 3 * m + n, 0.5], [22.0 + 3 * m + n, 0.25]])
                 if m == 0 else np.array([[23.0 + n, np.nan], [25.0 + n, np.nan]]))
        for m, method in enumerate(("old", "new"))
        for n, clip in enumerate(clips)
    ]  # fmt: skip


def test_one_clip_has_no_interval() -> None:
    lines = markdown(results("a"), MEASURES).splitlines()
    assert lines == [
        "| method | clips | PSNR, dB ↑ | FLIP ↓ |",
        "| --- | --- | --- | --- |",
        "| old | 1 | 21.00 | 0.3750 |",
        "| new | 1 | 24.00 | - |",
    ]


def test_clips_give_intervals_and_rows_of_their_own() -> None:
    text = markdown(results("a", "b"), MEASURES)
    assert "| old | 2 | 21.50 [21.00, 22.00] | 0.3750 [0.3750, 0.3750] |" in text
    assert "95% confidence interval" in text
    assert text.index("| a | old | 21.00 |") < text.index("| a | new | 24.00 | - |")
    assert text.index("| a | new |") < text.index("| b | old |")


def test_csv_has_a_line_a_frame() -> None:
    rows = list(csv.DictReader(io.StringIO(frames_csv(results("a", "b"), MEASURES))))
    assert len(rows) == 8
    assert rows[1] == {"method": "old", "clip": "a", "frame": "1", "PSNR": "22.000000",
                       "FLIP": "0.250000"}  # fmt: skip
    assert rows[-1]["FLIP"] == ""
