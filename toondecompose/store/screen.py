"""What lies over the whole picture, on disk: ``screen/``, which only clips that have it hold.

``screen/light.json`` holds kind and colour of light over all, ``screen/light.npy`` its strength,
(T, h, w) float32 (`toondecompose.screen.light.Light`); ``screen/frames.npy`` the working frames
without anything that lies over them, (T, H, W, 3) uint8.
"""

from __future__ import annotations

import numpy as np

from toondecompose.screen.light import Light
from toondecompose.screen.lighting import Lighting
from toondecompose.screen.search import ScreenLayers
from toondecompose.store.artifacts import ClipFolder
from toondecompose.store.frames import read_frames, read_gains

FRAMES = "screen/frames.npy"
LIGHT = "screen/light.json"
STRENGTH = "screen/light.npy"


def write_screen(clip: ClipFolder, screen: ScreenLayers) -> None:
    """Write what lies over the picture, and the frames without it; nothing where nothing does."""
    if not screen:
        return
    clip.write_npy(FRAMES, screen.frames)
    if screen.light is not None:
        clip.write_npy(STRENGTH, screen.light.strength)
        about = {"kind": screen.light.kind, "colour": screen.light.colour.tolist()}
        clip.write_json(LIGHT, about)


def read_light(clip: ClipFolder) -> Light | None:
    """Read light over all; None for a clip without."""
    if not clip.path(LIGHT).exists():
        return None
    about = clip.read_json(LIGHT)
    colour = np.array(about["colour"], np.float32)
    return Light(about["kind"], colour, clip.read_npy(STRENGTH))


def read_lighting(clip: ClipFolder) -> Lighting:
    """Read fade and light of a clip."""
    return Lighting(read_gains(clip), read_light(clip))


def read_clean_frames(clip: ClipFolder) -> np.ndarray:
    """Read the working frames (T, H, W, 3) uint8 without fade and what lies over the picture.

    For the stages after the alpha warmup, which finds it.
    """
    if clip.path(FRAMES).exists():
        return clip.read_npy(FRAMES, mmap=True)
    return read_frames(clip)
