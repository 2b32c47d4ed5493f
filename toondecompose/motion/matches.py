"""Matches drawn from flows, at points where motion is visible."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from toondecompose.core.parallel import each
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.motion.parameters import Parameters
from toondecompose.motion.solve import Pairs

Flows = Mapping[tuple[int, int], np.ndarray]
"""Flow (H, W, 2) of each pair of frames (a, b): pixel x of a lies at x + flow in b."""


def gradient_weight(frame: np.ndarray, *, tuning: Tuning = DEFAULT) -> np.ndarray:
    """Return how visible motion is at each pixel, (H, W) in 0..1: the capped gradient."""
    parameters = tuning[Parameters]
    grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY).astype(np.float32)
    gradient = np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))
    return np.minimum(gradient, parameters.max_gradient_levels) / parameters.max_gradient_levels


def match_weights(
    frames: np.ndarray, confidence: np.ndarray, *, tuning: Tuning = DEFAULT
) -> np.ndarray:
    """Return the weight of the flow at each pixel, (T, H, W) float32 in 0..1.

    frames are (T, H, W, 3) uint8; confidence (T, H, W) in 0..1 is that of their flows.
    """
    parameters = tuning[Parameters]
    gradients = np.stack(each(lambda frame: gradient_weight(frame, tuning=tuning), frames))
    return gradients * np.maximum(confidence, parameters.min_confidence)


def draw_pairs(
    flows: Flows, weights: np.ndarray, number: int, *, rng: np.random.Generator
) -> Pairs:
    """Draw up to `number` points of every flow, with probability proportional to their weight.

    weights is (T, H, W). A point that leaves the picture is dropped. Pairs of a frame with itself
    have no motion and are left out.
    """
    height, width = weights.shape[1:]
    parts = []
    for (a, b), flow in flows.items():
        if a == b:
            continue
        density = weights[a].ravel().astype(np.float64)
        total = density.sum()
        if total <= 0:
            continue
        cumulative = np.cumsum(density)
        drawn = np.unique(np.searchsorted(cumulative, rng.random(number) * cumulative[-1]))
        drawn = np.minimum(drawn, density.size - 1)
        xa = np.stack([drawn % width, drawn // width], axis=-1).astype(float)
        xb = xa + flow.reshape(-1, 2)[drawn]
        inside = (xb >= 0).all(axis=1) & (xb <= [width - 1, height - 1]).all(axis=1)
        n = int(inside.sum())
        parts.append(Pairs(np.full(n, a), np.full(n, b), xa[inside], xb[inside], np.ones(n)))
    if not parts:
        empty = np.zeros(0, dtype=int)
        return Pairs(empty, empty, np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0))
    return Pairs.concatenate(parts)
