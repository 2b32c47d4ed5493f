"""Refinement: occlusion, soft edges and the source's full resolution.

Reads ``source/``, ``frame/info.json`` and what the sprites stage left in ``model/sprites/``;
writes ``vis/<N>.img.png``, ``vis/<N>.homo.png``, ``vis/<N>.obj.<K>.png`` (RGBA, straight alpha;
object 0 is the clean plate as the camera sees it), ``vis/<N>.overlay.png``, what stands still on
the screen in front of them (RGBA; only of clips that have it), ``plate/<i>.png``, the whole canvas
of plane i of the background, ``plate/<i>.observed.png`` and ``plate/observed/<N>.png``, white where
the plate was seen and black where it is invented, ``model/full_plane_motion.<i>.npy`` and
``model/full_homo_matrix.<K>.npy``, (T, 3, 3), pixels of the source to pixels of the canvas, and
``model/full_exposure_motion.<K>.npy``, the same to pixels of the first frame with that drawing,
and ``model/opacity.<K>.npy``, (T,), how opaque the sprite is as a whole: a factor of its alpha.

For each drawing of each sprite, ``sprite/<K>.<drawing>.png`` is the whole of it, put together from
all frames that show it (RGBA, straight alpha), ``sprite/<K>.<drawing>.observed.png`` white where a
frame shows it, grey where only a similar drawing does, black where it is not known, and
``model/full_sprite_motion.<K>.npy`` (T, 3, 3) takes pixels of each frame to pixels of its picture.

Of a transparent input the alphas of all sprites together are ``source/alpha/<N>.png``, and plates
are empty.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from toondecompose.core.parallel import each, threads
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.drawings.completion import WholeDrawing
from toondecompose.drawings.similar_drawings import complete_from_similar
from toondecompose.drawings.whole_drawings import (
    Alphas,
    SpriteLayers,
    place_in_frames,
    put_together,
)
from toondecompose.matting.full_resolution import (
    CutDrawing,
    DrawingFrames,
    Warmup,
    cut_out,
    prepare,
    show_background,
)
from toondecompose.matting.given_alpha import GivenShot
from toondecompose.matting.parameters import Parameters as MattingParameters
from toondecompose.pipeline.settings import RefineSettings
from toondecompose.pipeline.stage import run_stage
from toondecompose.pipeline.terminal import Progress
from toondecompose.pipeline.tuning import read_tuning
from toondecompose.plates.plates import Plate
from toondecompose.screen.lighting import Lighting
from toondecompose.store import paths
from toondecompose.store.artifacts import ClipFolder
from toondecompose.store.cast import read_cast
from toondecompose.store.frames import read_ground
from toondecompose.store.hints import read_evidence, read_ruled_out
from toondecompose.store.planes import read_background
from toondecompose.store.screen import read_clean_source, read_lighting, read_over_all
from toondecompose.viz.pictures import motion_picture

MAX_FRAMES_TOGETHER = 12
"""Frames of a drawing that are matted together, at most: bounds the memory."""


def main(clip: ClipFolder, settings: RefineSettings, progress: Progress) -> None:
    """Take what is known at working resolution to the resolution of the source."""
    tuning = read_tuning(settings.tuning)
    warmup = read_warmup(clip)
    shot = prepare_shot(clip, warmup, progress, tuning=tuning)
    write_plates(clip, shot.plates, progress)
    for k, motion in enumerate(shot.motions):
        clip.write_npy(paths.full_motion(k), motion)
    alphas = write_mattes(clip, warmup, shot.cut, progress=progress)
    lighting, order = read_lighting(clip), clip.read_npy(paths.ORDER)
    margin = 2 * warmup.scale * tuning[MattingParameters].label_error

    def complete(k: int) -> None:
        layers = sprite_layers(clip, k, alphas, order=order, lighting=lighting)
        write_drawings(clip, layers, margin, tuning=tuning)

    progress.map(complete, warmup.cast.sprite_numbers, "whole sprites", workers=1)

    def write_frame(t: int) -> None:
        layers, observed = shot.show_background(t)
        for k, layer in enumerate(layers):
            clip.write_png(paths.layer(t, k), lighting.restore(layer, t))
        over = read_over_all(clip, t)
        if over is not None:
            clip.write_png(paths.overlay_view(t), lighting.fade(over, t))
        clip.write_png(paths.view_observed(t), observed.view(np.uint8) * np.uint8(255))
        clip.write_bytes(paths.image(t), clip.read_bytes(paths.source(t)))
        covers = [layer[..., 3] for layer in layers]
        covers += [alphas[k, t] for k in warmup.cast.sprite_numbers]
        own = [motion[t] for motion in shot.motions]
        clip.write_png(
            paths.motion_picture(t), motion_picture(own, covers, order[t], size=warmup.working)
        )

    progress.map(write_frame, range(len(order)), "plates", workers=threads())


@dataclass(frozen=True)
class SourceLayers:
    """Plates, and how to get the layers of a clip, whether its input is opaque or transparent.

    Attributes
    ----------
    plates : of the planes, from front to back.
    motions : (T, 3, 3) of each object, pixel of the source to pixel of its canvas.
    cut : cuts one drawing of a sprite out of the frames that show it.
    show_background : returns the layers (H, W, 4) uint8 of the background's objects in frame t, and
        where they were observed, (H, W) bool.
    """

    plates: Sequence[Plate]
    motions: Sequence[np.ndarray]
    cut: Callable[[DrawingFrames], CutDrawing]
    show_background: Callable[[int], tuple[list[np.ndarray], np.ndarray]]


def prepare_shot(
    clip: ClipFolder, warmup: Warmup, progress: Progress, *, tuning: Tuning = DEFAULT
) -> SourceLayers:
    """Gather the plates; of a transparent input they are empty, and its alpha is read."""
    ground = read_ground(clip)
    if ground is not None:
        given = GivenShot(warmup, lambda t: clip.read_png(paths.source_alpha(t)), ground)
        cut = partial(given.cut, tuning=tuning)
        return SourceLayers(given.plates, given.motions, cut, given.show_background)
    shot = prepare(warmup, progress.say, tuning=tuning)
    progress.say(f"chroma: {shot.bleed:.0%} of its contrast strays beside sprites")
    cut = partial(cut_out, shot, tuning=tuning)
    return SourceLayers(shot.plates, shot.motions, cut, partial(show_background, shot))


def read_warmup(clip: ClipFolder) -> Warmup:
    """Read the frames and what earlier stages left."""
    info, lighting, cast = clip.read_json(paths.INFO), read_lighting(clip), read_cast(clip)
    count, sprites = info["frames"], cast.sprite_numbers
    width, height = info["working_size"]
    return Warmup(
        cast=cast,
        frames=each(lambda t: read_clean_source(clip, lighting, t), range(count)),
        working=(width, height),
        labels=[clip.read_npy(paths.refined_alpha(k), mmap=True) for k in sprites],
        drawings=[(k, times) for k in sprites for times in read_drawings(clip, k, count)],
        motions=[clip.read_npy(paths.motion(k)) for k in sprites],
        slides=[clip.read_npy(paths.exposure_motion(k)) for k in sprites],
        background=read_background(clip, paths.REFINED_PLANES),
        light=clip.read_npy(paths.LIGHT),
        hints=read_evidence(clip),
        ruled_out=lambda t: read_ruled_out(clip, t),
    )


def read_drawings(clip: ClipFolder, k: int, count: int) -> list[list[int]]:
    """Return the frames of each drawing of a sprite, at most `MAX_FRAMES_TOGETHER` in a list.

    A frame in which no drawing was seen is in a list of its own.
    """
    drawings = clip.read_json(paths.exposure(k))["drawings"]
    seen = {t for times in drawings for t in times}
    parts = [
        times[i : i + MAX_FRAMES_TOGETHER]
        for times in drawings
        for i in range(0, len(times), MAX_FRAMES_TOGETHER)
    ]
    return parts + [[t] for t in range(count) if t not in seen]


def write_plates(clip: ClipFolder, plates: Sequence[Plate], progress: Progress) -> None:
    """Write each plane's canvas, where it was observed, and its motion."""
    for i, plate in enumerate(plates):
        clip.write_png(paths.plate(i), plate.picture())
        clip.write_png(paths.plate_observed(i), plate.observed.astype(np.uint8) * 255)
        progress.say(f"plane {i}: {plate.observed.mean():.0%} of its canvas observed")
        clip.write_npy(paths.full_plane_motion(i), plate.homographies)


def write_mattes(
    clip: ClipFolder,
    warmup: Warmup,
    cut: Callable[[DrawingFrames], CutDrawing],
    *,
    progress: Progress,
) -> dict[tuple[int, int], np.ndarray]:
    """Cut all sprites out and write them; return the alpha (H, W) uint8 by sprite and frame."""
    lighting, sprites = read_lighting(clip), warmup.cast.sprite_numbers
    opacities = {k: np.ones(len(warmup.frames)) for k in sprites}
    slides = {k: warmup.resized(one) for k, one in zip(sprites, warmup.slides, strict=True)}
    alphas: dict[tuple[int, int], np.ndarray] = {}

    def write(drawing: DrawingFrames) -> None:
        k, times = drawing
        found = cut(drawing)
        slides[k][times], opacities[k][times] = found.slides, found.opacities
        for t, layer in zip(times, found.layers, strict=True):
            clip.write_png(paths.layer(t, k), lighting.restore(layer, t))
            alphas[k, t] = np.ascontiguousarray(layer[..., 3])

    progress.map(write, warmup.drawings, "mattes", workers=threads())
    for k in sprites:
        clip.write_npy(paths.full_exposure_motion(k), slides[k])
        clip.write_npy(paths.opacity(k), opacities[k])
    return alphas


def sprite_layers(
    clip: ClipFolder, k: int, alphas: Alphas, *, order: np.ndarray, lighting: Lighting
) -> SpriteLayers:
    """Return the layers of sprite k that `write_mattes` wrote, without fade and light over all."""

    def read(t: int) -> np.ndarray:
        layer = clip.read_png(paths.layer(t, k))
        return np.dstack([lighting.remove(layer[..., :3], t), layer[..., 3]])

    return SpriteLayers(
        number=k,
        motion=clip.read_npy(paths.full_exposure_motion(k)),
        alphas=alphas,
        order=order,
        gains=lighting.gains,
        read=read,
    )


def write_drawings(
    clip: ClipFolder, sprite: SpriteLayers, margin: float, *, tuning: Tuning = DEFAULT
) -> None:
    """Put the drawings of a sprite together; write pictures, masks and where they lie.

    Within margin pixels of another sprite a matte is uncertain.
    """
    k, drawings = sprite.number, clip.read_json(paths.exposure(sprite.number))["drawings"]

    def whole(times: Sequence[int]) -> WholeDrawing | None:
        return put_together(sprite, times, margin, tuning=tuning)

    def write(d: int, drawing: WholeDrawing | None) -> np.ndarray | None:
        if drawing is None:
            return None
        clip.write_png(paths.sprite_picture(k, d), drawing.picture)
        clip.write_png(paths.sprite_observed(k, d), drawing.observed)
        return drawing.place

    numbers = range(len(drawings))
    if sprite.is_alone:  # nothing hides parts of it: no drawing needs the others, nor their memory
        places = each(lambda d: write(d, whole(drawings[d])), numbers)
    else:
        wholes = complete_from_similar(each(whole, drawings), tuning=tuning)
        places = each(lambda d: write(d, wholes[d]), numbers)
    clip.write_npy(paths.sprite_motion(k), place_in_frames(places, drawings, sprite.motion))


if __name__ == "__main__":
    run_stage("refine", main, RefineSettings)
