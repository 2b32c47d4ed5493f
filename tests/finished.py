"""A small finished clip, written with the store directly: a panning plate and one sprite."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.cast import Cast
from toondecompose.screen.light import Light
from toondecompose.screen.lighting import Lighting
from toondecompose.screen.overlay import Overlay, overlay_layer
from toondecompose.store import paths
from toondecompose.store.artifacts import STAGES, ClipFolder
from toondecompose.store.cast import write_cast
from toondecompose.viz.pictures import lay_all_over

SIZE = (96, 64)
"""Width and height of the frames."""

COUNT = 8
"""Frames."""

PAN = 3.5
"""Pixels of the plate by which the camera moves between frames."""

DRAWINGS = ((0, 1, 4, 5), (2, 3, 6))
"""Frames of the two drawings; in the last frame no drawing was found."""

CANVAS = (128, 64)
"""Width and height of the plate."""


def smooth(seed: int, size: tuple[int, int]) -> np.ndarray:
    """Draw a smooth picture, (H, W, 3) uint8."""
    noise = np.random.default_rng(seed).uniform(30, 220, (size[1] // 8 + 2, size[0] // 8 + 2, 3))
    return cv2.resize(noise.astype(np.float32), size, interpolation=cv2.INTER_CUBIC).clip(
        0, 255
    ).astype(np.uint8)  # fmt: skip


def plate_motion() -> np.ndarray:
    """Return (T, 3, 3), pixels of the frame to pixels of the plate."""
    return np.stack([geometry.translation(PAN * t, 0) for t in range(COUNT)])


def sprite_place(t: int) -> tuple[int, int]:
    """Where the corner of the drawing lies in a frame."""
    return 20 + 4 * t, 15 + t


def drawing(number: int) -> np.ndarray:
    """Draw drawing 0 or 1, a soft ellipse, (h, w, 4) uint8."""
    alpha = np.zeros((34, 30), np.float32)
    cv2.ellipse(alpha, (15, 17), (8 + 3 * number, 13), 0, 0, 360, 255, -1)
    alpha = cv2.GaussianBlur(alpha, (0, 0), 1)
    colour = smooth(5 + number, (30, 34))
    colour[..., number] = 230
    return np.dstack([colour, np.rint(alpha).astype(np.uint8)])


def sweep(kind: str = "add") -> Light:
    """Return light over all: a soft band that goes from left to right and is stronger below."""
    x, y = np.meshgrid(np.linspace(0, 1, 24), np.linspace(0.5, 1, 16))
    band = [np.exp(-(((x - t / (COUNT - 1)) / 0.25) ** 2)) * y - 0.1 for t in range(COUNT)]
    strength = np.stack(band) * (50 if kind == "add" else 0.5)
    return Light(kind, np.float32([1.1, 1.0, 0.9]), strength.astype(np.float32))  # type: ignore[arg-type]


def overlays() -> list[Overlay]:
    """Return a logo in all frames and a subtitle from frame 3 on, whose soft rims meet."""
    found = []
    for colour, box, shown in (
        ((250, 240, 90), np.s_[4:20, 70:90], np.arange(COUNT) >= 0),
        ((255, 255, 255), np.s_[22:34, 60:94], np.arange(COUNT) >= 3),
    ):
        alpha = np.zeros(SIZE[::-1], np.float32)
        alpha[box] = 200
        picture = np.full((*SIZE[::-1], 4), (*colour, 0), np.uint8)
        picture[..., 3] = np.rint(cv2.GaussianBlur(alpha, (0, 0), 1))
        found.append(Overlay(picture, shown))
    return found


def finished_clip(
    root: Path,
    *,
    gains: np.ndarray | None = None,
    light: float = 0.0,
    over_all: Light | None = None,
    over: list[Overlay] | None = None,
) -> ClipFolder:
    """Write all artifacts that the report and edits read; frames are exactly what layers give.

    Parameters
    ----------
    root : folder of the clip.
    gains : (T,), fades; default: none.
    light : grey levels that the camera adds at the right border, and takes away at the left.
    over_all : light over all.
    over : what stands still on the screen.
    """
    clip = ClipFolder(root=root)
    gains = np.ones(COUNT, np.float32) if gains is None else gains.astype(np.float32)
    info = {"frames": COUNT, "source_size": SIZE, "fps_fraction": [12, 1], "source": "clip"}
    clip.write_json(paths.INFO, info)
    clip.write_npy(paths.GAINS, gains)
    write_cast(clip, Cast(((0,),), 1), [0.9])
    clip.write_npy(paths.ORDER, np.tile(np.uint8([0, 1]), (COUNT, 1)))
    field = np.broadcast_to(np.linspace(-light, light, SIZE[0])[None, :, None], (*SIZE[::-1], 3))
    clip.write_npy(paths.LIGHT, field.astype(np.float32))
    plate = np.dstack([smooth(1, CANVAS), np.full(CANVAS[::-1], 255, np.uint8)])
    clip.write_png(paths.plate(0), plate)
    observed = np.full(CANVAS[::-1], 255, np.uint8)
    observed[20:40, 40:60] = 0
    clip.write_png(paths.plate_observed(0), observed)
    clip.write_npy(paths.full_plane_motion(0), plate_motion())
    clip.write_npy(paths.full_motion(0), plate_motion())
    clip.write_npy(paths.full_motion(1), np.repeat(np.eye(3)[None], COUNT, axis=0))
    clip.write_json(paths.exposure(1), {"drawings": [list(one) for one in DRAWINGS]})
    clip.write_npy(paths.opacity(1), np.ones(COUNT))
    for d in range(len(DRAWINGS)):
        clip.write_png(paths.sprite_picture(1, d), drawing(d))
        clip.write_png(paths.sprite_observed(1, d), np.full((34, 30), 255, np.uint8))
    places = [sprite_place(t) for t in range(COUNT)]
    clip.write_npy(
        paths.sprite_motion(1), np.stack([geometry.translation(-x, -y) for x, y in places])
    )
    if over_all is not None:
        clip.write_npy(paths.LIGHT_STRENGTH, over_all.strength)
        about = {"kind": over_all.kind, "colour": over_all.colour.tolist()}
        clip.write_json(paths.SCREEN_LIGHT, about)
    if over:
        for n, one in enumerate(over):
            clip.write_png(paths.overlay(n), one.picture)
        shown = [{"frames": np.flatnonzero(one.shown).tolist()} for one in over]
        clip.write_json(paths.OVERLAYS, {"overlays": shown})
    for t in range(COUNT):
        _write_frame(clip, t, plate, field, Lighting(gains, over_all), over or [])
    for stage in STAGES:
        clip.write_json(
            paths.record(stage), {"settings": {"of": stage}, "versions": {"numpy": "2"}}
        )
    return clip


def add_near_plane(clip: ClipFolder, *, top: int = 40) -> None:
    """Make two planes of the background, one object: the nearer one is below a row of the plate."""
    write_cast(clip, Cast(((0, 1),), 1), [0.9])
    behind = clip.read_png(paths.plate(0))
    near = behind.copy()
    near[:top, :, 3] = 0
    behind[top + 2 :, :, :3] = 255 - behind[top + 2 :, :, :3]  # what nobody sees
    clip.write_png(paths.plate(0), near)
    clip.write_png(paths.plate(1), behind)
    clip.write_png(paths.plate_observed(1), behind[..., 3])
    clip.write_npy(paths.full_plane_motion(1), plate_motion())


def add_snow(clip: ClipFolder) -> list[np.ndarray]:
    """Add snow in front of everything to a clip without fades; return its layers."""
    layers = []
    for t in range(COUNT):
        layer = np.zeros((*SIZE[::-1], 4), np.uint8)
        for x, y in np.random.default_rng(t).integers((2, 2), (SIZE[0] - 2, SIZE[1] - 2), (20, 2)):
            layer[y : y + 2, x : x + 2] = (250, 252, 255, 180)
        layers.append(layer)
        frame = lay_all_over([np.dstack([clip.read_png(paths.source(t)), np.full(SIZE[::-1], 255,
                              np.uint8)]), layer], range(2))  # fmt: skip
        clip.write_png(paths.weather(t), layer)
        clip.write_png(paths.overlay_view(t), layer)
        clip.write_png(paths.source(t), frame)
        clip.write_png(paths.image(t), frame)
    clip.write_json(paths.OVERLAYS, {"overlays": [], "weather": list(range(COUNT))})
    return layers


def add_noise(clip: ClipFolder, *, deviation: float = 4) -> None:
    """Put noise of a standard deviation in grey levels over the frames, not over the layers."""
    noise = np.random.default_rng(0).normal(0, deviation, (COUNT, *SIZE[::-1], 3))
    for t in range(COUNT):
        frame = np.clip(clip.read_png(paths.source(t)) + noise[t], 0, 255).astype(np.uint8)
        for name in (paths.source(t), paths.image(t)):
            clip.write_png(name, frame)


def _write_frame(
    clip: ClipFolder,
    t: int,
    plate: np.ndarray,
    light: np.ndarray,
    lighting: Lighting,
    over: list[Overlay],
) -> None:
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    view = cv2.warpPerspective(
        plate, plate_motion()[t], SIZE, flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    view[..., :3] = np.clip(np.round(view[..., :3] + light), 0, 255)
    sprite = np.zeros((*SIZE[::-1], 4), np.uint8)
    x, y = sprite_place(t)
    own = drawing(next((d for d, times in enumerate(DRAWINGS) if t in times), 0))
    part = sprite[y : y + 34, x : x + 30]
    part[:] = own[: part.shape[0], : part.shape[1]]
    layers = []
    for k, layer in enumerate((view, sprite)):
        layers.append(lighting.restore(layer, t))
        clip.write_png(paths.layer(t, k), layers[-1])
    if over:
        layers.append(lighting.fade(overlay_layer(over, t), t))
        clip.write_png(paths.overlay_view(t), layers[-1])
    frame = lay_all_over(layers, range(len(layers)))
    clip.write_png(paths.source(t), frame)
    clip.write_png(paths.image(t), frame)
    clip.write_png(paths.motion_picture(t), frame)
    clip.write_png(paths.label_picture(t), frame)
    clip.write_png(paths.view_observed(t), np.full(SIZE[::-1], 255, np.uint8))
