"""The planes of the background, gathered anew from what the labels leave free."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from toondecompose.core.parallel import each, evenly_spread
from toondecompose.planes.background import Background, compose_view, sights
from toondecompose.planes.cutting import gather_planes
from toondecompose.segmentation import colour_model

MARGIN = 2
"""Pixels around the characters that do not enter the plates."""

IDLE = 0.5
"""Share of the objects' usual own motion from which on a region moves by itself."""

SAME_THING = 0.5
"""Intersection over union from which regions of neighbouring frames are one thing."""


def background_noise(frames: np.ndarray, background: Background, inside: np.ndarray) -> float:
    """Standard deviation of the frames about the plate where no character is, in grey levels."""
    size = (frames.shape[2], frames.shape[1])
    chosen = evenly_spread(len(frames), 12)
    residuals = each(lambda t: frames[t] - compose_view(background, t, size), chosen)
    known = each(lambda t: ~inside[t] & (sights(background, t, size) >= 3), chosen)
    return colour_model.plate_noise(np.stack(residuals), np.stack(known))


def gather_as_cut(
    frames: np.ndarray, own_motion: np.ndarray, foreground: np.ndarray, background: Background
) -> Background:
    """Gather the planes anew where no object hides them, and leave their outlines as they are."""
    gathered = gather(frames, own_motion, foreground, background)
    pairs = zip(gathered, background, strict=True)
    return tuple(replace(new, alpha=old.alpha) for new, old in pairs)


def gather(
    frames: np.ndarray, own_motion: np.ndarray, foreground: np.ndarray, background: Background
) -> Background:
    """Gather the planes anew where no object hides them; see `moving_regions` for own_motion."""
    free = ~widened(foreground > 0.5)
    motions = [plane.homographies for plane in background]
    if len(motions) == 1:
        return gather_planes(frames, free, motions)
    gaps = [plane.alpha < 0.5 for plane in background[:-1]]
    objects = widened(moving_regions(foreground, own_motion))
    return gather_planes(frames, free, motions, gaps=gaps, objects=objects)


def widened(objects: np.ndarray) -> np.ndarray:
    """Return objects (T, H, W) bool with the margin in which planes are not gathered."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * MARGIN + 1, 2 * MARGIN + 1))
    return np.stack(each(lambda o: cv2.dilate(o.astype(np.uint8), kernel) > 0, objects))


def moving_regions(foreground: np.ndarray, own_motion: np.ndarray) -> np.ndarray:
    """Return the regions that surely move by themselves, (T, H, W) bool.

    What is called foreground because no plate explains it yet, such as a strip of sky, does not.
    A character that stands still for a while covers what it covered in the frame before or after.
    own_motion (T, H, W) is how surely and how far each pixel moves unlike all planes.
    """
    inside = foreground > 0.5
    usual = float(own_motion[inside].mean()) if inside.any() else 0.0

    def one(t: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        count, regions = cv2.connectedComponents(inside[t].astype(np.uint8))
        area = np.bincount(regions.ravel(), minlength=count)
        motion = np.bincount(regions.ravel(), weights=own_motion[t].ravel(), minlength=count)
        moving = motion > IDLE * usual * area
        moving[0] = False
        return regions, area, moving

    found = each(one, range(len(foreground)))
    for order in (found, found[::-1]):
        for (regions, area, moving), (others, their_area, theirs) in zip(
            order[1:], order, strict=False
        ):
            pair = regions.ravel().astype(np.int64) * len(their_area) + others.ravel()
            shared = np.bincount(pair, minlength=len(area) * len(their_area))
            shared = shared.reshape(len(area), len(their_area))
            same = shared > SAME_THING * (area[:, None] + their_area - shared)
            moving[1:] |= (same[1:] & theirs).any(axis=1)
    return np.stack([moving[regions] for regions, _, moving in found])
