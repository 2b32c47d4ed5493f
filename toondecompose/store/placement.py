"""Which picture each layer shows in each frame, and where: plates and whole drawings by matrices.

From these the frames can be put together again without the layers ``vis/``. Layers have names:
``plate`` is the rearmost plane of the background, ``plate2``, ``plate3`` are those before it, the
sprites are ``A``, ``B``, ``C``, from back to front, and ``overlay``, ``overlay2`` are what stands
still on the screen in front of all, ``weather`` is rain or snow, and
``flash`` are flashes and impact frames.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.parallel import computed_once
from toondecompose.screen.lighting import Lighting
from toondecompose.store import paths
from toondecompose.store.cast import read_cast
from toondecompose.store.layer_parts import AnimatedOverlay, Sprite
from toondecompose.store.layers import Layers

PLATE = "plate"
"""Name of the rearmost plane of the background."""

OVERLAY = "overlay"
"""Name of the first overlay."""


@dataclass(frozen=True)
class NamedPlane:
    """A plane of the background.

    Attributes
    ----------
    name : as in file names.
    object : number of the object that it is a part of.
    plane : its number, as in ``plate/<plane>.png``.
    """

    name: str
    object: int
    plane: int


@dataclass(frozen=True)
class NamedSprite:
    """A sprite: its name as in file names, and the number of its object."""

    name: str
    object: int


@dataclass(frozen=True)
class NamedOverlay:
    """What lies over all: its name as in file names, and its number in `Layers.overlays`.

    That of an overlay is the number in ``overlay/<number>.png`` too.
    """

    name: str
    number: int


NamedLayer = NamedPlane | NamedSprite | NamedOverlay


@dataclass(frozen=True)
class Picture:
    """A picture that frames show.

    Attributes
    ----------
    layer : number of its layer in `Placements.layers`.
    name : ``plate``, or ``A.0001`` for the first drawing of A.
    frames : the frames that show it.
    path : its artifact, straight RGBA.
    observed : artifact of its mask, white where a frame shows it; None where there is none.
    box : x, y, width and height of the part of the artifact that it is; None for all of it.
    """

    layer: int
    name: str
    frames: tuple[int, ...]
    path: str
    observed: str | None
    box: tuple[int, int, int, int] | None = None


@dataclass(frozen=True)
class Placement:
    """A picture in a frame.

    Attributes
    ----------
    picture : number in `Placements.pictures`.
    matrix : (3, 3), pixels of the frame to pixels of the picture.
    opacity : factor of its alpha in this frame, 0..1.
    """

    picture: int
    matrix: np.ndarray
    opacity: float


class Placements:
    """The layers of a finished clip with their names, pictures and places.

    Attributes
    ----------
    layers : planes of the background from back to front, then sprites from back to front, then
        overlays.
    pictures : of all layers; where no frame shows a drawing opaquely there is none, and each of
        its frames has a picture of its own, cut from the layer of the frame.
    frames : the placements of each frame, from back to front.
    """

    def __init__(self, clip: Layers) -> None:
        self.clip = clip
        self.layers = name_layers(clip)
        self.pictures: list[Picture] = []
        self._placed: list[dict[int, Placement]] = [{} for _ in range(len(clip))]
        for number, layer in enumerate(self.layers):
            if isinstance(layer, NamedPlane):
                self._place_plane(number, layer)
            elif isinstance(layer, NamedSprite):
                self._place_sprite(number, layer)
            else:
                self._place_overlay(number, layer)

    @computed_once
    def frames(self) -> list[list[Placement]]:
        """The placements of each frame, from back to front."""
        order = self.clip.order
        overlays = [i for i, one in enumerate(self.layers) if isinstance(one, NamedOverlay)]
        numbers = [[i for k in row for i in self._of(k)] + overlays for row in order]
        return [
            [placed[i] for i in row if i in placed]
            for row, placed in zip(numbers, self._placed, strict=True)
        ]

    @property
    def frame_size(self) -> geometry.Size:
        """Width and height of the frames that the matrices are of."""
        return self.clip.size

    @property
    def lighting(self) -> Lighting:
        """Fade and light over all, which no picture has."""
        return self.clip.lighting

    @computed_once
    def light(self) -> np.ndarray:
        """What the camera adds to the background, grey levels, (H, W, 3) float32."""
        return cv2.resize(self.clip.clip.read_npy(paths.LIGHT), self.frame_size)

    def read(self, number: int) -> np.ndarray:
        """Return a picture without fade and light over all, (h, w, 4) uint8, straight RGBA."""
        picture = self.pictures[number]
        if self._is_plane(picture):
            return self._planes[number]
        pixels = self.clip.clip.read_png(picture.path)
        if picture.box is None:
            return pixels
        x, y, width, height = picture.box
        colour = self.lighting.remove(np.ascontiguousarray(pixels[..., :3]), picture.frames[0])
        return np.dstack([colour, pixels[..., 3]])[y : y + height, x : x + width]

    @computed_once
    def _planes(self) -> dict[int, np.ndarray]:
        """The pictures of planes, which every frame shows, by number."""
        numbers = [i for i, one in enumerate(self.pictures) if self._is_plane(one)]
        return {i: self.clip.clip.read_png(self.pictures[i].path) for i in numbers}

    def _is_plane(self, picture: Picture) -> bool:
        return isinstance(self.layers[picture.layer], NamedPlane)

    def size(self, number: int) -> geometry.Size:
        """Return width and height of a picture."""
        picture = self.pictures[number]
        if picture.box is not None:
            return picture.box[2:]
        return struct.unpack(">II", self.clip.clip.read_bytes(picture.path)[16:24])  # PNG's header

    def _of(self, k: int) -> Iterator[int]:
        """Yield the numbers of the layers of an object, from back to front."""
        for i, layer in enumerate(self.layers):
            if not isinstance(layer, NamedOverlay) and layer.object == k:
                yield i

    def _add(self, picture: Picture, matrices: np.ndarray, opacities: np.ndarray) -> None:
        """Add a picture; matrices and opacities are those of its frames."""
        self.pictures.append(picture)
        for t, matrix, opacity in zip(picture.frames, matrices, opacities, strict=True):
            placement = Placement(len(self.pictures) - 1, matrix, float(opacity))
            self._placed[t][picture.layer] = placement

    def _place_plane(self, number: int, layer: NamedPlane) -> None:
        every, plane = tuple(range(len(self.clip))), layer.plane
        observed = paths.plate_observed(plane)
        picture = Picture(number, layer.name, every, paths.plate(plane), observed)
        matrices = self.clip.clip.read_npy(paths.full_plane_motion(plane))
        self._add(picture, matrices, np.ones(len(every)))

    def _place_overlay(self, number: int, layer: NamedOverlay) -> None:
        one = self.clip.overlays[layer.number]
        if isinstance(one, AnimatedOverlay):
            for n, t in enumerate(one.frames):
                own = Picture(number, f"{layer.name}.{n + 1:04d}", (t,), one.path(t), None)
                self._add(own, np.eye(3)[None], np.ones(1))
            return
        times = np.flatnonzero(one.shown)
        picture = Picture(
            number, layer.name, tuple(times.tolist()), paths.overlay(layer.number), None
        )
        self._add(picture, one.transforms[times], np.ones(len(times)))

    def _place_sprite(self, number: int, layer: NamedSprite) -> None:
        sprite = self.clip.objects[layer.object]
        assert isinstance(sprite, Sprite)
        opacity, motion = sprite.opacity, sprite.drawing_transforms
        for drawing in sprite.drawings:
            times = list(drawing.frames)
            path = paths.sprite_picture(layer.object, drawing.number)
            if not self.clip.clip.exists(path):
                continue
            observed = paths.sprite_observed(layer.object, drawing.number)
            name = f"{layer.name}.{drawing.number + 1:04d}"
            # The whole drawing is as opaque as the frame that shows it most.
            share = opacity[times] / max(float(opacity[times].max()), 1e-6)
            self._add(Picture(number, name, tuple(times), path, observed), motion[times], share)
        for t in range(len(self.clip)):
            if number not in self._placed[t]:
                self._place_frame(number, layer, t)

    def _place_frame(self, number: int, layer: NamedSprite, t: int) -> None:
        """Place what one frame shows of a sprite, where that is not a part of a drawing."""
        path = paths.layer(t, layer.object)
        box = cv2.boundingRect(self.clip.clip.read_png(path)[..., 3])
        if box[2] == 0:
            return
        x, y, width, height = (int(side) for side in box)
        picture = Picture(number, f"{layer.name}.frame{t}", (t,), path, None, (x, y, width, height))
        self._add(picture, geometry.translation(-x, -y)[None], np.ones(1))


def name_layers(clip: Layers) -> tuple[NamedLayer, ...]:
    """Name planes, sprites and overlays: each kind from back to front, sprites by mean place."""
    cast = read_cast(clip.clip)
    planes = [(k, i) for k, numbers in enumerate(cast.planes) for i in sorted(numbers)[::-1]]
    order = clip.order
    depth = {k: float(np.argmax(order == k, axis=1).mean()) for k in cast.sprite_numbers}
    sprites = sorted(cast.sprite_numbers, key=lambda k: (depth[k], k))
    return (
        *(NamedPlane(_numbered(PLATE, n), k, i) for n, (k, i) in enumerate(planes)),
        *(NamedSprite(letters(n), k) for n, k in enumerate(sprites)),
        *(
            NamedOverlay(one.kind if isinstance(one, AnimatedOverlay) else _numbered(OVERLAY, n), n)
            for n, one in enumerate(clip.overlays)
        ),
    )


def _numbered(name: str, n: int) -> str:
    """Return plate, plate2, plate3, ... for 0, 1, 2, ..."""
    return f"{name}{n + 1}" if n else name


def letters(number: int) -> str:
    """Return A, B, ..., Z, AA, AB, ... for 0, 1, ...

    >>> letters(0), letters(25), letters(26), letters(701)
    ('A', 'Z', 'AA', 'ZZ')
    """
    name = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(ord("A") + rest) + name
    return name
