"""Evidence for the background from fine texture that stays with a plane.

A vignette or a veil of light makes the background a few levels brighter than its plate, and a roof
at another depth lies a pixel beside it. By colour, either is a sprite. But its texture is that of
the plate, or moves with a plane from drawing to drawing. A sprite's texture does so by chance only.
How often it does is measured inside and outside the sprites, frame by frame.
"""

from __future__ import annotations

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.parallel import each
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.planes.background import Background, compose_view, observation_count, spread
from toondecompose.segmentation.parameters import Parameters


def texture_log_odds(
    frames: np.ndarray,
    background: Background,
    inside: np.ndarray,
    *,
    noise: float,
    tuning: Tuning = DEFAULT,
) -> np.ndarray:
    """Return the log odds of fine texture, (T, H, W) float32, -max_texture_log_odds..0.

    The texture is compared with the plate's. Where the plate is unsteady, it must move with a plane
    as well.

    Parameters
    ----------
    frames : (T, H, W, 3) uint8.
    background : planes without traces of the sprites, which would explain the sprites.
    inside : (T, H, W) bool, the sprites as labelled so far.
    noise : standard deviation of the frames about the plate, in grey levels.
    """
    parameters = tuning[Parameters]
    size = (frames.shape[2], frames.shape[1])
    count = range(len(frames))

    def compare(t: int) -> np.ndarray:
        plate = _grey(compose_view(background, t, size))
        return unexplained_share(_grey(frames[t]), plate, tuning=tuning)

    of_plate = class_log_odds(np.stack(each(compare, count)), inside, tuning=tuning)
    of_planes = class_log_odds(unexplained_by_planes(frames, background, tuning=tuning), inside,
                               tuning=tuning)  # fmt: skip

    def combine(t: int) -> np.ndarray:
        unsteady = spread(background, t, size) > parameters.unsteady_plate_ratio * noise
        observations = observation_count(background, t, size)
        trust = np.clip(observations / parameters.trusted_observations, 0, 1)
        return trust * np.where(unsteady, np.minimum(of_plate[t], of_planes[t]), of_plate[t])

    return np.stack(each(combine, count))


def unexplained_share(
    image: np.ndarray, other: np.ndarray, *, tuning: Tuning = DEFAULT
) -> np.ndarray:
    """Return which share of an image's texture another one does not explain, as log2, (H, W).

    Both are (H, W) float32, in grey levels. Flat windows give zero.
    """
    window, floor = tuning[Parameters].texture_window_px, tuning[Parameters].texture_noise_variance
    left, own = (_local_variance(part, window) + floor for part in (image - other, image))
    return np.log2(left / own)


def unexplained_by_planes(
    frames: np.ndarray, background: Background, *, tuning: Tuning = DEFAULT
) -> np.ndarray:
    """Return which share of each frame's texture moves with no plane, as log2, (T, H, W) float32.

    Each frame is compared with others, some frames apart, warped by the motion of each plane; the
    least share counts. frames are (T, H, W, 3) uint8.
    """
    offsets = tuning[Parameters].texture_frame_offsets
    grey = np.stack([_grey(frame) for frame in frames])
    size = (frames.shape[2], frames.shape[1])

    def one(t: int) -> np.ndarray:
        least = np.zeros(grey.shape[1:], np.float32)
        for u in (t + offset for offset in offsets if 0 <= t + offset < len(grey)):
            for plane in background:
                step = np.linalg.inv(plane.homographies[u]) @ plane.homographies[t]
                warped = geometry.to_frame(grey[u], geometry.normalised(step), size)
                np.minimum(least, unexplained_share(grey[t], warped, tuning=tuning), out=least)
        return least

    return np.stack(each(one, range(len(grey))))


def class_log_odds(
    unexplained: np.ndarray, inside: np.ndarray, *, tuning: Tuning = DEFAULT
) -> np.ndarray:
    """Return the log odds of unexplained shares, from their histograms inside and outside.

    Parameters
    ----------
    unexplained : (T, H, W) float32, see `unexplained_share`.
    inside : (T, H, W) bool, the sprites as labelled so far.

    Returns
    -------
    (T, H, W) float32, from -max_texture_log_odds to 0; zero where the clip has too few pixels of
    either label.
    """
    parameters = tuning[Parameters]
    ends = np.arange(*parameters.texture_classes_log2)
    limit, sample = parameters.max_texture_log_odds, parameters.texture_sample_pixels
    kernel = np.ones((2 * parameters.texture_outline_px + 1,) * 2, np.uint8)

    def count(t: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        kind = np.digitize(unexplained[t], ends)
        own = inside[t].astype(np.uint8)
        sprite, background = cv2.erode(own, kernel) > 0, cv2.dilate(own, kernel) == 0
        length = len(ends) + 1
        return (
            kind,
            np.bincount(kind[sprite], minlength=length),
            np.bincount(kind[background], minlength=length),
        )

    kinds, of_sprites, of_background = zip(*each(count, range(len(unexplained))), strict=True)
    totals = [np.sum(counts, axis=0) for counts in (of_sprites, of_background)]
    if min(counts.sum() for counts in totals) < sample:
        return np.zeros(unexplained.shape, np.float32)
    usual = [counts / counts.sum() for counts in totals]

    def look_up(t: int) -> np.ndarray:
        sprite, background = (
            _class_shares(counts[t], clip, tuning=tuning)
            for counts, clip in zip((of_sprites, of_background), usual, strict=True)
        )
        table = np.clip(np.log(sprite / background), -limit, 0).astype(np.float32)
        counted = unexplained[t] < parameters.max_unexplained_log2
        return np.where(counted, table[kinds[t]], np.float32(0))

    return np.stack(each(look_up, range(len(unexplained))))


def _local_variance(image: np.ndarray, window: float) -> np.ndarray:
    mean, square = (cv2.GaussianBlur(x, (0, 0), window) for x in (image, image * image))
    return np.maximum(square - mean * mean, 0)


def _grey(image: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(image.astype(np.float32), cv2.COLOR_RGB2GRAY)


def _class_shares(counts: np.ndarray, usual: np.ndarray, *, tuning: Tuning = DEFAULT) -> np.ndarray:
    """Return the share of each class in a frame, smoothed and never zero; usual is the clip's."""
    parameters = tuning[Parameters]
    sample = parameters.texture_sample_pixels
    share = (counts + sample * usual) / (counts.sum() + sample)
    share = np.convolve(np.pad(share, 1, mode="edge"), (0.25, 0.5, 0.25), mode="valid")
    return share + parameters.texture_label_error / len(share)
