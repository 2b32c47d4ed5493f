"""The draft: motion of planes and masks of sprites at half the resolution, a guide for the full
one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from toondecompose.core.geometry import Size
from toondecompose.core.masks import distance_to_mask
from toondecompose.core.parallel import each
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.matting.held_drawings import Drawing, outline_drawing
from toondecompose.matting.parameters import Parameters
from toondecompose.matting.trimap import Colours, measure_colours
from toondecompose.planes.background import Background
from toondecompose.plates.background_layers import without_light
from toondecompose.plates.false_gaps import close_false_gaps
from toondecompose.plates.label_upsampling import background_masks, upsample_labels
from toondecompose.plates.parameters import Parameters as PlatesParameters
from toondecompose.plates.plates import ViewRenderer, gather_plates, view_renderer
from toondecompose.plates.registration import draft_size, register_planes, upscale_planes
from toondecompose.plates.soft_outlines import find_plane_outlines
from toondecompose.segmentation.hint_constraints import upsampled_hints


@dataclass(frozen=True)
class Draft:
    """Results at half the resolution of the source.

    Attributes
    ----------
    size : width and height.
    planes : their exact motion.
    free : for each frame, masks (H, W) bool of where no sprite is, the safest first.
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
    *,
    motions: Sequence[np.ndarray],
    hints: np.ndarray | None,
    background: Background,
    light: np.ndarray,
    working: Size,
    say: Callable[[str], None],
    tuning: Tuning = DEFAULT,
) -> Draft:
    """Find motion and masks at half the resolution, as a guide for the full one.

    Labels miss strands of hair, which would leave traces in the plates. A first plate reveals them.
    """
    parameters = tuning[Parameters]
    size = draft_size((frames[0].shape[1], frames[0].shape[0]), tuning=tuning)
    scale = size[1] / working[1]
    light = cv2.resize(light, size)
    small = each(lambda f: cv2.resize(f, size, interpolation=cv2.INTER_AREA), frames)
    flat = without_light(small, light)

    def own(t: int) -> np.ndarray:
        return upsample_labels([label[t] for label in labels], size)

    def union(t: int) -> np.ndarray:
        return own(t).max(axis=0, initial=0)

    numbers = range(len(small))
    free = each(
        lambda t: distance_to_mask(union(t) > 0.5) > scale * tuning[PlatesParameters].wide_margin,
        numbers,
    )
    planes = upscale_planes(background, working, size)
    planes = register_planes(
        flat, free, planes, outline_error=scale * parameters.label_error, say=say, tuning=tuning
    )
    planes = close_false_gaps(flat, free, planes, tuning=tuning)
    planes = find_plane_outlines(
        flat, free, planes, outline_error=scale * parameters.label_error, tuning=tuning
    )
    plates = gather_plates(
        flat, [free], planes, outline_error=scale * parameters.label_error, tuning=tuning
    )
    colours = measure_colours(small, free, plates, light=light, labels=own, tuning=tuning)

    def outline(
        render_view: ViewRenderer, drawing: tuple[int, list[int]]
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        index, times = drawing
        shown = Drawing(
            [small[t] for t in times], [own(t) for t in times], motions[index][times],
            lambda i, box: render_view(times[i], box), index,
            None if hints is None else [
                upsampled_hints(hints[t], size, tuning=tuning) for t in times
            ],
        )  # fmt: skip
        return outline_drawing(
            shown,
            colours,
            scale * parameters.label_error,
            search_radius=scale * parameters.search_radius,
            tuning=tuning,
        )

    doubtful = [np.zeros(size[::-1], bool) for _ in numbers]
    masks: list[list[np.ndarray]] = []
    for turn in range(parameters.draft_rounds):
        if turn:
            plates = gather_plates(
                flat, masks, planes, outline_error=scale * parameters.label_error, tuning=tuning
            )
        render_view = view_renderer(plates, light, tuning=tuning)
        shown = [np.zeros(size[::-1], bool) for _ in numbers]
        outlines = each(
            lambda drawing, render_view=render_view: outline(render_view, drawing), drawings
        )
        for (_, times), found in zip(drawings, outlines, strict=True):
            for t, (sure, maybe) in zip(times, found, strict=True):
                shown[t] |= sure
                doubtful[t] |= maybe

        def unoccluded(t: int, shown: list[np.ndarray] = shown) -> list[np.ndarray]:
            return background_masks(
                shown[t], union(t) > 0.5, doubtful[t], scale=scale, tuning=tuning
            )

        masks = [list(one) for one in zip(*each(unoccluded, numbers), strict=True)]
    return Draft(size, planes, masks, colours)
