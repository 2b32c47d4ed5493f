"""Reading a finished clip and its truth, for the commands of this folder."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from bench import metrics
from toondecompose.core.errors import UserError
from toondecompose.footage.grain import add_grain
from toondecompose.store import paths
from toondecompose.store.artifacts import ClipFolder


@dataclass(frozen=True)
class FinishedClip:
    """The artifacts of a clip that went through all stages, under ``root``."""

    root: Path

    @property
    def folder(self) -> ClipFolder:
        """The clip's folder, for reading."""
        return ClipFolder(root=self.root)

    @staticmethod
    def folder_for(path: Path) -> ClipFolder:
        """Give the folder of a file, for writing it whole or not at all."""
        return ClipFolder(root=path.parent)

    @property
    def count(self) -> int:
        """Number of frames."""
        return int(self.folder.read_json(paths.INFO)["frames"])

    @property
    def objects(self) -> int:
        """Number of objects, the background included."""
        found = len(list(self.root.glob("vis/0.obj.*.png")))
        if not found:
            raise UserError(f"{self.root} has no vis/0.obj.0.png; run the clip to its end first")
        return found

    @property
    def sprites(self) -> range:
        """Numbers of the objects that are not the background."""
        return range(1, self.objects)

    @property
    def working_size(self) -> tuple[int, int]:
        """(width, height) of the working frames."""
        width, height = self.folder.read_json(paths.INFO)["working_size"]
        return width, height

    def input(self, n: int) -> np.ndarray:
        """Give frame ``n`` as it came in, RGB."""
        return self.folder.read_png(paths.source(n))

    def labels(self, n: int) -> np.ndarray:
        """Give the label picture of frame ``n``, RGB, working size."""
        return self.folder.read_png(paths.label_picture(n))

    def plate(self, n: int) -> np.ndarray:
        """Give the clean plate as the camera sees it in frame ``n``, RGB."""
        return self.folder.read_png(paths.layer(n, 0))[..., :3]

    def sprite(self, k: int, n: int) -> np.ndarray:
        """Give object ``k`` in frame ``n``, straight RGBA."""
        return self.folder.read_png(paths.layer(n, k))

    def observed(self, n: int) -> np.ndarray:
        """Give where the plate in frame ``n`` shows what some frame showed, (H, W) bool."""
        return self.folder.read_png(paths.view_observed(n)) > 127

    @cached_property
    def order(self) -> np.ndarray:
        """The objects of each frame from back to front, (T, K); by number where it is not made."""
        if not self.folder.path(paths.ORDER).exists():
            return np.tile(np.arange(self.objects), (self.count, 1))
        return self.folder.read_npy(paths.ORDER)

    def recomposed(self, n: int) -> np.ndarray:
        """Give frame ``n`` put together again from its layers, RGB."""
        layers = [self.sprite(k, n) for k in self.order[n] if k > 0]
        if self.folder.exists(paths.overlay_view(n)):
            layers.append(self.folder.read_png(paths.overlay_view(n)))
        return composite(self.plate(n), layers)

    def regrained(self, n: int, layers: np.ndarray) -> np.ndarray:
        """Give frame ``n``, put together from its layers, with the clip's grain if it has any."""
        if not self.folder.path(paths.grain(n)).exists():
            return layers
        return add_grain(layers, self.folder.read_png(paths.grain(n)))

    def homographies(self, k: int) -> np.ndarray:
        """Give (T, 3, 3), working pixel to canonical pixel."""
        return self.folder.read_npy(paths.motion(k))

    def drawings(self, k: int) -> np.ndarray | None:
        """Give the number of object ``k``'s drawing in each frame, (T,); None if it is not made."""
        name = paths.exposure(k)
        if not self.folder.path(name).exists():
            return None
        drawings = self.folder.read_json(name)["drawings"]
        try:
            return metrics.drawing_numbers(drawings, self.count)
        except ValueError as error:
            raise UserError(f"cannot use {self.folder.path(name)}: {error}") from None


@dataclass(frozen=True)
class Truth:
    """The truth files of a drawn clip, under ``root``; frames are numbered with three digits.

    Two layouts are read: that of ``bench.clips.render``, with its ``truth.json``, and that of
    ``data.violet.render``, with one object and without its colours.
    """

    root: Path

    @property
    def folder(self) -> ClipFolder:
        """The truth's folder, for reading."""
        return ClipFolder(root=self.root)

    @cached_property
    def objects(self) -> list[dict[str, Any]]:
        """Name, ``rigid`` and ``drawings`` (per frame, None for none) of the objects, from 1 on."""
        if self._listed:
            return self.folder.read_json("truth.json")["objects"]
        sheet = self.root / "exposure.json"
        drawings = self.folder.read_json("exposure.json")["exposure"] if sheet.exists() else None
        return [{"name": "figure", "rigid": False, "drawings": drawings}]

    @cached_property
    def planes(self) -> int:
        """Number of planes of the background; plane 0 is the nearest."""
        if self._listed:
            return self.folder.read_json("truth.json")["planes"]
        return 2 if (self.root / "near_alpha").is_dir() else 1

    def alpha(self, n: int, k: int = 1) -> np.ndarray:
        """Give object ``k``'s alpha in frame ``n``, (H, W) uint8."""
        folder = f"alpha/{k}" if self._listed else "alpha"
        return self.folder.read_png(f"{folder}/{n:03d}.png")

    def sprite(self, n: int, k: int = 1) -> np.ndarray | None:
        """Give object ``k`` in frame ``n``, straight RGBA; None where no colour is kept."""
        if not self._listed:
            return None
        return np.dstack([self.folder.read_png(f"colour/{k}/{n:03d}.png"), self.alpha(n, k)])

    def plate(self, n: int) -> np.ndarray:
        """Give the plate as the camera sees it in frame ``n``, RGB."""
        return self.folder.read_png(f"plate/{n:03d}.png")

    def share(self, n: int, plane: int) -> np.ndarray:
        """Give the share of a plane in the plate of frame ``n``, (H, W) uint8."""
        if self.planes == 1:
            return np.full(self.plate(n).shape[:2], 255, np.uint8)
        if self._listed:
            return self.folder.read_png(f"planes/{plane}/{n:03d}.png")
        near = self.folder.read_png(f"near_alpha/{n:03d}.png")
        return 255 - near if plane else near

    def drawings(self, k: int) -> np.ndarray | None:
        """Give the number of the drawing in each frame, (T,); None where it is not known."""
        drawings = self.objects[k - 1]["drawings"]
        if drawings is None:
            return None
        return np.array([metrics.ABSENT if d is None else d for d in drawings])

    def motion(self, k: int) -> np.ndarray | None:
        """Give object ``k``'s (T, 3, 3), frame pixel to its drawing's; None if not known."""
        return self.folder.read_npy(f"homography.{k}.npy") if self._listed else None

    def plane_motion(self, plane: int) -> np.ndarray:
        """Give a plane's (T, 3, 3), frame pixel to canvas pixel."""
        if self._listed:
            return self.folder.read_npy(f"plane_homography.{plane}.npy")
        return self.folder.read_npy("far_homography.npy" if plane else "homography.npy")

    def homographies(self, working_size: tuple[int, int]) -> np.ndarray:
        """Give the near plane's (T, 3, 3), working pixel to canvas."""
        return self.plane_motion(0) @ self.to_source(working_size)

    def to_source(self, working_size: tuple[int, int]) -> np.ndarray:
        """Give (3, 3) from working pixel to source pixel.

        A working pixel x_w shows the source at x_s = (x_w + 0.5) / s - 0.5, as pixel centres lie
        at integers.
        """
        height, width = self.plate(0).shape[:2]
        sx, sy = width / working_size[0], height / working_size[1]
        return np.array([[sx, 0, 0.5 * sx - 0.5], [0, sy, 0.5 * sy - 0.5], [0, 0, 1.0]])

    @property
    def _listed(self) -> bool:
        return (self.root / "truth.json").exists()


def composite(plate: np.ndarray, sprites: list[np.ndarray]) -> np.ndarray:
    """Lay sprites (straight RGBA, back to front) over a plate; RGB uint8, same size.

    Written apart from the pipeline's own compositing, so that the two check each other.
    """
    picture = plate.astype(np.float64)
    for sprite in sprites:
        alpha = sprite[..., 3:] / 255.0
        picture = alpha * sprite[..., :3] + (1.0 - alpha) * picture
    return np.rint(picture).astype(np.uint8)
