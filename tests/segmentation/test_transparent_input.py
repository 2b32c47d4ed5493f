"""Labels from the alpha of a transparent input."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from toondecompose.segmentation.transparent_input import GivenAlpha, given_separation, labelled

SIZE = (96, 64)


def disc(x: float, level: float) -> np.ndarray:
    rows, columns = np.mgrid[: SIZE[1], : SIZE[0]]
    cover = np.clip(20.7 - np.hypot(columns - x, rows - 32), 0, 1)
    return np.round(255 * level * cover).astype(np.uint8)


@pytest.mark.parametrize("level", [1.0, 0.4, 0.15])
def test_translucent_sprites_are_labelled_to_their_outline(level: float) -> None:
    assert (labelled(disc(40, level)) != (disc(40, 1.0) > 127)).sum() <= 8


def test_noise_is_no_sprite() -> None:
    assert not labelled(np.full((8, 8), 12, np.uint8)).any()


def test_a_shadow_beside_a_figure_is_labelled_with_it() -> None:
    both = np.maximum(disc(30, 1.0), disc(60, 0.4))
    found = labelled(both)
    ring = cv2.dilate((disc(30, 1.0) > 0).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    assert np.array_equal(found | ring, (both > 0.4 * 128) | ring)


def test_the_background_is_one_empty_plane_that_stands_still() -> None:
    alpha = np.stack([disc(30 + 5 * t, 1.0) for t in range(4)])
    found = given_separation(GivenAlpha(alpha, (0, 160, 80)))
    (plane,) = found.background
    assert (plane.texture.colour == (0, 160, 80)).all()
    assert (plane.homographies == np.eye(3)).all()
    assert plane.canvas == SIZE
    assert ((found.foreground > 0.5) != (alpha > 127)).mean() < 0.002
    assert not found.even
