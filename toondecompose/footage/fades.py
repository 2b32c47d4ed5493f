"""Fades: one factor per frame by which the whole picture is darkened or brightened.

Between neighbouring frames a fade multiplies every pixel by the same factor, wherever the pixel
moves; a pan or a sprite changes each pixel differently. So the factor is the median ratio along
the flow, and there is a fade only where the ratios agree on it. Stages use the frames without the
factor, and the results get it back.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from toondecompose.core.geometry import along_flow
from toondecompose.core.parallel import each
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.footage.parameters import Parameters


def estimate_gains(frames: Sequence[np.ndarray], *, tuning: Tuning = DEFAULT) -> np.ndarray:
    """Return the factor of each of T frames (H, W, 3) uint8, (T,) float32; 1 without fades."""
    parameters = tuning[Parameters]
    height, width = frames[0].shape[:2]
    size = (max(32, round(parameters.fade_height_px / height * width)), parameters.fade_height_px)

    def brightness(frame: np.ndarray) -> np.ndarray:
        small = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
        return cv2.GaussianBlur(small.max(axis=2).astype(np.float32), (0, 0), 1.5)

    grey = each(brightness, frames)
    steps = each(lambda t: step(grey[t], grey[t + 1], tuning=tuning), range(len(grey) - 1))
    logs = np.concatenate([[0.0], np.cumsum(steps)])
    if np.ptp(logs) < parameters.min_fade:
        return np.ones(len(frames), np.float32)
    logs -= np.percentile(logs, parameters.full_gain_percentile)
    logs[np.abs(logs) < parameters.min_fade_step * 3] = 0
    return np.maximum(np.exp(logs), parameters.min_gain).astype(np.float32)


def step(first: np.ndarray, second: np.ndarray, *, tuning: Tuning = DEFAULT) -> float:
    """Return the logarithm of the factor from one picture (H, W) float32 to another; 0 for none."""
    parameters = tuning[Parameters]
    rough = max(float(second.mean()), 0.5) / max(float(first.mean()), 0.5)
    peak = max(float(first.max()), 1.0)
    dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    pictures = [
        np.clip(picture * (255 / peak), 0, 255).astype(np.uint8)
        for picture in (first, second / rough)
    ]
    flow = dis.calc(pictures[0], pictures[1], None)
    there = along_flow(second, flow, beyond=cv2.BORDER_CONSTANT, value=-1)
    measurable = (first > parameters.min_fade_level) & (there > parameters.min_fade_level)
    if measurable.sum() < 0.1 * measurable.size:
        return 0.0 if abs(np.log(rough)) < parameters.max_ratio_spread else float(np.log(rough))
    ratios = np.log(there[measurable] / first[measurable])
    middle = float(np.median(ratios))
    apart = float(np.median(np.abs(ratios - middle)))
    if abs(middle) < parameters.min_fade_step or apart > max(
        parameters.max_ratio_spread, 0.1 * abs(middle)
    ):
        return 0.0
    return middle


def remove_gain(frame: np.ndarray, gain: float) -> np.ndarray:
    """Divide a frame (H, W, 3) uint8 by the factor of its fade."""
    if gain == 1:
        return frame
    return np.clip(np.round(frame / np.float32(gain)), 0, 255).astype(np.uint8)
