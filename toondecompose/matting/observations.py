"""Observations: what each frame shows of a drawing of a sprite, warped to one grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.geometry import Size
from toondecompose.core.masks import distance_to_mask, nearest_in_mask, signed_distance
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.matting.hold_evidence import hold_evidence
from toondecompose.matting.opacity import find_opacity
from toondecompose.matting.parameters import Parameters
from toondecompose.matting.trimap import Colours, Comparison, compare_with_plate
from toondecompose.plates.plates import Box, View
from toondecompose.segmentation.local_colour import with_local_colours

WHOLE_SHIFT_TOLERANCE_PX = 1e-6
"""Shifts closer to whole pixels than this are whole: the rest is rounding."""


@dataclass(frozen=True)
class Observation:
    """One frame of a drawing, in a box around the sprite.

    Attributes
    ----------
    box : rows and columns in the frame.
    motion : (3, 3), pixel of the box to pixel of the drawing's grid.
    frame : (H, W, 3) uint8; see `toondecompose.matting.held_opacity` for how it becomes that of an
        opaque sprite.
    opacity : of the sprite as a whole, 0..1.
    label : (H, W) float32 in 0..1, of all sprites.
    own : (H, W) float32, 1 where this sprite is nearer than the others.
    found : the frame compared with its plate.
    hint_evidence : (H, W) float32, log odds from hints; None without any.
    known : (H, W) bool, false where the plate is filled in.
    """

    box: Box
    motion: np.ndarray
    frame: np.ndarray
    opacity: float
    label: np.ndarray
    own: np.ndarray
    found: Comparison
    known: np.ndarray
    hint_evidence: np.ndarray | None = None


def observe_sprite(
    frame: np.ndarray,
    label: np.ndarray,
    motion: np.ndarray,
    *,
    view: View,
    sprite: int,
    box: Box,
    colours: Colours,
    outline_error: float,
    hint_evidence: np.ndarray | None,
    tuning: Tuning = DEFAULT,
) -> Observation:
    """Compare one frame with its plate in a box, and find the opacity of the sprite."""
    parameters = tuning[Parameters]
    part, union = frame[box], label.max(axis=0)[box]
    away = distance_to_mask(union >= 0.5) > outline_error
    own = nearest_label(label[(slice(None), *box)]) == sprite
    found = compare_with_plate(part, view, away, colours=colours, tuning=tuning)
    shown = union > 0.5
    log_odds = with_local_colours(
        found.evidence,
        part,
        shown,
        observation_count=view.observation_count,
        sprite_density=colours.sprites,
        noise=colours.noise,
        candidates=shown & own,
        radius=parameters.colour_radius_outline_errors * outline_error,
        patch_radius=round(parameters.patch_outline_errors * outline_error),
        tuning=tuning,
    )
    found = replace(found, evidence=log_odds)
    opacity = find_opacity(
        part,
        found.plate,
        found.sigma,
        inside=own & (signed_distance(union) > 2 * outline_error),
        known=view.observed,
        reduction=reduction_of(outline_error, tuning=tuning),
        tuning=tuning,
    )
    rows, columns = box
    return Observation(
        box, motion @ geometry.translation(columns.start, rows.start),
        part, opacity, union, own.astype(np.float32), found, view.observed, hint_evidence,
    )  # fmt: skip


def reduction_of(outline_error: float, *, tuning: Tuning = DEFAULT) -> int:
    """Return the factor by which images may be shrunk, given the outline error in pixels."""
    parameters = tuning[Parameters]
    return max(1, round(outline_error / parameters.outline_error_reduced_px))


def sum_evidence(
    observations: Sequence[Observation], grid: np.ndarray, size: Size
) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean label and the sum of the log odds on a grid of the drawing, (H, W) each."""
    count, label, log_odds, guessed, guesses = (np.zeros(size[::-1], np.float32) for _ in range(5))
    for observation in observations:
        at = np.linalg.inv(observation.motion) @ grid
        own = warp_to_grid(observation.own, at, size, outside=0)
        count += own
        label += own * warp_to_grid(observation.label, at, size)
        known = own * warp_to_grid(observation.known.astype(np.float32), at, size)
        evidence = warp_to_grid(observation.found.evidence, at, size)
        log_odds += known * evidence
        guessed += (own - known) * evidence
        guesses += own - known
        if observation.hint_evidence is not None:
            log_odds += own * warp_to_grid(observation.hint_evidence, at, size)
    # Where the plate is filled in, only the colour of the pixel counts, the same in all frames.
    return label / np.maximum(count, 1), log_odds + guessed / np.maximum(guesses, 1)


def hold_evidence_of(
    observations: Sequence[Observation],
    grid: np.ndarray,
    size: Size,
    *,
    label: np.ndarray,
    outline_error: float,
    tuning: Tuning = DEFAULT,
) -> np.ndarray:
    """Return the hold evidence on a grid of the drawing, (H, W): see `hold_evidence`.

    label (H, W) is the mean label there, wrong by up to `outline_error` pixels.
    """
    if len(observations) < 2:
        return np.zeros(label.shape, np.float32)
    places = [np.linalg.inv(observation.motion) @ grid for observation in observations]
    pairs = list(zip(observations, places, strict=True))
    own = [warp_to_grid(observation.own, at, size, outside=0) > 0.5 for observation, at in pairs]
    noise = warp_to_grid(observations[0].found.sigma, places[0], size)
    distance = signed_distance(label)
    return hold_evidence(
        [warp_to_grid(observation.frame, at, size) for observation, at in pairs], own, noise,
        inside=distance > 2 * outline_error, outside=distance < -2 * outline_error, tuning=tuning,
    )  # fmt: skip


def nearest_label(labels: np.ndarray) -> np.ndarray:
    """Return the number of the label (K, H, W) that each pixel is in or nearest to, (H, W)."""
    strongest = labels.argmax(axis=0)
    if len(labels) == 1:
        return strongest
    rows, columns = np.indices(strongest.shape).reshape(2, -1)
    nearest_rows, nearest_columns = nearest_in_mask(labels.max(axis=0) > 0.5, rows, columns)
    return strongest[nearest_rows, nearest_columns].reshape(strongest.shape)


def common_grid(
    observations: Sequence[Observation], base: np.ndarray | None = None
) -> tuple[np.ndarray, Size]:
    """Return a grid that holds all boxes: (3, 3) to the pixels of the drawing, and its size.

    With the motion (3, 3) of a frame as base, the grid has the pixels of that frame instead.
    """
    back = np.eye(3) if base is None else np.linalg.inv(base)
    ends = [
        geometry.apply(back @ s.motion, geometry.corners(s.frame.shape[1::-1]))
        for s in observations
    ]
    if not ends:
        return np.eye(3), (1, 1)
    least = np.floor(np.concatenate(ends).min(axis=0) + 1e-6).astype(int)
    most = np.ceil(np.concatenate(ends).max(axis=0) - 1e-6).astype(int)
    width, height = (most - least + 1).tolist()
    return geometry.translation(*least), (width, height)


def warp_to_grid(
    image: np.ndarray, at: np.ndarray, size: Size, *, outside: int | None = None
) -> np.ndarray:
    """Warp an image to a grid of a size: at (3, 3) maps pixels of the grid to pixels of the image.

    Beyond its border the image repeats, or is `outside` where that is given. Shifts by whole pixels
    are copied without resampling.
    """
    border = cv2.BORDER_REPLICATE if outside is None else cv2.BORDER_CONSTANT
    near = np.round(at)
    if np.abs(at - near).max() < WHOLE_SHIFT_TOLERANCE_PX:
        at = near
        x, y = at[:2, 2].astype(int)
        within = 0 <= x <= image.shape[1] - size[0] and 0 <= y <= image.shape[0] - size[1]
        if within and (at[:, :2] == np.eye(3)[:, :2]).all() and at[2, 2] == 1:
            return image[y : y + size[1], x : x + size[0]]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpPerspective(
        image, at, size, flags=flags, borderMode=border, borderValue=(outside or 0,) * 4
    )
