"""Where the planes of the background hide each other, by the votes of all frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from scipy import ndimage

from toondecompose import geometry
from toondecompose.geometry import Size
from toondecompose.labelling.cut import edge_weights, minimum_cut
from toondecompose.labelling.evidence import plate_slope
from toondecompose.parallel import add_up, each
from toondecompose.planes.background import (
    Background,
    Plane,
    compose_view,
    opaque_plane,
    sights,
)
from toondecompose.planes.texture import Texture
from toondecompose.reduction import largest_channel

UNEXPLAINED = 10.0
"""A pixel is not explained when its surroundings differ by more grey levels from the plate."""

UNSTEADY = 3.0
"""Places whose colour varies so many times more than usual may be gaps of the front plane."""

LEAST_GAP = 0.005
"""Gaps smaller than this share of a frame are not looked for."""

FLAT, SURROUNDED = 1.2, 0.45
"""Grey levels per pixel below which a place is flat, and the share of its rim that must be
unsteady for a flat region to be so as well."""

OUTVOTED = 20.0
"""A single sight counts at most so many grey levels for or against the front plane."""

PRESENT = 1.0
"""Grey levels by which the back plane must explain a place better to be seen there."""

ABSENT = 1.0
"""Grey levels by which the front plane must explain an unsteady place better to be there."""

LEAST_VOTES = 5
"""Sights that are needed to call a place a gap."""

OUTLINE = 4.0
"""Cost, in grey levels, of a pixel of the front plane's outline."""


def gather_planes(
    frames: np.ndarray,
    free: np.ndarray,
    motions: Sequence[np.ndarray],
    *,
    gaps: Sequence[np.ndarray] = (),
    objects: np.ndarray | None = None,
    shown: np.ndarray | None = None,
) -> Background:
    """Gather planes, front to back, and decide where each hides those behind it.

    Parameters
    ----------
    frames : (T, H, W, 3) uint8.
    free : (T, H, W) bool, true where no object is.
    motions : (T, 3, 3) of each plane.
    gaps : gaps of all planes but the last that are known already, (H, W) bool on their canvases.
    objects : (T, H, W) bool, where there surely is one, while other places that are not free may
        turn out to be background.
    shown : (T, H, W) bool, where no plane before these may be; None for everywhere.
    """
    size = (frames.shape[2], frames.shape[1])
    near = opaque_plane(frames, free, motions[0], doubtful=shown)
    if len(motions) == 1:
        return (near,)
    unsteady = unsteady_places(near.texture, size[0] * size[1])
    if gaps:
        unsteady = np.maximum(unsteady, large_only(gaps[0], size[0] * size[1]))
    unsteady = with_flat_bays(unsteady, near.texture)
    off = np.stack(each(lambda h: geometry.to_frame(unsteady, h, size) > 0.5, near.homographies))
    off |= local_residual(frames, (near,)) > UNEXPLAINED
    if objects is not None:
        off &= ~objects
    if shown is not None:
        off &= shown
    behind = gather_planes(
        frames, free & off, motions[1:], gaps=gaps[1:], objects=objects, shown=off
    )
    return (cut_out(near, behind, frames, unsteady > 0, objects, shown), *behind)


def unsteady_places(texture: Texture, visible: int) -> np.ndarray:
    """Return where, on its canvas, a plane seems to change: (H, W) float32, 1 or 0.

    What is painted on the plane looks the same in every frame; what is seen through a gap in it
    slides along. Flat patches of a gap count with the structure around them, and gaps smaller than
    a share of the visible pixels (the area of a frame) with the plane.
    """
    known = texture.seen > 1
    usual = float(np.median(texture.spread[known])) if known.any() else 0.0
    changing = known & (texture.spread > UNSTEADY * max(usual, 0.5))
    filled = (cv2.blur(changing.astype(np.float32), (9, 9)) > 0.35).astype(np.uint8)
    return large_only(filled, visible)


def with_flat_bays(unsteady: np.ndarray, texture: Texture) -> np.ndarray:
    """Add to unsteady places (H, W) the flat ones that they mostly surround.

    A patch of plain sky looks the same however it moves; it goes with the clouds around it. Flat
    walls have edges around them, not the sky.
    """
    flat = (plate_slope(texture.colour) < FLAT) & (texture.seen > 1) & (unsteady == 0)
    core = cv2.erode(flat.astype(np.uint8), np.ones((3, 3), np.uint8))
    count, regions = cv2.connectedComponents(core, connectivity=4)
    rim = (core == 0) & (cv2.dilate(core, np.ones((3, 3), np.uint8)) > 0)
    # The region that each pixel of a rim belongs to: any that touches it.
    touched = cv2.dilate(regions.astype(np.float32), np.ones((3, 3), np.uint8))[rim].astype(int)
    open_sea = cv2.dilate(unsteady.astype(np.uint8), np.ones((7, 7), np.uint8))[rim]
    around = np.bincount(touched, minlength=count)
    beside = np.bincount(touched, weights=open_sea, minlength=count)
    joined = beside >= SURROUNDED * np.maximum(around, 1)
    joined[0] = False
    bays = cv2.dilate(joined[regions].astype(np.uint8), np.ones((5, 5), np.uint8))
    return np.maximum(unsteady, bays.astype(np.float32))


def large_only(mask: np.ndarray, visible: int) -> np.ndarray:
    """Keep the regions of a mask (H, W) that are no smaller than the least gap, as float32."""
    _, regions, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    large = stats[:, cv2.CC_STAT_AREA] >= LEAST_GAP * visible
    large[0] = False
    return large[regions].astype(np.float32)


def local_residual(frames: np.ndarray, background: Background) -> np.ndarray:
    """Mean difference of 5 x 5 pixels from the plate, (T, H, W) float32, in grey levels."""
    size = (frames.shape[2], frames.shape[1])

    def one(t: int) -> np.ndarray:
        difference = largest_channel(np.abs(frames[t] - compose_view(background, t, size)))
        return cv2.blur(difference, (5, 5))

    return np.stack(each(one, range(len(frames))))


def cut_out(
    front: Plane,
    behind: Background,
    frames: np.ndarray,
    unsteady: np.ndarray,
    objects: np.ndarray | None = None,
    shown: np.ndarray | None = None,
) -> Plane:
    """Decide where on its canvas a plane hides those behind it.

    Every place of the front plane is seen in many frames; the front plane is there when its own
    texture explains those sights better than what is behind would show. Sights of objects
    (T, H, W) and those that neither explains do not vote, nor do sights of what the planes behind
    never showed, and those of nearer planes, where shown (T, H, W) is false. Places without
    evidence belong to the front, unless they are unsteady (H, W) (see `unsteady_places`), and the
    outline follows the edges of the texture (see `minimum_cut`).
    """
    size = (frames.shape[2], frames.shape[1])

    def vote(t: int) -> list[np.ndarray]:
        own, other = (_unlikeness(planes, frames[t], t, size) for planes in ((front,), behind))
        judged = sights(behind, t, size) >= 1
        if objects is not None:
            judged &= ~objects[t]
        if shown is not None:
            judged &= shown[t]
        explained = (judged & (np.minimum(own, other) < UNEXPLAINED)).astype(np.float32)
        gain = explained * np.clip(other - own, -OUTVOTED, OUTVOTED)
        place = front.homographies[t]
        seen = np.ones_like(explained)
        return [geometry.to_canvas(x, place, front.canvas) for x in (gain, explained, seen)]

    gain, sights_, visits = add_up(vote, range(len(frames)))
    weights = edge_weights(front.texture.colour, 20.0)
    doubt = np.where(unsteady & (sights_ >= LEAST_VOTES), -ABSENT, PRESENT)
    cost = gain / np.maximum(sights_, LEAST_VOTES) + doubt
    hidden = minimum_cut(cost, weights, OUTLINE, iterations=300)
    # Beyond the frames it goes on as it is at their rim, or the rim would seem to be an outline.
    alpha = nearest_of((hidden < 0.5).astype(np.float32), visits >= 1)
    return replace(front, alpha=alpha)


def nearest_of(image: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return an image (H, W), each pixel that is not known (H, W) bool as the nearest known one."""
    if known.all() or not known.any():
        return image
    places = ndimage.distance_transform_edt(~known, return_distances=False, return_indices=True)
    return image[tuple(places)]


def _unlikeness(planes: Background, frame: np.ndarray, t: int, size: Size) -> np.ndarray:
    """Mean difference of 3 x 3 pixels from some planes, large where they were never seen."""
    difference = largest_channel(np.abs(frame - compose_view(planes, t, size)))
    return np.where(sights(planes, t, size) >= 1, cv2.blur(difference, (3, 3)), 255)
