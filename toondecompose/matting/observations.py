"""What the frames of one drawing show of a sprite, laid on one grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.geometry import Size
from toondecompose.core.masks import distance_to_mask, nearest_in_mask, signed_distance
from toondecompose.matting.hold_evidence import stillness
from toondecompose.matting.opacity import find_opacity, made_opaque
from toondecompose.matting.trimap import Colours, Comparison, compare
from toondecompose.plates.plates import Box, View
from toondecompose.segmentation.nearby import heed_nearby

CLEAR_BLUR = 1.5
"""Blur of labels at the resolution at which smears and veils are seen well enough, in pixels."""

WHOLE = 1e-6
"""Motions that differ less from a shift by whole pixels are one, but for rounding."""

NEARBY = 8.0
"""Times the label's blur within which a sprite's colours are looked for; see `heed_nearby`."""

PATCH = 1.5
"""Times the label's blur within which pixels are asked whether they surely show the sprite."""


@dataclass(frozen=True)
class Sight:
    """One frame of a drawing, in a box around the sprite.

    Attributes
    ----------
    box : rows and columns in the frame.
    motion : (3, 3), pixel of the box to pixel of the drawing's grid.
    frame : (H, W, 3) uint8, as if the sprite were opaque.
    opacity : of the sprite as a whole, 0..1.
    label : (H, W) float32 in 0..1, of all sprites.
    own : (H, W) float32, 1 where this sprite is nearer than the others.
    found : the frame compared with its plate.
    told : (H, W) float32, what hints say for a sprite; None without any.
    known : (H, W) bool, false where the plate is invented.
    """

    box: Box
    motion: np.ndarray
    frame: np.ndarray
    opacity: float
    label: np.ndarray
    own: np.ndarray
    found: Comparison
    known: np.ndarray
    told: np.ndarray | None = None


def look_at_sprite(
    frame: np.ndarray,
    label: np.ndarray,
    motion: np.ndarray,
    view: View,
    sprite: int,
    box: Box,
    colours: Colours,
    blur: float,
    told: np.ndarray | None,
) -> Sight:
    """Compare one frame with its plate in a box, and find how opaque the sprite is."""
    part, union = frame[box], label.max(axis=0)[box]
    away = distance_to_mask(union >= 0.5) > blur
    own = owner(label[(slice(None), *box)]) == sprite
    found = compare(part, view, away, colours)
    shown = union > 0.5
    heeded = heed_nearby(
        found.evidence, part, shown, view.sights, colours.sprites, colours.noise, shown & own,
        NEARBY * blur, round(PATCH * blur),
    )  # fmt: skip
    found = replace(found, evidence=heeded)
    inside = own & view.observed & (signed_distance(union) > 2 * blur)
    opacity = find_opacity(part, found.plate, found.sigma, inside, reduction_of(blur))
    rows, columns = box
    return Sight(
        box, motion @ geometry.translation(columns.start, rows.start),
        made_opaque(part, found.plate, opacity), opacity, union, own.astype(np.float32),
        replace(found, sigma=found.sigma / np.float32(opacity)), view.observed, told,
    )  # fmt: skip


def reduction_of(blur: float) -> int:
    """Return how many times smaller pictures serve, where labels are wrong by `blur` pixels."""
    return max(1, round(blur / CLEAR_BLUR))


def gather(sights: Sequence[Sight], grid: np.ndarray, size: Size) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean label and the sum of the evidence on a grid of the drawing, (H, W) each."""
    count, label, seen, guessed, guesses = (np.zeros(size[::-1], np.float32) for _ in range(5))
    for sight in sights:
        at = np.linalg.inv(sight.motion) @ grid
        own = lay(sight.own, at, size, outside=0)
        count += own
        label += own * lay(sight.label, at, size)
        known = own * lay(sight.known.astype(np.float32), at, size)
        evidence = lay(sight.found.evidence, at, size)
        seen += known * evidence
        guessed += (own - known) * evidence
        guesses += own - known
        if sight.told is not None:
            seen += own * lay(sight.told, at, size)
    # Where the plate is invented, a pixel speaks by its own colour only, the same in all frames.
    return label / np.maximum(count, 1), seen + guessed / np.maximum(guesses, 1)


def still_evidence(
    sights: Sequence[Sight], grid: np.ndarray, size: Size, label: np.ndarray, blur: float
) -> np.ndarray:
    """Return what stands still on a grid of the drawing, (H, W): see `stillness`.

    label (H, W) is the mean label there, wrong by `blur` pixels.
    """
    if len(sights) < 2:
        return np.zeros(label.shape, np.float32)
    places = [np.linalg.inv(sight.motion) @ grid for sight in sights]
    pairs = list(zip(sights, places, strict=True))
    own = [lay(sight.own, at, size, outside=0) > 0.5 for sight, at in pairs]
    noise = lay(sights[0].found.sigma, places[0], size)
    distance = signed_distance(label)
    return stillness(
        [lay(sight.frame, at, size) for sight, at in pairs], own, noise,
        distance > 2 * blur, distance < -2 * blur,
    )  # fmt: skip


def owner(labels: np.ndarray) -> np.ndarray:
    """Return the number of the label (K, H, W) that each pixel is of or next to, (H, W)."""
    strongest = labels.argmax(axis=0)
    if len(labels) == 1:
        return strongest
    rows, columns = np.indices(strongest.shape).reshape(2, -1)
    nearest_rows, nearest_columns = nearest_in_mask(labels.max(axis=0) > 0.5, rows, columns)
    return strongest[nearest_rows, nearest_columns].reshape(strongest.shape)


def common_grid(sights: Sequence[Sight], base: np.ndarray | None = None) -> tuple[np.ndarray, Size]:
    """Return a grid that holds all boxes: (3, 3) to the drawing's pixels, and its size.

    With a base (3, 3), to that frame's own pixels, of which it is the motion.
    """
    back = np.eye(3) if base is None else np.linalg.inv(base)
    ends = [geometry.apply(back @ s.motion, geometry.corners(s.frame.shape[1::-1])) for s in sights]
    if not ends:
        return np.eye(3), (1, 1)
    least = np.floor(np.concatenate(ends).min(axis=0) + 1e-6).astype(int)
    most = np.ceil(np.concatenate(ends).max(axis=0) - 1e-6).astype(int)
    width, height = (most - least + 1).tolist()
    return geometry.translation(*least), (width, height)


def lay(image: np.ndarray, at: np.ndarray, size: Size, *, outside: int | None = None) -> np.ndarray:
    """Look an image up on a grid: at (3, 3) maps the grid's pixels to the image's.

    Beyond its border it repeats or, if given, is `outside`. Whole steps resample nothing.
    """
    border = cv2.BORDER_REPLICATE if outside is None else cv2.BORDER_CONSTANT
    near = np.round(at)
    if np.abs(at - near).max() < WHOLE:
        at = near
        x, y = at[:2, 2].astype(int)
        within = 0 <= x <= image.shape[1] - size[0] and 0 <= y <= image.shape[0] - size[1]
        if within and (at[:, :2] == np.eye(3)[:, :2]).all() and at[2, 2] == 1:
            return image[y : y + size[1], x : x + size[0]]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpPerspective(
        image, at, size, flags=flags, borderMode=border, borderValue=(outside or 0,) * 4
    )
