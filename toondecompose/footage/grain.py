"""Grain: the noise of film or compression, which differs in each frame and is not in the layers.

A layer is put together from many frames, which averages the grain away. The recomposed clip would
look clean where it was not, and edits would not match the rest. So grain is a layer of its own that
is added:

    frame = recomposed layers + grain - `NEUTRAL`

It holds only what noise explains. Noise varies over a frame (codecs keep grain here and drop it
there), so it is measured in blocks. Differences much larger than usual in their block, or blocks
much noisier than usual in the frame, are errors of the layers and are left out.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from toondecompose.core.reduction import in_all_channels
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.footage.parameters import Parameters

NEUTRAL = 128
"""The level that stands for no grain."""


def strength(frame: np.ndarray, layers: np.ndarray, *, tuning: Tuning = DEFAULT) -> float:
    """Return the standard deviation of the usual block of a frame about its layers, in levels.

    Parameters
    ----------
    frame, layers : (H, W, 3) uint8, the frame, and the layers put together.
    """
    return float(np.median(_deviations(cv2.absdiff(frame, layers), tuning=tuning)))


def has_grain(strengths: Sequence[float], *, tuning: Tuning = DEFAULT) -> bool:
    """Tell whether a clip has grain that can be seen, from the `strength` of some frames."""
    parameters = tuning[Parameters]
    return bool(np.median(strengths) >= parameters.min_grain_levels)


def grain(frame: np.ndarray, layers: np.ndarray, *, tuning: Tuning = DEFAULT) -> np.ndarray:
    """Return the part of the difference of a frame from its layers that noise explains.

    Parameters
    ----------
    frame, layers : (H, W, 3) uint8, the frame, and the recomposed layers.

    Returns
    -------
    (H, W, 3) uint8; `NEUTRAL` is none.
    """
    parameters = tuning[Parameters]
    height, width = frame.shape[:2]
    deviations = _deviations(cv2.absdiff(frame, layers), tuning=tuning)
    bound = parameters.grain_sigmas * np.minimum(
        deviations, parameters.max_block_ratio * np.median(deviations)
    )
    side = parameters.grain_block_px
    size = (side * bound.shape[1], side * bound.shape[0])
    bound = cv2.resize(bound, size, interpolation=cv2.INTER_LINEAR)[:height, :width]
    bound = in_all_channels(np.rint(np.minimum(bound, NEUTRAL - 1)).astype(np.int16))
    difference = cv2.subtract(frame, layers, dtype=cv2.CV_16S)
    return (cv2.max(cv2.min(difference, bound), -bound) + NEUTRAL).astype(np.uint8)


def add_grain(layers: np.ndarray, grain: np.ndarray) -> np.ndarray:
    """Return layers with grain, (H, W, 3) uint8; see `grain`."""
    total = layers.astype(np.int16) + grain - NEUTRAL
    return np.clip(total, 0, 255).astype(np.uint8)


def _deviations(difference: np.ndarray, *, tuning: Tuning = DEFAULT) -> np.ndarray:
    """Return the standard deviation in each block, (ceil(H / block), ceil(W / block)) float32.

    It is that of a normal distribution with this mean of absolute differences (H, W, 3).
    """
    side = tuning[Parameters].grain_block_px
    height, width = difference.shape[:2]
    whole = cv2.copyMakeBorder(
        difference, 0, -height % side, 0, -width % side, cv2.BORDER_REFLECT
    ).astype(np.float32)
    size = (whole.shape[1] // side, whole.shape[0] // side)
    means = cv2.resize(whole, size, interpolation=cv2.INTER_AREA).mean(axis=2)
    return np.sqrt(np.pi / 2, dtype=np.float32) * means
