"""The working frames, the factors of their fades, and the alpha that came with them, on disk."""

from __future__ import annotations

import numpy as np

from toondecompose.core.parallel import each
from toondecompose.footage.fades import remove_gain
from toondecompose.store import paths
from toondecompose.store.artifacts import ClipFolder


def read_gains(clip: ClipFolder) -> np.ndarray:
    """Read the factor of each frame, (T,) float32."""
    return clip.read_npy(paths.GAINS)


def read_ground(clip: ClipFolder) -> tuple[int, int, int] | None:
    """Read the colour that the frames of a transparent clip were laid over.

    None for an opaque clip, and for one whose alpha is not to be used.
    """
    ground = clip.read_json(paths.INFO).get("ground")
    return None if ground is None else (ground[0], ground[1], ground[2])


def read_given_alpha(clip: ClipFolder) -> np.ndarray:
    """Read the alpha that a transparent input brings, (T, H, W) uint8 at the working size."""
    count = clip.read_json(paths.INFO)["frames"]
    return np.stack(each(lambda t: clip.read_png(paths.frame_alpha(t)), range(count)))


def read_frames(clip: ClipFolder) -> np.ndarray:
    """Read the working frames (T, H, W, 3) uint8 without their fades."""
    frames, gains = clip.read_npy(paths.ALL_FRAMES, mmap=True), read_gains(clip)
    if (gains == 1).all():
        return frames
    return np.stack([remove_gain(frame, gain) for frame, gain in zip(frames, gains, strict=True)])
