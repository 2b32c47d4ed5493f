"""The camera of an edit: which pixel of a frame each pixel of the video shows."""

from __future__ import annotations

import numpy as np

from toondecompose.core.geometry import Size
from toondecompose.edit.settings import Edit


def view(edit: Edit, time: float, frame: Size) -> np.ndarray:
    """Return (3, 3), pixels of the video to pixels of the frame, at a time in frames."""
    (x, y), zoom = place(edit, time, frame)
    width, height = edit.size or frame
    return np.array(
        [
            [1 / zoom, 0, x - (width - 1) / 2 / zoom],
            [0, 1 / zoom, y - (height - 1) / 2 / zoom],
            [0, 0, 1],
        ]
    )


def place(edit: Edit, time: float, frame: Size) -> tuple[tuple[float, float], float]:
    """Return the centre of the picture, in pixels of the frame, and the zoom."""
    middle = ((frame[0] - 1) / 2, (frame[1] - 1) / 2)
    if not edit.camera:
        return middle, 1.0
    times = [key.frame for key in edit.camera]
    places = np.array([[*(key.centre or middle), np.log(key.zoom)] for key in edit.camera])
    after = int(np.searchsorted(times, time, side="right"))
    if after in (0, len(times)):
        x, y, zoom = places[min(after, len(times) - 1)]
    else:
        share = (time - times[after - 1]) / (times[after] - times[after - 1])
        if edit.smooth:
            share = share * share * (3 - 2 * share)
        x, y, zoom = (1 - share) * places[after - 1] + share * places[after]
    return (float(x), float(y)), float(np.exp(zoom))
