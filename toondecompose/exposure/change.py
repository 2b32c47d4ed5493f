"""Whether two frames show the same drawing: how far their difference exceeds what explains it.

The pixels of an object may differ although its drawing is the same, for three reasons: noise;
misalignment by a fraction of a pixel, where the image has a slope; and background that shines
through an outline, or that the label takes for the object. The remaining difference is averaged
over a few pixels only, and the largest average decides: a mouth that opens makes another drawing,
however still the rest is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.geometry import Size
from toondecompose.core.reduction import dot, squared_length
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.exposure.alignment import soften
from toondecompose.exposure.parameters import Parameters


@dataclass(frozen=True)
class Observation:
    """What one frame shows of an object and of the background; images are softened.

    Attributes
    ----------
    picture, plate : (H, W, 3) float32, the frame, and the clean background there.
    known : (H, W) bool, where frames have shown that background.
    spread : (H, W) float32, how much those frames differ, in grey levels.
    mask : (H, W) bool, where the object is.
    hidden : (H, W) bool, where other objects are.
    slope : (H, W) float32, the steepest squared gradient of the image around each pixel.
    """

    picture: np.ndarray
    plate: np.ndarray
    known: np.ndarray
    spread: np.ndarray
    mask: np.ndarray
    hidden: np.ndarray
    slope: np.ndarray


def make_observation(
    frame: np.ndarray,
    plate: np.ndarray,
    known: np.ndarray,
    *,
    spread: np.ndarray,
    mask: np.ndarray,
    others: np.ndarray,
    streaks: np.ndarray | None = None,
    tuning: Tuning = DEFAULT,
) -> Observation:
    """Prepare a frame (H, W, 3) uint8; others (H, W) bool is where other objects are.

    streaks (H, W) bool is where rain or snow was taken out, which is never exact.
    """
    parameters = tuning[Parameters]
    picture = soften(frame, tuning=tuning)
    slope = steepness(picture)
    kernel = np.ones((2 * parameters.touching_px + 1, 2 * parameters.touching_px + 1), np.uint8)
    hidden = cv2.dilate(others.astype(np.uint8), kernel) > 0
    if streaks is not None:
        hidden |= cv2.dilate(streaks.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return Observation(
        picture, soften(plate, tuning=tuning), known, spread.astype(np.float32), mask, hidden, slope
    )


def steepness(picture: np.ndarray) -> np.ndarray:
    """Return the steepest squared gradient of an image (H, W, 3) around each pixel, (H, W)."""
    slope = np.zeros(picture.shape[:2], np.float32)
    for order in ((1, 0), (0, 1)):
        slope += squared_length(cv2.Sobel(picture, cv2.CV_32F, *order, scale=1 / 8))
    return cv2.dilate(slope, np.ones((3, 3), np.uint8))


def largest_change(
    first: Observation,
    second: Observation,
    motion: np.ndarray,
    *,
    planes: Sequence[np.ndarray],
    noise: float,
    tuning: Tuning = DEFAULT,
) -> float:
    """Return the largest difference of an object in two frames, in variances of its noise.

    Parameters
    ----------
    first, second : the frames.
    motion : (3, 3), pixel of the second frame to pixel of the first, of the object.
    planes : (3, 3) each, the same of the planes of the background.
    noise : standard deviation of a channel of a softened image, in grey levels.

    Returns
    -------
    The mean over the worst square of |difference|^2 over its variance: about 1 or less where a
    drawing is held, infinity where the frames have no pixel of the object in common.
    """
    parameters = tuning[Parameters]
    box = _box(first, second, motion, tuning=tuning)
    if box is None:
        return np.inf
    rows, columns = box
    shift = geometry.translation(columns.start, rows.start)
    size = (columns.stop - columns.start, rows.stop - rows.start)
    names = ("picture", "plate", "known", "spread", "mask", "hidden", "slope")
    here, plate, known, spread, mask, hidden, slope = (getattr(second, n)[box] for n in names)
    at = motion @ shift
    other, other_plate = (
        geometry.to_frame(x, at, size, cubic=True) for x in (first.picture, first.plate)
    )
    other_spread, other_slope = (
        geometry.to_frame(x, at, size) for x in (first.spread, first.slope)
    )
    other_mask = _warp_mask(first.mask, at, size) >= 128
    inside = _warp_mask(np.ones(first.mask.shape, bool), at, size) == 255
    known = known & (_warp_mask(first.known, at, size) == 255)
    hidden = hidden | (_warp_mask(first.hidden, at, size) > 0)
    variance = 2 * 3 * noise**2 + parameters.misalignment_px**2 * np.maximum(slope, other_slope)

    difference = here - other
    held = squared_length(difference)
    moved = [_moved(first, second, motion, plane=plane, shift=shift, size=size) for plane in planes]
    shows = [_unmixed(difference, there - back, variance) for there, back in moved]
    unknown = np.minimum.reduce([held, *shows])
    left = np.where(known, _unmixed(difference, plate - other_plate, variance), unknown) / variance
    # In one frame only: the object must differ from the plate, and the other frame show the plate.
    own = squared_length(here - plate) / (variance + 3 * spread**2)
    others = squared_length(other - other_plate) / (variance + 3 * other_spread**2)
    came, went = mask & ~other_mask & known, other_mask & ~mask & known
    left = np.where(came, np.minimum(left, own * (others < parameters.max_plate_variances)), left)
    left = np.where(went, np.minimum(left, others * (own < parameters.max_plate_variances)), left)

    behind = np.maximum(squared_length(here - plate), squared_length(other - other_plate))
    behind = np.where(known, behind, np.inf)
    for there, back in moved:
        behind = np.minimum(
            behind, np.maximum(squared_length(here - there), squared_length(other - back))
        )
    wrong = _wrong_label(held / variance, behind / variance, tuning=tuning)
    kernel = np.ones((2 * parameters.deep_px + 1, 2 * parameters.deep_px + 1), np.uint8)
    both = mask & other_mask
    deep = cv2.erode(both.astype(np.uint8), kernel, borderValue=1) > 0
    compared = ((both & (deep | known)) | came | went) & inside & ~hidden & ~wrong
    if not compared.any():
        return np.inf
    return float(
        cv2.blur(
            np.minimum(left, parameters.max_pixel_variances) * compared,
            (parameters.square_px, parameters.square_px),
        ).max()
    )


def _box(
    first: Observation, second: Observation, motion: np.ndarray, *, tuning: Tuning = DEFAULT
) -> tuple[slice, slice] | None:
    """Return rows and columns of the second frame that hold the object in both frames.

    None where the object is absent from either. motion is (3, 3), second frame to first.
    """
    parameters = tuning[Parameters]
    ends = []
    for mask, back in ((second.mask, np.eye(3)), (first.mask, np.linalg.inv(motion))):
        x, y, width, height = cv2.boundingRect(mask.astype(np.uint8))
        if width == 0:
            return None
        ends.append(geometry.apply(back, geometry.corners((width, height)) + (x, y)))
    limit = np.array(second.mask.shape[::-1])
    low = np.clip(
        np.floor(np.concatenate(ends).min(axis=0)) - parameters.square_px, 0, limit - 1
    ).astype(int)
    high = np.clip(
        np.ceil(np.concatenate(ends).max(axis=0)) + parameters.square_px + 1, low + 1, limit
    ).astype(int)
    return slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0]))


def _warp_mask(mask: np.ndarray, at: np.ndarray, size: Size) -> np.ndarray:
    """Warp a mask (H, W) bool, 0..255; it is 0 beyond its border."""
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpPerspective(mask.astype(np.uint8) * 255, at, size, flags=flags)


def _unmixed(difference: np.ndarray, change: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Return the squared difference (H, W) that a change (H, W, 3) of the background does not
    explain.

    I_t = aF + (1 - a) B_t: where a is below 1 the frames differ by 1 - a times the plates'
    difference.
    """
    through = dot(difference, change) / (squared_length(change) + variance)
    return squared_length(difference - np.clip(through, 0, 1)[..., None] * change)


def _moved(
    first: Observation,
    second: Observation,
    motion: np.ndarray,
    *,
    plane: np.ndarray,
    shift: np.ndarray,
    size: Size,
) -> tuple[np.ndarray, np.ndarray]:
    """Return what each frame shows where a plane of the background lies in the other, (H, W, 3).

    If both frames show the plane here, the first image equals the second frame, and the second
    image equals what the motion of the object finds in the first frame.
    """
    there = geometry.to_frame(first.picture, plane @ shift, size, cubic=True)
    back = np.linalg.inv(plane) @ motion @ shift
    return there, geometry.to_frame(second.picture, back, size, cubic=True)


def _wrong_label(held: np.ndarray, behind: np.ndarray, *, tuning: Tuning = DEFAULT) -> np.ndarray:
    """Return where the label takes background for the object, and two pixels around, (H, W) bool.

    held and behind (H, W) are the residuals of both explanations, in variances.
    """
    parameters = tuning[Parameters]
    by_object, by_plane = (
        cv2.blur(np.minimum(x, parameters.max_pixel_variances), (3, 3)) for x in (held, behind)
    )
    wrong = (by_plane < parameters.max_background_residual_share * by_object) & (
        by_object > parameters.min_object_residual_variances
    )
    return (
        cv2.dilate(
            wrong.astype(np.uint8), np.ones((parameters.square_px, parameters.square_px), np.uint8)
        )
        > 0
    )
