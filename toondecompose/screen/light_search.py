"""Decide whether a clip has light over all, and of which kind.

A light is accepted only if the same things, followed along the flow from a frame to the next, look
more alike without it, and this nearly everywhere where it changes, on sprites and background alike.
A false light, from a sprite above all, makes them look less alike: its edge passes over things
that do not change. So clips without light keep their frames bit by bit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toondecompose.core import geometry
from toondecompose.core.geometry import along_flow
from toondecompose.core.parallel import each, evenly_spread
from toondecompose.core.reduction import largest_channel
from toondecompose.motion.matches import Flows
from toondecompose.planes.texture import robust_texture
from toondecompose.screen.light import SATURATED, Kind, Light
from toondecompose.screen.light_fit import LightFit

MIN_FRAMES = 6
"""Shorter clips have no plate to compare with."""

FIRST_ROUNDS, ROUNDS = 2, 9
"""Rounds of a first fit, which most clips fail, and of the whole one."""

CHANGES = 2.0
"""Grey levels by which light must change from frame to frame to be judged there."""

MIN_CHANGED = 0.01
"""Share of the pixels of all frames on which it must."""

DIFFERENCE_CAP = 30.0
"""Differences of more grey levels are no light: they count as this much."""

PROMISING, BELIEVED = 0.8, 0.7
"""Share of the differences along the flow that may be left after the first fit, and at the end."""

GLANCE = 12
"""Pairs of frames that judge the first fit, at most."""

MOSTLY = 0.6
"""Share of those pixels that must look more alike without the light."""

NEARLY_SATURATED = 250.0
"""Grey levels from which on plate and light together explain a saturated pixel."""


@dataclass(frozen=True)
class Verdict:
    """How well a light explains changes along the flow.

    Attributes
    ----------
    changed : share of all pixels on which the light changes.
    improved : share of those that look more alike without it.
    left : share of their differences that is left without it.
    """

    changed: float
    improved: float
    left: float


def find_light(
    frames: np.ndarray, homographies: np.ndarray, flows: Flows, trust: np.ndarray
) -> Light | None:
    """Find light over all in a clip; None if there is no evidence for it.

    Parameters
    ----------
    frames : (T, H, W, 3) uint8 RGB.
    homographies : (T, 3, 3), the camera: frame pixel to canvas pixel.
    flows : flow (H, W, 2) of each pair of frames, in pixels.
    trust : (T, H, W) float32 in 0..1, reliability of the flows.
    """
    if len(frames) < MIN_FRAMES:
        return None
    kinds: tuple[Kind, ...] = ("add", "multiply", "screen")
    best: tuple[float, Light] | None = None
    for kind in kinds:
        fit = LightFit(frames, homographies, kind)
        verdict = judge(frames, fit.run(FIRST_ROUNDS), flows, most=GLANCE)
        if verdict.left > PROMISING or verdict.changed < MIN_CHANGED:
            break  # the kinds are alike enough for the first to explain most of any other
        fit.observe_flows(frames, flows, trust)
        light = fit.run(ROUNDS)
        verdict = judge(frames, light, flows)
        believed = verdict.left < BELIEVED and verdict.improved > MOSTLY
        if believed and verdict.changed >= MIN_CHANGED and (not best or verdict.left < best[0]):
            best = verdict.left, light
    return best[1] if best else None


def judge(frames: np.ndarray, light: Light, flows: Flows, *, most: int | None = None) -> Verdict:
    """Compare neighbouring frames, `most` pairs, along the flow, with the light and without it."""

    def compare(pair: tuple[int, int]) -> np.ndarray:
        a, b = pair
        before, after = (frames[t].astype(np.float32) for t in pair)
        dark = [light.remove(frames[t], t).astype(np.float32) for t in pair]
        there = along_flow(np.dstack([after, dark[1]]), flows[pair])
        change = (before - dark[0]) - (there[..., :3] - there[..., 3:])
        tells = np.abs(change).mean(axis=2) > CHANGES
        tells &= (largest_channel(frames[a]) < SATURATED) & (
            largest_channel(there[..., :3]) < SATURATED
        )
        lit = np.abs(there[..., :3] - before).mean(axis=2)[tells]
        unlit = np.abs(there[..., 3:] - dark[0]).mean(axis=2)[tells]
        sums = [np.minimum(d, DIFFERENCE_CAP).sum() for d in (unlit, lit)]
        return np.array([tells.size, tells.sum(), (unlit < lit).sum(), *sums], float)

    pairs = sorted((a, b) for a, b in flows if b == a + 1)
    if not pairs:
        return Verdict(0.0, 0.0, 1.0)
    pairs = [pairs[i] for i in evenly_spread(len(pairs), most or len(pairs))]
    pixels, changed, improved, left, was = np.sum(each(compare, pairs), axis=0)
    return Verdict(changed / pixels, improved / max(changed, 1), left / was if was else 1.0)


def remove_light(frames: np.ndarray, homographies: np.ndarray, light: Light) -> np.ndarray:
    """Return frames (T, H, W, 3) uint8 without the light.

    A saturated pixel tells only a lower limit of its brightness. It gets the colour of the plate,
    if plate and light together are as bright.
    """
    dark = np.stack(each(lambda t: light.remove(frames[t], t), range(len(frames))))
    bright = largest_channel(frames) >= SATURATED
    if not bright.any():
        return dark
    size = (frames.shape[2], frames.shape[1])
    shifted, canvas = geometry.fit_canvas(homographies, size)
    texture = robust_texture(dark, list(~bright), shifted, canvas)
    seen = (texture.seen > 0).astype(np.float32)

    def fill(t: int) -> np.ndarray:
        plate = geometry.to_frame(texture.colour, shifted[t], size)
        known = geometry.to_frame(seen, shifted[t], size) > 0.99
        plate = np.clip(np.round(plate), 0, 255).astype(np.uint8)
        explained = largest_channel(light.restore(plate, t)) >= NEARLY_SATURATED
        cut_off = bright[t] & known & explained & (light.field(t, size).max(axis=2) > CHANGES)
        return np.where(cut_off[..., None], plate, dark[t])

    return np.stack(each(fill, range(len(frames))))
