"""Motion blur: a drawing averaged along a line, as a camera or a compositor does it.

A sharp drawing with mask S, blurred along the vector v, has the alpha S * k and the premultiplied
colour (F S) * k, where k is the box of unit sum on the segment v. S is the visible outline, eroded
by the segment but for its faint ends, so v alone determines alpha. The right v leaves nothing of
the plate in the colour of the sprite (I - (1 - a) B) / a: a vector that is too short leaves edges
of the plate inside the sprite, and one that is too long draws their negatives.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import cv2
import numpy as np

from toondecompose.core.geometry import shrink
from toondecompose.core.reduction import dot, in_all_channels, sum_of_channels
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.matting.known_background import mean_picture
from toondecompose.matting.parameters import Parameters

ANGLES = np.deg2rad(np.arange(0, 180, 30))


REFINEMENTS = ((np.pi / 12, 1.12), (np.pi / 12, 1.12), (np.pi / 24, 1.06), (np.pi / 48, 1.03))
"""Steps in angle (radians) and length (factor) by which the best blur vector is refined."""


def find_motion_blur(
    frame: np.ndarray,
    plate: np.ndarray,
    shown: np.ndarray,
    *,
    reduction: int = 1,
    tuning: Tuning = DEFAULT,
) -> np.ndarray:
    """Find the blur vector of a sprite.

    Parameters
    ----------
    frame, plate : (H, W, 3) float32, 0..255.
    shown : (H, W) bool, where anything of the sprite is visible.
    reduction : factor by which the images are shrunk first.

    Returns
    -------
    (2,) float64, the vector in pixels, x first; its sign has no meaning. Zero for a sharp sprite.
    """
    parameters = tuning[Parameters]
    if reduction > 1:
        frame, plate = (shrink(p, reduction) for p in (frame, plate))
        cover = shrink(shown.astype(np.float32), reduction)
        return reduction * find_motion_blur(frame, plate, cover > 0.5, tuning=tuning)
    whole = cv2.erode(shown.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0

    @cache
    def as_sharp(angle: float) -> np.ndarray:
        return _variation(
            frame, _step(angle), tuning=tuning
        )  # A sharp sprite has the frame's colours inside.

    def gain(angle: float, length: float) -> float:
        step = _step(angle)
        core = _away_from_border(whole, length * step / 2)
        if not core.any():
            return 0.0
        alpha = blurred_alpha(shown, length * step, tuning=tuning)
        left = _variation(_opaque_colour(frame, plate, alpha, tuning=tuning), step, tuning=tuning)[
            core
        ].mean()
        return 1 - float(left) / max(float(as_sharp(angle)[core].mean()), 1e-6)

    best = max(
        (gain(angle, length), angle, length)
        for angle in ANGLES
        for length in parameters.first_lengths_px
    )
    if best[0] < parameters.min_noticed_gain:
        return np.zeros(2)
    lengths = np.geomspace(parameters.min_length_px, parameters.max_length_px, 11)
    best = max([best, *((gain(best[1], length), best[1], length) for length in lengths)])
    for turn, stretch in REFINEMENTS:
        around = [
            (best[1] + i * turn, best[2] * stretch**j)
            for i, j in ((0, -1), (0, 1), (-1, 0), (1, 0), (-1, -1), (-1, 1), (1, -1), (1, 1))
        ]
        best = max([best, *((gain(*blur_vector), *blur_vector) for blur_vector in around)])
    if best[0] < parameters.min_blur_gain:
        return np.zeros(2)
    return best[2] * _step(best[1])


def _step(angle: float) -> np.ndarray:
    """Return a step of one pixel in a direction, (2,)."""
    return np.array([np.cos(angle), np.sin(angle)])


def blurred_alpha(
    shown: np.ndarray, blur_vector: np.ndarray, *, tuning: Tuning = DEFAULT
) -> np.ndarray:
    """Return the alpha (H, W) float32 in 0..1 of a sprite visible in `shown`, blurred by (2,)
    pixels.

    The sprite is taken to continue beyond the border of the image.
    """
    return _along(_sharp(shown, blur_vector, tuning=tuning), blur_vector)


def solve_motion_blur(
    frames: Sequence[np.ndarray],
    plates: Sequence[np.ndarray],
    sigmas: Sequence[np.ndarray],
    *,
    usable: Sequence[np.ndarray],
    shown: np.ndarray,
    blur_vector: np.ndarray,
    tuning: Tuning = DEFAULT,
) -> tuple[np.ndarray, np.ndarray]:
    """Solve alpha (H, W) float32 in 0..1 and straight colour (H, W, 3) of a blurred drawing.

    The sharp mask starts from the visible outline, and follows the frames by gradient descent on
    sum w |S * k - a|^2, where a is the alpha that the colour along the vector explains.

    Parameters
    ----------
    frames, plates : (H, W, 3) float32 each, aligned on the drawing.
    sigmas : (H, W) float32 each, standard deviation of the frame about the plate.
    usable : (H, W) bool each, where the frame shows the drawing: neither another sprite, nor the
        outside of the frame.
    shown : (H, W) bool, where anything of the drawing is visible.
    blur_vector : (2,) pixels.
    """
    parameters = tuning[Parameters]
    sharp = _sharp(shown, blur_vector, tuning=tuning)
    colour, inside = frames[0], shown.astype(np.float32)
    for _ in range(parameters.blur_rounds):
        alpha = _along(sharp, blur_vector)
        # p = I - (1 - a) B;  F = (k * p) / (k * a)
        through = (1 - alpha)[..., None]
        paint = mean_picture([f - through * p for f, p in zip(frames, plates, strict=True)], usable)
        cover = np.maximum(_along(alpha, blur_vector), 0.02)[..., None]
        colour = np.clip(_along(paint.astype(np.float32), blur_vector) / cover, 0, 255)
        found, weight = _explained(
            frames, plates, sigmas, usable=usable, colour=colour, tuning=tuning
        )
        for _ in range(parameters.mask_steps):
            sharp += parameters.mask_step_length * _along(
                weight * (found - _along(sharp, blur_vector)), blur_vector
            )
            sharp = cv2.GaussianBlur(sharp, (0, 0), parameters.mask_sigma_px)
            sharp = inside * np.clip(0.5 + parameters.mask_steepness * (sharp - 0.5), 0, 1)
    return _along(sharp, blur_vector), colour


def _explained(
    frames: Sequence[np.ndarray],
    plates: Sequence[np.ndarray],
    sigmas: Sequence[np.ndarray],
    *,
    usable: Sequence[np.ndarray],
    colour: np.ndarray,
    tuning: Tuning = DEFAULT,
) -> tuple[np.ndarray, np.ndarray]:
    """Return alpha of a colour (H, W, 3) over the plates, and its weight, 0..1."""
    parameters = tuning[Parameters]
    shape = colour.shape[:2]
    total, stiffness, weight = (np.zeros(shape, np.float32) for _ in range(3))
    for frame, plate, sigma, own in zip(frames, plates, sigmas, usable, strict=True):
        contrast = (colour - plate) * own[..., None]
        squared = dot(contrast, contrast)
        total += dot(frame - plate, contrast)
        stiffness += squared
        weight += squared / (sigma**2 + parameters.colour_sigma_levels**2)
    return np.clip(total / np.maximum(stiffness, 1), 0, 1), weight / (
        weight + parameters.half_trust_contrast
    )


def _sharp(shown: np.ndarray, blur_vector: np.ndarray, *, tuning: Tuning = DEFAULT) -> np.ndarray:
    """Return the sharp mask (H, W) float32 in 0..1 whose blur is visible in `shown`."""
    parameters = tuning[Parameters]
    whole = shown.astype(np.float32)
    inner = (1 - 2 * parameters.visible_blur_alpha) * blur_vector
    length = float(np.hypot(*inner))
    if length < 1:
        return whole
    # The sharp drawing ends where the segment leaves the mask; its edge is a pixel wide.
    return np.clip(1.1 - length * (1 - _along(whole, inner)), 0, 1)


def _away_from_border(mask: np.ndarray, distance: np.ndarray) -> np.ndarray:
    """Clear a mask (H, W) bool within (2,) pixels of the border."""
    x, y = np.ceil(np.abs(distance)).astype(int)
    result = np.zeros_like(mask)
    inner = np.s_[y : mask.shape[0] - y, x : mask.shape[1] - x]
    result[inner] = mask[inner]
    return result


def _opaque_colour(
    frame: np.ndarray, plate: np.ndarray, alpha: np.ndarray, *, tuning: Tuning = DEFAULT
) -> np.ndarray:
    """Return the colour that an alpha (H, W) leaves, (H, W, 3) float32, not limited to 0..255."""
    parameters = tuning[Parameters]
    share = np.maximum(alpha, parameters.min_divided_alpha)
    over, through = (in_all_channels(x) for x in (1 / share, alpha / share))
    return (frame - plate) * over + plate * through


def _variation(colour: np.ndarray, step: np.ndarray, *, tuning: Tuning = DEFAULT) -> np.ndarray:
    """Return the change of a colour (H, W, 3) from each pixel to the next, (H, W) float32.

    Colours outside of 0..255 add their excess. step (2,) is one pixel long.
    """
    parameters = tuning[Parameters]
    shift = np.array([[1, 0, step[0]], [0, 1, step[1]]], np.float32)
    beside = cv2.warpAffine(
        colour, shift, colour.shape[1::-1],
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    change = sum_of_channels(cv2.absdiff(colour, beside)) / 3
    beyond = sum_of_channels(cv2.absdiff(colour, np.clip(colour, 0, 255))) / 3
    return np.minimum(change, parameters.max_step_levels) + beyond


def _along(picture: np.ndarray, blur_vector: np.ndarray) -> np.ndarray:
    """Average an image (H, W) or (H, W, C) float32 along a segment of (2,) pixels."""
    return cv2.filter2D(picture, -1, _segment(blur_vector), borderType=cv2.BORDER_REPLICATE)


def _segment(blur_vector: np.ndarray) -> np.ndarray:
    """Return a segment through the middle of a kernel of sum 1, (N, N) float32 with odd N."""
    length = float(np.hypot(*blur_vector))
    half = int(np.ceil(length / 2)) + 1
    kernel = np.zeros((2 * half + 1, 2 * half + 1), np.float32)
    count = max(1, int(np.ceil(4 * length)))
    along = (np.arange(count) + 0.5) / count - 0.5
    x, y = (half + along * part for part in blur_vector)
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    for dx, share_x in ((0, left + 1 - x), (1, x - left)):
        for dy, share_y in ((0, top + 1 - y), (1, y - top)):
            np.add.at(kernel, (top + dy, left + dx), share_x * share_y)
    return kernel / kernel.sum()
