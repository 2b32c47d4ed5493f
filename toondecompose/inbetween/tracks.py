"""What each sprite does over the clip: its drawings, the changes between them, its motion."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.geometry import Size
from toondecompose.inbetween.changes import ABSENT, Change, find_changes
from toondecompose.inbetween.engine import Engine, Match, premultiplied
from toondecompose.inbetween.sampled_motion import Motion, sprite_motion
from toondecompose.store.placement import NamedSprite, Placement, Placements

MIN_CONFIDENCE = 0.2
"""Share of two drawings' lines that has to be found in each other for an in-between."""

MARGIN_PX = 16
"""Empty pixels around two drawings, into which neither reaches."""


@dataclass(frozen=True)
class Pair:
    """Two drawings of a sprite on one canvas, rigid motion taken out.

    The canvas has the pixels of the frame in which the change starts, from ``corner`` on.

    Attributes
    ----------
    pictures : both, straight RGBA as they are stored, (h, w, 4) uint8.
    corner : (x, y) of the canvas' first pixel in that frame.
    size : width and height of the canvas.
    maps : (3, 3) each, pixels of the canvas to those of the pictures.
    opacities : of both, 0..1.
    """

    pictures: tuple[np.ndarray, np.ndarray]
    corner: tuple[int, int]
    size: Size
    maps: tuple[np.ndarray, np.ndarray]
    opacities: tuple[float, float]

    def match(self, engine: Engine) -> Match:
        """Match the two drawings."""
        first, second = (
            cv2.warpPerspective(
                premultiplied(picture), matrix, self.size,
                flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            )
            for picture, matrix in zip(self.pictures, self.maps, strict=True)
        )  # fmt: skip
        return engine(first, second)


@dataclass(frozen=True, eq=False)
class Track:
    """A sprite over the clip.

    Attributes
    ----------
    layer : the sprite.
    placed : what each frame shows of it; None for nothing.
    transforms : (T, 3, 3), pixels of each frame to canonical pixels.
    changes : between drawings that correspond: those that get in-betweens.
    held : changes without, with the confidence that was too small.
    motion : sampled at new times.
    on_ground : whether the motion is against the ground's canvas.
    """

    layer: NamedSprite
    placed: tuple[Placement | None, ...]
    transforms: np.ndarray
    changes: tuple[Change, ...]
    held: tuple[tuple[Change, float], ...]
    motion: Motion
    on_ground: bool

    def change_at(self, time: float) -> Change | None:
        """Return the change that is under way at a time."""
        return next((one for one in self.changes if one.start < time < one.end), None)

    def place(self, time: float, ground: Motion, size: Size) -> np.ndarray:
        """Return (3, 3), pixels of a picture at a time to the sprite's canonical pixels."""
        there = self.motion.at(time, size)
        return there @ ground.at(time, size) if self.on_ground else there

    def pair(self, change: Change, placements: Placements) -> Pair:
        """Return the two drawings of a change on one canvas."""
        first, second = self.placed[change.start], self.placed[change.end]
        assert first is not None and second is not None  # a change is between drawings
        start, end = self.transforms[change.start], self.transforms[change.end]
        maps = first.matrix, second.matrix @ np.linalg.inv(end) @ start
        sizes = [placements.size(one.picture) for one in (first, second)]
        reach = np.concatenate(
            [
                geometry.apply(np.linalg.inv(matrix), geometry.corners(own))
                for matrix, own in zip(maps, sizes, strict=True)
            ]
        )
        width, height = placements.clip.size
        # A drawing that reaches far beyond the frame is cut where no frame shows it.
        limits = np.array([(-width, -height), (2 * width, 2 * height)])
        low = np.clip(np.floor(reach.min(axis=0)) - MARGIN_PX, *limits).astype(int)
        high = np.clip(np.ceil(reach.max(axis=0)) + MARGIN_PX, *limits).astype(int)
        corner = int(low[0]), int(low[1])
        size = max(int(high[0] - low[0]), 1), max(int(high[1] - low[1]), 1)
        shift = geometry.translation(*corner)
        return Pair(
            pictures=(placements.read(first.picture), placements.read(second.picture)),
            corner=corner,
            size=size,
            maps=(maps[0] @ shift, maps[1] @ shift),
            opacities=(first.opacity, second.opacity),
        )


def placed_in_frames(placements: Placements, layer: NamedSprite) -> tuple[Placement | None, ...]:
    """Return what each frame shows of a sprite."""
    number = placements.layers.index(layer)

    def at(t: int) -> Placement | None:
        own = (
            one for one in placements.frames[t] if placements.pictures[one.picture].layer == number
        )
        return next(own, None)

    return tuple(at(t) for t in range(len(placements.clip)))


def along_drawings(transforms: np.ndarray, placed: Sequence[Placement | None]) -> np.ndarray:
    """Return the motion of a sprite, (T, 3, 3), that while a drawing is held is the drawing's own.

    That is known from the drawing's pixels, and is exact to a small part of a pixel; the sprite's
    motion relates different drawings, and need not be.
    """
    result, start = transforms.copy(), 0
    for t, one in enumerate(placed):
        held = placed[start]
        if one is None or held is None or one.picture != held.picture:
            start = t
        else:
            moved = transforms[start] @ np.linalg.inv(held.matrix) @ one.matrix
            result[t] = geometry.normalised(moved)
    return result


def make_track(
    placements: Placements,
    layer: NamedSprite,
    ground: Motion,
    *,
    confidence: Callable[[Pair], float] | None,
    smooth: bool,
) -> Track:
    """Find out what a sprite does.

    Parameters
    ----------
    ground : the motion of the background's rearmost plane.
    confidence : how well two drawings correspond, 0..1; None where all drawings are to be held.
    smooth : whether its steps become smooth where its drawings get in-betweens.
    """
    placed = placed_in_frames(placements, layer)
    sheet = [ABSENT if one is None else one.picture for one in placed]
    transforms = along_drawings(placements.clip.objects[layer.object].transforms, placed)
    still = Motion(transforms, tuple(range(len(sheet))))
    plain = Track(layer, placed, transforms, (), (), still, False)
    changes, held = [], []
    steps = find_changes(sheet)
    if confidence is not None:
        for change in steps:
            found = confidence(plain.pair(change, placements))
            if found >= MIN_CONFIDENCE:
                changes.append(change)
            else:
                held.append((change, found))
        steps = changes
    motion, on_ground = sprite_motion(
        transforms, ground, sheet=sheet, changes=steps, smooth=smooth, size=placements.clip.size
    )
    return Track(layer, placed, transforms, tuple(changes), tuple(held), motion, on_ground)
