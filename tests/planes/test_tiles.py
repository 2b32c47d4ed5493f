"""Tiles of a canvas, and what is resampled on them."""

from __future__ import annotations

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.planes import tiles

SIZE = (60, 40)
"""Width and height of the frames."""


def test_a_tile_shows_what_the_whole_canvas_does() -> None:
    """Frames that end in the tile or not, masks that do and some that are empty or full there."""
    canvas, box = (120, 90), (30, 20, 32, 24)
    rng = np.random.default_rng(0)
    turned = np.array([[1.1, -0.2, 0.0], [0.2, 1.1, 0.0], [1e-4, 0.0, 1.0]])
    motion = np.stack(
        [geometry.translation(*rng.uniform(-20, 70, 2)) @ turned for _ in range(40)]
        + [geometry.translation(25.0, 15.0)]
    )
    masks = [np.zeros(SIZE[::-1], bool) for _ in motion]
    for i, mask in enumerate(masks):
        mask[:, i:] = True
    placed = tiles.place_frames(SIZE[::-1], geometry.translation(-30, -20) @ motion, box[2:])
    assert 5 < len(placed) < len(motion)
    assert {one.ends for one in placed} == {True, False}
    shown = tiles.resample_masks([tiles.mask_levels(mask) for mask in masks], placed, box[2:])
    whole = np.full((SIZE[1] + 2, SIZE[0] + 2), 255, np.uint8)
    there, reached = np.s_[20:44, 30:62], {one.t: i for i, one in enumerate(placed)}
    for t, place in enumerate(motion):
        padded = geometry.to_canvas(whole, place @ geometry.translation(-1, -1), canvas)
        if t not in reached:
            assert not (padded[there] > 254).any()
            continue
        level = masks[t].astype(np.uint8) * 255
        mask = geometry.to_canvas(level, place, canvas, beyond=cv2.BORDER_REPLICATE)
        np.testing.assert_array_equal(shown[reached[t]], (np.minimum(mask, padded) > 254)[there])
