"""Rain and snow: streaks or flakes of one colour all over the picture, in each frame elsewhere.

With the colour c of the clip and an alpha per frame and pixel, the picture J_t without them becomes

    I_t(x) = (1 - a_t(x)) J_t(x) + a_t(x) c

Each place of the scene is clean in most frames. So J_t is the background's plate, which is a
median of all frames, where the frame looks like it, and else the median of the neighbouring frames
along the flow, where they look like it. Whether a clip has any is decided by
`toondecompose.screen.weather_search`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.geometry import Images, Size
from toondecompose.core.reduction import largest_channel
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.motion.matches import Flows
from toondecompose.planes.texture import masked_median, robust_texture
from toondecompose.screen.parameters import Parameters

FLOW_STEP = 4
"""Flows are smoothed by a median at so many times lower a resolution, or they follow streaks."""

_NEAR = np.ones((3, 3), np.uint8)


@dataclass(frozen=True)
class Weather:
    """Rain or snow of a clip.

    Attributes
    ----------
    colour : (3,) float32 RGB, 0..255, of all streaks.
    sign : 1 where they are brighter than what is behind, -1 where darker.
    opacity : alpha of the most opaque ones, 0..1.
    """

    colour: np.ndarray
    sign: int
    opacity: float = 1.0


@dataclass(frozen=True)
class Reference:
    """What a frame would show without streaks, as far as another picture tells.

    Attributes
    ----------
    picture : (H, W, 3) uint8.
    weight : (H, W) float32; 0 where the frame does not look like it.
    """

    picture: np.ndarray
    weight: np.ndarray


class References:
    """The references of each frame of a clip.

    Parameters
    ----------
    frames : T images (H, W, 3) uint8.
    homographies : (T, 3, 3), the camera: frame pixel to canvas pixel; None for no plate.
    flows : flow (h, w, 2) of each pair of frames, in pixels, at the working resolution.
    clean : the frames as far as streaks are taken out already; None if not at all.
    """

    def __init__(
        self,
        frames: Images,
        homographies: np.ndarray | None,
        flows: Flows,
        *,
        clean: Images | None = None,
        tuning: Tuning = DEFAULT,
    ) -> None:
        self.frames, self.flows, self.parameters = frames, flows, tuning[Parameters]
        self.clean = frames if clean is None else clean
        height, width = frames[0].shape[:2]
        self.size: Size = (width, height)
        self.plate: Callable[[int], np.ndarray] | None = None
        if homographies is not None:
            shifted, canvas = geometry.fit_canvas(homographies, self.size)
            texture = robust_texture(self.clean, None, shifted, canvas=canvas, tuning=tuning)
            self.plate = lambda t: _rounded(
                geometry.to_frame(texture.colour, shifted[t], self.size)
            )

    def of(self, t: int) -> list[Reference]:
        """Return the references of frame t, the plate first if there is one."""
        found = []
        if self.plate is not None:
            shown = self.plate(t)
            weight = self._alike(self._differing(t, shown)) * self.parameters.plate_weight
            found.append(Reference(shown, weight))
        others = sorted(b for a, b in self.flows if a == t and b != t)
        return found + [self._neighbour(t, other) for other in others]

    def _neighbour(self, t: int, other: int) -> Reference:
        """Return another frame as it would look in frame t.

        Streaks disturb the flow. So the flow, the flow in whole pixels and none at all are
        compared: a held drawing keeps its place exactly.
        """
        flow, there = smooth_flow(self.flows[t, other], self.size), self.clean[other]
        moved = geometry.along_flow(there.astype(np.float32), flow)
        tried = [_rounded(moved), geometry.along_flow(there, np.round(flow)), there]
        shares = [self._differing(t, picture) for picture in tried]
        best = np.argmin(shares, axis=0)
        picture = np.choose(best[..., None], tried)
        return Reference(picture, self._alike(np.min(shares, axis=0)))

    def _differing(self, t: int, picture: np.ndarray) -> np.ndarray:
        """Return the share of pixels around each that differ from a picture, (H, W) float32."""
        off = largest_channel(cv2.absdiff(self.frames[t], picture))
        off = np.minimum(off, largest_channel(cv2.absdiff(self.clean[t], picture)))
        side = 2 * round(self.parameters.weather_window_share * self.size[1] / 2) + 1
        differs = (off > self.parameters.weather_difference_levels).astype(np.float32)
        return cv2.blur(differs, (side, side))

    def _alike(self, share: np.ndarray) -> np.ndarray:
        """Return 1 where so few pixels differ as streaks may cover, else 0, float32."""
        return (share < self.parameters.max_weather_cover).astype(np.float32)


def smooth_flow(flow: np.ndarray, size: Size) -> np.ndarray:
    """Return a flow (h, w, 2) without what it follows of streaks, at a size (H, W, 2)."""
    height, width = flow.shape[:2]
    small = (-(-width // FLOW_STEP), -(-height // FLOW_STEP))
    coarse = cv2.resize(flow, small, interpolation=cv2.INTER_AREA)
    coarse = np.dstack([cv2.medianBlur(np.ascontiguousarray(coarse[..., i]), 5) for i in (0, 1)])
    scale = np.array([size[0] / width, size[1] / height], np.float32)
    return cv2.resize(coarse, size, interpolation=cv2.INTER_LINEAR) * scale


def streak_seeds(
    frame: np.ndarray, references: Sequence[Reference], sign: int, *, tuning: Tuning = DEFAULT
) -> np.ndarray:
    """Return where a frame (H, W, 3) uint8 surely shows streaks of a sign, (H, W) bool.

    Their pixels are thin, and brighter (or darker) than the references show anywhere near.
    """
    parameters = tuning[Parameters]
    bright = _brightened(frame, sign)

    def brighter(picture: np.ndarray) -> np.ndarray:
        under = cv2.dilate(_brightened(picture, sign), _NEAR)
        return cv2.subtract(bright, under).min(axis=2) > parameters.min_streak_levels

    most, total = _majority(references, brighter, tuning=tuning)
    thin = _thin(cv2.cvtColor(bright, cv2.COLOR_RGB2GRAY), tuning=tuning)
    enough = most & (total >= parameters.min_reference_weight)
    return enough & (thin > parameters.min_streak_levels)


def clean_picture(frame: np.ndarray, references: Sequence[Reference]) -> np.ndarray:
    """Return J, (H, W, 3) uint8: the plate, else the lower median of the other references.

    Where no reference looks like the frame it is the frame itself.
    """
    best = np.max([one.weight for one in references], axis=0)
    usable = np.stack([(one.weight == best) & (best > 0) for one in references])
    many = np.stack([one.picture for one in references])
    # The lower median: where it matters, the others are too bright if they are wrong.
    return np.where((best > 0)[..., None], masked_median(many, usable), frame)


def streak_alpha(
    frame: np.ndarray,
    references: Sequence[Reference],
    weather: Weather,
    *,
    tuning: Tuning = DEFAULT,
) -> tuple[np.ndarray, np.ndarray]:
    """Return alpha (H, W) float32 of the streaks of a frame, and the frame without them, uint8.

    Alpha is the least-squares solution a = <I - J, c - J> / |c - J|^2 on streaks and their soft
    rims: pixels that differ a little, connected to those that surely are of a streak.
    """
    parameters = tuning[Parameters]
    behind = clean_picture(frame, references).astype(np.float32)
    alpha, left = _unmixed(frame, behind, weather.colour)
    thin = _thin(np.clip(alpha, 0, 1) * 255, tuning=tuning) > 255 * parameters.min_streak_alpha
    weak = thin & _votes(
        frame, references, weather, levels=parameters.weak_streak_levels, tuning=tuning
    )
    sure = _votes(frame, references, weather, levels=parameters.min_streak_levels, tuning=tuning)
    sure &= weak & _stands_out(frame, references, weather, tuning=tuning)
    count, parts = cv2.connectedComponents((weak | sure).view(np.uint8), connectivity=8)
    chosen = np.zeros(count, bool)
    chosen[parts[sure]] = True
    chosen[0] = False
    mask = cv2.dilate(chosen[parts].view(np.uint8), _NEAR) > 0
    change = np.linalg.norm(frame - behind, axis=2)
    mask &= alpha < weather.opacity + parameters.opacity_margin
    mask &= left < parameters.weak_streak_levels + parameters.max_colour_deviation * change
    alpha = np.where(mask & (alpha >= parameters.min_streak_alpha), np.clip(alpha, 0, 1), 0)
    alpha = (np.round(alpha * 255) / 255).astype(np.float32)
    return alpha, np.where((alpha > 0)[..., None], _rounded(behind), frame)


def _unmixed(
    frame: np.ndarray, behind: np.ndarray, colour: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return alpha (...) of a colour over pixels (..., 3), not clipped, and the levels left."""
    towards = colour - behind
    change = frame - behind
    alpha = (change * towards).sum(axis=-1) / np.maximum((towards**2).sum(axis=-1), 1)
    return alpha, np.linalg.norm(change - alpha[..., None] * towards, axis=-1)


def _votes(
    frame: np.ndarray,
    references: Sequence[Reference],
    weather: Weather,
    *,
    levels: float,
    tuning: Tuning = DEFAULT,
) -> np.ndarray:
    """Return where the colour lies over most references by so many levels, (H, W) bool."""
    parameters = tuning[Parameters]
    densest = weather.opacity + parameters.opacity_margin

    def over(picture: np.ndarray) -> np.ndarray:
        behind = picture.astype(np.float32)
        alpha, left = _unmixed(frame, behind, weather.colour)
        change = np.linalg.norm(frame - behind, axis=2)
        fits = left < parameters.max_colour_deviation * change
        return fits & (alpha > 0) & (alpha < densest) & (change > levels)

    most, total = _majority(references, over, tuning=tuning)
    return most & (total > 0)


def _majority(
    references: Sequence[Reference],
    test: Callable[[np.ndarray], np.ndarray],
    *,
    tuning: Tuning = DEFAULT,
) -> tuple[np.ndarray, np.ndarray]:
    """Return where most references pass a test of their pictures, and their total weight, (H, W).

    Where there is no reference, all pass.
    """
    votes, total = (np.zeros(references[0].weight.shape, np.float32) for _ in range(2))
    for one in references:
        votes += one.weight * test(one.picture)
        total += one.weight
    return votes >= tuning[Parameters].min_streak_votes * total, total


def _brightened(picture: np.ndarray, sign: int) -> np.ndarray:
    """Return a picture, uint8, in which streaks of a sign are bright."""
    return picture if sign > 0 else 255 - picture


def weather_of(
    frames: Sequence[np.ndarray],
    behind: Sequence[np.ndarray],
    seeds: Sequence[np.ndarray],
    *,
    sign: int,
    tuning: Tuning = DEFAULT,
) -> Weather:
    """Return the weather; c is the point nearest to the lines J + s (I - J) of all seeds.

    Weakly, it is also drawn to white, or to black where streaks are dark, which keeps it definite
    before an even background.
    """
    parameters = tuning[Parameters]
    shown = np.concatenate([f[m] for f, m in zip(frames, seeds, strict=True)]).astype(np.float64)
    under = np.concatenate([b[m] for b, m in zip(behind, seeds, strict=True)]).astype(np.float64)
    change = shown - under
    length = np.linalg.norm(change, axis=1)
    shown, under, change = (part[length > 0] for part in (shown, under, change))
    unit = change / length[length > 0, None]
    across = np.eye(3) - unit[:, :, None] * unit[:, None, :]
    extreme = np.full(3, 255.0 if sign > 0 else 0.0)
    prior = parameters.streak_colour_prior * len(unit)
    colour = np.linalg.solve(
        across.sum(axis=0) + prior * np.eye(3),
        np.einsum("nij,nj->i", across, under) + prior * extreme,
    )
    # No streak is more than opaque.
    alpha, _ = _unmixed(shown, under, colour)
    opacity = float(np.percentile(alpha, 99))
    middle = under.mean(axis=0)
    colour = np.clip(middle + max(opacity, 1.0) * (colour - middle), 0, 255)
    return Weather(colour.astype(np.float32), sign, min(opacity, 1.0))


def weather_layer(weather: Weather, alpha: np.ndarray) -> np.ndarray:
    """Return the layer of alpha (H, W) float32, (H, W, 4) uint8 straight RGBA."""
    colour = np.where((alpha > 0)[..., None], np.round(weather.colour), 0)
    return np.dstack([colour, np.round(alpha * 255)]).astype(np.uint8)


def _stands_out(
    frame: np.ndarray,
    references: Sequence[Reference],
    weather: Weather,
    *,
    tuning: Tuning = DEFAULT,
) -> np.ndarray:
    """Return where a frame is brighter than most references are within a pixel, (H, W) bool."""
    parameters = tuning[Parameters]

    def grey(picture: np.ndarray) -> np.ndarray:
        return cv2.cvtColor(_brightened(picture, weather.sign), cv2.COLOR_RGB2GRAY)

    own = grey(frame)

    def brighter(picture: np.ndarray) -> np.ndarray:
        return cv2.subtract(own, cv2.dilate(grey(picture), _NEAR)) > parameters.stand_out_levels

    most, total = _majority(references, brighter, tuning=tuning)
    return most & (total > 0)


def _thin(picture: np.ndarray, *, tuning: Tuning = DEFAULT) -> np.ndarray:
    """Return by how much thin parts of a picture (H, W) are brighter than what is around them."""
    share = tuning[Parameters].streak_width_share
    side = 2 * round(share * picture.shape[0] / 2) + 1
    brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    return cv2.morphologyEx(picture, cv2.MORPH_TOPHAT, brush)


def _rounded(picture: np.ndarray) -> np.ndarray:
    return np.clip(np.round(picture), 0, 255).astype(np.uint8)
