"""Multi-frame super-resolution: a plate as sharp as the frames it was gathered from.

Resampling to the canvas and back blurs, and so does the mean of frames that are a fraction of a
pixel apart. Iterative back-projection (Irani and Peleg, 1991) renders the plate, and adds the
difference from the frames to it. The pixels of the frames lie between each other, so together they
show more than any one frame. Only a texture with twice as many pixels each way can hold that.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.parallel import each, evenly_spread
from toondecompose.core.reduction import largest_channel
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.planes.parameters import Parameters as PlanesParameters
from toondecompose.plates.parameters import Parameters

PARALLEL_SUMS = 2
"""Sums over frames that are computed in parallel."""

DETAIL_STEPS = 64
"""Steps per grey level of the detail, which 16 bits hold."""


def super_resolve(
    frames: Sequence[np.ndarray],
    masks: Sequence[np.ndarray],
    homographies: np.ndarray,
    *,
    colour: np.ndarray,
    known: np.ndarray,
    tuning: Tuning = DEFAULT,
) -> tuple[np.ndarray, np.ndarray]:
    """Correct a texture so that its views equal the frames.

    Parameters
    ----------
    frames : T images (H, W, 3) uint8.
    masks : T images (H, W) bool, where the frame certainly shows the texture.
    homographies : (T, 3, 3), frame to canvas.
    colour : (h, w, 3) float32 on the canvas, 0..255.
    known : (h, w) bool, the places that are corrected.

    Returns
    -------
    The texture (h, w, 3) float32, 0..255, and the detail (2h, 2w, 3) int16 that the texture lacks,
    at the resolution of `toondecompose.core.geometry.finer`, in steps of 1 / `DETAIL_STEPS` grey
    level. Pixels that differ by more than the agreement threshold show something else and do not
    count.
    """
    parameters = tuning[Parameters]
    chosen = evenly_spread(len(frames), parameters.detail_frames)
    fine, to_fine = geometry.finer(colour)
    size = (fine.shape[1], fine.shape[0])
    corrected = cv2.resize(known.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)

    def missed(times: Sequence[int]) -> np.ndarray:
        total = np.zeros((*fine.shape[:2], 4), np.float32)
        for t in times:
            x, y, width, height = cv2.boundingRect(masks[t].view(np.uint8))
            if width:
                at = to_fine @ homographies[t] @ geometry.translation(x, y)
                box = np.s_[y : y + height, x : x + width]
                _scatter(
                    _difference(fine, frames[t][box], masks[t][box], homography=at, tuning=tuning),
                    at,
                    total,
                )
        return total

    seen: np.ndarray = np.full(corrected.shape, parameters.detail_prior_observations, np.float32)
    for turn in range(parameters.detail_rounds):
        turns = chosen[turn :: parameters.detail_rounds]
        first, *others = each(missed, [turns[i::PARALLEL_SUMS] for i in range(PARALLEL_SUMS)])
        for other in others:
            first += other
        # T' = T + sum(w (I - T)) / (observations so far): a running mean over all rounds.
        seen += first[..., 3]
        for row, sums, counts, wanted in zip(fine, first, seen, corrected, strict=True):
            for c in range(3):  # numpy is several times slower along a short axis
                row[:, c] += sums[:, c] / counts * wanted
        np.clip(fine, 0, 255, out=fine)
    height, width = known.shape
    sharp = geometry.to_frame(fine, to_fine, (width, height), cubic=True)
    sharp = cv2.copyTo(sharp, known.view(np.uint8), colour.copy())
    np.subtract(fine, geometry.finer(sharp)[0], out=fine)
    lacking = cv2.copyTo(fine, corrected)
    lacking *= DETAIL_STEPS
    return sharp, np.rint(lacking, out=lacking).astype(np.int16)


def _difference(
    texture: np.ndarray,
    frame: np.ndarray,
    mask: np.ndarray,
    *,
    homography: np.ndarray,
    tuning: Tuning = DEFAULT,
) -> np.ndarray:
    """Return frame minus texture, and 1 where it counts, (H, W, 4) float32; else zero."""
    size = (frame.shape[1], frame.shape[0])
    difference = frame - geometry.to_frame(texture, homography, size, cubic=True)
    counts = mask & (
        largest_channel(np.abs(difference)) <= tuning[PlanesParameters].agreement_levels
    )
    return cv2.copyTo(cv2.cvtColor(difference, cv2.COLOR_RGB2RGBA), counts.view(np.uint8))


def _scatter(image: np.ndarray, homography: np.ndarray, total: np.ndarray) -> None:
    """Add each pixel of an image (H, W, C) to the nearest pixel of total (h, w, C)."""
    height, width = image.shape[:2]
    # Zeros between the pixels: each pixel of the total receives from one pixel of the image.
    apart = np.zeros((2 * height, 2 * width, image.shape[2]), image.dtype)
    apart[::2, ::2] = image
    landed = geometry.apply(homography, geometry.corners((width, height)))
    left, top = np.maximum(np.floor(landed.min(axis=0)).astype(int) - 1, 0).tolist()
    right, bottom = np.maximum(np.ceil(landed.max(axis=0)).astype(int) + 2, 0).tolist()
    part = total[top:bottom, left:right]
    if part.size:
        place = geometry.translation(-left, -top) @ homography @ np.diag([0.5, 0.5, 1.0])
        part += geometry.to_canvas(apart, place, (part.shape[1], part.shape[0]))
