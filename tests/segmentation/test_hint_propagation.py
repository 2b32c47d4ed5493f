"""What hints say for the pixels and frames around them."""

from __future__ import annotations

import numpy as np
import pytest

from toondecompose.core.cast import Cast
from toondecompose.segmentation import hint_propagation
from toondecompose.segmentation.hint_propagation import DECAY, DECIDED, STRONG

HEIGHT, WIDTH = 20, 40
FLAT = np.full((HEIGHT, WIDTH, 3), 120, np.uint8)
NOTHING = np.zeros((1, HEIGHT, WIDTH), np.float32)


def dot(value: int, x: int, y: int, *, scale: int = 1) -> np.ndarray:
    """Return a mark at the size of the source with one pixel of the working size set."""
    mark = np.zeros((HEIGHT * scale, WIDTH * scale), np.int8)
    mark[y * scale : (y + 1) * scale, x * scale : (x + 1) * scale] = value
    return mark


def test_a_scribble_speaks_for_what_is_near_up_to_an_edge() -> None:
    frame = FLAT.copy()
    frame[:, 13:] = 220
    said = hint_propagation.spread(dot(1, 10, 10), frame)
    assert said[10, 10] == 1
    assert 0.9 < said[10, 11] < 1 and 0.5 < said[10, 6] < 0.8
    assert said[10, 13] < 0.01
    np.testing.assert_array_equal(hint_propagation.spread(dot(-1, 10, 10), frame), -said)


def test_between_two_scribbles_the_nearer_one_counts() -> None:
    said = hint_propagation.spread(dot(1, 10, 10) + dot(-1, 16, 10), FLAT)
    assert said[10, 12] > 0.2 and said[10, 14] < -0.2 and abs(said[10, 13]) < 0.01


def test_a_scribble_may_be_thinner_than_a_working_pixel() -> None:
    mark = dot(0, 0, 0, scale=4)
    mark[40:42, 20:60] = 1  # two of a pixel's four rows
    said = hint_propagation.spread(mark, FLAT)
    assert (said[10, 5:15] == 1).all() and (said == 1).sum() == 10


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
    told = hint_propagation.carry(
        {0: hint_propagation.spread(dot(1, 20, 10), FLAT)}, moving(3, 0), frames
    )
    assert told[1].max() > STRONG / 2 and told[2].max() < 0.01


def test_hints_are_carried_along_the_flow_and_fade() -> None:
    own = {2: hint_propagation.spread(dot(1, 20, 10), FLAT)}
    told = hint_propagation.carry(own, moving(5, 3), film(5))
    assert told[2, 10, 20] == DECIDED
    for t in (0, 1, 3, 4):
        x = 20 + 3 * (t - 2)
        assert np.unravel_index(told[t].argmax(), told[t].shape) == (10, x)
        assert told[t, 10, x] == pytest.approx(STRONG * DECAY ** abs(t - 2), rel=1e-3)


def test_hints_end_where_the_flow_does() -> None:
    flows = moving(4, 3)
    flows[2, 1] = flows[2, 1] + 5  # the flow back says otherwise
    told = hint_propagation.carry(
        {1: hint_propagation.spread(dot(1, 20, 10), FLAT)}, flows, film(4)
    )
    assert told[0].max() > STRONG / 2 and told[2].max() < 0.1 and told[3].max() < 0.1


def test_hints_of_two_frames_add_up_and_each_holds_in_its_own() -> None:
    own = {
        0: hint_propagation.spread(dot(1, 10, 10), FLAT),
        4: hint_propagation.spread(dot(-1, 10, 10), FLAT),
    }
    told = hint_propagation.carry(own, moving(5, 0), film(5))
    assert told[0, 10, 10] == DECIDED and told[4, 10, 10] == -DECIDED
    assert told[1, 10, 10] > 0.5 and told[3, 10, 10] < -0.5 and abs(told[2, 10, 10]) < 0.1


def test_sprites_and_background_are_told_apart() -> None:
    cast = Cast(((0,),), 2)
    ruled = {
        0: np.where(dot(1, 10, 10) > 0, 0b011, 0).astype(np.uint16)  # it is object 2
        | np.where(dot(1, 30, 10) > 0, 0b110, 0).astype(np.uint16)  # it is the background
    }
    told = hint_propagation.tell(ruled, FLAT[None], {}, cast, NOTHING)
    assert told.sprite[0, 10, 10] == DECIDED and told.sprite[0, 10, 30] == -DECIDED
    assert told.each[1, 0, 10, 10] == DECIDED and told.each[0, 0, 10, 10] == -DECIDED
    assert hint_propagation.tell(ruled, FLAT[None], {}, Cast(((0,), (1,)), 1), NOTHING).each is None


def test_what_no_hint_reaches_stays() -> None:
    before = np.zeros((3, HEIGHT, WIDTH), np.float32)
    after = before.copy()
    after[:2, 5:8, 5:8] = 1
    after[2, 15:18, 30:33] = 1
    told = np.zeros_like(before)
    told[0, 6, 6] = STRONG
    for says in (told, np.stack([0 * told, -told])):
        found = hint_propagation.keep_reached(before, after, before != after, says)
        np.testing.assert_array_equal(found[:2], after[:2])
        assert not found[2].any()


def test_enlarged_evidence_is_soft() -> None:
    told = np.zeros((HEIGHT, WIDTH), np.float16)
    told[10, 20] = DECIDED
    large = hint_propagation.enlarged(told, (2 * WIDTH, 2 * HEIGHT))
    assert large.shape == (2 * HEIGHT, 2 * WIDTH) and STRONG / 2 < large.max() <= STRONG


def test_strokes_on_both_sides_settle_their_frame() -> None:
    """Nothing was found of a figure: a stroke inside and one around it give the whole of it."""
    random = np.random.default_rng(0)
    frame = np.full((60, 80, 3), (90, 120, 90)) + random.normal(0, 4, (60, 80, 3))
    y, x = np.mgrid[:60, :80]
    figure = (x - 40) ** 2 / 15**2 + (y - 32) ** 2 / 20**2 < 1
    frame[figure] = (200, 150, 120)
    frame = np.clip(frame, 0, 255).astype(np.uint8)
    said = np.zeros((60, 80), np.float32)
    said[20:44, 39:42] = 1
    around = (x - 40) ** 2 / 22**2 + (y - 32) ** 2 / 27**2
    said[(around > 0.9) & (around < 1.1)] = -1
    found = hint_propagation.completed(said, frame, np.zeros((60, 80)))
    assert ((found > 0) & figure).sum() > 0.97 * ((found > 0) | figure).sum()
    one_side = np.where(said > 0, said, 0)
    np.testing.assert_array_equal(
        hint_propagation.completed(one_side, frame, np.zeros((60, 80))), one_side
    )


def test_a_stroke_around_is_closed_by_the_rim() -> None:
    inside, outside = np.zeros((2, 40, 60), bool)
    inside[30:38, 28:32] = True
    outside[12:40, 10:12] = outside[12:40, 50:52] = outside[12:14, 10:52] = True
    ring = hint_propagation.surrounded(inside, outside)
    assert ring is not None and ring[20, 30] and not ring[5, 30] and not ring[20, 3]
    outside[12:14, 20:40] = False  # wide open: nothing is surrounded
    assert hint_propagation.surrounded(inside, outside) is None
