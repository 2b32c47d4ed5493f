"""Owners of connected regions."""

from __future__ import annotations

import numpy as np

from toondecompose.segmentation.owner_smoothing import unify_regions


def test_regions_that_nearly_agree_take_one_number() -> None:
    mask = np.zeros((20, 44), bool)
    mask[5:15, 2:12] = mask[5:15, 20:40] = True
    owners = np.zeros(mask.shape, np.uint8)
    owners[5:15, 2:12], owners[5, 2:12] = 1, 2  # one tenth disagrees
    owners[5:15, 20:28], owners[5:15, 28:40] = 1, 2  # two sprites touch
    settled = unify_regions(mask, owners)
    assert (settled[5:15, 2:12] == 1).all()
    np.testing.assert_array_equal(settled[5:15, 20:40], owners[5:15, 20:40])
