"""Ghosts and fading sprites: the opacity is known here."""

import cv2
import numpy as np
import pytest

from tests.matting.test_motion_blur import SIZE, background
from toondecompose.matting.opacity import find_opacity, made_opaque

INSIDE = np.zeros(SIZE[::-1], bool)
INSIDE[20:140, 30:170] = True
SIGMA = np.full(INSIDE.shape, 1.5, np.float32)


def shot(opacity: float, shadow: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """A frame (H, W, 3) uint8 of a painted sprite over the plate, and the plate."""
    plate, sprite = background(), background(seed=8)
    share = opacity * INSIDE.astype(np.float32) if shadow is None else shadow
    noise = np.random.default_rng(1).normal(0, 1.5, plate.shape)
    frame = share[..., None] * sprite + (1 - share[..., None]) * plate + noise
    return np.clip(np.round(frame), 0, 255).astype(np.uint8), plate


@pytest.mark.parametrize("opacity", [0.3, 0.55, 0.8])
@pytest.mark.parametrize("reduction", [1, 2])
def test_opacity_of_a_ghost(opacity: float, reduction: int) -> None:
    frame, plate = shot(opacity)
    if reduction == 2:
        frame, plate = (cv2.resize(p, None, fx=2, fy=2) for p in (frame, plate))
        inside, sigma = (np.kron(x, np.ones((2, 2), x.dtype)) for x in (INSIDE, SIGMA))
        found = find_opacity(frame, plate, sigma, inside=inside, reduction=2)
    else:
        found = find_opacity(frame, plate, SIGMA, inside=INSIDE)
    assert abs(found - opacity) < 0.05


def test_opaque_sprite_is_exactly_opaque() -> None:
    assert find_opacity(*shot(1.0), SIGMA, inside=INSIDE) == 1


def test_sprite_with_a_shadow_is_opaque() -> None:
    """Where half of what is shown is a shadow, the sprite as a whole is no ghost."""
    shadow = INSIDE.astype(np.float32)
    shadow[85:140] *= 0.46
    assert find_opacity(*shot(1.0, shadow), SIGMA, inside=INSIDE) == 1


def test_plate_without_structure_tells_nothing() -> None:
    frame, plate = shot(0.5)
    flat = np.full_like(plate, 120)
    assert find_opacity(frame, flat, SIGMA, inside=INSIDE) == 1
    assert find_opacity(frame, plate, SIGMA, inside=np.zeros_like(INSIDE)) == 1


def test_glass_wings_over_a_known_plate_say_nothing_about_the_body() -> None:
    """The plate behind the opaque body is unknown, that behind the wings is known."""
    wings = INSIDE.astype(np.float32)
    wings[:, 30:84] *= 0.4
    frame, plate = shot(1.0, wings)
    known = np.zeros_like(INSIDE)
    known[:, :84] = True
    assert find_opacity(frame, plate, SIGMA, inside=INSIDE & known) < 0.5
    assert find_opacity(frame, plate, SIGMA, inside=INSIDE, known=known) == 1
    ghost, plate = shot(0.4)
    known[:, :120] = True
    assert abs(find_opacity(ghost, plate, SIGMA, inside=INSIDE, known=known) - 0.4) < 0.06


def test_made_opaque() -> None:
    frame, plate = shot(0.55)
    whole = made_opaque(frame, plate, 0.55)
    assert np.abs(whole.astype(float) - background(seed=8))[INSIDE].mean() < 4
    assert made_opaque(frame, plate, 1.0) is frame
