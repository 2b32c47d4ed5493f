"""What lies over the whole picture, on disk; only clips that have it hold any of these.

``screen/light.json`` holds kind and colour of light over all, ``screen/light.npy`` its strength,
(T, h, w) float32 (`toondecompose.screen.light.Light`); ``screen/frames.npy`` the working frames
without anything that lies over them, (T, H, W, 3) uint8. ``overlay/<n>.png`` is what stands still
on the screen in front of everything, (H, W, 4) at the source's resolution, ``overlay/info.json``
the frames that show it, ``overlay/weather.<N>.png`` rain or snow of frame N, and
``screen/source/<N>.png`` a frame without these and without its fade.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from toondecompose.core import geometry
from toondecompose.core.parallel import each
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.footage.fades import remove_gain
from toondecompose.motion.matches import Flows
from toondecompose.screen.light import Light
from toondecompose.screen.lighting import Lighting
from toondecompose.screen.overlay import Overlay, remove_overlays, solve_overlays
from toondecompose.screen.search import ScreenLayers
from toondecompose.screen.weather_search import remove_weather
from toondecompose.store import paths
from toondecompose.store.artifacts import ClipFolder
from toondecompose.store.frames import read_frames, read_gains


def write_screen(clip: ClipFolder, screen: ScreenLayers) -> None:
    """Write what lies over the picture, and the frames without it; nothing where nothing does."""
    if not screen:
        return
    clip.write_npy(paths.CLEAN_FRAMES, screen.frames)
    if screen.light is not None:
        clip.write_npy(paths.LIGHT_STRENGTH, screen.light.strength)
        about = {"kind": screen.light.kind, "colour": screen.light.colour.tolist()}
        clip.write_json(paths.SCREEN_LIGHT, about)


def read_light(clip: ClipFolder) -> Light | None:
    """Read light over all; None for a clip without."""
    if not clip.exists(paths.SCREEN_LIGHT):
        return None
    about = clip.read_json(paths.SCREEN_LIGHT)
    colour = np.array(about["colour"], np.float32)
    return Light(about["kind"], colour, clip.read_npy(paths.LIGHT_STRENGTH))


def read_lighting(clip: ClipFolder) -> Lighting:
    """Read fade and light of a clip."""
    return Lighting(read_gains(clip), read_light(clip))


def read_clean_frames(clip: ClipFolder) -> np.ndarray:
    """Read the working frames (T, H, W, 3) uint8 without fade and what lies over the picture.

    For the stages after the alpha warmup, which finds it.
    """
    if clip.exists(paths.CLEAN_FRAMES):
        return clip.read_npy(paths.CLEAN_FRAMES, mmap=True)
    return read_frames(clip)


def write_overlays(
    clip: ClipFolder, screen: ScreenLayers, flows: Flows, *, tuning: Tuning = DEFAULT
) -> None:
    """Solve for overlays, rain and snow at the resolution of the source; write them and the frames
    without.
    """
    info, gains = clip.read_json(paths.INFO), read_gains(clip)
    working, source = tuple(info["working_size"]), tuple(info["source_size"])
    times = range(info["frames"])
    frames = each(lambda t: remove_gain(clip.read_png(paths.source(t)), gains[t]), times)
    camera = geometry.resize_homography(screen.camera, working, source)
    covered: set[int] = set()
    about: dict[str, Any] = {"overlays": []}
    if screen.regions:
        scale = source[1] / working[1]
        overlays, behind = solve_overlays(frames, camera, screen.regions, scale, tuning=tuning)
        for n, overlay in enumerate(overlays):
            clip.write_png(paths.overlay(n), overlay.picture)
            shown = np.flatnonzero(overlay.shown).tolist()
            about["overlays"].append({"frames": shown})
            covered |= set(shown)
        frames = remove_overlays(frames, behind, overlays, tuning=tuning)
    if screen.weather is not None:
        layers, frames = remove_weather(frames, camera, flows, screen.weather, tuning=tuning)
        each(lambda t: clip.write_png(paths.weather(t), layers[t]), times)
        about["weather"] = True
        covered = set(times)
    clip.write_json(paths.OVERLAYS, about)
    each(lambda t: clip.write_png(paths.clean_source(t), frames[t]), sorted(covered))


def has_weather(clip: ClipFolder) -> bool:
    """Tell whether a clip has a layer of rain or snow."""
    return clip.exists(paths.OVERLAYS) and clip.read_json(paths.OVERLAYS).get("weather", False)


def read_overlays(clip: ClipFolder, count: int) -> list[Overlay]:
    """Read the overlays of a clip of so many frames, at the resolution of the source."""
    if not clip.exists(paths.OVERLAYS):
        return []
    overlays = []
    for n, about in enumerate(clip.read_json(paths.OVERLAYS)["overlays"]):
        shown = np.zeros(count, bool)
        shown[about["frames"]] = True
        overlays.append(Overlay(clip.read_png(paths.overlay(n)), shown))
    return overlays


def read_clean_source(clip: ClipFolder, lighting: Lighting, t: int) -> np.ndarray:
    """Read frame t of the source, (H, W, 3) uint8, without fade and what lies over the picture."""
    name = paths.clean_source(t)
    if clip.exists(name):
        frame = clip.read_png(name)
        return frame if lighting.light is None else lighting.light.remove(frame, t)
    return lighting.remove(clip.read_png(paths.source(t)), t)
