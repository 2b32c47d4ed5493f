"""The benchmark of enlarging: what it counts, and its table."""

from __future__ import annotations

import numpy as np

from bench.enlarging import halved, near_lines, table


def test_near_lines() -> None:
    picture = np.full((60, 80, 3), 200, np.uint8)
    picture[:, 40:42] = 10
    near = near_lines(picture)
    assert near[30, 34:48].all() and not near[30, :28].any() and not near[30, 54:].any()


def test_halved_is_the_mean() -> None:
    picture = np.zeros((4, 6, 3), np.uint8)
    picture[:2, :2] = [[[100] * 3, [50] * 3], [[0] * 3, [50] * 3]]
    assert halved(picture).shape == (2, 3, 3) and (halved(picture)[0, 0] == 50).all()


def test_the_table_has_ratios() -> None:
    figures = {"PSNR": 30.0, "line PSNR": 28.0, "SSIM": 0.9}
    times = {"Lanczos": 0.0, "every frame": 50.0, "layers": 20.0}
    found = {method: figures | {"seconds": seconds} for method, seconds in times.items()}
    lines = list(table({"violet/waifu2x": found}))
    assert len(lines) == 5
    assert lines[-1].endswith("| 30.00 | 28.00 | 0.9000 | - | 20.0 | 2.5 |")
