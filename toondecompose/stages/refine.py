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
frame shows it, grey where only another drawing does, black where nobody has seen it, and
``model/full_sprite_motion.<K>.npy`` (T, 3, 3) takes pixels of each frame to pixels of its picture.
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
from toondecompose.core.parallel import each, threads
from toondecompose.exposure.sheet import align_again
from toondecompose.matting.alignment import draft_size, enlarge_planes
from toondecompose.matting.cutting import enlarge_labels, enlarge_mask
from toondecompose.matting.draft import LABEL_ERROR, REACH, make_draft
from toondecompose.matting.held import Drawing, cut_drawing
from toondecompose.matting.hidden import rebuild_hidden
from toondecompose.matting.layers import background_layers, main_plate, without_light
from toondecompose.matting.mending import make_mender
from toondecompose.matting.plates import Plate, See, gather_plates, viewer
from toondecompose.matting.sights import owner
from toondecompose.matting.trimap import Colours, measure_bleed
from toondecompose.matting.whole_sprites import write_whole_sprite
from toondecompose.pipeline.settings import RefineSettings
from toondecompose.pipeline.stage import run_stage
from toondecompose.pipeline.terminal import Progress
from toondecompose.planes.storage import read_background
from toondecompose.screen.lighting import Lighting
from toondecompose.screen.overlay import overlay_layer
from toondecompose.segmentation.hinted import enlarged
from toondecompose.store.artifacts import ClipFolder
from toondecompose.store.cast import ORDER, read_cast
from toondecompose.store.hints import read_evidence, read_ruled_out
from toondecompose.store.screen import read_clean_source, read_lighting, read_overlays
from toondecompose.viz.pictures import motion_picture

TOGETHER = 12
"""Frames of a drawing that are cut out together, at most: bounds the memory."""

Drawn = tuple[int, list[int]]
"""Number of a sprite, and frames that show one drawing of it."""


@dataclass(frozen=True)
class Shot:
    """What all parts of the stage work with, at the resolution of the source.

    Attributes
    ----------
    clip : where it is read from and written to.
    cast : which object is what.
    drawings : of all sprites.
    frames : T images (H, W, 3) uint8, without fade and light over all.
    lighting : that fade and light.
    labels : returns those of all sprites in a frame, (K, H, W) float32 in 0..1.
    hints : (T, h, w), what hints say for sprites; None without any.
    sizes : width and height of the frames at the working resolution, and at the source's.
    plates : front to back.
    motions : (T, 3, 3) of each object, pixel of the source to pixel of its canvas.
    light : (H, W, 3), the camera's own.
    colours : of sprites and background.
    see : shows the clean background.
    """

    clip: ClipFolder
    cast: Cast
    drawings: list[Drawn]
    frames: list[np.ndarray]
    lighting: Lighting
    labels: Callable[[int], np.ndarray]
    hints: np.ndarray | None
    sizes: tuple[Size, Size]
    plates: tuple[Plate, ...]
    motions: list[np.ndarray]
    light: np.ndarray
    colours: Colours
    see: See

    @property
    def scale(self) -> float:
        """Pixels of the source in a working pixel."""
        return self.sizes[1][1] / self.sizes[0][1]


def main(clip: ClipFolder, settings: RefineSettings, progress: Progress) -> None:
    """Take what is known at working resolution to the resolution of the source."""
    shot = prepare(clip, progress.say)
    alphas = cut_sprites(shot, progress)
    order = clip.read_npy(ORDER)
    overlays = read_overlays(clip, len(shot.frames))

    def finish(t: int) -> None:
        if overlays:
            layer = shot.lighting.fade(overlay_layer(overlays, t), t)
            clip.write_png(f"vis/{t}.overlay.png", layer)
        covers = write_background_layers(shot, t) + [alphas[k, t] for k in shot.cast.sprite_numbers]
        clip.write_bytes(f"vis/{t}.img.png", clip.path(f"source/{t}.png").read_bytes())
        picture = motion_picture([m[t] for m in shot.motions], covers, order[t], shot.sizes[0])
        clip.write_png(f"vis/{t}.homo.png", picture)

    progress.map(finish, range(len(shot.frames)), "plates", workers=threads())


def prepare(clip: ClipFolder, say: Callable[[str], None]) -> Shot:
    """Read what earlier stages left, and gather the plates."""
    info = clip.read_json("frame/info.json")
    working, source = tuple(info["working_size"]), tuple(info["source_size"])
    scale = source[1] / working[1]
    cast, lighting = read_cast(clip), read_lighting(clip)
    sprites = cast.sprite_numbers
    frames = each(lambda t: read_clean_source(clip, lighting, t), range(info["frames"]))
    labels = [clip.read_npy(f"model/sprites/alpha.{k}.npy", mmap=True) for k in sprites]
    background = read_background(clip, "model/sprites/planes")
    light, hints = clip.read_npy("model/sprites/light.npy"), read_evidence(clip)
    drawings = [(k, times) for k in sprites for times in read_drawings(clip, k, len(frames))]
    held = [(k - sprites.start, times) for k, times in drawings]
    half = draft_size(source)
    slides = [resized(clip, f"model/exposure_motion.{k}.npy", working, half) for k in sprites]
    draft = make_draft(frames, labels, held, slides, hints, background, light, working, say)

    light = cv2.resize(light, source)
    plates = gather_plates(
        without_light(frames, light),
        [each(lambda f: enlarge_mask(f, source), masks) for masks in draft.free],
        enlarge_planes(draft.planes, draft.size, source),
        scale * LABEL_ERROR,
    )
    plates = rebuild_hidden(plates, source)
    write_plates(clip, plates, say)
    motions = [plates[main_plate(plates, one, source)].homographies for one in cast.planes]
    motions += [resized(clip, f"model/homo_matrix.{k}.npy", working, source) for k in sprites]
    for k, motion in enumerate(motions):
        clip.write_npy(f"model/full_homo_matrix.{k}.npy", motion)

    def enlarged_labels(t: int) -> np.ndarray:
        return enlarge_labels([label[t] for label in labels], source)

    # Half the size has half of the stray chroma.
    bleed = measure_bleed(frames, plates, light, enlarged_labels)
    say(f"chroma: {bleed:.0%} of its contrast strays beside sprites")
    mender = make_mender(
        frames, labels, plates, motions[len(cast.planes) :], light, draft.colours.noise, scale,
        scale * LABEL_ERROR,
    )  # fmt: skip
    clean = viewer(plates, light)
    return Shot(
        clip, cast, drawings, frames, lighting, enlarged_labels, hints, (working, source), plates,
        motions, light, replace(draft.colours, bleed=bleed),
        lambda t, box: mender.mend(clean(t, box), t, box),
    )  # fmt: skip


def cut_sprites(shot: Shot, progress: Progress) -> dict[tuple[int, int], np.ndarray]:
    """Cut all sprites out and write them; return the alpha (H, W) uint8 by sprite and frame."""
    clip, count, sprites = shot.clip, len(shot.frames), shot.cast.sprite_numbers
    opacities = {k: np.ones(count) for k in sprites}
    slides = {k: resized(clip, f"model/exposure_motion.{k}.npy", *shot.sizes) for k in sprites}
    cut_out = progress.map(
        lambda drawing: cut(shot, drawing, slides, opacities),
        shot.drawings, "mattes", workers=threads(),
    )  # fmt: skip
    alphas = {
        (k, t): alpha
        for (k, times), own in zip(shot.drawings, cut_out, strict=True)
        for t, alpha in zip(times, own, strict=True)
    }
    for k in sprites:
        clip.write_npy(f"model/full_exposure_motion.{k}.npy", slides[k])
        clip.write_npy(f"model/opacity.{k}.npy", opacities[k])
    order, blur = clip.read_npy(ORDER), 2 * shot.scale * LABEL_ERROR
    progress.map(
        lambda k: write_whole_sprite(clip, k, slides[k], alphas, order, shot.lighting, blur),
        sprites, "whole sprites", workers=1,
    )  # fmt: skip
    return alphas


def cut(
    shot: Shot, drawing: Drawn, slides: dict[int, np.ndarray], opacities: dict[int, np.ndarray]
) -> list[np.ndarray]:
    """Cut one drawing out of its frames and write it; return the alphas (H, W) uint8.

    Its frames' slides (T, 3, 3) are aligned better, and their opacities (T,) filled in.
    """
    k, times = drawing
    index, blur = k - shot.cast.sprite_numbers.start, shot.scale * LABEL_ERROR
    own = [shot.labels(t) for t in times]
    pictures, masks = [shot.frames[t] for t in times], [label[index] > 0.5 for label in own]
    slides[k][times] = align_again(
        pictures, masks, slides[k][times], shot.colours.noise, round(blur)
    )
    shown = Drawing(
        pictures, own, slides[k][times], lambda i, box: shot.see(times[i], box), index,
        None if shot.hints is None else [enlarged(shot.hints[t], shot.sizes[1]) for t in times],
    )  # fmt: skip
    layers, opacities[k][times] = cut_drawing(shown, shot.colours, blur, shot.scale * REACH)
    for i, t in enumerate(times):
        ruled = read_ruled_out(shot.clip, t)
        if ruled is not None:
            mine = owner(own[i]) == index
            layers[i] = impose(layers[i], shot.frames[t], ruled, shot.cast, k, mine)
        shot.clip.write_png(f"vis/{t}.obj.{k}.png", shot.lighting.restore(layers[i], t))
    return [layer[..., 3] for layer in layers]


def write_background_layers(shot: Shot, t: int) -> list[np.ndarray]:
    """Write the background's objects in frame t; return their alphas (H, W) uint8."""
    width, height = shot.sizes[1]
    view = shot.see(t, (slice(0, height), slice(0, width)))
    layers = background_layers(shot.cast, shot.plates, view, t, shot.light)
    for k, layer in enumerate(layers):
        shot.clip.write_png(f"vis/{t}.obj.{k}.png", shot.lighting.restore(layer, t))
    shot.clip.write_png(f"plate/observed/{t}.png", view.observed.view(np.uint8) * np.uint8(255))
    return [layer[..., 3] for layer in layers]


def resized(clip: ClipFolder, rel: str, working: Size, source: Size) -> np.ndarray:
    """Return homographies (T, 3, 3) of the working resolution at the size of the source."""
    return geometry.resize_homography(clip.read_npy(rel), working, source)


def read_drawings(clip: ClipFolder, k: int, count: int) -> list[list[int]]:
    """Return the frames of each drawing of a sprite, at most `TOGETHER` in a list.

    A frame in which no drawing was seen is in a list of its own.
    """
    drawings = clip.read_json(f"model/exposure.{k}.json")["drawings"]
    seen = {t for times in drawings for t in times}
    parts = [times[i : i + TOGETHER] for times in drawings for i in range(0, len(times), TOGETHER)]
    return parts + [[t] for t in range(count) if t not in seen]


def write_plates(clip: ClipFolder, plates: tuple[Plate, ...], say: Callable[[str], None]) -> None:
    """Write each plane's canvas, where it was observed, and its motion."""
    for i, plate in enumerate(plates):
        clip.write_png(f"plate/{i}.png", plate.picture())
        clip.write_png(f"plate/{i}.observed.png", plate.observed.astype(np.uint8) * 255)
        say(f"plane {i}: {plate.observed.mean():.0%} of its canvas observed")
        clip.write_npy(f"model/full_plane_motion.{i}.npy", plate.homographies)


if __name__ == "__main__":
    run_stage("refine", main, RefineSettings)
