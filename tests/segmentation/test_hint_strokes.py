"""Hints in their own frame."""

from __future__ import annotations

import numpy as np

from toondecompose.segmentation.hint_strokes import (
    complete_strokes,
    enclosed_region,
    spread_strokes,
)

HEIGHT, WIDTH = 20, 40
FLAT = np.full((HEIGHT, WIDTH, 3), 120, np.uint8)


def dot(value: int, x: int, y: int, *, scale: int = 1) -> np.ndarray:
    """Return a mark at the size of the source with one pixel of the working size set."""
    mark = np.zeros((HEIGHT * scale, WIDTH * scale), np.int8)
    mark[y * scale : (y + 1) * scale, x * scale : (x + 1) * scale] = value
    return mark


def test_a_stroke_is_evidence_for_near_pixels_up_to_an_edge() -> None:
    frame = FLAT.copy()
    frame[:, 13:] = 220
    strength = spread_strokes(dot(1, 10, 10), frame)
    assert strength[10, 10] == 1
    assert 0.9 < strength[10, 11] < 1 and 0.5 < strength[10, 6] < 0.8
    assert strength[10, 13] < 0.01
    np.testing.assert_array_equal(spread_strokes(dot(-1, 10, 10), frame), -strength)


def test_between_two_strokes_the_nearer_one_counts() -> None:
    strength = spread_strokes(dot(1, 10, 10) + dot(-1, 16, 10), FLAT)
    assert strength[10, 12] > 0.2 and strength[10, 14] < -0.2 and abs(strength[10, 13]) < 0.01


def test_a_stroke_may_be_thinner_than_a_working_pixel() -> None:
    mark = dot(0, 0, 0, scale=4)
    mark[40:42, 20:60] = 1  # two of a pixel's four rows
    strength = spread_strokes(mark, FLAT)
    assert (strength[10, 5:15] == 1).all() and (strength == 1).sum() == 10


def test_strokes_on_both_sides_settle_their_frame() -> None:
    """Nothing was found of a figure: a stroke inside and one around it give the whole of it."""
    random = np.random.default_rng(0)
    frame = np.full((60, 80, 3), (90, 120, 90)) + random.normal(0, 4, (60, 80, 3))
    y, x = np.mgrid[:60, :80]
    figure = (x - 40) ** 2 / 15**2 + (y - 32) ** 2 / 20**2 < 1
    frame[figure] = (200, 150, 120)
    frame = np.clip(frame, 0, 255).astype(np.uint8)
    strength = np.zeros((60, 80), np.float32)
    strength[20:44, 39:42] = 1
    around = (x - 40) ** 2 / 22**2 + (y - 32) ** 2 / 27**2
    strength[(around > 0.9) & (around < 1.1)] = -1
    found = complete_strokes(strength, frame, np.zeros((60, 80)))
    assert ((found > 0) & figure).sum() > 0.97 * ((found > 0) | figure).sum()
    one_side = np.where(strength > 0, strength, 0)
    np.testing.assert_array_equal(complete_strokes(one_side, frame, np.zeros((60, 80))), one_side)


def test_a_stroke_around_is_closed_by_the_rim() -> None:
    inside, outside = np.zeros((2, 40, 60), bool)
    inside[30:38, 28:32] = True
    outside[12:40, 10:12] = outside[12:40, 50:52] = outside[12:14, 10:52] = True
    ring = enclosed_region(inside, outside)
    assert ring is not None and ring[20, 30] and not ring[5, 30] and not ring[20, 3]
    outside[12:14, 20:40] = False  # wide open: nothing is surrounded
    assert enclosed_region(inside, outside) is None
