"""The working frames and the factors of their fades, on disk."""

from __future__ import annotations

import numpy as np

from toondecompose.footage.fades import remove_gain
from toondecompose.store import paths
from toondecompose.store.artifacts import ClipFolder


def read_gains(clip: ClipFolder) -> np.ndarray:
    """Read the factor of each frame, (T,) float32."""
    return clip.read_npy(paths.GAINS)


def read_frames(clip: ClipFolder) -> np.ndarray:
    """Read the working frames (T, H, W, 3) uint8 without their fades."""
    frames, gains = clip.read_npy(paths.ALL_FRAMES, mmap=True), read_gains(clip)
    if (gains == 1).all():
        return frames
    return np.stack([remove_gain(frame, gain) for frame, gain in zip(frames, gains, strict=True)])
