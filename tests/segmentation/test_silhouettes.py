"""Filled silhouettes, and small objects."""

from __future__ import annotations

import numpy as np

from toondecompose.segmentation.parameters import Parameters
from toondecompose.segmentation.silhouettes import filled_silhouettes, large_objects

USUAL = Parameters()


def test_holes_are_closed_unless_evidence_shows_them_to_be_open() -> None:
    inside = np.zeros((1, 30, 60), bool)
    inside[0, 3:27, 3:57] = True
    holes = {"open": np.s_[0, 8:14, 8:14], "shut": np.s_[0, 8:14, 24:30]}
    speck, bay = np.s_[0, 20:23, 20:23], np.s_[0, 8:14, 50:60]
    for part in (*holes.values(), speck, bay):
        inside[part] = False
    total = np.zeros(inside.shape, np.float32)
    total[holes["open"]] = -1.1 * USUAL.open_hole_log_odds / 36
    total[holes["shut"]] = -0.9 * USUAL.open_hole_log_odds / 36
    total[speck] = -USUAL.open_hole_log_odds  # nine pixels, however sure
    total[bay] = 5
    assert inside[speck].size < USUAL.min_hole_pixels
    found = filled_silhouettes(inside, total)
    expected = inside.copy()
    expected[holes["shut"]] = expected[speck] = True
    np.testing.assert_array_equal(found, expected)


def test_bays_at_any_side_of_the_picture_stay_open() -> None:
    inside = np.ones((1, 40, 60), bool)
    for bay in (np.s_[10:20, :6], np.s_[10:20, -6:], np.s_[:6, 20:30], np.s_[-6:, 20:30]):
        inside[0][bay] = False
    hole = inside.copy()
    hole[0, 18:24, 24:30] = False
    found = filled_silhouettes(hole, np.zeros(hole.shape, np.float32))
    np.testing.assert_array_equal(found, inside)


def test_small_things_are_no_sprites_unless_they_join_a_large_one() -> None:
    inside = np.zeros((4, 40, 60), bool)
    inside[:, 5:35, 5:25] = True
    inside[1, 2:6, 50:54] = True  # a speck
    inside[:, 30:34, 40:46] = True  # small, but there all the time
    inside[3, 10:12, 25:50] = True  # a hand that is alone at first, at its right
    inside[2, 10:12, 44:50] = True
    expected = inside.copy()
    expected[1, 2:6, 50:54] = False
    np.testing.assert_array_equal(large_objects(inside), expected)
    np.testing.assert_array_equal(large_objects(inside & False), inside & False)
