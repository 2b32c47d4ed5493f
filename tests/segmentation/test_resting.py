"""Parts of sprites that rest."""

from __future__ import annotations

import numpy as np

from toondecompose.segmentation.resting import chance_of_rest

INSIDE = np.zeros((96, 128), bool)
INSIDE[16:48, 48:80] = True
MOVING = np.where(INSIDE, 2.0, -2.0)
SPRITES_COLOUR = np.full(INSIDE.shape, 2.0)


def test_what_lies_near_moving_structure_may_rest() -> None:
    chance = chance_of_rest(INSIDE, MOVING, SPRITES_COLOUR)
    assert chance.shape == INSIDE.shape and chance.dtype == np.float32
    assert (chance[16:56, 48:80] == 1).all()  # the structure itself, and below it
    assert (np.diff(chance[48:, 64]) <= 1e-6).all()
    assert chance[90, 64] < 0.05 and chance[30, 4] < 0.05


def test_nothing_rests_where_nothing_moves_or_colours_are_those_of_the_background() -> None:
    assert not chance_of_rest(INSIDE, -MOVING, SPRITES_COLOUR).any()
    assert not chance_of_rest(~INSIDE & INSIDE, MOVING, SPRITES_COLOUR).any()
    assert not chance_of_rest(INSIDE, MOVING, -SPRITES_COLOUR).any()
    half = np.where(np.arange(128) < 64, 2.0, -2.0) * np.ones((96, 1))
    chance = chance_of_rest(INSIDE, MOVING, half)
    assert chance[50, 54] == 1 and chance[50, 74] == 0


def test_a_single_pixel_is_no_moving_structure() -> None:
    speck = np.zeros(INSIDE.shape, bool)
    speck[30, 60] = True
    assert not chance_of_rest(speck, np.where(speck, 2.0, -2.0), SPRITES_COLOUR).any()
