"""Translucency: parts of a sprite that let the plate show through, such as shadows, veils and
lenses.

A translucent part lays one colour F over the plate, I = a F + (1 - a) B, so that the structure of
the plate stays visible with less contrast. In a window, over all frames that show the drawing, the
slope of I against B is 1 - a. How well this line fits separates translucency from opaque drawings.
Only fine structure counts, because any two smooth shades fit each other. The windows of one part
agree on F. Once F is known every pixel gets its own alpha.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from toondecompose.core.geometry import shrink
from toondecompose.core.reduction import dot
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.matting.parameters import Parameters

WINDOW_RADIUS_PX = 4
"""Windows are 2 x 4 + 1 pixels wide."""


MIN_PIXELS = 4 * (2 * WINDOW_RADIUS_PX + 1) ** 2
"""Pixels whose windows must agree: four windows side by side."""


@dataclass(frozen=True)
class TranslucentParts:
    """Alpha and colour of the translucent parts of a sprite.

    Attributes
    ----------
    where : (H, W) bool, the parts.
    alpha : (H, W) float32, 0..1.
    colour : (H, W, 3) float32, straight, 0..255.
    """

    where: np.ndarray
    alpha: np.ndarray
    colour: np.ndarray


def find_translucency(
    frames: Sequence[np.ndarray],
    plates: Sequence[np.ndarray],
    sigmas: Sequence[np.ndarray],
    *,
    usable: Sequence[np.ndarray],
    shown: np.ndarray,
    reduction: int = 1,
    tuning: Tuning = DEFAULT,
) -> TranslucentParts:
    """Find the translucent parts of a drawing.

    Parameters
    ----------
    frames, plates : (H, W, 3) float32 each, 0..255, aligned on the drawing.
    sigmas : (H, W) float32 each, standard deviation of the frame about the plate.
    usable : (H, W) bool each, where the frame shows the drawing over a known plate.
    shown : (H, W) bool, where the drawing is.
    reduction : factor by which the images are shrunk for the search of windows.

    Returns
    -------
    The parts; ``where`` is false everywhere if there are none.
    """
    parameters = tuning[Parameters]
    result = TranslucentParts(
        np.zeros(shown.shape, bool),
        np.zeros(shown.shape, np.float32),
        np.zeros((*shown.shape, 3), np.float32),
    )
    masks = [own & shown for own in usable]
    slope, paint, fits = _windows(
        frames, plates, sigmas, masks=masks, reduction=reduction, tuning=tuning
    )
    count, parts, facts, _ = cv2.connectedComponentsWithStats(fits.astype(np.uint8), connectivity=8)
    order = 1 + np.argsort(-facts[1:, cv2.CC_STAT_AREA], kind="stable")
    for part in order if count > 1 else ():
        seeds = (parts == part) & ~result.where
        if np.count_nonzero(seeds) < MIN_PIXELS:
            continue
        dense = 1 - slope[seeds]
        colour = _agreed_colour(dense, paint[seeds], tuning=tuning)
        if colour is None:
            continue
        alpha, on_line = _alpha(frames, plates, sigmas, usable=usable, colour=colour, tuning=tuning)
        near = (
            cv2.dilate(
                shown.astype(np.uint8),
                np.ones((2 * parameters.fade_out_px + 1, 2 * parameters.fade_out_px + 1)),
            )
            > 0
        )
        own = on_line & near & (alpha <= np.quantile(dense, 0.9) + parameters.max_denser)
        own = _grown(seeds, own) & ~result.where
        result.where[own], result.alpha[own], result.colour[own] = True, alpha[own], colour
    return result


def fine_structure(picture: np.ndarray, *, tuning: Tuning = DEFAULT) -> np.ndarray:
    """Return the fine structure of an image (H, W, 3) float32: the image minus its blur."""
    parameters = tuning[Parameters]
    return picture - cv2.GaussianBlur(picture, (0, 0), parameters.fine_sigma_px)


def _windows(
    frames: Sequence[np.ndarray],
    plates: Sequence[np.ndarray],
    sigmas: Sequence[np.ndarray],
    *,
    masks: Sequence[np.ndarray],
    reduction: int,
    tuning: Tuning = DEFAULT,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fit I = s B + c in the window around each pixel of the shrunk images.

    Returns s (H, W), c (H, W, 3), and where the line fits as for translucency, (H, W) bool.
    """
    parameters = tuning[Parameters]
    if reduction > 1:
        smaller = [[shrink(p, reduction) for p in some] for some in (frames, plates, sigmas)]
        less = [shrink(mask.astype(np.uint8), reduction) > 0 for mask in masks]
        slope, paint, good = _windows(
            smaller[0], smaller[1], smaller[2], masks=less, reduction=1, tuning=tuning
        )
        full = masks[0].shape[::-1]
        slope, paint = (cv2.resize(x, full) for x in (slope, paint))
        good = cv2.resize(good.astype(np.uint8), full, interpolation=cv2.INTER_NEAREST) > 0
        return slope, paint, good
    sums = [
        _sums(*of_one, mask=mask, tuning=tuning)
        for *of_one, mask in zip(frames, plates, sigmas, masks, strict=True)
    ]
    total: np.ndarray = np.sum(sums, axis=0)
    count = np.maximum(total[..., 0], 1e-6)
    # Mean and variance over the window in all frames: F and alpha are the same in them.
    mean = total[..., 1:] / count[..., None]
    image, plate, ii, bb, ib, noise = np.split(mean, (3, 6, 7, 8, 9), axis=-1)
    ii, bb, ib, noise = (x[..., 0] for x in (ii, bb, ib, noise))
    slope = ib / np.maximum(bb, 1e-3)
    fit = ib**2 / np.maximum(ii * bb, 1e-3)
    enough = count > 0.5 / len(frames)
    good = (
        masks[0]
        & enough
        & (bb > 3 * parameters.min_window_contrast_sigmas**2 * noise)
        & (fit > parameters.min_window_fit)
    )
    good &= (slope > parameters.slope_range[0]) & (slope < parameters.slope_range[1])
    return slope, image - slope[..., None] * plate, good


def _sums(
    frame: np.ndarray,
    plate: np.ndarray,
    sigma: np.ndarray,
    *,
    mask: np.ndarray,
    tuning: Tuning = DEFAULT,
) -> np.ndarray:
    """Average the terms of `_windows` over the window around each pixel, (H, W, 10) float32."""
    fine = fine_structure(frame, tuning=tuning), fine_structure(plate, tuning=tuning)
    products = [dot(fine[i], fine[j]) for i, j in ((0, 0), (1, 1), (0, 1))]
    facts = np.dstack([np.ones_like(sigma), frame, plate, *products, sigma**2]) * mask[..., None]
    width = 2 * WINDOW_RADIUS_PX + 1
    return cv2.boxFilter(facts, -1, (width, width), borderType=cv2.BORDER_CONSTANT)


def _agreed_colour(
    dense: np.ndarray, paint: np.ndarray, *, tuning: Tuning = DEFAULT
) -> np.ndarray | None:
    """Return the colour F (3,) of a part from the alpha (N,) of its windows and c = a F, (N, 3).

    None when the windows do not agree: when F misses the c of half of them by more than the limit.
    """
    parameters = tuning[Parameters]
    weight = np.ones(len(dense))
    colour = np.zeros(3)
    for _ in range(parameters.colour_rounds):
        colour = (weight * dense) @ paint / (weight @ dense**2)
        error = np.linalg.norm(paint - dense[:, None] * colour, axis=1)
        scale = max(1.0, 1.48 * float(np.median(error)))
        weight = 1 / (1 + (error / (2 * scale)) ** 2) ** 2
    missed = np.linalg.norm(paint - dense[:, None] * colour, axis=1)
    if np.median(missed) > parameters.max_colour_error_levels:
        return None
    return np.clip(colour, 0, 255).astype(np.float32)


def _alpha(
    frames: Sequence[np.ndarray],
    plates: Sequence[np.ndarray],
    sigmas: Sequence[np.ndarray],
    *,
    usable: Sequence[np.ndarray],
    colour: np.ndarray,
    tuning: Tuning = DEFAULT,
) -> tuple[np.ndarray, np.ndarray]:
    """Return alpha (H, W) of the colour (3,) over the plates, and where it explains the frames."""
    parameters = tuning[Parameters]
    numerator, denominator, energy, seen = (np.zeros(frames[0].shape[:2]) for _ in range(4))
    for frame, plate, sigma, own in zip(frames, plates, sigmas, usable, strict=True):
        over, contrast, weight = frame - plate, colour - plate, own / np.square(sigma)
        numerator += weight * dot(over, contrast)
        denominator += weight * dot(contrast, contrast)
        energy += weight * dot(over, over)
        seen += own
    alpha = np.clip(numerator / np.maximum(denominator, 1e-6), 0, 1)
    left = energy - 2 * alpha * numerator + alpha**2 * denominator
    on_line = (seen > 0) & (left < 3 * parameters.line_sigmas**2 * np.maximum(seen, 1))
    squared = energy / (3 * np.maximum(seen, 1))
    return (alpha * squared / (squared + parameters.half_translucency_sigmas**2)).astype(
        np.float32
    ), on_line


def _grown(seeds: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return the connected parts of a mask (H, W) bool that contain a seed (H, W) bool."""
    _, parts = cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)
    kept = np.zeros(parts.max() + 1, bool)
    kept[parts[seeds & mask]] = True
    kept[0] = False
    return kept[parts]
