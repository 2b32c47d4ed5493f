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
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.motion.matches import Flows
from toondecompose.planes.texture import robust_texture
from toondecompose.screen.light import SATURATED, Kind, Light
from toondecompose.screen.light_fit import LightFit
from toondecompose.screen.parameters import Parameters


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
    frames: np.ndarray,
    homographies: np.ndarray,
    flows: Flows,
    *,
    trust: np.ndarray,
    tuning: Tuning = DEFAULT,
) -> Light | None:
    """Find light over all in a clip; None if there is no evidence for it.

    Parameters
    ----------
    frames : (T, H, W, 3) uint8 RGB.
    homographies : (T, 3, 3), the camera: frame pixel to canvas pixel.
    flows : flow (H, W, 2) of each pair of frames, in pixels.
    trust : (T, H, W) float32 in 0..1, reliability of the flows.
    """
    parameters = tuning[Parameters]
    if len(frames) < parameters.min_light_frames:
        return None
    kinds: tuple[Kind, ...] = ("add", "multiply", "screen")
    best: tuple[float, Light] | None = None
    for kind in kinds:
        fit = LightFit(frames, homographies, kind, tuning=tuning)
        verdict = judge(
            frames,
            fit.run(parameters.first_light_rounds),
            flows,
            most=parameters.first_judge_pairs,
            tuning=tuning,
        )
        if (
            verdict.left > parameters.max_left_share_first
            or verdict.changed < parameters.min_changed_share
        ):
            break  # the kinds are alike enough for the first to explain most of any other
        fit.observe_flows(frames, flows, trust)
        light = fit.run(parameters.light_rounds)
        verdict = judge(frames, light, flows, tuning=tuning)
        believed = (
            verdict.left < parameters.max_left_share
            and verdict.improved > parameters.min_improved_share
        )
        if (
            believed
            and verdict.changed >= parameters.min_changed_share
            and (not best or verdict.left < best[0])
        ):
            best = verdict.left, light
    return best[1] if best else None


def judge(
    frames: np.ndarray,
    light: Light,
    flows: Flows,
    *,
    most: int | None = None,
    tuning: Tuning = DEFAULT,
) -> Verdict:
    """Compare neighbouring frames, `most` pairs, along the flow, with the light and without it."""
    parameters = tuning[Parameters]

    def compare(pair: tuple[int, int]) -> np.ndarray:
        a, b = pair
        before, after = (frames[t].astype(np.float32) for t in pair)
        dark = [light.remove(frames[t], t).astype(np.float32) for t in pair]
        there = along_flow(np.dstack([after, dark[1]]), flows[pair])
        change = (before - dark[0]) - (there[..., :3] - there[..., 3:])
        tells = np.abs(change).mean(axis=2) > parameters.min_light_change_levels
        tells &= (largest_channel(frames[a]) < SATURATED) & (
            largest_channel(there[..., :3]) < SATURATED
        )
        lit = np.abs(there[..., :3] - before).mean(axis=2)[tells]
        unlit = np.abs(there[..., 3:] - dark[0]).mean(axis=2)[tells]
        sums = [np.minimum(d, parameters.max_difference_levels).sum() for d in (unlit, lit)]
        return np.array([tells.size, tells.sum(), (unlit < lit).sum(), *sums], float)

    pairs = sorted((a, b) for a, b in flows if b == a + 1)
    if not pairs:
        return Verdict(0.0, 0.0, 1.0)
    pairs = [pairs[i] for i in evenly_spread(len(pairs), most or len(pairs))]
    pixels, changed, improved, left, was = np.sum(each(compare, pairs), axis=0)
    return Verdict(changed / pixels, improved / max(changed, 1), left / was if was else 1.0)


def remove_light(
    frames: np.ndarray, homographies: np.ndarray, light: Light, *, tuning: Tuning = DEFAULT
) -> np.ndarray:
    """Return frames (T, H, W, 3) uint8 without the light.

    A saturated pixel gives only a lower limit of its brightness. It gets the colour of the plate,
    if plate and light together are as bright.
    """
    parameters = tuning[Parameters]
    dark = np.stack(each(lambda t: light.remove(frames[t], t), range(len(frames))))
    bright = largest_channel(frames) >= SATURATED
    if not bright.any():
        return dark
    size = (frames.shape[2], frames.shape[1])
    shifted, canvas = geometry.fit_canvas(homographies, size)
    texture = robust_texture(dark, list(~bright), shifted, canvas=canvas, tuning=tuning)
    seen = (texture.seen > 0).astype(np.float32)

    def fill(t: int) -> np.ndarray:
        plate = geometry.to_frame(texture.colour, shifted[t], size)
        known = geometry.to_frame(seen, shifted[t], size) > 0.99
        plate = np.clip(np.round(plate), 0, 255).astype(np.uint8)
        explained = largest_channel(light.restore(plate, t)) >= parameters.nearly_saturated_level
        cut_off = (
            bright[t]
            & known
            & explained
            & (light.field(t, size).max(axis=2) > parameters.min_light_change_levels)
        )
        return np.where(cut_off[..., None], plate, dark[t])

    return np.stack(each(fill, range(len(frames))))
