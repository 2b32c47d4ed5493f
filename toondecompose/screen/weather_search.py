"""Find rain and snow, where the evidence for them is clear.

Many thin pixels, all over the picture and in most frames, are brighter than all that the plate and
the neighbouring frames show there, and hardly any are darker (or the other way round). Grain and
inexact motion are as often brighter as darker; sparkles and dust are not all over the picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from toondecompose.core.geometry import Images
from toondecompose.core.parallel import each, evenly_spread
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.motion.matches import Flows
from toondecompose.screen.parameters import Parameters
from toondecompose.screen.weather import (
    References,
    Weather,
    clean_picture,
    streak_alpha,
    streak_seeds,
    weather_layer,
    weather_of,
)

GRID = (4, 6)
"""Rows and columns of the cells of the picture that count how far streaks are spread."""


@dataclass(frozen=True)
class Spread:
    """Streaks of one sign in the median frame.

    Attributes
    ----------
    parts : number of separate ones.
    cells : share of the cells of the picture that have one.
    """

    parts: float
    cells: float


def find_weather(
    frames: np.ndarray,
    homographies: np.ndarray,
    flows: Flows,
    *,
    tuning: Tuning = DEFAULT,
) -> Weather | None:
    """Find rain or snow; None if there is no clear evidence for it.

    Parameters
    ----------
    frames : (T, H, W, 3) uint8 RGB.
    homographies : (T, 3, 3), the camera: frame pixel to canvas pixel.
    flows : flow (H, W, 2) of each pair of frames, in pixels.
    """
    parameters = tuning[Parameters]
    if len(frames) < parameters.min_weather_frames:
        return None
    # A first look at a few frames, without the plate: most clips have next to nothing.
    few = evenly_spread(len(frames), parameters.first_weather_frames)
    neighbours = References(frames, None, flows, tuning=tuning)
    first = _seeds(frames, neighbours, few, tuning=tuning)
    if not any(_believed(spread_of(own), tuning=tuning) for own in first.values()):
        return None
    references = References(frames, homographies, flows, tuning=tuning)
    times = evenly_spread(len(frames), parameters.weather_frames)
    seeds = _seeds(frames, references, times, tuning=tuning)
    share = {sign: float(np.mean(own)) for sign, own in seeds.items()}
    sign = max(share, key=lambda one: share[one])
    if share[-sign] > parameters.max_opposite_share * share[sign]:
        return None
    if not _believed(spread_of(seeds[sign]), tuning=tuning):
        return None
    behind = each(lambda t: clean_picture(frames[t], references.of(t)), times)
    shown = [frames[t] for t in times]
    return weather_of(shown, behind, seeds[sign], sign=sign, tuning=tuning)


def spread_of(seeds: Sequence[np.ndarray]) -> Spread:
    """Return how many streaks the median frame has, and how far they are spread."""
    counts = []
    for own in seeds:
        count, _, stats, centres = cv2.connectedComponentsWithStats(
            own.view(np.uint8), connectivity=8
        )
        places = centres[1:count][stats[1:count, cv2.CC_STAT_AREA] >= 3]  # smaller ones are noise
        height, width = own.shape
        cells, *_ = np.histogram2d(
            places[:, 1], places[:, 0], bins=GRID, range=((0, height), (0, width))
        )
        counts.append((len(places), float((cells > 0).mean())))
    parts, cells = np.median(counts, axis=0)
    return Spread(float(parts), float(cells))


def remove_weather(
    frames: Images,
    homographies: np.ndarray,
    flows: Flows,
    *,
    weather: Weather,
    tuning: Tuning = DEFAULT,
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return the layers (H, W, 4) uint8 straight RGBA of the weather, and the frames without it.

    frames may be larger than the flows. In a second pass the references are clean themselves.
    """

    def parts(references: References) -> list[tuple[np.ndarray, np.ndarray]]:
        return each(
            lambda t: streak_alpha(frames[t], references.of(t), weather, tuning=tuning),
            range(len(frames)),
        )

    first = parts(References(frames, homographies, flows, tuning=tuning))
    clean = [picture for _, picture in first]
    second = parts(References(frames, homographies, flows, clean=clean, tuning=tuning))
    layers = [weather_layer(weather, alpha) for alpha, _ in second]
    return layers, [picture for _, picture in second]


def _seeds(
    frames: np.ndarray,
    references: References,
    times: Sequence[int],
    *,
    tuning: Tuning = DEFAULT,
) -> dict[int, list[np.ndarray]]:
    """Return the seeds of bright (1) and dark (-1) streaks in some frames."""

    def both(t: int) -> tuple[np.ndarray, ...]:
        known = references.of(t)
        return tuple(streak_seeds(frames[t], known, sign, tuning=tuning) for sign in (1, -1))

    bright, dark = zip(*each(both, times), strict=True)
    return {1: list(bright), -1: list(dark)}


def _believed(spread: Spread, *, tuning: Tuning = DEFAULT) -> bool:
    parameters = tuning[Parameters]
    return spread.parts >= parameters.min_streaks and spread.cells >= parameters.min_streak_cells
