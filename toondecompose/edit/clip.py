"""A clip with its edit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from toondecompose.core.geometry import Size
from toondecompose.edit.images import ChangedImage
from toondecompose.edit.settings import Edit, LayerEdit
from toondecompose.store.placement import NamedLayer, NamedPlane, NamedSprite, Placements


@dataclass(frozen=True)
class Guest:
    """A sprite of another clip.

    Attributes
    ----------
    placements : of that clip.
    layer : the sprite in that clip.
    start : frame of the edited clip in which it begins.
    """

    placements: Placements
    layer: NamedSprite
    start: int

    def frame(self, time: float, clip: Placements) -> int | None:
        """Return its frame at a time in frames of the edited clip; None where it is not there."""
        own = (time - self.start) * float(self.placements.clip.fps / clip.clip.fps)
        t = int(own + 1e-6)
        return t if own > -1e-6 and t < len(self.placements.clip) else None


@dataclass(frozen=True)
class EditedClip:
    """A clip with its edit.

    Attributes
    ----------
    placements : of the clip.
    edit : what ``edit.yaml`` says.
    images : changed images by the number of their picture.
    frame_images : changed layers of a frame, by the layer's name and the frame.
    background : (h, w, 4) uint8 that takes the place of the planes; None for none.
    guests : sprites of other clips, by the name they have here.
    """

    placements: Placements
    edit: Edit
    images: Mapping[int, ChangedImage]
    frame_images: Mapping[tuple[str, int], ChangedImage] = field(default_factory=dict)
    background: np.ndarray | None = None
    guests: Mapping[str, Guest] = field(default_factory=dict)

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
        names = [one.name for one in self.placements.layers if isinstance(one, NamedSprite)]
        return bool(self.edit.order) or any(self.edit.of(name).moves for name in names)

    def is_edited(self, layer: NamedLayer) -> bool:
        """Whether something of a layer is to be changed in all its frames."""
        return self.edit.of(layer.name) != LayerEdit() or layer in self.repainted

    @property
    def repainted(self) -> list[NamedLayer]:
        """Layers of which a picture was changed."""
        layers, pictures = self.placements.layers, self.placements.pictures
        return [layers[pictures[i].layer] for i in self.images]

    def planes_of(self, k: int) -> list[NamedPlane]:
        """Return the planes of an object, from back to front."""
        layers = self.placements.layers
        return [one for one in layers if isinstance(one, NamedPlane) and one.object == k]
