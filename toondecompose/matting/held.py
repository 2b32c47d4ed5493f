"""Cut one drawing of one sprite out of all the frames that show it.

A pixel of the drawing may look like the background in one frame, but hardly in all of them: what
the frames say about the outline adds up, on the grid of the drawing's first frame. Frames in which
the drawing lies on the same pixels get one alpha, found from all of them. Others get their own:
resampling a line that is two pixels wide costs more than another background tells.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from toondecompose import geometry
from toondecompose.geometry import Size
from toondecompose.matting.foreground_colour import BLEED, foreground_colour
from toondecompose.matting.known_background import estimate_alpha, nearest
from toondecompose.matting.plates import View, signed_distance
from toondecompose.matting.smear import find_smear, solve_smear
from toondecompose.matting.stillness import stillness
from toondecompose.matting.trimap import Colours, Comparison, Trimap, compare, decide
from toondecompose.matting.veil import find_veil

CLEAR_BLUR = 1.5
"""Blur of labels at the resolution at which smears and veils are seen well enough, in pixels."""

SPECK = 3
"""Alpha below so many levels of 255 is noise and becomes nothing; the same below full alpha."""

WHOLE = 1e-6
"""Motions that differ less from a shift by whole pixels are one, but for rounding."""

See = Callable[[int, tuple[slice, slice]], View]
"""Returns the clean background of the i-th frame in a box (rows, columns)."""

Box = tuple[slice, slice]
"""Rows and columns."""


@dataclass(frozen=True)
class Sight:
    """One frame of a drawing, in a box around the sprite.

    Attributes
    ----------
    box : rows and columns in the frame.
    motion : (3, 3), pixel of the box to pixel of the drawing's grid.
    frame : (H, W, 3) uint8.
    label : (H, W) float32 in 0..1, of all sprites.
    own : (H, W) float32, 1 where this sprite is nearer than the others.
    found : the frame compared with its plate.
    known : (H, W) bool, false where the plate is invented.
    """

    box: Box
    motion: np.ndarray
    frame: np.ndarray
    label: np.ndarray
    own: np.ndarray
    found: Comparison
    known: np.ndarray


def cut_drawing(
    frames: Sequence[np.ndarray],
    labels: Sequence[np.ndarray],
    motion: np.ndarray,
    see: See,
    sprite: int,
    colours: Colours,
    blur: float,
    reach: float,
    told: Sequence[np.ndarray] | None = None,
) -> list[np.ndarray]:
    """Cut a sprite out of the frames that show the same drawing of it.

    Parameters
    ----------
    frames : T images (H, W, 3) uint8.
    labels : T times (K, H, W) float32 in 0..1, one label for each sprite.
    motion : (T, 3, 3), pixel of the frame to pixel of the drawing's grid.
    see : shows the clean background.
    sprite : which of the K sprites.
    colours, blur, reach : see `toondecompose.matting.trimap.find_outline`.
    told : T times (H, W) float32, what hints say for a sprite; None without any.

    Returns
    -------
    T images (H, W, 4) uint8, straight RGBA: the sprite where it is nearer than the others. Laid
    over the background they give the frame again. Colour is zero farther than `BLEED` off.
    """
    results = [np.zeros((*frame.shape[:2], 4), np.uint8) for frame in frames]
    sights: dict[int, Sight] = {}
    for t, (frame, label) in enumerate(zip(frames, labels, strict=True)):
        box = bounding_box(label[sprite] > 0.5, round(reach) + BLEED + 2)
        if box is not None:
            says = None if told is None else told[t][box]
            view = see(t, box)
            sights[t] = _look(frame, label, motion[t], view, sprite, box, colours, blur, says)
    grid, size = _common_grid(list(sights.values()))
    label, seen = gather(list(sights.values()), grid, size)
    seen += still_evidence(list(sights.values()), grid, size, label, blur)
    for group in groups_on_same_pixels([(t, sight.motion) for t, sight in sights.items()]):
        members = [sights[t] for t in group]
        own_grid, own_size = _common_grid(members, members[0].motion)
        to_gathered = np.linalg.inv(grid) @ members[0].motion @ own_grid
        cut = _cut_group(
            members, own_grid, own_size,
            _lay(label, to_gathered, own_size), _lay(seen, to_gathered, own_size), blur, reach,
        )  # fmt: skip
        for t, layer in zip(group, cut, strict=True):
            results[t][sights[t].box] = layer
    return results


def _look(
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
    """Compare one frame with its plate in a box."""
    part, union = frame[box], label.max(axis=0)[box]
    away = cv2.distanceTransform((union < 0.5).astype(np.uint8), cv2.DIST_L2, 5) > blur
    rows, columns = box
    return Sight(
        box, motion @ geometry.translation(columns.start, rows.start), part, union,
        (owner(label[(slice(None), *box)]) == sprite).astype(np.float32),
        compare(part, view, away, colours, told), view.observed,
    )  # fmt: skip


def gather(sights: Sequence[Sight], grid: np.ndarray, size: Size) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean label and the sum of the evidence on a grid of the drawing, (H, W) each."""
    count, label, seen, guessed, guesses = (np.zeros(size[::-1], np.float32) for _ in range(5))
    for sight in sights:
        at = np.linalg.inv(sight.motion) @ grid
        own = _lay(sight.own, at, size, outside=0)
        count += own
        label += own * _lay(sight.label, at, size)
        known = own * _lay(sight.known.astype(np.float32), at, size)
        evidence = _lay(sight.found.evidence, at, size)
        seen += known * evidence
        guessed += (own - known) * evidence
        guesses += own - known
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
    own = [_lay(sight.own, at, size, outside=0) > 0.5 for sight, at in pairs]
    noise = _lay(sights[0].found.sigma, places[0], size)
    distance = signed_distance(label)
    return stillness(
        [_lay(sight.frame, at, size) for sight, at in pairs], own, noise,
        distance > 2 * blur, distance < -2 * blur,
    )  # fmt: skip


def _cut_group(
    sights: Sequence[Sight],
    grid: np.ndarray,
    size: Size,
    label: np.ndarray,
    seen: np.ndarray,
    blur: float,
    reach: float,
) -> list[np.ndarray]:
    """Cut out the boxes (H, W, 4) uint8 of frames in which the drawing lies on the same pixels.

    grid (3, 3) takes pixels of the label and the evidence (h, w) to the first frame's box.
    """
    if not (label > 0.5).any():
        return [np.zeros((*sight.frame.shape[:2], 4), np.uint8) for sight in sights]
    places = [np.linalg.inv(sight.motion) @ sights[0].motion @ grid for sight in sights]
    pictures = [_lay(s.frame, at, size) for s, at in zip(sights, places, strict=True)]
    shown, depth = decide(pictures[0], seen, label, blur, reach)
    trimaps, usable = [], []
    for sight, at in zip(sights, places, strict=True):
        known = _lay(sight.known.astype(np.uint8), at, size, outside=0) > 0
        plate, sigma = _lay(sight.found.plate, at, size), _lay(sight.found.sigma, at, size)
        trimaps.append(Trimap(shown, depth, plate, sigma, known))
        usable.append(_lay(sight.own, at, size, outside=0) > 0.5)
    alpha, expected = solve_alpha(
        [p.astype(np.float32) for p in pictures], trimaps, usable, max(1, round(blur / CLEAR_BLUR))
    )
    level = np.round(alpha * 255)
    level = np.where(level < SPECK, 0, np.where(level > 255 - SPECK, 255, level)).astype(np.uint8)
    layers = []
    for sight, at in zip(sights, places, strict=True):
        back, small = np.linalg.inv(at), sight.frame.shape[1::-1]
        own = _lay(level, back, small) * (sight.own > 0)
        colour = foreground_colour(
            sight.frame.astype(np.float32), sight.found.plate, own, _lay(expected, back, small)
        )
        layers.append(np.dstack([colour, own]))
    return layers


def solve_alpha(
    frames: Sequence[np.ndarray],
    trimaps: Sequence[Trimap],
    usable: Sequence[np.ndarray],
    reduction: int = 1,
) -> tuple[np.ndarray, np.ndarray]:
    """Find alpha and colour of a drawing: soft at the edge, smeared as a whole, or translucent.

    See `toondecompose.matting.known_background.estimate_alpha` and, for the reduction,
    `toondecompose.matting.smear.find_smear`.
    """
    shown = trimaps[0].shown
    plates, sigmas = [trimap.plate for trimap in trimaps], [trimap.sigma for trimap in trimaps]
    smear = find_smear(frames[0], plates[0], shown, reduction)
    if smear.any():
        return solve_smear(frames, plates, sigmas, shown, smear)
    alpha, colour = estimate_alpha(frames, trimaps, usable)
    known = [own & trimap.known for own, trimap in zip(usable, trimaps, strict=True)]
    veil = find_veil(frames, plates, sigmas, known, shown, reduction)
    if not veil.where.any():
        return alpha, colour
    alpha = np.where(veil.where, veil.alpha, alpha)
    return alpha, np.where(veil.where[..., None], veil.colour, colour)


def groups_on_same_pixels(motions: Sequence[tuple[int, np.ndarray]]) -> list[list[int]]:
    """Group frames whose motions (3, 3) differ by whole pixels only; each is (frame, motion)."""
    groups: list[tuple[np.ndarray, list[int]]] = []
    for t, motion in motions:
        for first, group in groups:
            step = np.linalg.inv(first) @ motion
            if np.abs(step - geometry.translation(*np.round(step[:2, 2]))).max() < WHOLE:
                group.append(t)
                break
        else:
            groups.append((motion, [t]))
    return [group for _, group in groups]


def owner(labels: np.ndarray) -> np.ndarray:
    """Return the number of the label (K, H, W) that each pixel is of or next to, (H, W)."""
    strongest = labels.argmax(axis=0)
    if len(labels) == 1:
        return strongest
    rows, columns = np.indices(strongest.shape).reshape(2, -1)
    nearest_rows, nearest_columns = nearest(labels.max(axis=0) > 0.5, rows, columns)
    return strongest[nearest_rows, nearest_columns].reshape(strongest.shape)


def bounding_box(mask: np.ndarray, margin: int) -> Box | None:
    """Return the rows and columns of a mask (H, W) with a margin; None when it is empty."""
    x, y, width, height = cv2.boundingRect(mask.astype(np.uint8))
    if width == 0:
        return None
    rows = slice(max(0, y - margin), min(mask.shape[0], y + height + margin))
    return rows, slice(max(0, x - margin), min(mask.shape[1], x + width + margin))


def _common_grid(
    sights: Sequence[Sight], base: np.ndarray | None = None
) -> tuple[np.ndarray, Size]:
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


def _lay(
    image: np.ndarray, at: np.ndarray, size: Size, *, outside: int | None = None
) -> np.ndarray:
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
