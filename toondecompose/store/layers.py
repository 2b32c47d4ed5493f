"""The layers of a finished clip as arrays, read from its folder or from memory when asked for.

Colours are RGB, alpha is straight, both uint8 in 0..255. Pixel centres are at integers, x to the
right and y down; transforms are homographies (3, 3) float64 that act on columns (x, y, 1). Frames,
objects and drawings are counted from 0; object 0 is the background, or its rearmost plane.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from pathlib import Path

import numpy as np

from toondecompose.core.errors import FrameNumberError, UserError
from toondecompose.footage.grain import add_grain
from toondecompose.screen.lighting import Lighting
from toondecompose.screen.overlay import Overlay, overlay_part
from toondecompose.store import paths
from toondecompose.store.artifacts import PATTERNS, ClipFolder
from toondecompose.store.cast import read_cast
from toondecompose.store.frames import read_ground
from toondecompose.store.made import recorded
from toondecompose.store.screen import read_lighting, read_overlays
from toondecompose.viz.pictures import lay_all_over


@dataclass(frozen=True)
class Plate:
    """The whole canvas of a plane of the background, put together from all frames.

    Attributes
    ----------
    number : of the plane, as in ``plate/<number>.png``; 0 is the nearest plane.
    """

    number: int
    clip: ClipFolder = field(repr=False)

    @property
    def rgba(self) -> np.ndarray:
        """The canvas, (h, w, 4) uint8; alpha is 0 beyond the outline of the plane."""
        return self.clip.read_png(paths.plate(self.number))

    @property
    def colour(self) -> np.ndarray:
        """The colour of the canvas, (h, w, 3) uint8."""
        return self.rgba[..., :3]

    @property
    def observed(self) -> np.ndarray:
        """Where some frame shows the plane, (h, w) bool; elsewhere it is invented."""
        return self.clip.read_png(paths.plate_observed(self.number)) > 0

    @property
    def transforms(self) -> np.ndarray:
        """(T, 3, 3), pixels of each frame to pixels of the canvas."""
        return self.clip.read_npy(paths.full_plane_motion(self.number))


@dataclass(frozen=True)
class Layer:
    """One object of the clip: a sprite, or what the frames show of a part of the background.

    Attributes
    ----------
    number : of the object, as in ``vis/<N>.obj.<number>.png``.
    """

    number: int
    clip: ClipFolder = field(repr=False)

    def rgba(self, t: int) -> np.ndarray:
        """Return the layer in frame t, (H, W, 4) uint8, of the size of the frames.

        Raises
        ------
        FrameNumberError
            When the clip has no frame t.
        """
        return self.clip.read_png(paths.layer(_checked(self.clip, t), self.number))

    def alpha(self, t: int) -> np.ndarray:
        """Return the alpha of the layer in frame t, (H, W) uint8; errors as of `rgba`."""
        return self.rgba(t)[..., 3]

    def colour(self, t: int) -> np.ndarray:
        """Return the colour of the layer in frame t, (H, W, 3) uint8; errors as of `rgba`."""
        return self.rgba(t)[..., :3]

    @property
    def transforms(self) -> np.ndarray:
        """(T, 3, 3), pixels of each frame to the object's canonical pixels."""
        return self.clip.read_npy(paths.full_motion(self.number))


@dataclass(frozen=True)
class Drawing:
    """One drawing of a sprite, put together from all frames that show it.

    Attributes
    ----------
    sprite, number : as in ``sprite/<sprite>.<number>.png``.
    frames : the frames that show it.
    """

    sprite: int
    number: int
    frames: tuple[int, ...]
    clip: ClipFolder = field(repr=False)

    @property
    def rgba(self) -> np.ndarray | None:
        """The whole drawing, (h, w, 4) uint8; None where no frame shows it opaquely."""
        return self._read(paths.sprite_picture(self.sprite, self.number))

    @property
    def observed(self) -> np.ndarray | None:
        """(h, w) uint8: 255 where a frame shows it, grey where only a similar drawing, else 0."""
        return self._read(paths.sprite_observed(self.sprite, self.number))

    def _read(self, name: str) -> np.ndarray | None:
        return self.clip.read_png(name) if self.clip.exists(name) else None


@dataclass(frozen=True)
class Sprite(Layer):
    """An object that moves by itself before the background."""

    @cached_property
    def drawings(self) -> tuple[Drawing, ...]:
        """Its drawings, in order of appearance."""
        listed = self.clip.read_json(paths.exposure(self.number))["drawings"]
        return tuple(
            Drawing(self.number, d, tuple(times), self.clip) for d, times in enumerate(listed)
        )

    @property
    def drawing_transforms(self) -> np.ndarray:
        """(T, 3, 3), pixels of each frame to pixels of ``rgba`` of the drawing that it shows."""
        return self.clip.read_npy(paths.sprite_motion(self.number))

    @property
    def opacity(self) -> np.ndarray:
        """(T,) float, how opaque the sprite is as a whole, 0..1; its alpha has it already."""
        return self.clip.read_npy(paths.opacity(self.number))

    @property
    def confidence(self) -> float | None:
        """How sure it is that this is a sprite, 0..1."""
        return self.clip.read_json(paths.OBJECTS)["objects"][self.number].get("confidence")


@dataclass(frozen=True)
class OverlayLayer(Layer):
    """What stands still on the screen in front of all objects: a logo, a subtitle.

    Attributes
    ----------
    number : of the overlay, as in ``overlay/<number>.png``.
    overlays : all of the clip.
    lighting : fade and light of the clip; light over all does not reach overlays.
    """

    overlays: tuple[Overlay, ...] = field(repr=False)
    lighting: Lighting = field(repr=False)

    @property
    def picture(self) -> np.ndarray:
        """The overlay without fades, (H, W, 4) uint8, straight alpha."""
        return self.overlays[self.number].picture.copy()

    @property
    def shown(self) -> np.ndarray:
        """The frames that show it, (T,) bool."""
        return self.overlays[self.number].shown

    def rgba(self, t: int) -> np.ndarray:
        """Return what frame t shows of it, (H, W, 4) uint8; errors as of `Layer.rgba`.

        Where two overlays meet, a pixel is that of the more opaque one.
        """
        return self.lighting.fade(self.part(t), t)

    def part(self, t: int) -> np.ndarray:
        """Return `rgba` without its fade; errors as of `Layer.rgba`."""
        return overlay_part(self.overlays, self.number, _checked(self.clip, t))

    @property
    def transforms(self) -> np.ndarray:
        """(T, 3, 3), the identity: it stands still."""
        return np.repeat(np.eye(3)[None], len(self.shown), axis=0)


@dataclass(frozen=True)
class Layers:
    """What a clip was decomposed into. Made by `toondecompose.decompose` or `toondecompose.load`.

    Arrays are read anew each time they are asked for, so that only few are in memory; changing
    one changes nothing here. ``len(layers)`` is the number of frames.
    """

    clip: ClipFolder

    @cached_property
    def _info(self) -> dict:
        return self.clip.read_json(paths.INFO)

    def __len__(self) -> int:
        return self._info["frames"]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the frames, in pixels."""
        width, height = self._info["source_size"]
        return width, height

    @property
    def fps(self) -> Fraction:
        """Frames per second."""
        return Fraction(*self._info["fps_fraction"])

    @property
    def ground(self) -> tuple[int, int, int] | None:
        """Colour behind a transparent clip, in all frames given; None for an opaque clip."""
        return read_ground(self.clip)

    @cached_property
    def objects(self) -> tuple[Layer, ...]:
        """All objects: those of the background from back to front, then the sprites."""
        cast = read_cast(self.clip)
        background = [Layer(k, self.clip) for k in range(len(cast.planes))]
        return (*background, *(Sprite(k, self.clip) for k in cast.sprite_numbers))

    @property
    def sprites(self) -> tuple[Sprite, ...]:
        """The objects that are sprites."""
        return tuple(layer for layer in self.objects if isinstance(layer, Sprite))

    @cached_property
    def lighting(self) -> Lighting:
        """Fade and light over all; layers have both, plates and drawings have neither."""
        return read_lighting(self.clip)

    @cached_property
    def overlays(self) -> tuple[OverlayLayer, ...]:
        """What stands still on the screen, in front of all objects; none in most clips."""
        every = tuple(read_overlays(self.clip, len(self)))
        return tuple(OverlayLayer(n, self.clip, every, self.lighting) for n in range(len(every)))

    @cached_property
    def plates(self) -> tuple[Plate, ...]:
        """The planes of the background, from back to front."""
        count = sum(map(len, read_cast(self.clip).planes))
        return tuple(Plate(i, self.clip) for i in reversed(range(count)))

    @property
    def plate(self) -> Plate:
        """The rearmost plane of the background; the only one in most clips."""
        return self.plates[0]

    @property
    def drawings(self) -> tuple[tuple[Drawing, ...], ...]:
        """The drawings of each sprite."""
        return tuple(sprite.drawings for sprite in self.sprites)

    @property
    def exposure(self) -> np.ndarray:
        """The exposure sheet, (S, T) int: the drawing of each sprite in each frame, -1 for none."""
        sheet = np.full((len(self.sprites), len(self)), -1)
        for row, drawings in zip(sheet, self.drawings, strict=True):
            for drawing in drawings:
                row[list(drawing.frames)] = drawing.number
        return sheet

    @property
    def transforms(self) -> tuple[np.ndarray, ...]:
        """(T, 3, 3) of each object, pixels of each frame to the object's canonical pixels."""
        return tuple(layer.transforms for layer in self.objects)

    @property
    def order(self) -> np.ndarray:
        """(T, K) uint8, the numbers of the objects of each frame from back to front."""
        return self.clip.read_npy(paths.ORDER)

    def frame(self, t: int) -> np.ndarray:
        """Return frame t as it was given, (H, W, 3) uint8.

        Raises
        ------
        FrameNumberError
            When the clip has no frame t.
        """
        return self.clip.read_png(paths.source(_checked(self.clip, t)))

    def background(self, t: int) -> np.ndarray:
        """Return frame t without sprites, (H, W, 3) uint8; errors as of `frame`."""
        layers = [layer.rgba(t) for layer in self.objects if not isinstance(layer, Sprite)]
        return lay_all_over(layers, range(len(layers)), self.ground)

    def background_observed(self, t: int) -> np.ndarray:
        """Return where `background` is seen in some frame, (H, W) bool; errors as of `frame`."""
        return self.clip.read_png(paths.view_observed(_checked(self.clip, t))) > 0

    def recompose(self, t: int, *, grain: bool = True) -> np.ndarray:
        """Lay all layers of frame t over each other, (H, W, 3) uint8.

        Parameters
        ----------
        t : number of the frame.
        grain : whether the grain of the clip, if it has any, is added.

        Raises
        ------
        FrameNumberError
            When the clip has no frame t.
        """
        layers, order = [layer.rgba(t) for layer in self.objects], self.order[t].tolist()
        over = [layer.rgba(t) for layer in self.overlays]
        order += range(len(layers), len(layers) + len(over))
        picture = lay_all_over([*layers, *over], order, self.ground)
        name = paths.grain(t)
        if grain and self.clip.exists(name):
            return add_grain(picture, self.clip.read_png(name))
        return picture

    def save(self, folder: str | Path, *, overwrite: bool = False) -> None:
        """Write all artifacts into a folder, under the names of ``workers/<clip>``.

        The bytes are those of the workflow; its records and logs are not written.

        Parameters
        ----------
        folder : made if it is not there.
        overwrite : replace the layers that are there.

        Raises
        ------
        UserError
            When the folder is not empty, or the files cannot be written; nothing is changed then.
        """
        folder = Path(folder)
        if not overwrite and folder.exists() and any(folder.iterdir()):
            raise UserError(
                f"the folder {folder} is not empty; give another one, or overwrite=True"
            )
        target = ClipFolder(root=folder)
        with target.together():
            for name in self.clip.names():
                target.write_bytes(name, self.clip.read_bytes(name))
        for stage in PATTERNS:
            target.remove_stale(stage)


def load_layers(folder: str | Path) -> Layers:
    """Open the folder of a finished clip; see `toondecompose.load`."""
    clip = ClipFolder(root=Path(folder))
    for name in (paths.INFO, paths.OBJECTS, paths.ORDER, paths.plate(0), paths.layer(0, 0)):
        if not clip.exists(name):
            raise UserError(
                f"{folder} is no folder of a finished clip, because {name} is missing; "
                "give a folder such as workers/violet, and run the clip to its end first"
            )
    _require_whole(clip)
    return Layers(clip)


def _require_whole(clip: ClipFolder) -> None:
    # By names and sizes in the record, where there is one: a lost drawing would go unnoticed, and
    # exports copy images unread.
    for name, one in recorded(clip.root, "refine").items():
        path = clip.path(name)
        if not path.is_file() or path.stat().st_size != one["bytes"]:
            how = "damaged" if path.is_file() else "missing"
            raise UserError(f"{path} is {how}; run the clip again, which makes it anew")


def _checked(clip: ClipFolder, t: int) -> int:
    count = clip.read_json(paths.INFO)["frames"]
    if not 0 <= t < count:
        raise FrameNumberError(f"there is no frame {t}; the clip has frames 0 to {count - 1}")
    return t
