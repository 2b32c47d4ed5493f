"""A layer of an edited clip from its plate or drawing: moved, scaled, lit, tinted, blurred."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.geometry import Size
from toondecompose.edit.camera import view
from toondecompose.edit.clip import EditedClip, Guest
from toondecompose.edit.images import ChangedImage
from toondecompose.edit.settings import LayerEdit
from toondecompose.report.composition import add_light, warp_drawing, warp_plane
from toondecompose.store.placement import (
    NamedLayer,
    NamedOverlay,
    NamedPlane,
    NamedSprite,
    Placement,
    Placements,
)


def placement_of(
    placements: Placements, layer: NamedLayer, t: int, *, hold: int = 1
) -> Placement | None:
    """Return what a layer shows in a frame: with a hold, its drawing of some frames before."""
    number = placements.layers.index(layer)

    def at(time: int) -> Placement | None:
        pictures = placements.pictures
        found = (p for p in placements.frames[time] if pictures[p.picture].layer == number)
        return next(found, None)

    held = t // hold * hold
    found = at(held)
    if held == t or found is None or not isinstance(layer, NamedSprite):
        return at(t) if not isinstance(layer, NamedSprite) else found
    # The drawing stays; the motion of the sprite as a whole goes on.
    motion = placements.clip.objects[layer.object].transforms
    matrix = found.matrix @ np.linalg.inv(motion[held]) @ motion[t]
    return replace(found, matrix=geometry.normalised(matrix))


def placed(clip: EditedClip, layer: NamedLayer, t: int, *, seen: np.ndarray) -> np.ndarray | None:
    """Return a layer from its plate or drawing, with its edits, (H, W, 4) uint8.

    None where the layer is not in the frame.
    """
    edit = clip.edit.of(layer.name)
    one = placement_of(clip.placements, layer, t, hold=edit.hold)
    if one is None:
        return None
    image = clip.images.get(one.picture)
    if image is not None:
        pixels = _whole(clip, one, image)
    elif isinstance(layer, NamedOverlay):
        pixels = clip.placements.clip.overlays[layer.number].part(t)
    else:
        pixels = clip.placements.read(one.picture)
    matrix = one.matrix @ moved(edit, one, pixels.shape[1::-1]) @ seen
    if isinstance(layer, NamedPlane):
        light = geometry.to_frame(clip.placements.light, seen, clip.size)
        result = add_light(warp_plane(pixels, matrix, clip.size), light)
    else:
        result = warp_drawing(pixels, matrix, clip.size)
    if one.opacity < 1:
        result[..., 3] = np.round(result[..., 3] * one.opacity)
    result = lit(clip, result, t, seen=seen, over_all=not isinstance(layer, NamedOverlay))
    return finished(clip, layer.name, result, t=t, seen=seen)


def placed_guest(
    clip: EditedClip, name: str, guest: Guest, *, time: float, seen: np.ndarray
) -> np.ndarray | None:
    """Return a sprite of another clip, with its edits and this clip's light, (H, W, 4) uint8."""
    edit, own = clip.edit.of(name), guest.frame(time, clip.placements)
    if own is None:
        return None
    one = placement_of(guest.placements, guest.layer, own, hold=edit.hold)
    if one is None:
        return None
    pixels, t = guest.placements.read(one.picture), frame_at(clip, time)
    matrix = one.matrix @ moved(edit, one, pixels.shape[1::-1]) @ seen
    result = warp_drawing(pixels, matrix, clip.size)
    if one.opacity < 1:
        result[..., 3] = np.round(result[..., 3] * one.opacity)
    return finished(clip, name, lit(clip, result, t, seen=seen), t=t, seen=seen)


def frame_at(clip: EditedClip, time: float) -> int:
    """Return the frame of the input at a time in frames."""
    return min(int(time + 1e-6), len(clip.placements.clip) - 1)


def on_screen(clip: EditedClip, time: float) -> np.ndarray:
    """Return (3, 3), pixels of the video to those of what stands still on the screen."""
    return view(replace(clip.edit, camera=()), time, clip.placements.clip.size)


def moved(edit: LayerEdit, one: Placement, size: Size) -> np.ndarray:
    """Return (3, 3), pixels of the frame to where they were before the layer was moved."""
    there = np.array([[(size[0] - 1) / 2, (size[1] - 1) / 2]])
    ((x, y),) = geometry.apply(np.linalg.inv(one.matrix), there)
    dx, dy = edit.move
    back = np.array([[1 / edit.scale, 0, x], [0, 1 / edit.scale, y], [0, 0, 1]])
    return back @ geometry.translation(-x - dx, -y - dy)


def lit(
    clip: EditedClip, layer: np.ndarray, t: int, *, seen: np.ndarray, over_all: bool = True
) -> np.ndarray:
    """Put the fade of a frame into a layer (H, W, 4) uint8, and light over all unless it is off."""
    lighting = clip.placements.lighting
    if not over_all or lighting.light is None:
        return lighting.fade(layer, t)
    if clip.same_view:
        return lighting.restore(layer, t)
    field = lighting.light.field(t, clip.placements.clip.size)
    return lighting.restore(layer, t, geometry.to_frame(field, seen, clip.size))


def finished(
    clip: EditedClip, name: str, layer: np.ndarray, *, t: int, seen: np.ndarray
) -> np.ndarray:
    """Tint and blur a layer (H, W, 4) uint8; the tint has fade and light of the frame."""
    edit = clip.edit.of(name)
    if edit.tint is not None:
        plain = np.full(layer.shape, (*edit.tint, 255), np.uint8)
        overlays = {one.name for one in clip.placements.layers if isinstance(one, NamedOverlay)}
        tint = lit(clip, plain, t, seen=seen, over_all=name not in overlays)[..., :3]
        mixed = (1 - edit.strength) * layer[..., :3] + edit.strength * tint
        layer = np.dstack([np.round(mixed), layer[..., 3]]).astype(np.uint8)
    if edit.blur > 0:
        alpha = layer[..., 3:].astype(np.float32) / 255
        solid = np.dstack([layer[..., :3] * alpha, 255 * alpha])
        soft = cv2.GaussianBlur(solid, (0, 0), edit.blur)
        colour = soft[..., :3] * 255 / np.maximum(soft[..., 3:], 1e-3)
        layer = np.dstack([np.clip(colour, 0, 255).round(), soft[..., 3].round()]).astype(np.uint8)
    return layer


def _whole(clip: EditedClip, one: Placement, image: ChangedImage) -> np.ndarray:
    """Return a changed picture; what was not changed is the clip's own."""
    own = clip.placements.read(one.picture)
    return np.where(image.changed[..., None] > 0, image.rgba, own)
