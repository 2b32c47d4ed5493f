"""Arrays as a clip."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import partial

import numpy as np

from toondecompose.core.errors import FramesError
from toondecompose.core.parallel import evenly_spread
from toondecompose.reading.clip_source import Source
from toondecompose.reading.images import without_opaque_alpha
from toondecompose.reading.transparency import choose_ground

GROUND_SAMPLES = 4
"""Transparent frames in which a ground is sought."""


def open_array(frames: np.ndarray | Sequence[np.ndarray], fps: Fraction) -> Source:
    """Open frames in memory as a clip.

    Parameters
    ----------
    frames
        (T, H, W, 3) uint8 RGB, or (T, H, W, 4) straight RGBA; or a sequence of such arrays
        (H, W, 3) or (H, W, 4), all of one size.
    fps
        Frames per second.

    Raises
    ------
    FramesError
        When they are no frames of one clip.
    """
    whole = isinstance(frames, np.ndarray)
    if whole and frames.ndim != 4:
        raise FramesError(f"the frames have the shape {frames.shape}; give (T, H, W, 3)")
    listed = [np.asarray(frame) for frame in frames]
    for t, frame in enumerate(listed):
        if frame.dtype != np.uint8:
            raise FramesError(f"frame {t} is {frame.dtype}; give uint8, RGB in 0..255")
        if frame.ndim != 3 or frame.shape[2] not in (3, 4):
            raise FramesError(f"frame {t} has the shape {frame.shape}; give (H, W, 3)")
        if frame.shape[:2] != listed[0].shape[:2]:
            (height, width), (first_height, first_width) = frame.shape[:2], listed[0].shape[:2]
            raise FramesError(
                f"frame {t} is {width}x{height}, but frame 0 is {first_width}x{first_height}; "
                "give frames of one size"
            )
    if len(listed) < 2 or 0 in listed[0].shape:
        raise FramesError(f"{len(listed)} frames are no clip; give two or more that are not empty")
    clear = [frame for frame in listed if frame.shape[2] == 4]
    height, width = listed[0].shape[:2]
    return Source(
        fps=fps,
        size=(width, height),
        count=len(listed),
        ground=choose_ground(clear[i] for i in evenly_spread(len(clear), GROUND_SAMPLES))
        if clear
        else None,
        readers=lambda: (partial(_read, frame) for frame in listed),
        facts=(f"kind: an array of {len(listed)} frames", f"size: {width}x{height}"),
    )


def _read(frame: np.ndarray) -> np.ndarray:
    frame = np.ascontiguousarray(frame)
    return without_opaque_alpha(frame) if frame.shape[2] == 4 else frame
