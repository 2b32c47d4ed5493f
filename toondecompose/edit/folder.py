"""The folder of edits: which pictures of the clip its images take the place of.

Images have the names that exports give. ``plate.png``, ``overlay.png`` and ``cels/A/A.0001.png``
are whole pictures, which every frame that holds them shows; ``A/A.0001.png`` is a layer in one
frame, and changes that frame.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

import numpy as np

from toondecompose.core.errors import UserError
from toondecompose.edit.images import ChangedImage, find_change, read_image
from toondecompose.export.registry import FOLDER as EXPORTS
from toondecompose.export.scene import LIGHT, Cels, Scene, cel, placed_drawing, sequence
from toondecompose.store import paths
from toondecompose.store.layer_parts import Drawing, Layer, OverlayLayer, Sprite
from toondecompose.store.placement import NamedPlane, NamedSprite, Picture, Placements

IMAGES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp", ".tga", ".exr")
"""Ends of names of images, in small letters."""

OBSERVED = ".observed.png"


@dataclass(frozen=True)
class Changes:
    """All changed images of a folder.

    Attributes
    ----------
    pictures : plates, drawings and overlays, by the number of their picture.
    frames : layers in a frame, by the layer's name and the frame.
    """

    pictures: Mapping[int, ChangedImage]
    frames: Mapping[tuple[str, int], ChangedImage]


def file_name(name: str) -> str:
    """Return where the image of a picture lies in the folder of edits.

    >>> file_name("plate"), file_name("A.0001")
    ('plate.png', 'cels/A/A.0001.png')
    """
    layer, _, drawing = name.partition(".")
    return f"cels/{layer}/{name}.png" if drawing else f"{name}.png"


def find_changes(placements: Placements, folder: Path, background: str | None = None) -> Changes:
    """Read all changed images of a folder.

    Images that are the clip's own, as an export left them, count as none.

    Raises
    ------
    UserError
        When an image has another size than the picture, or the name of none, or is no PNG.
    """
    return EditFolder(placements, folder).read(background)


@dataclass(frozen=True)
class EditFolder:
    """The folder of edits of a clip, with the names that images in it may have."""

    placements: Placements
    folder: Path

    @cached_property
    def scene(self) -> Scene:
        """The clip as exports see it."""
        return Scene(self.placements.clip, "")

    @cached_property
    def pictures(self) -> dict[str, int]:
        """The numbers of plates, drawings and overlays, by the names of their images."""
        pictures = enumerate(self.placements.pictures)
        return {file_name(one.name): i for i, one in pictures if not one.box}

    @cached_property
    def frames(self) -> dict[str, tuple[str, Layer, int]]:
        """Name and number of layers in a frame, by the names of their images."""
        times = range(len(self.placements.clip))
        return {sequence(name, t): (name, one, t) for name, one in self.scene.stack for t in times}

    @cached_property
    def scattered(self) -> dict[str, tuple[str, Drawing]]:
        """Drawings that no frame shows opaquely, by the names of their cels."""
        return {
            name: (letter, one)
            for letter, sprite in self.scene.sprites
            for one in sprite.drawings
            if (name := cel(letter, one.number)) not in self.pictures
        }

    @cached_property
    def cels(self) -> dict[str, Cels]:
        """The cels of each sprite, by its name."""
        return {name: self.scene.cels(sprite) for name, sprite in self.scene.sprites}

    def names(self) -> Iterator[str]:
        """Yield the names that images may have."""
        yield from self.pictures
        yield from self.frames

    def read(self, background: str | None) -> Changes:
        """Read all changed images; errors as of `find_changes`."""
        pictures: dict[int, ChangedImage] = {}
        frames: dict[tuple[str, int], ChangedImage] = {}
        for path in sorted(self.folder.rglob("*")):
            name = path.relative_to(self.folder).as_posix()
            if name == background or any(part.startswith(".") for part in Path(name).parts):
                continue
            if self._is_export(name, path):
                continue
            if name in self.pictures:
                number = self.pictures[name]
                change = self._picture(number, read_image(path), path)
                pictures |= {} if change is None else {number: change}
            elif name in self.frames:
                layer, own, t = self.frames[name]
                change = self._frame(own, t, path)
                frames |= {} if change is None else {(layer, t): change}
            elif path.is_file():
                self._refuse(name, path)
        return Changes(pictures, frames)

    def _picture(self, number: int, rgba: np.ndarray, path: Path) -> ChangedImage | None:
        """Return the change of a plate, a drawing or an overlay."""
        picture, own = self.placements.pictures[number], self.placements.read(number)
        layer = self.placements.layers[picture.layer]
        corner = (0, 0) if rgba.shape == own.shape else None
        if corner is None and isinstance(layer, NamedSprite):
            corner = self._place_of_cel(layer, picture, rgba.shape[1::-1])
        if corner is None:
            (height, width), mine = own.shape[:2], f"{rgba.shape[1]}x{rgba.shape[0]}"
            raise UserError(
                f"{path} has {mine} pixels, but the picture that it takes the place of, "
                f"{picture.path}, has {width}x{height}; change a copy of that one, or of "
                f"{EXPORTS}/{file_name(picture.name)}"
            )
        return find_change(rgba, own, corner=corner, opaque=isinstance(layer, NamedPlane))

    def _place_of_cel(
        self, layer: NamedSprite, picture: Picture, size: tuple[int, int]
    ) -> tuple[int, int] | None:
        """Return the place of an exported cel of this size, in pixels of the drawing.

        Exported cels have a canvas with the frame in its middle; one that was cut to the frame is
        taken as well. None where the size is neither.
        """
        cels = self.cels[layer.name]
        drawing = next(d for d in cels.sprite.drawings if picture.frames[0] in d.frames)
        _, (x, y) = placed_drawing(cels.sprite, drawing)
        if size == cels.size:
            return cels.corner[0] - x, cels.corner[1] - y
        return (-x, -y) if size == self.placements.clip.size else None

    def _frame(self, layer: Layer, t: int, path: Path) -> ChangedImage | None:
        """Return the change of a layer in a frame."""
        rgba, own = read_image(path), layer.rgba(t)
        if rgba.shape != own.shape:
            (height, width), mine = own.shape[:2], f"{rgba.shape[1]}x{rgba.shape[0]}"
            raise UserError(
                f"{path} has {mine} pixels, but frames have {width}x{height}; change a copy of "
                f"{paths.layer(t, layer.number)}, or of {EXPORTS}/{self._relative(path)}"
            )
        background = not isinstance(layer, Sprite | OverlayLayer)
        return find_change(rgba, own, opaque=background)

    def _is_export(self, name: str, path: Path) -> bool:
        """Whether a file is one that an export wrote, and was not changed."""
        if not path.is_file():
            return False
        export, clip = self.folder.parent / EXPORTS / name, self.placements.clip.clip
        if export.is_file() and export.read_bytes() == path.read_bytes():
            return True
        number = self.pictures.get(name.removesuffix(OBSERVED) + ".png")
        mask = None if number is None else self.placements.pictures[number].observed
        if mask is None or not name.endswith(OBSERVED):
            return False
        return clip.read_bytes(mask) == path.read_bytes()

    def _relative(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()

    def _refuse(self, name: str, path: Path) -> None:
        """Raise one sentence about a file that somebody may take for an edit."""
        suffix, exported = path.suffix.lower(), self.folder.parent / EXPORTS / name
        if name == Path(paths.EDIT_SETTINGS).name:
            return
        if name.casefold() in ("edit.yaml", "edit.yml"):
            raise UserError(f"{path} is not read; name it edit.yaml")
        png = PurePosixPath(name).with_suffix(".png").as_posix()
        same = next((one for one in self.names() if one.casefold() == png.casefold()), None)
        if same is not None and suffix == ".png":
            raise UserError(f"{path} is not taken; its name has to be {same}, in these letters")
        if same is not None and suffix in (*IMAGES, ".psd"):
            raise UserError(f"{path} is not taken, because it is no .png; save it as {same}")
        if suffix not in IMAGES and not exported.is_file():
            return  # notes, and files of the paint program
        raise UserError(f"{path} {self._start(name, suffix)}")

    def _start(self, name: str, suffix: str) -> str:
        """Say why an image of no known name is not taken, and which to start from."""
        if name in self.scattered:
            letter, drawing = self.scattered[name]
            return (
                "is a drawing that no frame shows opaquely; change its frames instead, such as "
                f"{sequence(letter, drawing.frames[0])}"
            )
        if name.endswith(OBSERVED):
            plate = name.removesuffix(OBSERVED) + ".png"
            return f"is a mask of what frames have shown, and is not taken; change {plate} instead"
        if name.startswith(f"{LIGHT}/"):
            return "is light over all, and is not taken; change plate.png or a drawing instead"
        some = ", ".join([*list(self.pictures)[:3], *list(self.frames)[-1:]])
        if suffix != ".png" or name.startswith("sheets/"):
            return (
                "is not taken; edits are PNG of one picture each, of the names that the export png "
                f"gives, such as {some}"
            )
        near = [one for one in self.names() if PurePosixPath(one).name == PurePosixPath(name).name]
        if near:
            return f"has the name of no picture of this clip; did you mean {' or '.join(near)}?"
        return (
            "has the name of no picture of this clip; name it as the picture that it takes the "
            f"place of, such as {some}"
        )
