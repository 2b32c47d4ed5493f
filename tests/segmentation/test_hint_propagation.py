"""Evidence of hints for the pixels and frames around them."""

from __future__ import annotations

import numpy as np
import pytest

from toondecompose.core.cast import Cast
from toondecompose.segmentation.hint_propagation import hint_evidence, propagate_hints
from toondecompose.segmentation.hint_strokes import (
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


def test_hints_of_sprites_and_of_the_background() -> None:
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
