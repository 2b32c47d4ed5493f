"""Hints as constraints on labels."""

from __future__ import annotations

import numpy as np

from toondecompose.segmentation.hint_constraints import (
    keep_changes_near_hints,
    upsampled_hints,
)
from toondecompose.segmentation.parameters import Parameters

HEIGHT, WIDTH = 20, 40
STRONG, HARD = Parameters().hint_log_odds, Parameters().hard_hint_log_odds


def test_what_no_hint_reaches_stays() -> None:
    before = np.zeros((3, HEIGHT, WIDTH), np.float32)
    after = before.copy()
    after[:2, 5:8, 5:8] = 1
    after[2, 15:18, 30:33] = 1
    hints = np.zeros_like(before)
    hints[0, 6, 6] = STRONG
    for own in (hints, np.stack([0 * hints, -hints])):
        found = keep_changes_near_hints(before, after, before != after, hints=own)
        np.testing.assert_array_equal(found[:2], after[:2])
        assert not found[2].any()


def test_upsampled_hints_are_soft() -> None:
    hints = np.zeros((HEIGHT, WIDTH), np.float16)
    hints[10, 20] = HARD
    large = upsampled_hints(hints, (2 * WIDTH, 2 * HEIGHT))
    assert large.shape == (2 * HEIGHT, 2 * WIDTH) and STRONG / 2 < large.max() <= STRONG
