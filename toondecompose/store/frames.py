"""The working frames and the factors of their fades, on disk."""

from __future__ import annotations

import numpy as np

from toondecompose.footage.fades import undo
from toondecompose.store.artifacts import ClipFolder

FILE = "frame/gain.npy"
"""Factor of each frame, (T,) float32, see `toondecompose.footage.fades`."""


def read_gains(clip: ClipFolder) -> np.ndarray:
    """Read the factor of each frame, (T,) float32."""
    return clip.read_npy(FILE)


def read_frames(clip: ClipFolder) -> np.ndarray:
    """Read the working frames (T, H, W, 3) uint8 without their fades."""
    frames, gains = clip.read_npy("frame/all_frames.npy", mmap=True), read_gains(clip)
    if (gains == 1).all():
        return frames
    return np.stack([undo(frame, gain) for frame, gain in zip(frames, gains, strict=True)])
