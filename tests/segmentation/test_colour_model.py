"""Log odds of colours."""

from __future__ import annotations

import numpy as np
import pytest

from toondecompose.core.tuning import Tuning
from toondecompose.segmentation.colour_model import colour_density, colour_log_odds, lookup
from toondecompose.segmentation.parameters import Parameters

RED, BLUE = (230, 60, 40), (40, 70, 240)


def test_density_of_colours_is_a_density() -> None:
    frames = np.zeros((2, 6, 8, 3), np.uint8)
    frames[..., :4, :] = (200, 16, 80)
    mask = np.ones(frames.shape[:3], bool)
    mask[:, :, 6:] = False  # two thirds are the one colour, one third black
    density = colour_density(frames, mask, tuning=Tuning.of(Parameters(colour_smoothing_bins=0)))
    assert density.shape == (32, 32, 32)
    assert density.sum() * 8**3 == pytest.approx(1)
    np.testing.assert_allclose(density[25, 2, 10], 2 / 3 / 8**3)
    np.testing.assert_allclose(lookup(density, frames[0])[0, [0, 7]] * 8**3, [2 / 3, 1 / 3])
    smooth = colour_density(frames, mask)
    assert smooth.sum() * 8**3 == pytest.approx(1, rel=1e-3)
    assert density[25, 2, 10] > smooth[25, 2, 10] > smooth[26, 2, 10] > smooth[29, 2, 10]
    nothing = colour_density(frames, np.zeros(mask.shape, bool))
    assert not nothing.any()


def colours(*names: tuple[int, int, int]) -> np.ndarray:
    """Return the density of a few colours, as often each."""
    frames = np.array(names, np.uint8).reshape(1, 1, -1, 3)
    return colour_density(frames, np.ones(frames.shape[:3], bool))


def test_colours_are_evidence_for_plate_or_sprite() -> None:
    white, grey = (240, 240, 240), (120, 120, 120)

    def picture(*row: tuple[int, int, int]) -> np.ndarray:
        return np.array([row], np.float32).repeat(5, axis=1).repeat(9, axis=0)

    frame = picture(white, grey, RED, white, RED, white).astype(np.uint8)
    plate = picture(white, grey, grey, grey, grey, grey)
    observations = np.full((9, 30), 20.0)
    observations[:, 20:] = 0
    found = colour_log_odds(
        frame,
        plate,
        np.full((9, 30), 3.0),
        observation_count=observations,
        sprite_density=colours(RED, white),
        background_density=colours(grey, white),
    )[4, 2::5]
    same_white, same_grey, red, white_before_grey, red_before_unknown, white_before_unknown = found
    assert np.abs(found).max() <= Parameters().max_colour_log_odds
    assert same_grey < -4 and red > 4 and white_before_grey > 2
    # A white blouse before a white wall stays closer to undecided than grey on grey.
    assert same_grey < same_white - 2 and same_white < 0
    assert red_before_unknown > 1  # not the background's colour, wherever it is
    assert abs(white_before_unknown) < 1  # either could be white


def test_steep_plates_forgive_differences() -> None:
    plate = np.zeros((9, 9, 3), np.float32) + 30 * np.arange(9, dtype=np.float32)[:, None]
    frame = np.clip(plate + 9, 0, 255).astype(np.uint8)
    flat = np.full_like(plate, plate[4, 4, 0])
    # Both may have the colour: only the plate decides.
    density = colours((129,) * 3)
    steep, even = (
        colour_log_odds(
            frame,
            p,
            np.full((9, 9), 2.0),
            observation_count=np.full((9, 9), 20.0),
            sprite_density=density,
            background_density=density,
        )[4, 4]
        for p in (plate, flat)
    )
    assert even - steep > 1
