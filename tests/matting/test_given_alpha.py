"""Transparent inputs: the alpha that comes is that of all sprites, the plate is empty."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

import toondecompose as td
from toondecompose.export.registry import FORMATS
from toondecompose.export.run import export
from toondecompose.matting.given_alpha import given_colour
from toondecompose.viz.pictures import over_colour

COUNT, SIZE = 6, (160, 96)


def blob(centre: tuple[float, float], radius: float) -> np.ndarray:
    y, x = np.mgrid[: SIZE[1], : SIZE[0]]
    return np.clip(radius + 0.5 - np.hypot(x - centre[0], y - centre[1]), 0, 1)


def painted(seed: int, shift: int, tint: tuple[float, float, float]) -> np.ndarray:
    noise = np.random.default_rng(seed).uniform(0, 255, (*SIZE[::-1], 3)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 3)
    smooth = 255 * (smooth - smooth.min()) / np.ptp(smooth)
    return np.roll(smooth, shift, axis=1) * tint


def two_discs(level: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Return frames (T, H, W, 4) uint8 and the alphas seen of both discs, (2, T, H, W).

    A small disc, of this opacity, walks before a large one; both are soft at the edge.
    """
    frames, alphas = [], []
    for t in range(COUNT):
        back, front = blob((40 + 6 * t, 48), 26), level * blob((120 - 6 * t, 48), 18)
        behind = back * (1 - front)
        whole = behind + front
        colour = behind[..., None] * painted(0, 6 * t, (1, 0.3, 0.3))
        colour += front[..., None] * painted(1, -6 * t, (0.2, 0.2, 1))
        straight = colour / np.maximum(whole, 1e-6)[..., None]
        frames.append(np.dstack([straight, 255 * whole]).round().astype(np.uint8))
        alphas.append((behind, front))
    return np.stack(frames), np.stack(alphas, axis=1)


def union(layers: td.Layers, t: int) -> np.ndarray:
    """Return the alpha of all sprites over each other, (H, W) in 0..255."""
    free = np.ones(SIZE[::-1])
    for sprite in layers.sprites:
        free *= 1 - sprite.alpha(t) / 255
    return 255 * (1 - free)


@pytest.fixture(scope="module")
def layers() -> td.Layers:
    return td.decompose(two_discs()[0], objects=3, working_height=96, videos=True)


def test_the_union_of_the_sprites_is_the_alpha_that_came(layers: td.Layers) -> None:
    frames, _ = two_discs()
    for t in range(COUNT):
        assert np.abs(union(layers, t) - frames[t][..., 3]).max() < 1e-6
        assert not layers.objects[0].rgba(t).any()
        assert not layers.background_observed(t).any()
    assert not layers.plate.rgba.any()
    assert not layers.plate.observed.any()


def test_each_sprite_has_its_own_pixels(layers: td.Layers) -> None:
    _, alphas = two_discs()
    for t in range(COUNT):
        for sprite, true in zip(layers.sprites, alphas[:, t], strict=True):
            assert np.abs(sprite.alpha(t) / 255 - true).mean() < 0.004
    assert [len(sprite.drawings) for sprite in layers.sprites] == [1, 1]


def test_recomposed_over_the_ground_it_is_the_frame(layers: td.Layers) -> None:
    frames, _ = two_discs()
    ground = layers.ground
    assert ground is not None
    for t in range(COUNT):
        assert np.array_equal(layers.recompose(t), over_colour(frames[t], ground))
        assert np.array_equal(layers.recompose(t), layers.frame(t))
        black = sum(
            sprite.alpha(t)[..., None] / 255 * sprite.colour(t).astype(float)
            for sprite in layers.sprites
        )
        assert np.abs(black - over_colour(frames[t], (0, 0, 0))).max() < 2
    assert not layers.clip.exists("grain/0.png")


def test_the_background_stands_still(layers: td.Layers) -> None:
    assert (layers.plate.transforms == np.eye(3)).all()
    assert (layers.transforms[0] == np.eye(3)).all()


def test_a_translucent_sprite_keeps_its_alpha() -> None:
    frames, _ = two_discs(level=0.4)
    found = td.decompose(frames, objects=2, working_height=96)
    for t in range(COUNT):
        assert np.abs(union(found, t) - frames[t][..., 3]).max() < 1e-6


def test_alpha_can_be_ignored() -> None:
    frames, _ = two_discs()
    said: list[str] = []
    found = td.decompose(
        frames,
        objects=1,
        working_height=96,
        iterations=0,
        transparency="ignore",
        progress=lambda report: said.append(report.text),
    )
    assert found.ground is None
    assert not found.clip.exists("source/alpha/0.png")
    assert (found.objects[0].alpha(0) == 255).all()
    assert any("alpha is dropped" in text for text in said)
    assert not any("a fade" in text for text in said)


def test_the_background_alone_is_refused() -> None:
    with pytest.raises(td.UserError, match="objects is 1, .* transparent input is empty"):
        td.decompose(two_discs()[0], objects=1, working_height=96)


def test_hints_give_pixels_to_a_sprite_but_never_change_the_union(tmp_path: Path) -> None:
    frames, _ = two_discs()
    hint = np.zeros((*SIZE[::-1], 4), np.uint8)
    hint[40:56, 20:60] = 255
    Image.fromarray(hint).save(tmp_path / "0.2.png")
    found = td.decompose(frames, objects=3, working_height=96, hints=tmp_path)
    assert found.sprites[1].alpha(0)[44:52, 26:54].min() == 255
    for t in range(COUNT):
        assert np.abs(union(found, t) - frames[t][..., 3]).max() < 1e-6


@pytest.mark.parametrize("kind", list(FORMATS))
def test_exports_take_an_empty_plate(layers: td.Layers, tmp_path: Path, kind: str) -> None:
    layers.save(tmp_path / "clip")
    export(tmp_path / "clip", [kind], say=lambda _: None)
    assert any((tmp_path / "clip/export").rglob("*"))


def test_straight_colours_come_back_from_a_ground() -> None:
    frame = two_discs()[0][0]
    ground = (128, 128, 128)
    found = given_colour(over_colour(frame, ground), frame[..., 3], ground)
    seen = frame[..., 3] > 100
    assert np.abs(found.astype(int) - frame[..., :3])[seen].max() <= 2
    ring = cv2.dilate((frame[..., 3] > 0).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    beside = ring & (frame[..., 3] == 0)
    assert found[beside].any(axis=1).all(), "beside the sprite there is its colour"
