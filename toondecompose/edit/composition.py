"""The frames of an edited clip.

What was not changed comes from the layers of each frame, so that a clip without edits is as
near to its input as these are. What was changed comes from plates and whole drawings, which the
matrices bring to every frame; so does everything, where the camera or the picture is another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from toondecompose.core import geometry
from toondecompose.edit.camera import view
from toondecompose.edit.clip import EditedClip
from toondecompose.edit.painting import lit, mix, painted_over
from toondecompose.edit.placing import (
    finished,
    frame_at,
    on_screen,
    placed,
    placed_guest,
    placement_of,
)
from toondecompose.edit.settings import Edit, LayerEdit
from toondecompose.footage.grain import add_grain
from toondecompose.report.composition import warp_drawing, warp_plane
from toondecompose.store import paths
from toondecompose.store.placement import (
    NamedLayer,
    NamedOverlay,
    NamedPlane,
    NamedSprite,
    Placement,
)
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
    return put_together(clip, t, named)


def put_together(clip: EditedClip, t: int, named: list[NamedImage]) -> np.ndarray:
    """Lay the layers of a frame over each other, with its grain: (H, W, 3) uint8."""
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
        edited = any(clip.edit.of(layer.name) != LayerEdit() for layer in own)
        whole = len(own) == 1 or not (edited or _parted(clip, own))
        if clip.same_view and whole:
            if clip.edit.of(own[0].name).hide:
                continue
            stored = placements.clip.objects[k].rgba(t)
            if any(one in clip.repainted for one in own) and len(own) > 1:
                stored = _repainted(clip, own, t, stored=stored)
            named.append((own[0].name, _changed(clip, own[0], t, stored=stored)))
            continue
        shown = [layer for layer in own if not clip.edit.of(layer.name).hide]
        for layer in shown:
            # What was painted over all planes of the object lies on the foremost of them.
            painted = own[0].name if layer is shown[-1] else None
            named += _if_there(layer.name, placed(clip, layer, t, seen=seen, painted=painted))
    return named


def sprite_layers(clip: EditedClip, t: int, seen: np.ndarray) -> list[NamedImage]:
    """Return the clip's own sprites in a frame; those that are not there are left out."""
    named = []
    for layer in clip.placements.layers:
        if not isinstance(layer, NamedSprite) or clip.edit.of(layer.name).hide:
            continue
        if clip.same_view and not clip.uncovers:
            stored = clip.placements.clip.objects[layer.object].rgba(t)
            named.append((layer.name, _changed(clip, layer, t, stored=stored)))
        else:
            shown = placed(clip, layer, t, seen=seen, painted=layer.name)
            named += _if_there(layer.name, shown)
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
            shown = placed(clip, layer, t, seen=seen, painted=layer.name)
            named += _if_there(layer.name, shown)
        elif one.shown[t] or (layer.name, t) in clip.frame_images:
            named.append((layer.name, painted_over(clip, (layer.name, t), one.rgba(t), t=t)))
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
        return _there(placed(clip, layer, t, seen=here, painted=layer.name))
    one = placement_of(clip.placements, layer, t, hold=edit.hold)
    image = None if one is None else clip.images.get(one.picture)
    several = isinstance(layer, NamedPlane) and len(clip.planes_of(layer.object)) > 1
    if one is not None and image is not None and not several:
        painted = _there(placed(replace(clip, edit=Edit()), layer, t, seen=here))
        stored = mix(stored, painted, _changed_share(clip, layer, one))
    stored = painted_over(clip, (layer.name, t), stored, t=t)
    return finished(clip, layer.name, stored, t=t, seen=here)


def _repainted(
    clip: EditedClip, planes: Sequence[NamedPlane], t: int, *, stored: np.ndarray
) -> np.ndarray:
    """Return an object of several planes in a frame with the changed pixels of their pictures.

    What was not changed stays as stored; planes before a changed one hide it.
    """
    plain, hidden = replace(clip, edit=Edit()), np.zeros((*clip.size[::-1], 1), np.float32)
    changes: list[tuple[np.ndarray, np.ndarray]] = []
    for layer in reversed(planes):
        one = placement_of(clip.placements, layer, t)
        painted = _there(placed(plain, layer, t, seen=np.eye(3)))
        alpha = painted[..., 3:].astype(np.float32) / 255
        if one is not None and one.picture in clip.images:
            share = _changed_share(clip, layer, one) * alpha * (1 - hidden)
            opaque = np.dstack([painted[..., :3], np.full(alpha.shape[:2], 255, np.uint8)])
            changes.append((opaque, share))
        hidden = 1 - (1 - hidden) * (1 - alpha)
    for painted, share in reversed(changes):
        stored = mix(stored, painted, share)
    return stored


def _changed_share(clip: EditedClip, layer: NamedLayer, one: Placement) -> np.ndarray:
    """Return which share of each pixel of a frame was changed in a picture, (H, W, 1) float32."""
    image = clip.images[one.picture]
    warp = warp_plane if isinstance(layer, NamedPlane) else warp_drawing
    there = geometry.translation(-image.corner[0], -image.corner[1]) @ one.matrix
    mask = warp(np.dstack([image.changed] * 4), there, clip.size)
    return mask[..., :1].astype(np.float32) / 255


def _there(rgba: np.ndarray | None) -> np.ndarray:
    assert rgba is not None  # it has a placement in the frame
    return rgba
