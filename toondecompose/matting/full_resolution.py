"""The layers at the resolution of the source, from what is known at working resolution.

`prepare` gathers clean plates and measures colours once; then `cut` solves the layers of one
drawing in its frames, and `show_background` those of the background in one frame.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.cast import Cast
from toondecompose.core.geometry import Size
from toondecompose.core.hints import impose
from toondecompose.core.parallel import each
from toondecompose.exposure.sheet import align_again
from toondecompose.matting.draft import LABEL_ERROR, REACH, make_draft
from toondecompose.matting.held_drawings import Drawing, cut_drawing
from toondecompose.matting.observations import owner
from toondecompose.matting.trimap import Colours, measure_bleed
from toondecompose.planes.background import Background
from toondecompose.plates.background_layers import background_layers, main_plate, without_light
from toondecompose.plates.inpainting import rebuild_hidden
from toondecompose.plates.label_upsampling import enlarge_labels, enlarge_mask
from toondecompose.plates.plates import Plate, See, gather_plates, viewer
from toondecompose.plates.registration import draft_size, enlarge_planes
from toondecompose.plates.view_correction import make_mender
from toondecompose.segmentation.hinted import enlarged

Drawn = tuple[int, list[int]]
"""Number of a sprite, and frames that show one drawing of it."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """What the stages before found, at working resolution (w, h), and the frames (W, H).

    Attributes
    ----------
    cast : which object is what.
    frames : T images (H, W, 3) uint8, without the fade.
    working : (w, h).
    labels : alpha of each sprite, (T, h, w) uint8.
    drawings : of all sprites.
    motions : (T, 3, 3) of each sprite, working pixel to canonical pixel.
    slides : (T, 3, 3) of each sprite, working pixel to that of the first frame with the drawing.
    background : its planes.
    light : (h, w, 3) float32, what the camera adds to the background, in grey levels.
    hints : (T, h, w), what hints say for sprites; None without any.
    ruled_out : returns what hints rule out in a frame, (H, W) unsigned, a bit for each object;
        None where they say nothing.
    """

    cast: Cast
    frames: list[np.ndarray]
    working: Size
    labels: list[np.ndarray]
    drawings: list[Drawn]
    motions: list[np.ndarray]
    slides: list[np.ndarray]
    background: Background
    light: np.ndarray
    hints: np.ndarray | None
    ruled_out: Callable[[int], np.ndarray | None]

    @property
    def source(self) -> Size:
        """(W, H)."""
        height, width = self.frames[0].shape[:2]
        return width, height

    @property
    def scale(self) -> float:
        """Pixels of the source in a working pixel."""
        return self.source[1] / self.working[1]

    def enlarged_labels(self, t: int) -> np.ndarray:
        """Return the labels of all sprites in a frame, (K, H, W) float32 in 0..1."""
        return enlarge_labels([label[t] for label in self.labels], self.source)

    def resized(self, motion: np.ndarray) -> np.ndarray:
        """Return homographies (T, 3, 3) of the working resolution at the size of the source."""
        return geometry.resize_homography(motion, self.working, self.source)


@dataclass(frozen=True)
class Shot:
    """What all layers are solved with, at the resolution of the source.

    Attributes
    ----------
    known : what it was made from.
    plates : front to back.
    motions : (T, 3, 3) of each object, pixel of the source to pixel of its canvas.
    light : (H, W, 3), the camera's own.
    colours : of sprites and background.
    bleed : share of the contrast of chroma that strays beside sprites.
    see : shows the clean background.
    """

    known: Known
    plates: tuple[Plate, ...]
    motions: list[np.ndarray]
    light: np.ndarray
    colours: Colours
    bleed: float
    see: See


@dataclass(frozen=True)
class CutDrawing:
    """The layers of one drawing in its n frames.

    Attributes
    ----------
    layers : (H, W, 4) uint8 each, straight RGBA.
    slides : (n, 3, 3), pixel of the source to that of the first frame with the drawing.
    opacities : (n,) in 0..1, how opaque the sprite is as a whole.
    """

    layers: list[np.ndarray]
    slides: np.ndarray
    opacities: np.ndarray


def prepare(known: Known, say: Callable[[str], None]) -> Shot:
    """Gather the clean plates and measure the colours of all."""
    frames, source, first = known.frames, known.source, known.cast.sprite_numbers.start
    held = [(k - first, times) for k, times in known.drawings]
    half = draft_size(source)
    slides = [geometry.resize_homography(one, known.working, half) for one in known.slides]
    draft = make_draft(
        frames, known.labels, held, slides, known.hints, known.background, known.light,
        known.working, say,
    )  # fmt: skip
    light = cv2.resize(known.light, source)
    plates = gather_plates(
        without_light(frames, light),
        [each(lambda f: enlarge_mask(f, source), masks) for masks in draft.free],
        enlarge_planes(draft.planes, draft.size, source),
        known.scale * LABEL_ERROR,
    )
    plates = rebuild_hidden(plates, source)
    own = [known.resized(one) for one in known.motions]
    behind = [plates[main_plate(plates, one, source)].homographies for one in known.cast.planes]
    # Half the size has half of the stray chroma.
    bleed = measure_bleed(frames, plates, light, known.enlarged_labels)
    mender = make_mender(
        frames, known.labels, plates, own, light, draft.colours.noise, known.scale,
        known.scale * LABEL_ERROR,
    )  # fmt: skip
    clean = viewer(plates, light)
    return Shot(
        known, plates, behind + own, light, replace(draft.colours, bleed=bleed), bleed,
        lambda t, box: mender.mend(clean(t, box), t, box),
    )  # fmt: skip


def cut(shot: Shot, drawing: Drawn) -> CutDrawing:
    """Cut one drawing out of its frames; how they lie on each other is aligned better."""
    k, times = drawing
    known = shot.known
    index, blur = k - known.cast.sprite_numbers.start, known.scale * LABEL_ERROR
    own = [known.enlarged_labels(t) for t in times]
    pictures, masks = [known.frames[t] for t in times], [label[index] > 0.5 for label in own]
    slides = align_again(
        pictures, masks, known.resized(known.slides[index])[times], shot.colours.noise, round(blur)
    )
    hints = known.hints
    shown = Drawing(
        pictures, own, slides, lambda i, box: shot.see(times[i], box), index,
        None if hints is None else [enlarged(hints[t], known.source) for t in times],
    )  # fmt: skip
    layers, opacities = cut_drawing(shown, shot.colours, blur, known.scale * REACH)
    for i, t in enumerate(times):
        ruled = known.ruled_out(t)
        if ruled is not None:
            mine = owner(own[i]) == index
            layers[i] = impose(layers[i], known.frames[t], ruled, known.cast, k, mine)
    return CutDrawing(layers, slides, np.asarray(opacities))


def show_background(shot: Shot, t: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Return the background's layers of a frame, and where it was observed, (H, W) bool.

    The layers are (H, W, 4) uint8, straight RGBA, from back to front.
    """
    width, height = shot.known.source
    view = shot.see(t, (slice(0, height), slice(0, width)))
    return background_layers(shot.known.cast, shot.plates, view, t, shot.light), view.observed
