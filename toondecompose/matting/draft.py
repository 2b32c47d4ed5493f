"""Motion of planes and outlines of sprites at half the resolution, as a guide for the full one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from toondecompose.core.geometry import Size
from toondecompose.core.masks import distance_to_mask
from toondecompose.core.parallel import each
from toondecompose.matting.held_drawings import Drawing, outline_drawing
from toondecompose.matting.trimap import Colours, measure_colours
from toondecompose.planes.background import Background
from toondecompose.plates.background_layers import without_light
from toondecompose.plates.false_gaps import without_needless_gaps
from toondecompose.plates.label_upsampling import WIDE, enlarge_labels, free_of
from toondecompose.plates.plates import See, gather_plates, viewer
from toondecompose.plates.registration import align_planes, draft_size, enlarge_planes
from toondecompose.plates.soft_outlines import find_plane_outlines
from toondecompose.segmentation.hinted import enlarged

LABEL_ERROR = 1.5
"""Working pixels by which the outlines of labels and planes may be wrong."""

ROUNDS = 2
"""Turns of finding sprites over the plates, and gathering plates where none was found."""

REACH = 24.0
"""Working pixels beyond a sprite's label where its strands are looked for."""


@dataclass(frozen=True)
class Draft:
    """What is found at half the resolution of the source.

    Attributes
    ----------
    size : width and height.
    planes : their exact motion.
    free : T images (H, W) bool each, where no sprite is: first where that is surest.
    colours : of sprites and background.
    """

    size: Size
    planes: Background
    free: list[list[np.ndarray]]
    colours: Colours


def make_draft(
    frames: list[np.ndarray],
    labels: list[np.ndarray],
    drawings: Sequence[tuple[int, list[int]]],
    motions: Sequence[np.ndarray],
    hints: np.ndarray | None,
    background: Background,
    light: np.ndarray,
    working: Size,
    say: Callable[[str], None],
) -> Draft:
    """Find motion and outlines at half the resolution, as a guide for the full one.

    Labels miss strands of hair, which would leave traces in the plates. A first plate shows them.
    """
    size = draft_size((frames[0].shape[1], frames[0].shape[0]))
    scale = size[1] / working[1]
    light = cv2.resize(light, size)
    small = each(lambda f: cv2.resize(f, size, interpolation=cv2.INTER_AREA), frames)
    flat = without_light(small, light)

    def own(t: int) -> np.ndarray:
        return enlarge_labels([label[t] for label in labels], size)

    def union(t: int) -> np.ndarray:
        return own(t).max(axis=0, initial=0)

    numbers = range(len(small))
    free = each(lambda t: distance_to_mask(union(t) > 0.5) > scale * WIDE, numbers)
    planes = enlarge_planes(background, working, size)
    planes = align_planes(flat, free, planes, scale * LABEL_ERROR, say)
    planes = without_needless_gaps(flat, free, planes)
    planes = find_plane_outlines(flat, free, planes, scale * LABEL_ERROR)
    plates = gather_plates(flat, [free], planes, scale * LABEL_ERROR)
    colours = measure_colours(small, free, plates, light, own)

    def outline(see: See, drawing: tuple[int, list[int]]) -> list[tuple[np.ndarray, np.ndarray]]:
        index, times = drawing
        shown = Drawing(
            [small[t] for t in times], [own(t) for t in times], motions[index][times],
            lambda i, box: see(times[i], box), index,
            None if hints is None else [enlarged(hints[t], size) for t in times],
        )  # fmt: skip
        return outline_drawing(shown, colours, scale * LABEL_ERROR, scale * REACH)

    doubtful = [np.zeros(size[::-1], bool) for _ in numbers]
    masks: list[list[np.ndarray]] = []
    for turn in range(ROUNDS):
        if turn:
            plates = gather_plates(flat, masks, planes, scale * LABEL_ERROR)
        see = viewer(plates, light)
        shown = [np.zeros(size[::-1], bool) for _ in numbers]
        outlines = each(lambda drawing, see=see: outline(see, drawing), drawings)
        for (_, times), found in zip(drawings, outlines, strict=True):
            for t, (sure, maybe) in zip(times, found, strict=True):
                shown[t] |= sure
                doubtful[t] |= maybe

        def unhidden(t: int, shown: list[np.ndarray] = shown) -> list[np.ndarray]:
            return free_of(shown[t], union(t) > 0.5, doubtful[t], scale)

        masks = [list(one) for one in zip(*each(unhidden, numbers), strict=True)]
    return Draft(size, planes, masks, colours)
