"""Frames that hold a drawing agree on its opacity; those of a fade do not."""

from __future__ import annotations

import numpy as np
import pytest

from toondecompose.matting.held_opacity import agree_on_opacity
from toondecompose.matting.observations import Observation
from toondecompose.matting.trimap import Comparison

SIZE = (40, 48)
PLATE = np.random.default_rng(0).uniform(40, 200, (*SIZE, 3)).astype(np.float32)
SPRITE = np.random.default_rng(1).uniform(60, 250, (*SIZE, 3)).astype(np.float32)
LABEL = np.zeros(SIZE, np.float32)
LABEL[6:34, 8:40] = 1


def observed(true: float, measured: float) -> Observation:
    """A frame that shows the sprite with one opacity, for which another was measured."""
    share = true * LABEL[..., None]
    frame = np.round(share * SPRITE + (1 - share) * PLATE).astype(np.uint8)
    nothing = np.zeros(SIZE, np.float32)
    found = Comparison(nothing, PLATE, np.full(SIZE, 2, np.float32))
    box = (slice(0, SIZE[0]), slice(0, SIZE[1]))
    everywhere = np.ones(SIZE, np.float32)
    return Observation(
        box, np.eye(3), frame, measured, LABEL, everywhere, found, everywhere > 0, None
    )


def agreed(*pairs: tuple[float, float]) -> list[Observation]:
    return list(
        agree_on_opacity({t: observed(*pair) for t, pair in enumerate(pairs)}, 1.0).values()
    )


def test_frames_that_look_the_same_are_equally_opaque() -> None:
    found = agreed((1, 1), (1, 0.35), (1, 1), (1, 0.2), (1, 1))
    assert [one.opacity for one in found] == [1] * 5
    np.testing.assert_array_equal(found[1].frame, observed(1, 1).frame)


def test_a_fade_keeps_its_opacities() -> None:
    found = agreed((0.3, 0.3), (0.6, 0.62), (0.9, 0.9), (1, 1))
    assert [one.opacity for one in found] == [0.3, 0.62, 0.9, 1]


def test_a_ghost_is_shown_as_if_it_were_opaque() -> None:
    found = agreed((0.4, 0.4), (0.4, 0.44), (0.4, 0.36))
    for one in found:
        assert one.opacity == pytest.approx(0.4)
        assert np.abs(one.frame.astype(float) - SPRITE)[12:28, 14:34].mean() < 2
        np.testing.assert_allclose(one.found.sigma, 5)
