"""A finished clip, written with the store alone: odd size, soft edges, a pan, two sprites.

Object 1 is in front of object 2, so that they are sprites B and A. Object 1 walks, has two drawings
on twos, comes in from the left and is gone in the last frame. Object 2 has one drawing and stays.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np

from toondecompose.core import geometry
from toondecompose.core.cast import Cast
from toondecompose.export.scene import Scene
from toondecompose.store import paths
from toondecompose.store.artifacts import ClipFolder
from toondecompose.store.cast import write_cast
from toondecompose.store.layers import load_layers

SIZE = (53, 37)
FRAMES = 5
FPS = Fraction(24000, 1001)
PAN = 2
"""Pixels that the camera moves a frame."""

SHOWN = ((0, 1), (2, 3))
"""Frames of the drawings of object 1."""

STARTS = (-6, 3)
"""Where each drawing of object 1 lies in its first frame; it moves a pixel a frame."""


def drawing(seed: int, size: tuple[int, int]) -> np.ndarray:
    """A noisy ellipse with soft edges, straight RGBA."""
    width, height = size
    y, x = np.mgrid[:height, :width]
    far = np.hypot((x - (width - 1) / 2) / (width / 2), (y - (height - 1) / 2) / (height / 2))
    alpha = np.clip((1 - far) * 5, 0, 1)
    colour = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    return np.dstack([colour, np.rint(255 * alpha).astype(np.uint8)])


def pasted(picture: np.ndarray, x: int, y: int) -> np.ndarray:
    """A frame with a drawing at (x, y), cut at its borders."""
    height, width = SIZE[1] + 2 * 64, SIZE[0] + 2 * 64
    frame = np.zeros((height, width, 4), np.uint8)
    frame[64 + y : 64 + y + picture.shape[0], 64 + x : 64 + x + picture.shape[1]] = picture
    return frame[64:-64, 64:-64]


def make_clip(root: Path, *, sprites: bool = True, gain: float = 1.0, over: bool = False) -> Path:
    """Write the artifacts that exports read; over: with a logo, a subtitle, and light over all."""
    clip = ClipFolder(root=root)
    count = 3 if sprites else 1
    rate = [FPS.numerator, FPS.denominator]
    clip.write_json(paths.INFO, {"frames": FRAMES, "source_size": list(SIZE), "fps_fraction": rate})
    write_cast(clip, Cast(((0,),), count - 1), [0.9] * (count - 1))
    clip.write_npy(paths.ORDER, np.array([[0, 2, 1][:count]] * FRAMES, np.uint8))
    clip.write_npy(paths.GAINS, np.full(FRAMES, gain, np.float32))
    write_plate(clip)
    if sprites:
        write_sprite(clip, 1, [drawing(1, (21, 17)), drawing(2, (19, 23))], SHOWN, STARTS, 1)
        write_sprite(clip, 2, [drawing(3, (15, 11))], (tuple(range(FRAMES)),), (30,), 0)
    if over:
        write_over(clip)
    return root


def write_over(clip: ClipFolder) -> None:
    """Write two overlays, the second shown from frame 2 on, and light; layers are left as dark."""
    for n, (x, y) in enumerate(((33, 3), (5, 25))):
        clip.write_png(paths.overlay(n), pasted(drawing(7 + n, (17, 9)), x, y))
    clip.write_json(
        paths.OVERLAYS,
        {"overlays": [{"frames": list(range(FRAMES))}, {"frames": list(range(2, FRAMES))}]},
    )
    strength = np.linspace(-3, 40, FRAMES * 12, dtype=np.float32).reshape(FRAMES, 3, 4)
    clip.write_npy(paths.LIGHT_STRENGTH, strength)
    clip.write_json(paths.SCREEN_LIGHT, {"kind": "add", "colour": [1.1, 1.0, 0.9]})


def write_plate(clip: ClipFolder) -> None:
    """Write a plate and what each frame sees of it; its last rows are beyond all frames."""
    width, height = SIZE[0] + PAN * (FRAMES - 1), SIZE[1] + 9
    noise = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    canvas = np.dstack([noise, np.full((height, width), 255, np.uint8)])
    clip.write_png(paths.plate(0), canvas)
    clip.write_png(paths.plate_observed(0), canvas[..., 3])
    motion = np.stack([geometry.translation(PAN * t, 0) for t in range(FRAMES)])
    clip.write_npy(paths.full_plane_motion(0), motion)
    for t in range(FRAMES):
        view = canvas[: SIZE[1], PAN * t : PAN * t + SIZE[0]]
        clip.write_png(paths.layer(t, 0), view)


def write_sprite(
    clip: ClipFolder,
    k: int,
    pictures: list[np.ndarray],
    shown: tuple[tuple[int, ...], ...],
    starts: tuple[int, ...],
    speed: int,
) -> None:
    """Write the drawings of a sprite, and its layers."""
    motion = np.repeat(np.eye(3)[None], FRAMES, axis=0)
    layers = [np.zeros((SIZE[1], SIZE[0], 4), np.uint8)] * FRAMES
    for d, picture in enumerate(pictures):
        clip.write_png(paths.sprite_picture(k, d), picture)
        for i, t in enumerate(shown[d]):
            x, y = starts[d] + speed * i, 8 + k
            layers[t] = pasted(picture, x, y)
            motion[t] = geometry.translation(-x, -y)
    for t, layer in enumerate(layers):
        clip.write_png(paths.layer(t, k), layer)
    clip.write_json(paths.exposure(k), {"drawings": [list(times) for times in shown]})
    clip.write_npy(paths.sprite_motion(k), motion)
    clip.write_npy(paths.opacity(k), np.ones(FRAMES))


def make_scene(root: Path, **settings: object) -> Scene:
    """Write the clip and open it for exports."""
    return Scene(load_layers(make_clip(root, **settings)), "動画 1")
