"""Evidence of hints for the pixels and frames around them."""

from __future__ import annotations

import numpy as np
import pytest

from toondecompose.core.cast import Cast
from toondecompose.segmentation.hint_constraints import (
    keep_changes_near_hints,
    upsampled_hints,
)
from toondecompose.segmentation.hint_propagation import hint_evidence, propagate_hints
from toondecompose.segmentation.hint_strokes import (
    complete_strokes,
    enclosed_region,
    spread_strokes,
)
from toondecompose.segmentation.parameters import Parameters

HEIGHT, WIDTH = 20, 40
STRONG, HARD = Parameters().hint_log_odds, Parameters().hard_hint_log_odds
FLAT = np.full((HEIGHT, WIDTH, 3), 120, np.uint8)
NOTHING = np.zeros((1, HEIGHT, WIDTH), np.float32)


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


def moving(count: int, step: int) -> dict[tuple[int, int], np.ndarray]:
    """Return flows of a picture that moves to the right by so many pixels a frame."""
    flow = np.zeros((HEIGHT, WIDTH, 2), np.float32)
    flow[..., 0] = step
    pairs = [(t, t + 1) for t in range(count - 1)]
    return {pair: flow for pair in pairs} | {pair[::-1]: -flow for pair in pairs}


def film(count: int) -> np.ndarray:
    """Return frames (T, H, W, 3) of one colour."""
    return np.stack([FLAT] * count)


def test_hints_are_not_carried_to_another_colour() -> None:
    frames = film(3)
    frames[2] = 220
    hints = propagate_hints({0: spread_strokes(dot(1, 20, 10), FLAT)}, moving(3, 0), frames)
    assert hints[1].max() > STRONG / 2 and hints[2].max() < 0.01


def test_hints_are_carried_along_the_flow_and_fade() -> None:
    own = {2: spread_strokes(dot(1, 20, 10), FLAT)}
    hints = propagate_hints(own, moving(5, 3), film(5))
    assert hints[2, 10, 20] == HARD
    for t in (0, 1, 3, 4):
        x = 20 + 3 * (t - 2)
        assert np.unravel_index(hints[t].argmax(), hints[t].shape) == (10, x)
        assert hints[t, 10, x] == pytest.approx(
            STRONG * Parameters().hint_decay ** abs(t - 2), rel=1e-3
        )


def test_hints_end_where_the_flow_does() -> None:
    flows = moving(4, 3)
    flows[2, 1] = flows[2, 1] + 5  # the flow back says otherwise
    hints = propagate_hints({1: spread_strokes(dot(1, 20, 10), FLAT)}, flows, film(4))
    assert hints[0].max() > STRONG / 2 and hints[2].max() < 0.1 and hints[3].max() < 0.1


def test_hints_of_two_frames_add_up_and_each_holds_in_its_own() -> None:
    own = {
        0: spread_strokes(dot(1, 10, 10), FLAT),
        4: spread_strokes(dot(-1, 10, 10), FLAT),
    }
    hints = propagate_hints(own, moving(5, 0), film(5))
    assert hints[0, 10, 10] == HARD and hints[4, 10, 10] == -HARD
    assert hints[1, 10, 10] > 0.5 and hints[3, 10, 10] < -0.5 and abs(hints[2, 10, 10]) < 0.1


def test_sprites_and_background_are_told_apart() -> None:
    cast = Cast(((0,),), 2)
    ruled = {
        0: np.where(dot(1, 10, 10) > 0, 0b011, 0).astype(np.uint16)  # it is object 2
        | np.where(dot(1, 30, 10) > 0, 0b110, 0).astype(np.uint16)  # it is the background
    }
    one = Cast(((0,), (1,)), 1)
    found = hint_evidence(ruled, FLAT[None], {}, cast=cast, found=NOTHING)
    assert found.foreground[0, 10, 10] == HARD and found.foreground[0, 10, 30] == -HARD
    assert found.sprites[1, 0, 10, 10] == HARD and found.sprites[0, 0, 10, 10] == -HARD
    assert hint_evidence(ruled, FLAT[None], {}, cast=one, found=NOTHING).sprites is None


def test_what_no_hint_reaches_stays() -> None:
    before = np.zeros((3, HEIGHT, WIDTH), np.float32)
    after = before.copy()
    after[:2, 5:8, 5:8] = 1
    after[2, 15:18, 30:33] = 1
    hints = np.zeros_like(before)
    hints[0, 6, 6] = STRONG
    for own in (hints, np.stack([0 * hints, -hints])):
        found = keep_changes_near_hints(before, after, before != after, own)
        np.testing.assert_array_equal(found[:2], after[:2])
        assert not found[2].any()


def test_upsampled_hints_are_soft() -> None:
    hints = np.zeros((HEIGHT, WIDTH), np.float16)
    hints[10, 20] = HARD
    large = upsampled_hints(hints, (2 * WIDTH, 2 * HEIGHT))
    assert large.shape == (2 * HEIGHT, 2 * WIDTH) and STRONG / 2 < large.max() <= STRONG


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
