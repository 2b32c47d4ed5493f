"""Shadows and other veils found over a plate: truth is drawn here."""

import cv2
import numpy as np
import pytest

from tests.matting.test_motion_blur import SIZE, background
from toondecompose.matting.translucency import _agreed_colour, find_translucency

TINT = np.array([44.0, 40.0, 92.0], np.float32)


def shadow() -> np.ndarray:
    """Alpha (H, W) of a soft ellipse of 0.46."""
    cover = np.zeros(SIZE[::-1], np.float32)
    cv2.ellipse(cover, (95, 115), (80, 24), 0, 0, 360, 0.46, cv2.FILLED)
    return cv2.GaussianBlur(cover, (0, 0), 2.0)


def figure() -> np.ndarray:
    """Alpha (H, W) of someone opaque, who stands in the shadow."""
    cover = np.zeros(SIZE[::-1], np.float32)
    cv2.rectangle(cover, (40, 20), (70, 120), 1.0, cv2.FILLED)
    return cv2.GaussianBlur(cover, (0, 0), 0.6)


def shot(
    plates: list[np.ndarray], tint: np.ndarray = TINT
) -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
    """Frames over the plates, true alpha and where anything is shown."""
    translucent, solid = shadow()[..., None], figure()[..., None]
    random = np.random.default_rng(2)
    shades = 30 * np.sin(np.arange(SIZE[0]) / 4)[None, :, None]
    coat = np.array([200.0, 90.0, 80.0]) + shades
    frames = []
    for plate in plates:
        frame = translucent * tint + (1 - translucent) * plate
        frame = solid * coat + (1 - solid) * frame + random.normal(0, 1, plate.shape)
        frames.append(np.clip(frame, 0, 255).astype(np.float32))
    alpha = 1 - (1 - translucent[..., 0]) * (1 - solid[..., 0])
    return frames, alpha, alpha > 0.08


def sure(plates: list[np.ndarray]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Deviation of 1.5 grey levels, and plates known everywhere."""
    shape = plates[0].shape[:2]
    return [np.full(shape, 1.5, np.float32)] * len(plates), [np.ones(shape, bool)] * len(plates)


@pytest.mark.parametrize("reduction", [1, 2])
@pytest.mark.parametrize("count", [1, 3])
def test_shadow_under_a_figure(count: int, reduction: int) -> None:
    plates = [np.roll(background(), 5 * t, axis=1) for t in range(count)]
    frames, truth, shown = shot(plates)
    sigmas, usable = sure(plates)
    layer = find_translucency(
        frames, plates, sigmas, usable=usable, shown=shown, reduction=reduction
    )
    alone = figure() < 0.001
    translucent = alone & (shadow() > 0.1)
    assert np.mean(layer.where[translucent]) > 0.95
    assert np.abs(layer.alpha - truth)[translucent & layer.where].mean() < 0.03
    assert np.abs(np.median(layer.colour[layer.where], axis=0) - TINT).max() < 12
    assert not layer.where[figure() > 0.999].any()


def test_opaque_figure_has_no_translucency() -> None:
    plates = [background()]
    frames, _, _ = shot(plates)
    solid = figure()[..., None]
    frames = [solid * frames[0] + (1 - solid) * plates[0]]
    sigmas, usable = sure(plates)
    layer = find_translucency(frames, plates, sigmas, usable=usable, shown=figure() > 0.1)
    assert not layer.where.any()


@pytest.mark.parametrize("apart", [0.0, 200.0])
def test_windows_that_agree_on_no_colour_are_no_translucency(apart: float) -> None:
    """A checkered scarf: half of its windows say one colour, the other half another one."""
    random = np.random.default_rng(1)
    dense = random.uniform(0.3, 0.6, 2000)
    tint = TINT + apart * (np.arange(2000) % 2)[:, None]
    paint = dense[:, None] * tint + random.normal(0, 3, (2000, 3))
    colour = _agreed_colour(dense, paint)
    if apart:
        assert colour is None
    else:
        np.testing.assert_allclose(colour, TINT, atol=2)


def test_soft_shades_are_not_like_each_other() -> None:
    """A sleeve that darkens downwards, before a wall that does so too, hides the wall."""
    rows = np.linspace(220, 90, SIZE[1], dtype=np.float32)[:, None, None]
    plate = np.broadcast_to(rows, (SIZE[1], SIZE[0], 3)) + np.float32(10)
    sleeve = 0.5 * plate + np.float32(60)
    random = np.random.default_rng(3)
    frame = (sleeve + random.normal(0, 1, plate.shape)).astype(np.float32)
    plates = [np.ascontiguousarray(plate)]
    sigmas, usable = sure(plates)
    shown = np.zeros(SIZE[::-1], bool)
    shown[20:140, 20:180] = True
    assert not find_translucency([frame], plates, sigmas, usable=usable, shown=shown).where.any()


def test_invented_plate_shows_nothing() -> None:
    plates = [background()]
    frames, _, shown = shot(plates)
    sigmas, _ = sure(plates)
    assert not find_translucency(
        frames, plates, sigmas, usable=[np.zeros_like(shown)], shown=shown
    ).where.any()
