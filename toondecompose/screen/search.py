"""Find layers over the whole picture, before labels and plates use the frames."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.motion.matches import Flows
from toondecompose.screen.light import Light
from toondecompose.screen.light_search import find_light, remove_light
from toondecompose.screen.overlay import Region, remove_overlays, solve_overlays
from toondecompose.screen.overlay_search import find_overlays
from toondecompose.screen.weather import Weather
from toondecompose.screen.weather_search import find_weather, remove_weather


@dataclass(frozen=True)
class ScreenLayers:
    """Layers over the whole picture.

    Attributes
    ----------
    frames : (T, H, W, 3) uint8, without these layers.
    light : light over all; None without any.
    regions : where overlays are, which stand still on the screen in front of the light.
    camera : (T, 3, 3), frame pixel to canvas pixel.
    weather : rain or snow, in front of everything; None without any.
    streaks : (T, H, W) bool, where weather covers the picture; None without any.
    """

    frames: np.ndarray
    light: Light | None
    regions: list[Region]
    camera: np.ndarray
    weather: Weather | None = None
    streaks: np.ndarray | None = None

    def __bool__(self) -> bool:
        """Tell whether there is anything."""
        return self.light is not None or self.weather is not None or bool(self.regions)

    def uncovered(self) -> np.ndarray:
        """Return where no overlay or streak hides the picture, (T, H, W) bool."""
        free = np.ones(self.frames.shape[:3], bool)
        for region in self.regions:
            free[region.shown] &= ~region.mask
        return free if self.streaks is None else free & ~self.streaks

    def lines(self) -> list[str]:
        """Return a line about each layer that was found."""
        lines = []
        for number, region in enumerate(self.regions):
            y, x = np.nonzero(region.mask)
            times = np.flatnonzero(region.shown)
            lines.append(
                f"overlay {number} stands still on the screen around ({round(x.mean())}, "
                f"{round(y.mean())}) in {len(times)} frames from {times[0]} to {times[-1]}: "
                "an object of its own, in front of everything"
            )
        if self.weather is not None:
            kind = "bright" if self.weather.sign > 0 else "dark"
            lines.append(
                f"rain or snow over all ({kind}): an object of its own, in front of everything"
            )
        if self.light is not None:
            lines.append(
                f"light over all (kind: {self.light.kind}): taken out before labels, put back at "
                "the end"
            )
        return lines


def find_screen_layers(
    frames: np.ndarray,
    homographies: np.ndarray,
    flows: Flows,
    *,
    trust: np.ndarray,
    tuning: Tuning = DEFAULT,
) -> ScreenLayers:
    """Find the layers over the whole picture, and remove them.

    Parameters
    ----------
    frames : (T, H, W, 3) uint8 RGB.
    homographies : (T, 3, 3), the camera: frame pixel to canvas pixel.
    flows : flow (H, W, 2) of each pair of frames, in pixels.
    trust : (T, H, W) float32 in 0..1, reliability of the flows.
    """
    regions = find_overlays(frames, homographies, tuning=tuning)
    if regions:
        overlays, behind = solve_overlays(frames, homographies, regions, tuning=tuning)
        frames = np.stack(remove_overlays(frames, behind, overlays, tuning=tuning))
    weather, streaks = find_weather(frames, homographies, flows, tuning=tuning), None
    if weather is not None:
        layers, clean = remove_weather(frames, homographies, flows, weather=weather, tuning=tuning)
        frames, streaks = np.stack(clean), np.stack([layer[..., 3] > 0 for layer in layers])
    light = find_light(frames, homographies, flows, trust=trust, tuning=tuning)
    if light is not None:
        frames = remove_light(frames, homographies, light, tuning=tuning)
    return ScreenLayers(frames, light, regions, homographies, weather, streaks)
