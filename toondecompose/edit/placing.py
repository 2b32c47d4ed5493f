"""A layer of an edited clip from its plate or drawing: moved, scaled, lit, tinted, blurred."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.geometry import Size
from toondecompose.edit.camera import view
from toondecompose.edit.clip import EditedClip, Guest
from toondecompose.edit.painting import lit, painted_over
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


def placed(
    clip: EditedClip,
    layer: NamedLayer,
    t: int,
    *,
    seen: np.ndarray,
    painted: str | None = None,
) -> np.ndarray | None:
    """Return a layer from its plate or drawing, with its edits, (H, W, 4) uint8.

    Parameters
    ----------
    clip, layer, t : the frame of the layer to place.
    seen : (3, 3), pixels of the video to pixels of the frame.
    painted : name of the layer whose images of single frames lie on this one; None for none.

    Returns
    -------
    None where the layer is not in the frame.
    """
    edit = clip.edit.of(layer.name)
    one = placement_of(clip.placements, layer, t, hold=edit.hold)
    shown = (painted or "", t // edit.hold * edit.hold if isinstance(layer, NamedSprite) else t)
    if one is None and shown not in clip.frame_images:
        return None
    if one is None:
        there = moved(edit, middle(clip.placements.clip.size)) @ seen
        result = np.zeros((*clip.size[::-1], 4), np.uint8)
    else:
        there = moved(edit, centre(clip.placements, one)) @ seen
        result = _from_picture(clip, layer, one, t=t, there=there, seen=seen)
    if shown in clip.frame_images:
        if isinstance(layer, NamedSprite):  # a drawing that is held moves on
            motion = clip.placements.clip.objects[layer.object].transforms
            there = np.linalg.inv(motion[shown[1]]) @ motion[t] @ there
        result = painted_over(clip, shown, result, t=t, there=there)
    return finished(clip, layer.name, result, t=t, seen=seen)


def _from_picture(
    clip: EditedClip,
    layer: NamedLayer,
    one: Placement,
    *,
    t: int,
    there: np.ndarray,
    seen: np.ndarray,
) -> np.ndarray:
    """Return a layer as its plate or drawing, with fade and light of the frame.

    there, seen : (3, 3), pixels of the video to pixels of the frame, with what moves the layer,
    and without.
    """
    image, matrix = clip.images.get(one.picture), one.matrix @ there
    if image is not None:
        pixels = image.rgba
        matrix = geometry.translation(-image.corner[0], -image.corner[1]) @ matrix
    elif isinstance(layer, NamedOverlay):
        pixels = clip.placements.clip.overlays[layer.number].part(t)
    else:
        pixels = clip.placements.read(one.picture)
    if isinstance(layer, NamedPlane):
        light = geometry.to_frame(clip.placements.light, seen, clip.size)
        result = add_light(warp_plane(pixels, matrix, clip.size), light)
    else:
        result = warp_drawing(pixels, matrix, clip.size)
    if one.opacity < 1:
        result[..., 3] = np.round(result[..., 3] * one.opacity)
    return lit(clip, result, t, seen=seen, over_all=not isinstance(layer, NamedOverlay))


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
    matrix = one.matrix @ moved(edit, centre(guest.placements, one)) @ seen
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


def moved(edit: LayerEdit, about: np.ndarray) -> np.ndarray:
    """Return (3, 3), pixels of the frame to where they were before the layer was moved.

    about : (x, y) of the middle of its picture in the frame.
    """
    (x, y), (dx, dy) = about, edit.move
    back = np.array([[1 / edit.scale, 0, x], [0, 1 / edit.scale, y], [0, 0, 1]])
    return back @ geometry.translation(-x - dx, -y - dy)


def middle(size: Size) -> np.ndarray:
    """Return (x, y) of the middle of a picture of this width and height."""
    return (np.array(size) - 1) / 2


def centre(placements: Placements, one: Placement) -> np.ndarray:
    """Return (x, y) of the middle of a placed picture in the frame."""
    there = middle(placements.size(one.picture))
    return geometry.apply(np.linalg.inv(one.matrix), there[None])[0]


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
