"""Cut one drawing of one sprite out of all the frames that show it.

A pixel of the drawing may look like the background in one frame, but hardly in all of them: what
the frames say about the outline adds up, on the grid of the drawing's first frame. Frames in which
the drawing lies on the same pixels get one alpha, found from all of them. Others get their own:
resampling a line that is two pixels wide costs more than another background tells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.geometry import Size
from toondecompose.matting.foreground_colour import BLEED, foreground_colour
from toondecompose.matting.known_background import estimate_alpha
from toondecompose.matting.motion_blur import find_smear, solve_smear
from toondecompose.matting.observations import (
    WHOLE,
    Sight,
    common_grid,
    gather,
    lay,
    look_at_sprite,
    reduction_of,
    still_evidence,
)
from toondecompose.matting.translucency import find_veil
from toondecompose.matting.trimap import Colours, Trimap, decide
from toondecompose.plates.plates import Box, See

SPECK = 3
"""Alpha below so many levels of 255 is noise and becomes nothing; the same below full alpha."""


@dataclass(frozen=True)
class Drawing:
    """A sprite in the frames that show the same drawing of it.

    Attributes
    ----------
    frames : T images (H, W, 3) uint8.
    labels : T times (K, H, W) float32 in 0..1, one label for each sprite.
    motion : (T, 3, 3), pixel of the frame to pixel of the drawing's grid.
    see : shows the clean background.
    sprite : which of the K sprites.
    told : T times (H, W) float32, what hints say for a sprite; None without any.
    """

    frames: Sequence[np.ndarray]
    labels: Sequence[np.ndarray]
    motion: np.ndarray
    see: See
    sprite: int
    told: Sequence[np.ndarray] | None = None


def cut_drawing(
    drawing: Drawing, colours: Colours, blur: float, reach: float
) -> tuple[list[np.ndarray], np.ndarray]:
    """Cut a sprite out of the frames that show the same drawing of it.

    colours are those of the clip; see `toondecompose.matting.trimap.decide` for blur and reach.

    Returns
    -------
    T images (H, W, 4) uint8, straight RGBA: the sprite where it is nearer than the others. Laid
    over the background they give the frame again. Colour is zero farther than `BLEED` off. And the
    opacity (T,) of the sprite as a whole, which is a factor of alpha already.
    """
    results = [np.zeros((*frame.shape[:2], 4), np.uint8) for frame in drawing.frames]
    sights = look_at_drawing(drawing, colours, blur, reach)
    count = range(len(drawing.frames))
    opacities = np.array([sights[t].opacity if t in sights else 1.0 for t in count])
    grid, label, seen = evidence_of(list(sights.values()), blur)
    for group in groups_on_same_pixels([(t, sight.motion) for t, sight in sights.items()]):
        members = [sights[t] for t in group]
        own_grid, own_size = common_grid(members, members[0].motion)
        to_gathered = np.linalg.inv(grid) @ members[0].motion @ own_grid
        cut = _cut_group(
            members, own_grid, own_size,
            lay(label, to_gathered, own_size), lay(seen, to_gathered, own_size), blur, reach,
        )  # fmt: skip
        for t, layer in zip(group, cut, strict=True):
            results[t][sights[t].box] = layer
    return results, opacities


def outline_drawing(
    drawing: Drawing, colours: Colours, blur: float, reach: float
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Tell where frames that show the same drawing of a sprite show it; see `cut_drawing`.

    Returns
    -------
    For each frame where the sprite is, nearer than the others, (H, W) bool, and where the evidence
    speaks for it, (H, W) bool: single pixels as well, among them strands that are not sure.
    """
    results = [
        (np.zeros(frame.shape[:2], bool), np.zeros(frame.shape[:2], bool))
        for frame in drawing.frames
    ]
    sights = look_at_drawing(drawing, colours, blur, reach)
    grid, label, seen = evidence_of(list(sights.values()), blur)
    for t, sight in sights.items():
        at, size = np.linalg.inv(grid) @ sight.motion, sight.frame.shape[1::-1]
        evidence, own = lay(seen, at, size), lay(label, at, size)
        shown, _ = decide(sight.frame, evidence, own, blur, reach)
        results[t][0][sight.box] = shown & (sight.own > 0)
        results[t][1][sight.box] = (evidence > 0) & (sight.own > 0)
    return results


def look_at_drawing(
    drawing: Drawing, colours: Colours, blur: float, reach: float
) -> dict[int, Sight]:
    """Compare the frames that show a sprite with their plates; see `cut_drawing`."""
    sights: dict[int, Sight] = {}
    for t, (frame, label) in enumerate(zip(drawing.frames, drawing.labels, strict=True)):
        box = bounding_box(label[drawing.sprite] > 0.5, round(reach) + BLEED + 2)
        if box is not None:
            says = None if drawing.told is None else drawing.told[t][box]
            sights[t] = look_at_sprite(
                frame, label, drawing.motion[t], drawing.see(t, box), drawing.sprite, box,
                colours, blur, says,
            )  # fmt: skip
    return sights


def evidence_of(sights: Sequence[Sight], blur: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a grid (3, 3) of the drawing, and on it label and all evidence, (H, W) each."""
    grid, size = common_grid(sights)
    label, seen = gather(sights, grid, size)
    return grid, label, seen + still_evidence(sights, grid, size, label, blur)


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

    grid (3, 3) takes pixels of the label and the evidence, (h, w) each, to the first frame's box.
    """
    if not (label > 0.5).any():
        return [np.zeros((*sight.frame.shape[:2], 4), np.uint8) for sight in sights]
    places = [np.linalg.inv(sight.motion) @ sights[0].motion @ grid for sight in sights]
    pictures = [lay(s.frame, at, size) for s, at in zip(sights, places, strict=True)]
    shown, depth = decide(pictures[0], seen, label, blur, reach)
    trust = common_trust(sights, places, size)
    trimaps, usable = [], []
    for sight, at in zip(sights, places, strict=True):
        known = lay(sight.known.astype(np.uint8), at, size, outside=0) > 0
        plate, sigma = lay(sight.found.plate, at, size), lay(sight.found.sigma, at, size)
        trimaps.append(Trimap(shown, depth, plate, sigma, known, trust))
        usable.append(lay(sight.own, at, size, outside=0) > 0.5)
    alpha, expected = solve_alpha(
        [p.astype(np.float32) for p in pictures], trimaps, usable, reduction_of(blur)
    )
    level = np.round(alpha * 255)
    level = np.where(level < SPECK, 0, np.where(level > 255 - SPECK, 255, level)).astype(np.uint8)
    layers = []
    for sight, at in zip(sights, places, strict=True):
        back, small = np.linalg.inv(at), sight.frame.shape[1::-1]
        own = lay(level, back, small) * (sight.own > 0)
        colour = foreground_colour(
            sight.frame.astype(np.float32), sight.found.plate, own, lay(expected, back, small)
        )
        alpha = np.round(own * np.float32(sight.opacity)).astype(np.uint8)
        layers.append(np.dstack([colour, alpha]))
    return layers


def common_trust(
    sights: Sequence[Sight], places: Sequence[np.ndarray], size: Size
) -> np.ndarray | None:
    """Return how far chroma counts in all sights together, (H, W); None for everywhere."""
    trusts = [
        lay(sight.found.trust, at, size)
        for sight, at in zip(sights, places, strict=True)
        if sight.found.trust is not None
    ]
    return reduce(np.add, trusts) / np.float32(len(trusts)) if trusts else None


def solve_alpha(
    frames: Sequence[np.ndarray],
    trimaps: Sequence[Trimap],
    usable: Sequence[np.ndarray],
    reduction: int = 1,
) -> tuple[np.ndarray, np.ndarray]:
    """Find alpha and colour of a drawing: soft at the edge, smeared as a whole, or translucent.

    See `toondecompose.matting.known_background.estimate_alpha` and, for the reduction,
    `toondecompose.matting.motion_blur.find_smear`.
    """
    shown = trimaps[0].shown
    plates, sigmas = [trimap.plate for trimap in trimaps], [trimap.sigma for trimap in trimaps]
    fullest = max(range(len(frames)), key=lambda t: int((usable[t] & shown).sum()))
    smear = find_smear(frames[fullest], plates[fullest], shown, reduction)
    if smear.any():
        return solve_smear(frames, plates, sigmas, usable, shown, smear)
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


def bounding_box(mask: np.ndarray, margin: int) -> Box | None:
    """Return the rows and columns of a mask (H, W) with a margin; None when it is empty."""
    x, y, width, height = cv2.boundingRect(mask.astype(np.uint8))
    if width == 0:
        return None
    rows = slice(max(0, y - margin), min(mask.shape[0], y + height + margin))
    return rows, slice(max(0, x - margin), min(mask.shape[1], x + width + margin))
