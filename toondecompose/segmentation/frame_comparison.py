"""Frames compared along a plane's motion, and the noise and misalignment of a clip."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.parallel import evenly_spread
from toondecompose.core.reduction import largest_channel
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.segmentation.parameters import Parameters


def motion_steps(motion: np.ndarray, t: int, others: Sequence[int]) -> np.ndarray:
    """Return the homographies (N, 3, 3) from frame t to others, given those to the canvas."""
    return geometry.normalised(np.linalg.inv(motion[list(others)]) @ motion[t])


def is_still(step: np.ndarray) -> bool:
    """Tell whether a homography (3, 3) is the identity."""
    return bool(np.abs(step - np.eye(3)).max() < 1e-6)


def resampled(
    image: np.ndarray, step: np.ndarray, size: geometry.Size, *, method: int
) -> np.ndarray:
    """Resample another frame's image on this frame's grid, given the step to it."""
    if is_still(step):
        return image
    flags, edge = method | cv2.WARP_INVERSE_MAP, cv2.BORDER_REPLICATE
    return cv2.warpPerspective(image, step, size, flags=flags, borderMode=edge)


def frame_difference(
    smooth: np.ndarray, t: int, other: int, *, step: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Compare a frame with another one.

    Parameters
    ----------
    smooth : (T, H, W, 3) uint8.
    t, other : the frames.
    step : (3, 3), homography from frame t to the other one.

    Returns
    -------
    The largest difference of a channel (H, W) uint8, and where the other frame shows the place,
    (H, W) bool.
    """
    size = (smooth.shape[2], smooth.shape[1])
    there = resampled(smooth[other], step, size, method=cv2.INTER_LINEAR)
    difference = largest_channel(cv2.absdiff(there, smooth[t]))
    if is_still(step):
        return difference, np.ones(difference.shape, bool)
    inside = cv2.warpPerspective(
        np.ones(size[::-1], np.uint8), step, size, flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
    )
    return difference, inside > 0


def measure_noise(
    smooth: np.ndarray, slope: np.ndarray, motion: np.ndarray, *, tuning: Tuning = DEFAULT
) -> tuple[float, float]:
    """Return the noise in grey levels and the misalignment in pixels between frames two apart.

    Both are measured where frames differ least: the median of the quieter blocks where the image is
    flat, the lower third where it is steep, because part of that moves by itself.
    """
    parameters = tuning[Parameters]
    least = parameters.min_noise_levels
    size = (smooth.shape[2], smooth.shape[1])
    gap = min(2, len(smooth) - 1)
    flat = [np.zeros(0, np.uint8)]
    steep: dict[bool, list[np.ndarray]] = {}
    for t in evenly_spread(len(smooth), 8):
        for b in (t - gap, t + gap):
            if b == t or not 0 <= b < len(smooth):
                continue
            step = motion_steps(motion, t, [b])[0]
            difference, visible = frame_difference(smooth, t, b, step=step)
            flat.append(
                _block_medians(difference, visible & (slope[t] < 1.5), parameters.noise_block_px)
            )
            edges = visible & (slope[t] > 6)
            shift = geometry.largest_shift(np.eye(3)[None], step[None], size)
            still = shift < parameters.min_camera_speed_px
            steep.setdefault(still, []).append((difference[edges] / slope[t][edges])[::3])
    # Frames of a still camera are aligned exactly, which says nothing about the others.
    moved = steep.get(False) or steep.get(True) or [np.zeros(0, np.float32)]
    levels, pixels = np.concatenate(flat), np.concatenate(moved)
    usual = float(np.quantile(levels, parameters.quiet_block_share)) if levels.size else least
    noise = max(least, 1.5 * usual)
    if pixels.size < 50:
        return noise, 0.3
    misalignment = 2 * np.quantile(pixels, 0.35)
    return noise, float(np.clip(misalignment, *parameters.misalignment_range_px))


def _block_medians(difference: np.ndarray, flat: np.ndarray, block: int) -> np.ndarray:
    """Return the median difference (H, W) uint8 of the flat pixels of each block that has some."""
    height, width = (side // block for side in flat.shape)

    def blocks(values: np.ndarray) -> np.ndarray:
        whole = values[: height * block, : width * block]
        parts = whole.reshape(height, block, width, block).swapaxes(1, 2)
        return parts.reshape(height * width, block * block)

    count = blocks(flat).sum(axis=1)
    ordered = np.sort(blocks(np.where(flat, difference, np.uint8(255))), axis=1)
    some = count > 0
    return ordered[some, (count[some] - 1) // 2]


def plane_moves(motion: np.ndarray, size: geometry.Size, *, tuning: Tuning = DEFAULT) -> bool:
    """Tell whether a plane moves in most frames."""
    steps = np.linalg.norm(np.diff(_paths(motion, size), axis=1), axis=-1)
    least = tuning[Parameters].min_camera_speed_px
    return steps.size > 0 and bool(np.median(steps, axis=1).max() > least)


def least_travel(motion: np.ndarray, size: geometry.Size) -> float:
    """Return the least distance, in pixels, that the frame's middle or a corner travels."""
    return float(np.ptp(_paths(motion, size), axis=1).max(axis=-1).min())


def _paths(motion: np.ndarray, size: geometry.Size) -> np.ndarray:
    """Return where the frame's middle and corners lie on the canvas, (5, T, 2) pixels."""
    right, bottom = size[0] - 1, size[1] - 1
    points = [(right / 2, bottom / 2), (0, 0), (right, 0), (0, bottom), (right, bottom)]
    return np.stack([geometry.apply(motion, np.array(point)) for point in points])
