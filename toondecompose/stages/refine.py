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
from functools import partial

import numpy as np

from toondecompose.core.parallel import each, threads
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.drawings.whole_drawings import write_whole_drawings
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
from toondecompose.planes.storage import read_background
from toondecompose.plates.plates import Plate
from toondecompose.store import paths
from toondecompose.store.artifacts import ClipFolder
from toondecompose.store.cast import read_cast
from toondecompose.store.frames import read_ground
from toondecompose.store.hints import read_evidence, read_ruled_out
from toondecompose.store.screen import read_clean_source, read_lighting, read_over_all
from toondecompose.viz.pictures import motion_picture

MAX_FRAMES_TOGETHER = 12
"""Frames of a drawing that are matted together, at most: bounds the memory."""


def main(clip: ClipFolder, settings: RefineSettings, progress: Progress) -> None:
    """Take what is known at working resolution to the resolution of the source."""
    tuning = read_tuning(settings.tuning)
    warmup, ground = read_warmup(clip), read_ground(clip)
    if ground is None:
        shot = prepare(warmup, progress.say, tuning=tuning)
        progress.say(f"chroma: {shot.bleed:.0%} of its contrast strays beside sprites")
        plates, motions = shot.plates, shot.motions
        cut, behind = partial(cut_out, shot, tuning=tuning), partial(show_background, shot)
    else:
        given = GivenShot(warmup, lambda t: clip.read_png(paths.source_alpha(t)), ground)
        plates, motions = given.plates, given.motions
        cut, behind = partial(given.cut, tuning=tuning), given.show_background
    write_plates(clip, plates, motions, progress)
    alphas = write_sprites(clip, warmup, cut, progress, tuning=tuning)
    lighting, order = read_lighting(clip), clip.read_npy(paths.ORDER)

    def finish(t: int) -> None:
        layers, observed = behind(t)
        for k, layer in enumerate(layers):
            clip.write_png(paths.layer(t, k), lighting.restore(layer, t))
        over = read_over_all(clip, t)
        if over is not None:
            clip.write_png(paths.overlay_view(t), lighting.fade(over, t))
        clip.write_png(paths.view_observed(t), observed.view(np.uint8) * np.uint8(255))
        clip.write_bytes(paths.image(t), clip.read_bytes(paths.source(t)))
        covers = [layer[..., 3] for layer in layers]
        covers += [alphas[k, t] for k in warmup.cast.sprite_numbers]
        own = [motion[t] for motion in motions]
        picture = motion_picture(own, covers, order[t], warmup.working)
        clip.write_png(paths.motion_picture(t), picture)

    progress.map(finish, range(len(order)), "plates", workers=threads())


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


def write_plates(
    clip: ClipFolder, plates: Sequence[Plate], motions: Sequence[np.ndarray], progress: Progress
) -> None:
    """Write each plane's canvas, where it was observed, its motion, and that of all objects."""
    for i, plate in enumerate(plates):
        clip.write_png(paths.plate(i), plate.picture())
        clip.write_png(paths.plate_observed(i), plate.observed.astype(np.uint8) * 255)
        progress.say(f"plane {i}: {plate.observed.mean():.0%} of its canvas observed")
        clip.write_npy(paths.full_plane_motion(i), plate.homographies)
    for k, motion in enumerate(motions):
        clip.write_npy(paths.full_motion(k), motion)


def write_sprites(
    clip: ClipFolder,
    warmup: Warmup,
    cut: Callable[[DrawingFrames], CutDrawing],
    progress: Progress,
    *,
    tuning: Tuning = DEFAULT,
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
    order = clip.read_npy(paths.ORDER)
    margin = 2 * warmup.scale * tuning[MattingParameters].label_error
    progress.map(
        lambda k: write_whole_drawings(
            clip, k, slides[k], alphas, order, lighting, margin, tuning=tuning
        ),
        sprites, "whole sprites", workers=1,
    )  # fmt: skip
    return alphas


if __name__ == "__main__":
    run_stage("refine", main, RefineSettings)
