"""The parts of a finished clip as arrays: plates, layers, sprites, their drawings, overlays.

Each is read from the folder of the clip, or from memory, when it is asked for. Conventions:
`toondecompose.store.layers`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np

from toondecompose.core.errors import FrameNumberError
from toondecompose.screen.lighting import Lighting
from toondecompose.screen.overlay import Overlay, overlay_part
from toondecompose.store import paths
from toondecompose.store.artifacts import ClipFolder


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
        return self.clip.read_png(paths.layer(check_frame_number(self.clip, t), self.number))

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
        return overlay_part(self.overlays, self.number, check_frame_number(self.clip, t))

    @property
    def transforms(self) -> np.ndarray:
        """(T, 3, 3), the identity: it stands still."""
        return np.repeat(np.eye(3)[None], len(self.shown), axis=0)


def check_frame_number(clip: ClipFolder, t: int) -> int:
    """Return the number of a frame.

    Raises
    ------
    FrameNumberError
        When the clip has no such frame.
    """
    count = clip.read_json(paths.INFO)["frames"]
    if not 0 <= t < count:
        raise FrameNumberError(f"there is no frame {t}; the clip has frames 0 to {count - 1}")
    return t


@dataclass(frozen=True)
class AnimatedOverlay(OverlayLayer):
    """Rain and snow, or flashes: another picture in each frame, in front of everything.

    Attributes
    ----------
    number : after those of all overlays that stand still.
    kind : "weather" or "flash".
    frames : that show it.
    """

    kind: Literal["weather", "flash"]
    frames: tuple[int, ...]

    @property
    def picture(self) -> np.ndarray:
        """The first of its pictures, (H, W, 4) uint8, straight alpha."""
        return self.part(self.frames[0])

    @property
    def shown(self) -> np.ndarray:
        """The frames that show it, (T,) bool."""
        shown = np.zeros(self.clip.read_json(paths.INFO)["frames"], bool)
        shown[list(self.frames)] = True
        return shown

    @property
    def sheet(self) -> np.ndarray:
        """(T,) int, the number of the picture of each frame, -1 for none."""
        sheet = np.full(len(self.shown), -1)
        sheet[list(self.frames)] = np.arange(len(self.frames))
        return sheet

    def path(self, t: int) -> str:
        """Return the artifact of its picture in frame t."""
        return paths.weather(t) if self.kind == "weather" else paths.flash(t)

    def part(self, t: int) -> np.ndarray:
        """Return `rgba` without its fade; errors as of `Layer.rgba`."""
        if check_frame_number(self.clip, t) not in self.frames:
            width, height = self.clip.read_json(paths.INFO)["source_size"]
            return np.zeros((height, width, 4), np.uint8)
        return self.clip.read_png(self.path(t))
