"""The planes of the background, gathered anew outside of the labels."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from toondecompose.core.parallel import each, evenly_spread
from toondecompose.core.statistics import residual_noise
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.planes.background import Background, compose_view, observation_count
from toondecompose.planes.cutting import gather_planes
from toondecompose.segmentation.parameters import Parameters


def background_noise(
    frames: np.ndarray, background: Background, inside: np.ndarray, *, tuning: Tuning = DEFAULT
) -> float:
    """Return the standard deviation of the frames about the plate off sprites, in grey levels.

    inside (T, H, W) bool is true on sprites.
    """
    parameters = tuning[Parameters]
    size = (frames.shape[2], frames.shape[1])
    chosen = evenly_spread(len(frames), parameters.noise_frames)

    def known(t: int) -> np.ndarray:
        observations = observation_count(background, t, size)
        return ~inside[t] & (observations >= parameters.min_noise_observations)

    residuals = each(lambda t: frames[t] - compose_view(background, t, size), chosen)
    return residual_noise(np.stack(residuals), np.stack(each(known, chosen)))


def gather_textures(
    frames: np.ndarray,
    own_motion: np.ndarray,
    foreground: np.ndarray,
    *,
    background: Background,
    tuning: Tuning = DEFAULT,
) -> Background:
    """Gather the planes' textures outside of the foreground, and keep the planes' outlines."""
    gathered = gather(frames, own_motion, foreground, background=background, tuning=tuning)
    pairs = zip(gathered, background, strict=True)
    return tuple(replace(new, alpha=old.alpha) for new, old in pairs)


def gather(
    frames: np.ndarray,
    own_motion: np.ndarray,
    foreground: np.ndarray,
    *,
    background: Background,
    tuning: Tuning = DEFAULT,
) -> Background:
    """Gather the planes outside of the foreground; see `moving_regions` for own_motion."""
    free = ~widened(foreground > 0.5, tuning=tuning)
    motions = [plane.homographies for plane in background]
    if len(motions) == 1:
        return gather_planes(frames, free, motions, tuning=tuning)
    gaps = [plane.alpha < 0.5 for plane in background[:-1]]
    moving = moving_regions(foreground, own_motion, tuning=tuning)
    objects = widened(moving, tuning=tuning)
    return gather_planes(frames, free, motions, gaps=gaps, objects=objects, tuning=tuning)


def widened(objects: np.ndarray, *, tuning: Tuning = DEFAULT) -> np.ndarray:
    """Return objects (T, H, W) bool with the margin in which planes are not gathered."""
    width = 2 * tuning[Parameters].plate_margin_px + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
    return np.stack(each(lambda o: cv2.dilate(o.astype(np.uint8), kernel) > 0, objects))


def moving_regions(
    foreground: np.ndarray, own_motion: np.ndarray, *, tuning: Tuning = DEFAULT
) -> np.ndarray:
    """Return the regions of the foreground that surely move by themselves, (T, H, W) bool.

    Regions that are foreground only because no plate explains them yet, such as a strip of sky, do
    not. A sprite that stands still for a while overlaps itself in the frame before or after.

    Parameters
    ----------
    foreground : (T, H, W) in 0..1.
    own_motion : (T, H, W), how far each pixel moves unlike all planes, times its confidence.
    """
    parameters = tuning[Parameters]
    inside = foreground > 0.5
    usual = float(own_motion[inside].mean()) if inside.any() else 0.0

    def one(t: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        count, regions = cv2.connectedComponents(inside[t].astype(np.uint8))
        area = np.bincount(regions.ravel(), minlength=count)
        motion = np.bincount(regions.ravel(), weights=own_motion[t].ravel(), minlength=count)
        moving = motion > parameters.min_own_motion_ratio * usual * area
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
            union = area[:, None] + their_area - shared
            same = shared > parameters.min_same_region_iou * union
            moving[1:] |= (same[1:] & theirs).any(axis=1)
    return np.stack([moving[regions] for regions, _, moving in found])
