"""Drawings of one sprite, gathered from the frames in which other sprites are not near."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.geometry import Size
from toondecompose.core.parallel import computed_once
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.segmentation.parameters import Parameters

Group = dict[int, np.ndarray]
"""Frames that show one drawing: for each the motion (3, 3) of its pixels to a common grid."""

Sums = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""Sums over frames of a drawing: see `Drawing.summed`."""


@dataclass(frozen=True)
class Drawing:
    """What frames have shown of one drawing, on a canvas of its own.

    Attributes
    ----------
    motion : for each frame with this drawing, (3, 3), its pixels to pixels of the canvas.
    times : (N,) the frames that it is gathered from.
    colour : (N, h, w, 3) uint8, what each of them shows.
    shown, missed : (N, h, w) bool, where that is the drawing, and where it is the background.
    """

    motion: Group
    times: np.ndarray
    colour: np.ndarray
    shown: np.ndarray
    missed: np.ndarray

    @computed_once
    def sums(self) -> Sums:
        """The sums over all frames."""
        return self.summed(np.ones(len(self.times), bool))

    def summed(self, chosen: np.ndarray) -> Sums:
        """Return the sums over chosen (N,) bool frames.

        Of the colour and of its square where the drawing is shown, (h, w, 3) float32 each, and how
        often it is shown and missed, (h, w) float32.
        """
        own = self.shown[chosen]
        colour = np.where(own[..., None], self.colour[chosen], 0).astype(np.float32)
        return (
            colour.sum(axis=0),
            (colour**2).sum(axis=0),
            own.sum(axis=0, dtype=np.float32),
            self.missed[chosen].sum(axis=0, dtype=np.float32),
        )


def gather_drawing(
    frames: np.ndarray,
    own: np.ndarray,
    others: np.ndarray,
    *,
    group: Group,
    tuning: Tuning = DEFAULT,
) -> Drawing:
    """Gather a drawing from the frames of a group; see `drawing_groups.group_frames`."""
    parameters = tuning[Parameters]
    apart = {t: separate_pixels(own[t], others[t], tuning=tuning) for t in group}
    times = sorted(group, key=lambda t: (-int(apart[t].sum()), t))
    times = times[: parameters.max_drawing_observations]
    shift, size = canvas_of(
        [own[t] for t in times], [group[t] for t in times], parameters.contact_px
    )
    motion = {t: shift @ to_grid for t, to_grid in group.items()}
    kernel = np.ones((2 * parameters.drawing_outline_px + 1,) * 2, np.uint8)
    colours, masks = [], []
    for t in times:
        free = cv2.dilate((own[t] | others[t]).astype(np.uint8), kernel) == 0
        facts = np.stack([apart[t], free], axis=-1).astype(np.uint8) * 255
        facts = geometry.to_canvas(facts, motion[t], size)
        masks.append(facts > parameters.resampled_mask_level)
        colours.append(geometry.to_canvas(frames[t], motion[t], size, cubic=True))
    shown, missed = np.moveaxis(np.stack(masks), -1, 0)
    return Drawing(motion, np.array(times), np.stack(colours), shown, missed)


def separate_pixels(own: np.ndarray, others: np.ndarray, *, tuning: Tuning = DEFAULT) -> np.ndarray:
    """Return where a sprite is and no other sprite is near; all are (H, W) bool."""
    width = 2 * tuning[Parameters].contact_px + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
    return own & (cv2.dilate(others.astype(np.uint8), kernel) == 0)


def canvas_of(
    masks: Sequence[np.ndarray], motions: Sequence[np.ndarray], margin: int
) -> tuple[np.ndarray, Size]:
    """Return a canvas that holds masks (H, W) bool moved by motions (3, 3), with a margin in
    pixels.

    Returned are the shift (3, 3) from the motions' grid to the canvas, and the canvas' size.
    """
    ends = []
    for mask, motion in zip(masks, motions, strict=True):
        x, y, width, height = cv2.boundingRect(mask.astype(np.uint8))
        if width:
            ends.append(geometry.apply(motion, geometry.corners((width, height)) + (x, y)))
    if not ends:
        return np.eye(3), (1, 1)
    least = np.floor(np.concatenate(ends).min(axis=0)).astype(int) - margin
    most = np.ceil(np.concatenate(ends).max(axis=0)).astype(int) + margin
    width, height = (most - least + 1).tolist()
    return geometry.translation(*-least), (width, height)
