"""The benchmark of enlarging: what it counts, and its table."""

from __future__ import annotations

import numpy as np

from bench.enlarging import halved, table


def test_halved_is_the_mean() -> None:
    picture = np.zeros((4, 6, 3), np.uint8)
    picture[:2, :2] = [[[100] * 3, [50] * 3], [[0] * 3, [50] * 3]]
    assert halved(picture).shape == (2, 3, 3) and (halved(picture)[0, 0] == 50).all()


def test_the_table_has_ratios() -> None:
    figures = {"PSNR": 30.0, "edge PSNR": 28.0, "SSIM": 0.9, "FLIP": 0.02}
    times = {"Lanczos": 0.0, "every frame": 50.0, "layers": 20.0}
    found = {method: figures | {"seconds": seconds} for method, seconds in times.items()}
    lines = list(table({"violet/waifu2x": found}))
    assert len(lines) == 5
    assert lines[-1].endswith("| 30.00 | 28.00 | 0.9000 | 0.0200 | 20.0 | 2.5 |")
