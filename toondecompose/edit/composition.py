"""The frames of an edited clip.

What was not changed comes from the layers of each frame, so that a clip without edits is as
near to its input as these are. What was changed comes from plates and whole drawings, which the
matrices bring to every frame; so does everything, where the camera or the picture is another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from toondecompose.edit.camera import view
from toondecompose.edit.clip import EditedClip
from toondecompose.edit.placing import (
    finished,
    frame_at,
    lit,
    on_screen,
    placed,
    placed_guest,
    placement_of,
)
from toondecompose.edit.settings import Edit
from toondecompose.footage.grain import add_grain
from toondecompose.report.composition import warp_drawing, warp_plane
from toondecompose.store import paths
from toondecompose.store.placement import NamedLayer, NamedOverlay, NamedPlane, NamedSprite
from toondecompose.viz.pictures import lay_all_over

NamedImage = tuple[str, np.ndarray]
"""Name and pixels, (H, W, 4) uint8, of a layer."""


def compose_frame(clip: EditedClip, time: float) -> np.ndarray:
    """Return a frame of the edited clip, (H, W, 3) uint8, at a time in frames of the input."""
    t, seen = frame_at(clip, time), view(clip.edit, time, clip.placements.clip.size)
    named = [
        *background_layers(clip, t, seen),
        *sprite_layers(clip, t, seen),
        *guest_layers(clip, time, seen),
        *overlay_layers(clip, t, on_screen(clip, time)),
    ]
    layers = [rgba for _, rgba in in_order(clip, t, named)]
    nothing = np.zeros((*clip.size[::-1], 4), np.uint8)
    ground = clip.placements.clip.ground or (0, 0, 0)
    picture = lay_all_over([nothing, *layers], range(len(layers) + 1), ground)
    return with_grain(clip, t, picture)


def in_order(clip: EditedClip, t: int, named: list[NamedImage]) -> list[NamedImage]:
    """Sort layers from back to front: as the edit says, or as they are in the frame.

    Sprites of other clips are in front of all objects then, overlays in front of everything.
    """
    if clip.edit.order:
        rank = {name: n for n, name in enumerate(clip.edit.order)}
        return sorted(named, key=lambda one: rank[one[0]])
    depth = {int(k): n for n, k in enumerate(clip.placements.clip.order[t])}
    guests = dict.fromkeys(clip.guests, (len(depth), 0))
    layers = clip.placements.layers
    front = {
        one.name: (len(depth) + 1 if isinstance(one, NamedOverlay) else depth[one.object], n)
        for n, one in enumerate(layers)
    } | guests
    return sorted(named, key=lambda one: front[one[0]])


def background_layers(clip: EditedClip, t: int, seen: np.ndarray) -> list[NamedImage]:
    """Return the background's layers in a frame."""
    placements = clip.placements
    planes = [layer for layer in placements.layers if isinstance(layer, NamedPlane)]
    if clip.background is not None:
        return [(planes[0].name, new_background(clip, clip.background, t, seen=seen))]
    named = []
    for k in dict.fromkeys(layer.object for layer in planes):
        own = [layer for layer in planes if layer.object == k]
        edited = any(map(clip.is_edited, own))
        whole = len(own) == 1 or not (edited or _parted(clip, own))
        if clip.same_view and whole:
            if clip.edit.of(own[0].name).hide:
                continue
            stored = placements.clip.objects[k].rgba(t)
            named.append(
                (own[0].name, _changed(clip, own[0], t, stored=stored) if edited else stored)
            )
            continue
        for layer in own:
            if not clip.edit.of(layer.name).hide:
                named += _if_there(layer.name, placed(clip, layer, t, seen=seen))
    return named


def sprite_layers(clip: EditedClip, t: int, seen: np.ndarray) -> list[NamedImage]:
    """Return the clip's own sprites in a frame; those that are not there are left out."""
    named = []
    for layer in clip.placements.layers:
        if not isinstance(layer, NamedSprite) or clip.edit.of(layer.name).hide:
            continue
        if clip.same_view and not clip.uncovers:
            stored = clip.placements.clip.objects[layer.object].rgba(t)
            own = _changed(clip, layer, t, stored=stored) if clip.is_edited(layer) else stored
            named.append((layer.name, own))
        else:
            named += _if_there(layer.name, placed(clip, layer, t, seen=seen))
    return named


def guest_layers(clip: EditedClip, time: float, seen: np.ndarray) -> list[NamedImage]:
    """Return the sprites of other clips at a time in frames of the input."""
    named = []
    for name, guest in clip.guests.items():
        if not clip.edit.of(name).hide:
            named += _if_there(name, placed_guest(clip, name, guest, time=time, seen=seen))
    return named


def overlay_layers(clip: EditedClip, t: int, seen: np.ndarray) -> list[NamedImage]:
    """Return what stands still on the screen in a frame: another camera does not move it."""
    named = []
    for layer in clip.placements.layers:
        if not isinstance(layer, NamedOverlay) or clip.edit.of(layer.name).hide:
            continue
        one = clip.placements.clip.overlays[layer.number]
        if clip.size != clip.placements.clip.size or clip.is_edited(layer):
            named += _if_there(layer.name, placed(clip, layer, t, seen=seen))
        elif one.shown[t]:
            named.append((layer.name, one.rgba(t)))
    return named


def new_background(clip: EditedClip, image: np.ndarray, t: int, *, seen: np.ndarray) -> np.ndarray:
    """Return the new background as a frame shows it: it moves as a plate of its size would."""
    rearmost = clip.placements.frames[t][0]
    frame, size = clip.placements.clip.size, image.shape[1::-1]
    if size == clip.placements.size(rearmost.picture):
        matrix = rearmost.matrix @ seen
    else:  # it stands still and covers the frame
        factor = min(size[0] / frame[0], size[1] / frame[1])
        cover = np.diag([factor, factor, 1.0])
        cover[:2, 2] = [
            (s - 1) / 2 - factor * (f - 1) / 2 for s, f in zip(size, frame, strict=True)
        ]
        matrix = cover @ seen
    shown = lit(clip, warp_plane(image, matrix, clip.size), t, seen=seen)
    return finished(clip, clip.placements.layers[0].name, shown, t=t, seen=seen)


def with_grain(clip: EditedClip, t: int, picture: np.ndarray) -> np.ndarray:
    """Add the grain of a frame, if the clip has any; a larger picture repeats it."""
    folder = clip.placements.clip.clip
    if not folder.exists(paths.grain(t)):
        return picture
    grain = folder.read_png(paths.grain(t))
    height, width = picture.shape[:2]
    times = (-(-height // grain.shape[0]), -(-width // grain.shape[1]), 1)
    return add_grain(picture, np.tile(grain, times)[:height, :width])


def _parted(clip: EditedClip, planes: Sequence[NamedPlane]) -> bool:
    """Whether the order of an edit puts other layers between the planes of an object."""
    names, order = tuple(one.name for one in planes), clip.edit.order
    if not order:
        return False
    first = order.index(names[0])
    return order[first : first + len(names)] != names


def _if_there(name: str, rgba: np.ndarray | None) -> list[NamedImage]:
    return [] if rgba is None else [(name, rgba)]


def _changed(clip: EditedClip, layer: NamedLayer, t: int, *, stored: np.ndarray) -> np.ndarray:
    """Return a layer of a frame with the changed pixels of its picture, and tint and blur."""
    edit, here = clip.edit.of(layer.name), np.eye(3)
    if isinstance(layer, NamedPlane) and edit.moves:
        return _there(placed(clip, layer, t, seen=here))
    one = placement_of(clip.placements, layer, t, hold=edit.hold)
    image = None if one is None else clip.images.get(one.picture)
    if one is None or image is None:
        return finished(clip, layer.name, stored, t=t, seen=here)
    painted = _there(placed(replace(clip, edit=Edit()), layer, t, seen=here))
    warp = warp_plane if isinstance(layer, NamedPlane) else warp_drawing
    mask = np.dstack([image.changed] * 4)
    share = warp(mask, one.matrix, clip.size)[..., :1].astype(np.float32) / 255
    return finished(clip, layer.name, _mix(stored, painted, share), t=t, seen=here)


def _there(rgba: np.ndarray | None) -> np.ndarray:
    assert rgba is not None  # it has a placement in the frame
    return rgba


def _mix(under: np.ndarray, over: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Blend two straight RGBA layers (H, W, 4) uint8, with the share (H, W, 1) of the second."""
    first, second = (layer[..., 3:].astype(np.float32) / 255 for layer in (under, over))
    alpha = (1 - share) * first + share * second
    weight = np.where(alpha > 0, share * second / np.maximum(alpha, 1e-6), share)
    colour = (1 - weight) * under[..., :3] + weight * over[..., :3]
    return np.dstack([np.round(colour), np.round(255 * alpha)]).astype(np.uint8)
