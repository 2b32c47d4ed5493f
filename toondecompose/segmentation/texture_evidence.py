"""Fine structure that stays with a plane of the background belongs to it, whatever its shade is.

A vignette or a veil of light makes the street a few levels brighter than its plate, and a roof at
a depth of its own lies a pixel beside it: by its colour, either is a character. But its edges are
those of the plate, or move with a plane from drawing to drawing, which no character's do by chance.
How often they do is measured inside the characters and outside of them, frame by frame.
"""

from __future__ import annotations

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.parallel import each
from toondecompose.planes.background import Background, compose_view, sights, spread
from toondecompose.segmentation.colour_model import TRUSTED_SIGHTS

WINDOW = 2.0
"""Standard deviation in pixels of the window in which structure is compared."""

FLOOR = 6.0
"""Variance in grey levels that compression and resampling leave of any structure."""

APART = (-6, -3, 3, 6)
"""Frames to compare with: farther off than most drawings are held, nearer than shades change."""

BINS = np.arange(-7.0, 0.5, 0.5)
"""Ends of the classes of what is left unexplained, as log2 of its share."""

CLEAR = 4
"""Pixels from an outline up to which windows see both sides."""

SAMPLE = 1000
"""Pixels for which the shares of the whole clip count in a frame, and the fewest it must have."""

DOUBT = 0.01
"""Share of pixels that a label may have on the wrong side of a histogram."""

EXPLAINED = -1.5
"""Structure counts where a third of it is left, as log2, or less: half of a strand's may be so by
chance where it runs along a window's frame."""

LIMIT = 4.0
"""Evidence for the background, at most."""

UNSTEADY = 3.0
"""A plate whose sights differ by so many times the noise is at a loss what is there."""


def against_characters(
    frames: np.ndarray, background: Background, inside: np.ndarray, noise: float
) -> np.ndarray:
    """Return what fine structure says against characters, (T, H, W) float32, `LIMIT` at most.

    It is that of the plate; or, where the plate is unsteady and says little, moves with a plane.

    Parameters
    ----------
    frames : (T, H, W, 3) uint8.
    background : planes, free of the characters' traces: what a plate shows of them explains them.
    inside : (T, H, W) bool, the characters as known so far.
    noise : standard deviation of the frames about the plate, in grey levels.
    """
    size = (frames.shape[2], frames.shape[1])
    count = range(len(frames))

    def compare(t: int) -> np.ndarray:
        return unexplained(_grey(frames[t]), _grey(compose_view(background, t, size)))

    painted = structure_evidence(np.stack(each(compare, count)), inside)
    moved = structure_evidence(follow_planes(frames, background), inside)

    def judge(t: int) -> np.ndarray:
        unsteady = spread(background, t, size) > UNSTEADY * noise
        trust = np.clip(sights(background, t, size) / TRUSTED_SIGHTS, 0, 1)
        return trust * np.where(unsteady, np.minimum(painted[t], moved[t]), painted[t])

    return np.stack(each(judge, count))


def unexplained(picture: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return what share of a picture's fine structure another does not explain, as log2, (H, W).

    Both are (H, W) float32, in grey levels. Flat windows say nothing: zero.
    """
    left, own = (_variance(image) + FLOOR for image in (picture - other, picture))
    return np.log2(left / own)


def follow_planes(frames: np.ndarray, background: Background) -> np.ndarray:
    """Return how little of each frame's structure moves with a plane, (T, H, W) float32.

    The least that is left `unexplained` by the frames `APART` from it, laid over it as any of the
    planes moves. frames are (T, H, W, 3) uint8.
    """
    grey = np.stack([_grey(frame) for frame in frames])
    size = (frames.shape[2], frames.shape[1])

    def one(t: int) -> np.ndarray:
        least = np.zeros(grey.shape[1:], np.float32)
        for u in (t + step for step in APART if 0 <= t + step < len(grey)):
            for plane in background:
                step = np.linalg.inv(plane.homographies[u]) @ plane.homographies[t]
                there = geometry.to_frame(grey[u], geometry.normalised(step), size)
                np.minimum(least, unexplained(grey[t], there), out=least)
        return least

    return np.stack(each(one, range(len(grey))))


def structure_evidence(left: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Return the evidence against characters in what is left unexplained.

    Parameters
    ----------
    left : (T, H, W) float32, see `unexplained`.
    inside : (T, H, W) bool, the characters as known so far.

    Returns
    -------
    (T, H, W) float32, logarithm of how much likelier it is of a character, from -LIMIT to 0; zero
    where the clip shows too little of either.
    """
    kernel = np.ones((2 * CLEAR + 1, 2 * CLEAR + 1), np.uint8)

    def count(t: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        kind = np.digitize(left[t], BINS)
        own = inside[t].astype(np.uint8)
        masks = cv2.erode(own, kernel) > 0, cv2.dilate(own, kernel) == 0
        return kind, *(np.bincount(kind[mask], minlength=len(BINS) + 1) for mask in masks)

    kinds, held, slid = zip(*each(count, range(len(left))), strict=True)
    total = [np.sum(counts, axis=0) for counts in (held, slid)]
    if min(counts.sum() for counts in total) < SAMPLE:
        return np.zeros(left.shape, np.float32)
    usual = [counts / counts.sum() for counts in total]

    def judge(t: int) -> np.ndarray:
        own, other = (_shares(c[t], u) for c, u in zip((held, slid), usual, strict=True))
        ratio = np.clip(np.log(own / other), -LIMIT, 0).astype(np.float32)
        return np.where(left[t] < EXPLAINED, ratio[kinds[t]], np.float32(0))

    return np.stack(each(judge, range(len(left))))


def _variance(image: np.ndarray) -> np.ndarray:
    mean, square = (cv2.GaussianBlur(x, (0, 0), WINDOW) for x in (image, image * image))
    return np.maximum(square - mean * mean, 0)


def _grey(image: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(image.astype(np.float32), cv2.COLOR_RGB2GRAY)


def _shares(counts: np.ndarray, usual: np.ndarray) -> np.ndarray:
    """Return the share of each class, softened and never zero."""
    share = (counts + SAMPLE * usual) / (counts.sum() + SAMPLE)
    share = np.convolve(np.pad(share, 1, mode="edge"), (0.25, 0.5, 0.25), mode="valid")
    return share + DOUBT / len(share)
