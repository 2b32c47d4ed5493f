"""What lies over the whole picture, on disk; only clips that have it hold any of these.

``screen/light.json`` holds kind and colour of light over all, ``screen/light.npy`` its strength,
(T, h, w) float32 (`toondecompose.screen.light.Light`); ``screen/frames.npy`` the working frames
without anything that lies over them, (T, H, W, 3) uint8, ``screen/streaks.npy`` where rain or snow
was in them. ``overlay/<n>.png`` is what stands still on the screen in front of everything, (H, W,
4) at the source's resolution, ``overlay/weather.<N>.png`` rain or snow of frame N,
``overlay/flash.<N>.png`` a flash or impact frame, ``overlay/info.json`` the frames that show them,
and ``screen/source/<N>.png`` a frame without these and without its fade.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from toondecompose.core import geometry
from toondecompose.core.parallel import each
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.footage.fades import remove_gain
from toondecompose.footage.shots import hold_behind
from toondecompose.motion.matches import Flows
from toondecompose.screen.light import Light
from toondecompose.screen.lighting import Lighting
from toondecompose.screen.overlay import (
    Overlay,
    laid_over,
    overlay_layer,
    remove_overlays,
    solve_overlays,
)
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
    if screen.streaks is not None:
        clip.write_npy(paths.STREAKS, screen.streaks.astype(np.uint8))
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


def read_streaks(clip: ClipFolder) -> np.ndarray | None:
    """Read where rain or snow was taken out of the working frames, (T, H, W) bool.

    None for a clip without.
    """
    return clip.read_npy(paths.STREAKS) > 0 if clip.exists(paths.STREAKS) else None


def write_overlays(
    clip: ClipFolder, screen: ScreenLayers, flows: Flows, *, tuning: Tuning = DEFAULT
) -> None:
    """Solve for overlays, rain and snow at the resolution of the source; write them and the frames
    without.

    Flashes are overlays of their own as they are; the frame before is held behind them.
    """
    info, gains = clip.read_json(paths.INFO), read_gains(clip)
    working, source = tuple(info["working_size"]), tuple(info["source_size"])
    times, shown_instead = range(info["frames"]), held_frames(clip)
    frames = each(
        lambda t: remove_gain(clip.read_png(paths.source(shown_instead.get(t, t))), gains[t]), times
    )
    camera = geometry.resize_homography(screen.camera, working, source)
    covered, about = set(shown_instead), Over([], (), tuple(sorted(shown_instead)))
    if screen.regions:
        scale = source[1] / working[1]
        overlays, behind = solve_overlays(
            frames, camera, screen.regions, scale=scale, tuning=tuning
        )
        for n, overlay in enumerate(overlays):
            clip.write_png(paths.overlay(n), overlay.picture)
            about.overlays.append(np.flatnonzero(overlay.shown).tolist())
            covered |= set(about.overlays[-1])
        frames = remove_overlays(frames, behind, overlays, tuning=tuning)
    if screen.weather is not None:
        layers, frames = remove_weather(
            frames, camera, flows, weather=screen.weather, tuning=tuning
        )
        each(lambda t: clip.write_png(paths.weather(t), layers[t]), times)
        about, covered = about._replace(weather=tuple(times)), set(times)
    for t in about.flash:
        picture = remove_gain(clip.read_png(paths.source(t)), gains[t])
        clip.write_png(paths.flash(t), np.dstack([picture, np.full(source[::-1], 255, np.uint8)]))
    write_over(clip, about)
    each(lambda t: clip.write_png(paths.clean_source(t), frames[t]), sorted(covered))


class Over(NamedTuple):
    """Which frames show what lies over them.

    Attributes
    ----------
    overlays : of each overlay that stands still.
    weather : of rain or snow.
    flash : flashes and impact frames.
    """

    overlays: list[list[int]]
    weather: tuple[int, ...]
    flash: tuple[int, ...]


def write_over(clip: ClipFolder, over: Over) -> None:
    """Write which frames show what."""
    about: dict[str, Any] = {"overlays": [{"frames": times} for times in over.overlays]}
    for name in ("weather", "flash"):
        if times := getattr(over, name):
            about[name] = list(times)
    clip.write_json(paths.OVERLAYS, about)


def read_over(clip: ClipFolder) -> Over:
    """Read which frames show what; nothing for most clips."""
    if not clip.exists(paths.OVERLAYS):
        return Over([], (), ())
    about = clip.read_json(paths.OVERLAYS)
    overlays = [one["frames"] for one in about["overlays"]]
    return Over(overlays, *(tuple(about.get(name, ())) for name in ("weather", "flash")))


def held_frames(clip: ClipFolder) -> dict[int, int]:
    """Return the frame that is held behind each flash or impact frame of a clip."""
    info = clip.read_json(paths.INFO)
    if info.get("alpha"):
        return {}
    return hold_behind([(first, last) for first, last in info.get("flashes", ())])


def read_over_all(clip: ClipFolder, t: int) -> np.ndarray | None:
    """Read all that lies over frame t, (H, W, 4) uint8 straight RGBA without its fade.

    None for a clip with nothing of that kind in any frame.
    """
    over = read_over(clip)
    if not any(over):
        return None
    size = tuple(clip.read_json(paths.INFO)["source_size"])
    layers = [np.zeros((*size[::-1], 4), np.uint8)]
    if over.overlays:
        layers.append(overlay_layer(read_overlays(clip, clip.read_json(paths.INFO)["frames"]), t))
    layers += [clip.read_png(paths.weather(t))] if t in over.weather else []
    layers += [clip.read_png(paths.flash(t))] if t in over.flash else []
    return laid_over(layers[1:] or layers)


def read_overlays(clip: ClipFolder, count: int) -> list[Overlay]:
    """Read the overlays of a clip of so many frames, at the resolution of the source."""
    overlays = []
    for n, times in enumerate(read_over(clip).overlays):
        shown = np.zeros(count, bool)
        shown[times] = True
        overlays.append(Overlay(clip.read_png(paths.overlay(n)), shown))
    return overlays


def read_clean_source(clip: ClipFolder, lighting: Lighting, t: int) -> np.ndarray:
    """Read frame t of the source, (H, W, 3) uint8, without fade and what lies over the picture."""
    name = paths.clean_source(t)
    if clip.exists(name):
        frame = clip.read_png(name)
        return frame if lighting.light is None else lighting.light.remove(frame, t)
    return lighting.remove(clip.read_png(paths.source(t)), t)
