"""Sizes of frames that can be worked on."""

from __future__ import annotations

from toondecompose.core.errors import UserError
from toondecompose.core.geometry import Size

MIN_SIDE, MAX_SIDE = 16, 16384
"""Pixels of a side: less shows no motion, more is beyond what OpenCV can resample."""

MAX_ASPECT = 16
"""The longer side over the shorter one: beyond it nothing is left at working size."""


def check_frame_size(size: Size, source: str) -> None:
    """Raise a UserError when frames of this size (width, height) cannot be worked on."""
    short, long = sorted(size)
    if MIN_SIDE <= short and long <= MAX_SIDE and long <= MAX_ASPECT * short:
        return
    raise UserError(
        f"the frames of {source} are {size[0]}x{size[1]}; sides of {MIN_SIDE} to {MAX_SIDE} "
        f"pixels, and at most {MAX_ASPECT} times as long as the other, can be worked on: crop or "
        "scale the input"
    )
