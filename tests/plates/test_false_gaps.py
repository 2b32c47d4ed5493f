"""Gaps of a plane: true ones stay, those that a passing character left are closed."""

from dataclasses import replace

import cv2
import numpy as np

from tests.plates.test_soft_outlines import SIZE, background_shot, painted
from toondecompose.plates.false_gaps import close_false_gaps

COUNT = 16


def house() -> np.ndarray:
    """The alpha of a house that fills the canvas but for a window in it and the sky above it."""
    cover = np.ones((80, 150), np.float32)
    cover[:20] = 0
    cover[40:52, 60:76] = 0
    return cover


def free() -> list[np.ndarray]:
    return [np.ones(SIZE[::-1], bool)] * COUNT


def test_true_gaps_stay() -> None:
    frames, planes = background_shot(COUNT, house())
    found = close_false_gaps(frames, free(), planes)
    np.testing.assert_array_equal(found[0].alpha, planes[0].alpha)
    assert found[1] is planes[1]


def test_a_gap_where_the_house_itself_is_seen_is_closed() -> None:
    frames, planes = background_shot(COUNT, house())
    wrong = planes[0].alpha.copy()
    wrong[60:70, 40:60] = 0
    found = close_false_gaps(frames, free(), [replace(planes[0], alpha=wrong), planes[1]])
    np.testing.assert_array_equal(found[0].alpha, planes[0].alpha)


def test_a_sprite_before_it_keeps_no_gap_open() -> None:
    frames, planes = background_shot(COUNT, house())
    wrong = planes[0].alpha.copy()
    wrong[60:70, 40:60] = 0
    sprite, masks = painted(SIZE, 7), free()
    for t in range(0, COUNT, 2):
        hidden = np.zeros(SIZE[::-1], np.uint8)
        cv2.circle(hidden, (40, 58), 14, 1, -1)
        frames[t] = np.where(hidden[..., None] > 0, sprite, frames[t]).astype(np.uint8)
        masks[t] = hidden == 0
    found = close_false_gaps(frames, masks, [replace(planes[0], alpha=wrong), planes[1]])
    np.testing.assert_array_equal(found[0].alpha, planes[0].alpha)


def test_a_gap_that_nobody_has_seen_stays() -> None:
    frames, planes = background_shot(COUNT, house())
    nothing = [np.zeros(SIZE[::-1], bool)] * COUNT
    found = close_false_gaps(frames, nothing, planes)
    np.testing.assert_array_equal(found[0].alpha, planes[0].alpha)


def test_a_sky_too_even_to_need_its_gap_keeps_it() -> None:
    """All frames show one colour above the house: the house's plane would show it as well."""
    frames, planes = background_shot(COUNT, house())
    for frame in frames:
        frame[:20] = 170
    wrong = planes[0].alpha.copy()
    wrong[:18], wrong[60:70, 40:60] = 0, 0
    found = close_false_gaps(frames, free(), [replace(planes[0], alpha=wrong), planes[1]])
    assert not found[0].alpha[:18].any(), "it reaches from side to side"
    assert found[0].alpha[60:70, 40:60].all()
