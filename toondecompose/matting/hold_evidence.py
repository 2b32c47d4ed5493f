"""Hold evidence: pixels that do not change while a drawing is held belong to it.

During a hold the sprite stands still on its own grid, while the background slides behind it. The
change of pixels is measured inside and outside of the sprite, in the same frames. The logarithm of
the ratio of both frequencies is the evidence, whatever the noise, compression or camera speed.
Where nothing moves behind the sprite both are alike, and the evidence is zero.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from toondecompose.core.reduction import sum_of_channels
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.matting.parameters import Parameters

BINS = np.arange(-2.0, 8.5, 0.5)
"""Borders of the classes of change, as log2 of the variance relative to what noise explains."""


def hold_evidence(
    pictures: Sequence[np.ndarray],
    usable: Sequence[np.ndarray],
    noise: np.ndarray,
    *,
    inside: np.ndarray,
    outside: np.ndarray,
    tuning: Tuning = DEFAULT,
) -> np.ndarray:
    """Return the log odds of the sprite from the change of pixels while its drawing is held.

    Parameters
    ----------
    pictures : T images (H, W, 3) uint8, aligned on the drawing.
    usable : T images (H, W) bool, where the frame shows the drawing or the background.
    noise : (H, W) float32, standard deviation of a frame, in grey levels.
    inside, outside : (H, W) bool, where the sprite certainly is, and where it certainly is not.

    Returns
    -------
    (H, W) float32, log odds of the sprite; zero where fewer than two frames are usable.
    """
    parameters = tuning[Parameters]
    change, known = _change(pictures, usable, noise, tuning=tuning)
    inside, outside = inside & known, outside & known
    if min(np.count_nonzero(inside), np.count_nonzero(outside)) < parameters.min_hold_pixels:
        return np.zeros(known.shape, np.float32)
    kind = np.digitize(np.log2(np.maximum(change, 1e-6)), BINS)
    held, slid = (_shares(kind[where], tuning=tuning) for where in (inside, outside))
    ratio = np.clip(
        np.log(held / slid), -parameters.max_hold_log_odds, parameters.max_hold_log_odds
    )
    return np.where(known, ratio[kind], 0).astype(np.float32)


def _change(
    pictures: Sequence[np.ndarray],
    usable: Sequence[np.ndarray],
    noise: np.ndarray,
    *,
    tuning: Tuning = DEFAULT,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the variance over frames (H, W), 1 where noise explains it, and where it is known."""
    parameters = tuning[Parameters]
    count = np.zeros(noise.shape, np.float32)
    total, squares, slope = (np.zeros((*noise.shape, 3), np.float32) for _ in range(3))
    for picture, own in zip(pictures, usable, strict=True):
        mask = own.view(np.uint8)
        seen = cv2.copyTo(cv2.GaussianBlur(picture.astype(np.float32), (0, 0), 0.5), mask)
        cv2.accumulate(mask, count)
        cv2.accumulate(seen, total)
        cv2.accumulateSquare(seen, squares)
        for order in ((1, 0), (0, 1)):
            cv2.accumulateSquare(cv2.Sobel(seen, cv2.CV_32F, *order, scale=1 / 8), slope, mask)
    known = count >= 2
    many = np.maximum(count, 2)[..., None]
    variance = np.maximum(squares - total**2 / many, 0) / (many - 1)
    explained = 3 * noise**2 + parameters.hold_misalignment_px**2 * sum_of_channels(slope / many)
    variance, explained = (
        cv2.GaussianBlur(x, (0, 0), parameters.hold_sigma_px)
        for x in (sum_of_channels(variance), explained)
    )
    return variance / explained, known


def _shares(kind: np.ndarray, *, tuning: Tuning = DEFAULT) -> np.ndarray:
    """Return the frequency of each class of change, smoothed and never zero."""
    parameters = tuning[Parameters]
    share = np.bincount(kind, minlength=len(BINS) + 1) / len(kind)
    share = np.convolve(np.pad(share, 1, mode="edge"), (0.25, 0.5, 0.25), mode="valid")
    return share + parameters.hold_label_error_share / len(share)
