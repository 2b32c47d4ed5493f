"""The frames of an edited clip.

What was not changed comes from the layers of each frame, so that a clip without edits is as
near to its input as these are. What was changed comes from plates and whole drawings, which the
matrices bring to every frame; so does everything, where the camera or the picture is another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.geometry import Size
from toondecompose.edit.camera import view
from toondecompose.edit.images import ChangedImage
from toondecompose.edit.settings import Edit, LayerEdit
from toondecompose.footage.grain import add_grain
from toondecompose.report.composition import add_light, warp_drawing, warp_plane
from toondecompose.store import paths
from toondecompose.store.placement import NamedLayer, Placement, Placements
from toondecompose.viz.pictures import lay_all_over


@dataclass(frozen=True)
class EditedClip:
    """A clip with its edit.

    Attributes
    ----------
    placements : of the clip.
    edit : what ``edit.yaml`` says.
    images : changed images by the number of their picture.
    background : (h, w, 4) uint8 that takes the place of the planes; None for none.
    """

    placements: Placements
    edit: Edit
    images: Mapping[int, ChangedImage]
    background: np.ndarray | None = None

    @property
    def size(self) -> Size:
        """Width and height of the video."""
        return self.edit.size or self.placements.clip.size

    @property
    def same_view(self) -> bool:
        """Whether the video shows the pixels of the frames."""
        return not self.edit.camera and self.size == self.placements.clip.size

    @property
    def uncovers(self) -> bool:
        """Whether parts of sprites may show that others hide in the frames."""
        names = [layer.name for layer in self.placements.layers if layer.plane is None]
        return bool(self.edit.order) or any(self.edit.of(name).moves for name in names)

    def is_edited(self, name: str) -> bool:
        """Whether something of a layer is to be changed."""
        layers, pictures = self.placements.layers, self.placements.pictures
        repainted = {layers[pictures[i].layer].name for i in self.images}
        return self.edit.of(name) != LayerEdit() or name in repainted


def compose_frame(clip: EditedClip, time: float) -> np.ndarray:
    """Return a frame of the edited clip, (H, W, 3) uint8, at a time in frames of the input."""
    placements = clip.placements
    t = min(int(time + 1e-6), len(placements.clip) - 1)
    seen = view(clip.edit, time, placements.clip.size)
    named = background_layers(clip, t, seen)
    for layer in placements.layers:
        if layer.plane is None and not clip.edit.of(layer.name).hide:
            named += [(layer.name, one) for one in sprite_layers(clip, layer, t, seen)]
    layers = [rgba for _, rgba in in_order(clip, t, named)]
    nothing = np.zeros((*clip.size[::-1], 4), np.uint8)
    ground = placements.clip.ground or (0, 0, 0)
    picture = lay_all_over([nothing, *layers], range(len(layers) + 1), ground)
    return with_grain(clip, t, picture)


def in_order(
    clip: EditedClip, t: int, named: list[tuple[str, np.ndarray]]
) -> list[tuple[str, np.ndarray]]:
    """Sort layers from back to front: as the edit says, or as they are in the frame."""
    if clip.edit.order:
        rank = {name: n for n, name in enumerate(clip.edit.order)}
    else:
        depth = {int(k): n for n, k in enumerate(clip.placements.clip.order[t])}
        layers = clip.placements.layers
        rank = {one.name: depth[one.object] * len(layers) + n for n, one in enumerate(layers)}
    return sorted(named, key=lambda one: rank[one[0]])


def background_layers(clip: EditedClip, t: int, seen: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """Return name and picture of the background's layers in a frame, (H, W, 4) uint8."""
    placements = clip.placements
    planes = [layer for layer in placements.layers if layer.plane is not None]
    if clip.background is not None:
        return [(planes[0].name, new_background(clip, t, seen))]
    named = []
    for k in dict.fromkeys(layer.object for layer in planes):
        own = [layer for layer in planes if layer.object == k]
        edited = any(clip.is_edited(layer.name) for layer in own)
        if clip.same_view and (len(own) == 1 or not edited):
            if clip.edit.of(own[0].name).hide:
                continue
            stored = placements.clip.objects[k].rgba(t)
            named.append((own[0].name, _changed(clip, own[0], t, stored) if edited else stored))
            continue
        for layer in own:
            if not clip.edit.of(layer.name).hide:
                named.append((layer.name, placed(clip, layer, t, seen)))
    return named


def sprite_layers(
    clip: EditedClip, layer: NamedLayer, t: int, seen: np.ndarray
) -> list[np.ndarray]:
    """Return the picture of a sprite in a frame, (H, W, 4) uint8; none where it is not there."""
    if clip.same_view and not clip.uncovers:
        stored = clip.placements.clip.objects[layer.object].rgba(t)
        return [_changed(clip, layer, t, stored) if clip.is_edited(layer.name) else stored]
    if placement_of(clip, layer, t) is None:
        return []
    return [placed(clip, layer, t, seen)]


def placement_of(clip: EditedClip, layer: NamedLayer, t: int) -> Placement | None:
    """Return what a layer shows in a frame: with a hold, its drawing of some frames before."""
    number = clip.placements.layers.index(layer)
    hold = clip.edit.of(layer.name).hold

    def at(time: int) -> Placement | None:
        pictures = clip.placements.pictures
        found = (p for p in clip.placements.frames[time] if pictures[p.picture].layer == number)
        return next(found, None)

    held = t // hold * hold
    found = at(held)
    if held == t or found is None:
        return found
    # The drawing stays; the motion of the sprite as a whole goes on.
    motion = clip.placements.clip.objects[layer.object].transforms
    matrix = found.matrix @ np.linalg.inv(motion[held]) @ motion[t]
    return replace(found, matrix=geometry.normalised(matrix))


def placed(clip: EditedClip, layer: NamedLayer, t: int, seen: np.ndarray) -> np.ndarray:
    """Return a layer from its plate or drawing, with its edits, (H, W, 4) uint8."""
    one, edit, gain = placement_of(clip, layer, t), clip.edit.of(layer.name), _gain(clip, t)
    assert one is not None
    image = clip.images.get(one.picture)
    pixels = clip.placements.read(one.picture) if image is None else _whole(clip, one, image)
    matrix = one.matrix @ moved(edit, one, pixels.shape[1::-1]) @ seen
    if layer.plane is None:
        result = warp_drawing(pixels, matrix, clip.size)
    else:
        light = geometry.to_frame(clip.placements.light, seen, clip.size)
        result = add_light(warp_plane(pixels, matrix, clip.size), light)
    if one.opacity < 1:
        result[..., 3] = np.round(result[..., 3] * one.opacity)
    return finished(_faded(result, gain), edit, gain)


def moved(edit: LayerEdit, one: Placement, size: Size) -> np.ndarray:
    """Return (3, 3), pixels of the frame to where they were before the layer was moved."""
    there = np.array([[(size[0] - 1) / 2, (size[1] - 1) / 2]])
    ((x, y),) = geometry.apply(np.linalg.inv(one.matrix), there)
    dx, dy = edit.move
    back = np.array([[1 / edit.scale, 0, x], [0, 1 / edit.scale, y], [0, 0, 1]])
    return back @ geometry.translation(-x - dx, -y - dy)


def finished(layer: np.ndarray, edit: LayerEdit, gain: float) -> np.ndarray:
    """Tint and blur a layer (H, W, 4) uint8."""
    if edit.tint is not None:
        tint = np.minimum(np.array(edit.tint) * gain, 255)
        mixed = (1 - edit.strength) * layer[..., :3] + edit.strength * tint
        layer = np.dstack([np.round(mixed), layer[..., 3]]).astype(np.uint8)
    if edit.blur > 0:
        alpha = layer[..., 3:].astype(np.float32) / 255
        solid = np.dstack([layer[..., :3] * alpha, 255 * alpha])
        soft = cv2.GaussianBlur(solid, (0, 0), edit.blur)
        colour = soft[..., :3] * 255 / np.maximum(soft[..., 3:], 1e-3)
        layer = np.dstack([np.clip(colour, 0, 255).round(), soft[..., 3].round()]).astype(np.uint8)
    return layer


def new_background(clip: EditedClip, t: int, seen: np.ndarray) -> np.ndarray:
    """Return the new background as a frame shows it: it moves as a plate of its size would."""
    image = clip.background
    assert image is not None
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
    gain = _gain(clip, t)
    shown = _faded(warp_plane(image, matrix, clip.size), gain)
    return finished(shown, clip.edit.of(clip.placements.layers[0].name), gain)


def with_grain(clip: EditedClip, t: int, picture: np.ndarray) -> np.ndarray:
    """Add the grain of a frame, if the clip has any; a larger picture repeats it."""
    folder = clip.placements.clip.clip
    if not folder.exists(paths.grain(t)):
        return picture
    grain = folder.read_png(paths.grain(t))
    height, width = picture.shape[:2]
    times = (-(-height // grain.shape[0]), -(-width // grain.shape[1]), 1)
    return add_grain(picture, np.tile(grain, times)[:height, :width])


def _changed(clip: EditedClip, layer: NamedLayer, t: int, stored: np.ndarray) -> np.ndarray:
    """Return a layer of a frame with the changed pixels of its picture, and tint and blur."""
    one, edit, gain = placement_of(clip, layer, t), clip.edit.of(layer.name), _gain(clip, t)
    if layer.plane is not None and edit.moves:
        return placed(clip, layer, t, np.eye(3))
    image = None if one is None else clip.images.get(one.picture)
    if one is None or image is None:
        return finished(stored, edit, gain)
    plain = replace(clip, edit=Edit())
    painted = placed(plain, layer, t, np.eye(3))
    warp = warp_plane if layer.plane is not None else warp_drawing
    mask = np.dstack([image.changed] * 4)
    share = warp(mask, one.matrix, clip.size)[..., :1].astype(np.float32) / 255
    return finished(_mix(stored, painted, share), edit, gain)


def _mix(under: np.ndarray, over: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Blend two straight RGBA layers (H, W, 4) uint8, with the share (H, W, 1) of the second."""
    first, second = (layer[..., 3:].astype(np.float32) / 255 for layer in (under, over))
    alpha = (1 - share) * first + share * second
    weight = np.where(alpha > 0, share * second / np.maximum(alpha, 1e-6), share)
    colour = (1 - weight) * under[..., :3] + weight * over[..., :3]
    return np.dstack([np.round(colour), np.round(255 * alpha)]).astype(np.uint8)


def _whole(clip: EditedClip, one: Placement, image: ChangedImage) -> np.ndarray:
    """Return a changed picture; what was not changed is the clip's own."""
    own = clip.placements.read(one.picture)
    return np.where(image.changed[..., None] > 0, image.rgba, own)


def _gain(clip: EditedClip, t: int) -> float:
    return float(clip.placements.gains[t])


def _faded(layer: np.ndarray, gain: float) -> np.ndarray:
    """Put a fade into a layer (H, W, 4) uint8."""
    if gain != 1:
        layer[..., :3] = np.minimum(np.round(layer[..., :3] * gain), 255)
    return layer
