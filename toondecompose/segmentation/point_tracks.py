"""Points of the foreground tracked along the flow, through the clip."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from toondecompose.core.parallel import evenly_spread
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.motion.matches import Flows
from toondecompose.segmentation.parameters import Parameters


@dataclass(frozen=True)
class Tracks:
    """Tracked points.

    Attributes
    ----------
    places : (N, T, 2) float32, x and y in each frame, NaN where the point is not tracked.
    colours : (N, 3) float32, mean colour of the 5 x 5 pixels around, 0..255.
    """

    places: np.ndarray
    colours: np.ndarray

    @property
    def present(self) -> np.ndarray:
        """Where the points are tracked, (N, T) bool."""
        return ~np.isnan(self.places[..., 0])


def track_points(
    frames: np.ndarray, mask: np.ndarray, flows: Flows, *, tuning: Tuning = DEFAULT
) -> Tracks:
    """Track points of a mask (T, H, W) bool forwards and backwards, as far as the flow allows.

    frames are (T, H, W, 3) uint8; flows (H, W, 2) between neighbouring frames are used.
    """
    parameters = tuning[Parameters]
    spacing = parameters.track_spacing_px
    count, height, width = mask.shape
    inner = np.stack([cv2.erode(m.astype(np.uint8), np.ones((3, 3), np.uint8)) for m in mask]) > 0
    parts: list[np.ndarray] = []
    taken = np.zeros((count, height // spacing + 1, width // spacing + 1), bool)
    # From frames all over the clip, coarse to fine in time, so that no sprite is missed.
    for t in _coarse_to_fine(count):
        ys, xs = np.mgrid[spacing // 2 : height : spacing, spacing // 2 : width : spacing]
        free = inner[t, ys, xs] & ~taken[t, ys // spacing, xs // spacing]
        if not free.any():
            continue
        places = np.full((int(free.sum()), count, 2), np.nan, np.float32)
        places[:, t] = np.stack([xs[free], ys[free]], axis=-1)
        for step in (1, -1):
            _track(places, t, step, mask=inner, flows=flows, tuning=tuning)
        long = (~np.isnan(places[..., 0])).sum(axis=1) >= parameters.min_track_frames
        places = places[long]
        for s in range(count):
            x, y = places[~np.isnan(places[:, s, 0]), s].astype(int).T // spacing
            taken[s, y, x] = True
        parts.append(places)
    places = np.concatenate(parts) if parts else np.zeros((0, count, 2), np.float32)
    if len(places) > parameters.max_tracks:
        places = places[evenly_spread(len(places), parameters.max_tracks)]
    return Tracks(places, _colours(frames, places))


def _coarse_to_fine(count: int) -> list[int]:
    """Order the frames so that every beginning of the list covers the clip evenly."""
    order, step = [], count
    while len(order) < count:
        step = max(1, step // 2)
        order += [t for t in range(step // 2, count, step) if t not in order]
    return order


def _track(
    places: np.ndarray,
    t: int,
    step: int,
    *,
    mask: np.ndarray,
    flows: Flows,
    tuning: Tuning = DEFAULT,
) -> None:
    """Track points from frame t, in steps of 1 or -1; fills in their places (N, T, 2)."""
    tolerance = tuning[Parameters].max_flow_return_error_px
    height, width = mask.shape[1:]
    while 0 <= t + step < len(mask):
        alive = np.nonzero(~np.isnan(places[:, t, 0]))[0]
        if not alive.size:
            return
        at = places[alive, t]
        there = at + _sampled(flows[t, t + step], at)
        error = there + _sampled(flows[t + step, t], there) - at
        x, y = np.rint(there).astype(int).T
        inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
        kept = inside & (np.hypot(*error.T) < tolerance)
        kept[kept] = mask[t + step, y[kept], x[kept]]
        places[alive[kept], t + step] = there[kept]
        t += step


def _sampled(image: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Return an image (H, W, C) at points (N, 2), (N, C)."""
    x, y = (at[None, :, i].astype(np.float32) for i in (0, 1))
    return cv2.remap(image, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[0]


def _colours(frames: np.ndarray, places: np.ndarray) -> np.ndarray:
    sums, numbers = np.zeros((len(places), 3)), np.zeros((len(places), 1))
    for t in range(len(frames)):
        here = ~np.isnan(places[:, t, 0])
        if here.any():
            smooth = cv2.blur(frames[t], (5, 5)).astype(np.float32)
            sums[here] += _sampled(smooth, places[here, t])
            numbers[here] += 1
    return (sums / np.maximum(numbers, 1)).astype(np.float32)
