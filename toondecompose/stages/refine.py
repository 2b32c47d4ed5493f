"""Refinement: occlusion, soft edges and the source's full resolution.

Reads ``source/``, ``frame/info.json`` and what the sprites stage left in ``model/sprites/``;
writes ``vis/<N>.img.png``, ``vis/<N>.homo.png``, ``vis/<N>.obj.<K>.png`` (RGBA, straight alpha;
object 0 is the clean plate as the camera sees it), ``plate/<i>.png``, the whole canvas of plane i
of the background, ``plate/<i>.observed.png`` and ``plate/observed/<N>.png``, white where the plate
was seen and black where it is invented, ``model/full_plane_motion.<i>.npy`` and
``model/full_homo_matrix.<K>.npy``, (T, 3, 3), pixels of the source to pixels of the canvas, and
``model/full_exposure_motion.<K>.npy``, the same to pixels of the first frame with that drawing,
and ``model/opacity.<K>.npy``, (T,), how opaque the sprite is as a whole: a factor of its alpha.

For each drawing of each sprite, ``sprite/<K>.<drawing>.png`` is the whole of it, put together from
all frames that show it (RGBA, straight alpha), ``sprite/<K>.<drawing>.observed.png`` white where a
frame shows it, grey where only another drawing does, black where nobody has seen it, and
``model/full_sprite_motion.<K>.npy`` (T, 3, 3) takes pixels of each frame to pixels of its picture.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import cv2
import numpy as np

from toondecompose import geometry
from toondecompose.artifacts import ClipFolder
from toondecompose.cast import ORDER, read_cast
from toondecompose.exposure.sheet import align_again
from toondecompose.fades import read_gains, undo
from toondecompose.geometry import Size
from toondecompose.hints import impose, read_evidence, read_ruled_out
from toondecompose.labelling.hinted import enlarged
from toondecompose.matting.alignment import draft_size, enlarge_planes
from toondecompose.matting.cutting import enlarge_labels, enlarge_mask
from toondecompose.matting.draft import LABEL_ERROR, REACH, make_draft
from toondecompose.matting.held import Drawing, cut_drawing
from toondecompose.matting.hidden import rebuild_hidden
from toondecompose.matting.layers import background_layers, fade, main_plate, without_light
from toondecompose.matting.mending import make_mender
from toondecompose.matting.plates import Plate, View, gather_plates, viewer
from toondecompose.matting.sights import Box, owner
from toondecompose.matting.trimap import measure_bleed
from toondecompose.matting.whole_sprites import write_whole_sprite
from toondecompose.parallel import each
from toondecompose.pictures import lay_over, stripes
from toondecompose.planes.storage import read_background
from toondecompose.settings import RefineSettings
from toondecompose.stage import run_stage, threads
from toondecompose.terminal import Progress

TOGETHER = 12
"""Frames of a drawing that are cut out together, at most: bounds the memory."""


def main(clip: ClipFolder, settings: RefineSettings, progress: Progress) -> None:
    """Take what is known at working resolution to the resolution of the source."""
    info = clip.read_json("frame/info.json")
    working, source = tuple(info["working_size"]), tuple(info["source_size"])
    cast = read_cast(clip)
    numbers, sprites = range(info["frames"]), cast.sprite_numbers
    gains = read_gains(clip)
    frames = each(lambda t: undo(clip.read_png(f"source/{t}.png"), gains[t]), numbers)
    labels = [clip.read_npy(f"model/sprites/alpha.{k}.npy", mmap=True) for k in sprites]
    background = read_background(clip, "model/sprites/planes")
    light = clip.read_npy("model/sprites/light.npy")
    hints = read_evidence(clip)

    drawings = [(k, times) for k in sprites for times in read_drawings(clip, k, info["frames"])]
    held = [(k - sprites.start, times) for k, times in drawings]
    half = draft_size(source)
    motion = [resized(clip, f"model/exposure_motion.{k}.npy", working, half) for k in sprites]
    draft = make_draft(
        frames, labels, held, motion, hints, background, light, working, progress.say
    )
    scale = source[1] / working[1]
    planes = enlarge_planes(draft.planes, draft.size, source)
    light = cv2.resize(light, source)
    plates = gather_plates(
        without_light(frames, light),
        [each(lambda f: enlarge_mask(f, source), masks) for masks in draft.free],
        planes,
        scale * LABEL_ERROR,
    )
    plates = rebuild_hidden(plates, source)
    write_plates(clip, plates, progress.say)
    motions = [plates[main_plate(plates, one, source)].homographies for one in cast.planes]
    motions += [resized(clip, f"model/homo_matrix.{k}.npy", working, source) for k in sprites]
    for k, motion in enumerate(motions):
        clip.write_npy(f"model/full_homo_matrix.{k}.npy", motion)

    def labels_in(t: int) -> np.ndarray:
        return enlarge_labels([label[t] for label in labels], source)

    # Half the size has half of the stray chroma.
    colours = replace(draft.colours, bleed=measure_bleed(frames, plates, light, labels_in))
    progress.say(f"chroma: {colours.bleed:.0%} of its contrast strays beside sprites")
    mender = make_mender(
        frames, labels, plates, motions[len(cast.planes) :], light, colours.noise, scale,
        scale * LABEL_ERROR,
    )  # fmt: skip
    clean = viewer(plates, light)

    def see(t: int, box: Box) -> View:
        return mender.mend(clean(t, box), t, box)

    def cut(drawing: tuple[int, list[int]]) -> list[np.ndarray]:
        (k, times), index = drawing, drawing[0] - sprites.start
        own = [labels_in(t) for t in times]
        pictures, masks = [frames[t] for t in times], [label[index] > 0.5 for label in own]
        slides[k][times] = align_again(pictures, masks, slides[k][times], colours.noise, unsure)
        shown = Drawing(
            pictures, own, slides[k][times], lambda i, box: see(times[i], box), index,
            None if hints is None else [enlarged(hints[t], source) for t in times],
        )  # fmt: skip
        layers, opacities[k][times] = cut_drawing(
            shown, colours, scale * LABEL_ERROR, scale * REACH
        )
        for i, t in enumerate(times):
            ruled = read_ruled_out(clip, t)
            if ruled is not None:
                layers[i] = impose(layers[i], frames[t], ruled, cast, k, owner(own[i]) == index)
        for t, layer in zip(times, layers, strict=True):
            clip.write_png(f"vis/{t}.obj.{k}.png", fade(layer, gains[t]))
        return [layer[..., 3] for layer in layers]

    unsure = round(scale * LABEL_ERROR)
    opacities = {k: np.ones(info["frames"]) for k in sprites}
    slides = {k: resized(clip, f"model/exposure_motion.{k}.npy", working, source) for k in sprites}
    cut_out = progress.map(cut, drawings, "mattes", workers=threads())
    alphas = {
        (k, t): alpha
        for (k, times), own in zip(drawings, cut_out, strict=True)
        for t, alpha in zip(times, own, strict=True)
    }
    for k in sprites:
        clip.write_npy(f"model/full_exposure_motion.{k}.npy", slides[k])
        clip.write_npy(f"model/opacity.{k}.npy", opacities[k])
    order = clip.read_npy(ORDER)

    def whole(k: int) -> None:
        write_whole_sprite(clip, k, slides[k], alphas, order, gains, 2 * scale * LABEL_ERROR)

    progress.map(whole, sprites, "whole sprites", workers=1)

    def finish(t: int) -> None:
        view = see(t, (slice(0, source[1]), slice(0, source[0])))
        opaque = np.full(source[::-1], 255, np.uint8)
        behind = background_layers(cast, plates, view, t, light)
        for k, layer in enumerate(behind):
            clip.write_png(f"vis/{t}.obj.{k}.png", fade(layer, gains[t]))
        clip.write_png(f"plate/observed/{t}.png", np.where(view.observed, opaque, 0))
        clip.write_bytes(f"vis/{t}.img.png", clip.path(f"source/{t}.png").read_bytes())
        covers = [layer[..., 3] for layer in behind] + [alphas[k, t] for k in sprites]
        picture = motion_picture([motion[t] for motion in motions], covers, order[t], working)
        clip.write_png(f"vis/{t}.homo.png", picture)

    progress.map(finish, numbers, "plates", workers=threads())


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


def motion_picture(
    motions: list[np.ndarray], covers: list[np.ndarray], order: Sequence[int], size: Size
) -> np.ndarray:
    """Draw each object's stripes inside its alpha, (H, W, 3) uint8.

    motions are (3, 3), source pixel to canvas; covers (H, W) uint8 alphas; order the objects from
    back to front. The stripes are drawn at the working size, so that they look as in the preview.
    """
    source = (covers[0].shape[1], covers[0].shape[0])
    picture = np.zeros((*covers[0].shape, 3), np.uint8)
    for k in order:
        motion = geometry.resize_homography(motions[k], source, size)
        drawn = stripes(motion, size, index=int(k))
        drawn = cv2.resize(drawn, source, interpolation=cv2.INTER_CUBIC)
        picture = lay_over(drawn, covers[k], picture)
    return picture


if __name__ == "__main__":
    run_stage("refine", main, RefineSettings)
