"""The layers at the resolution of the source, from the results at working resolution.

`prepare` gathers clean plates and measures colours once. Then `cut_out` solves the layers of one
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
from toondecompose.core.hints import apply_hard_constraints
from toondecompose.core.parallel import each
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.exposure.sheet import align_again
from toondecompose.matting.draft import make_draft
from toondecompose.matting.held_drawings import Drawing, matte_drawing
from toondecompose.matting.observations import nearest_label
from toondecompose.matting.parameters import Parameters
from toondecompose.matting.trimap import Colours, measure_bleed
from toondecompose.planes.background import Background
from toondecompose.plates.background_layers import background_layers, main_plate, without_light
from toondecompose.plates.inpainting import inpaint_hidden
from toondecompose.plates.label_upsampling import upsample_labels, upsample_mask
from toondecompose.plates.plates import Plate, ViewRenderer, gather_plates, view_renderer
from toondecompose.plates.registration import draft_size, upscale_planes
from toondecompose.plates.view_correction import make_view_corrector
from toondecompose.segmentation.hint_constraints import upsampled_hints

DrawingFrames = tuple[int, list[int]]
"""Number of a sprite, and frames that show one drawing of it."""


@dataclass(frozen=True, kw_only=True)
class Warmup:
    """Results of the earlier stages, at working resolution (w, h), and the frames (W, H).

    Attributes
    ----------
    cast : role of each object.
    frames : T images (H, W, 3) uint8, without the fade.
    working : (w, h).
    labels : alpha of each sprite, (T, h, w) uint8.
    drawings : of all sprites.
    motions : (T, 3, 3) of each sprite, working pixel to canonical pixel.
    slides : (T, 3, 3) of each sprite, working pixel to that of the first frame with the drawing.
    background : its planes.
    light : (h, w, 3) float32, the camera's light on the background, in grey levels.
    hints : (T, h, w), log odds of sprites from hints; None without any.
    ruled_out : returns the objects that hints rule out in a frame, (H, W) unsigned, a bit for each;
        None without hints there.
    """

    cast: Cast
    frames: list[np.ndarray]
    working: Size
    labels: list[np.ndarray]
    drawings: list[DrawingFrames]
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
        """Pixels of the source per working pixel."""
        return self.source[1] / self.working[1]

    def upsampled_labels(self, t: int) -> np.ndarray:
        """Return the labels of all sprites in a frame, (K, H, W) float32 in 0..1."""
        return upsample_labels([label[t] for label in self.labels], self.source)

    def resized(self, motion: np.ndarray) -> np.ndarray:
        """Return homographies (T, 3, 3) of the working resolution at the size of the source."""
        return geometry.resize_homography(motion, self.working, self.source)


@dataclass(frozen=True)
class Shot:
    """Inputs of all layers, at the resolution of the source.

    Attributes
    ----------
    warmup : the results of the earlier stages.
    plates : front to back.
    motions : (T, 3, 3) of each object, pixel of the source to pixel of its canvas.
    light : (H, W, 3), the camera's light.
    colours : of sprites and background.
    bleed : share of the contrast of chroma that strays beside sprites.
    render_view : renders the clean background.
    """

    warmup: Warmup
    plates: tuple[Plate, ...]
    motions: list[np.ndarray]
    light: np.ndarray
    colours: Colours
    bleed: float
    render_view: ViewRenderer


@dataclass(frozen=True)
class CutDrawing:
    """The layers of one drawing in its n frames.

    Attributes
    ----------
    layers : (H, W, 4) uint8 each, straight RGBA.
    slides : (n, 3, 3), pixel of the source to that of the first frame with the drawing.
    opacities : (n,) in 0..1, opacity of the sprite as a whole.
    """

    layers: list[np.ndarray]
    slides: np.ndarray
    opacities: np.ndarray


def prepare(warmup: Warmup, say: Callable[[str], None], *, tuning: Tuning = DEFAULT) -> Shot:
    """Gather the clean plates and measure the colours of the clip."""
    parameters = tuning[Parameters]
    frames, source, first = warmup.frames, warmup.source, warmup.cast.sprite_numbers.start
    held = [(k - first, times) for k, times in warmup.drawings]
    half = draft_size(source, tuning=tuning)
    slides = [geometry.resize_homography(one, warmup.working, half) for one in warmup.slides]
    draft = make_draft(
        frames, warmup.labels, held, motions=slides, hints=warmup.hints,
        background=warmup.background, light=warmup.light, working=warmup.working, say=say,
        tuning=tuning,
    )  # fmt: skip
    light = cv2.resize(warmup.light, source)
    plates = gather_plates(
        without_light(frames, light),
        [each(lambda f: upsample_mask(f, source), masks) for masks in draft.free],
        upscale_planes(draft.planes, draft.size, source),
        outline_error=warmup.scale * parameters.label_error,
        tuning=tuning,
    )
    plates = inpaint_hidden(plates, source, tuning=tuning)
    own = [warmup.resized(one) for one in warmup.motions]
    behind = [plates[main_plate(plates, one, source)].homographies for one in warmup.cast.planes]
    # Measured again: at half the size only half of the chroma strays.
    bleed = measure_bleed(frames, plates, light, labels=warmup.upsampled_labels, tuning=tuning)
    corrector = make_view_corrector(
        frames, warmup.labels, plates, sprites=own, light=light, noise=draft.colours.noise,
        scale=warmup.scale, outline_error=warmup.scale * parameters.label_error, tuning=tuning,
    )  # fmt: skip
    clean = view_renderer(plates, light, tuning=tuning)
    return Shot(
        warmup, plates, behind + own, light, replace(draft.colours, bleed=bleed), bleed,
        lambda t, box: corrector.correct_view(clean(t, box), t, box),
    )  # fmt: skip


def cut_out(shot: Shot, drawing: DrawingFrames, *, tuning: Tuning = DEFAULT) -> CutDrawing:
    """Cut one drawing out of its frames; its motion between these frames is refined."""
    parameters = tuning[Parameters]
    k, times = drawing
    warmup = shot.warmup
    index, outline_error = (
        k - warmup.cast.sprite_numbers.start,
        warmup.scale * parameters.label_error,
    )
    own = [warmup.upsampled_labels(t) for t in times]
    pictures, masks = [warmup.frames[t] for t in times], [label[index] > 0.5 for label in own]
    slides = align_again(
        pictures,
        masks,
        warmup.resized(warmup.slides[index])[times],
        noise=shot.colours.noise,
        margin=round(outline_error),
        tuning=tuning,
    )
    hints = warmup.hints
    shown = Drawing(
        pictures, own, slides, lambda i, box: shot.render_view(times[i], box), index,
        None if hints is None else [
                upsampled_hints(hints[t], warmup.source, tuning=tuning) for t in times
            ],
    )  # fmt: skip
    layers, opacities = matte_drawing(
        shown,
        shot.colours,
        outline_error,
        search_radius=warmup.scale * parameters.search_radius,
        tuning=tuning,
    )
    for i, t in enumerate(times):
        ruled = warmup.ruled_out(t)
        if ruled is not None:
            mine = nearest_label(own[i]) == index
            layers[i] = apply_hard_constraints(
                layers[i], warmup.frames[t], ruled, cast=warmup.cast, sprite=k, owned=mine
            )
    return CutDrawing(layers, slides, np.asarray(opacities))


def show_background(shot: Shot, t: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Return the layers of the background in a frame, and where it was observed, (H, W) bool.

    The layers are (H, W, 4) uint8, straight RGBA, from back to front.
    """
    width, height = shot.warmup.source
    view = shot.render_view(t, (slice(0, height), slice(0, width)))
    return background_layers(
        shot.warmup.cast, shot.plates, view, t=t, light=shot.light
    ), view.observed
