"""Frames of a sprite that are compared."""

from __future__ import annotations

import numpy as np

from toondecompose.segmentation.drawing_groups import SpriteFrame, difference
from toondecompose.segmentation.gathered_drawings import separate_pixels


def test_contact_and_difference() -> None:
    own, other = np.zeros((40, 80), bool), np.zeros((40, 80), bool)
    own[10:30, 10:40], other[10:30, 40:60] = True, True
    apart = separate_pixels(own, other)
    assert apart[20, 30] and not apart[20, 36] and not apart[20, 45]
    picture = np.repeat(np.linspace(40, 200, 80, dtype=np.float32)[None, :, None], 40, axis=0)
    picture = np.repeat(picture, 3, axis=2)
    flat = np.zeros((40, 80), np.float32)
    first = SpriteFrame(picture, flat, own, other)
    assert difference(first, first, np.eye(3), noise=1.0) == 0
    changed = picture.copy()
    changed[10:15, 10:40] = 255
    assert difference(first, SpriteFrame(changed, flat, own, other), np.eye(3), noise=1.0) == 0.25
    # What another sprite hides in the second frame is not compared.
    top = (np.arange(40) < 15)[:, None] | np.zeros((40, 80), bool)
    behind = SpriteFrame(changed, flat, own & ~top, top)
    assert difference(first, behind, np.eye(3), noise=1.0) == 0
