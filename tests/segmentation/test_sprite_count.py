"""The number of sprites that stand apart."""

from __future__ import annotations

import numpy as np

from toondecompose.segmentation.sprite_count import count_large_regions, count_separate_sprites


def test_sprites_are_counted_where_they_stand_apart_often() -> None:
    mask = np.zeros((20, 40, 60), bool)
    assert count_separate_sprites(mask) == 0
    mask[:, 10:30, 5:30] = True
    mask[3, 35, 2] = True  # a speck
    assert count_separate_sprites(mask) == 1
    mask[4:6, 5:35, 40:50] = True  # for two frames only: some part of it
    assert count_separate_sprites(mask) == 1
    mask[4:8, 5:35, 40:50] = True
    assert count_separate_sprites(mask) == 2


def test_regions_above_each_other_are_one_sprite() -> None:
    """A head and legs, parted by a shirt in the colour of the wall, and somebody beside them."""
    picture = np.zeros((100, 120), bool)
    picture[10:40, 20:50] = picture[60:90, 25:45] = True
    assert count_large_regions(picture) == 1
    picture[10:90, 70:100] = True
    assert count_large_regions(picture) == 2
