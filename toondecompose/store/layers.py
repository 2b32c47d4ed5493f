"""The layers of a finished clip as arrays, read from its folder or from memory when asked for.

Colours are RGB, alpha is straight, both uint8 in 0..255. Pixel centres are at integers, x to the
right and y down; transforms are homographies (3, 3) float64 that act on columns (x, y, 1). Frames,
objects and drawings are counted from 0; object 0 is the background, or its rearmost plane.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np

from toondecompose.core.errors import UserError
from toondecompose.footage.grain import add_grain
from toondecompose.screen.lighting import Lighting
from toondecompose.store import paths
from toondecompose.store.artifacts import PATTERNS, ClipFolder
from toondecompose.store.cast import read_cast
from toondecompose.store.frames import read_ground
from toondecompose.store.layer_parts import (
    AnimatedOverlay,
    Drawing,
    Layer,
    OverlayLayer,
    Plate,
    Sprite,
    check_frame_number,
)
from toondecompose.store.made import recorded
from toondecompose.store.screen import read_lighting, read_over, read_overlays
from toondecompose.viz.pictures import lay_all_over


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
        """What stands still on the screen in front of all objects, then rain or snow, then flashes.

        Most clips have none.
        """
        every = tuple(read_overlays(self.clip, len(self)))
        found = [OverlayLayer(n, self.clip, every, self.lighting) for n in range(len(every))]
        over = read_over(self.clip)
        kinds: tuple[Literal["weather", "flash"], ...] = ("weather", "flash")
        for kind in kinds:
            if times := getattr(over, kind):
                common = (len(found), self.clip, every, self.lighting)
                found.append(AnimatedOverlay(*common, kind, times))
        return tuple(found)

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
        return self.clip.read_png(paths.source(check_frame_number(self.clip, t)))

    def background(self, t: int) -> np.ndarray:
        """Return frame t without sprites, (H, W, 3) uint8; errors as of `frame`."""
        layers = [layer.rgba(t) for layer in self.objects if not isinstance(layer, Sprite)]
        return lay_all_over(layers, range(len(layers)), self.ground)

    def background_observed(self, t: int) -> np.ndarray:
        """Return where `background` is seen in some frame, (H, W) bool; errors as of `frame`."""
        return self.clip.read_png(paths.view_observed(check_frame_number(self.clip, t))) > 0

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
        return self.compose(self.pictures(t), t, grain=grain)

    def pictures(self, t: int) -> list[np.ndarray]:
        """Return what frame t shows of each object, then of each overlay, (H, W, 4) uint8."""
        return [layer.rgba(t) for layer in (*self.objects, *self.overlays)]

    def compose(self, pictures: Sequence[np.ndarray], t: int, *, grain: bool = True) -> np.ndarray:
        """Return `recompose` of frame t from its `pictures`, for those who have read them."""
        over = range(len(self.objects), len(pictures))
        picture = lay_all_over(pictures, [*self.order[t].tolist(), *over], self.ground)
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
