"""Reading a finished clip and its truth, for the commands of this folder."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from toondecompose.artifacts import ClipFolder
from toondecompose.errors import UserError


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
        return int(self.folder.read_json("frame/info.json")["frames"])

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
        width, height = self.folder.read_json("frame/info.json")["working_size"]
        return width, height

    def input(self, n: int) -> np.ndarray:
        """Give frame ``n`` as it came in, RGB."""
        return self.folder.read_png(f"source/{n}.png")

    def labels(self, n: int) -> np.ndarray:
        """Give the label picture of frame ``n``, RGB, working size."""
        return self.folder.read_png(f"preview_labels/{n}.png")

    def plate(self, n: int) -> np.ndarray:
        """Give the clean plate as the camera sees it in frame ``n``, RGB."""
        return self.folder.read_png(f"vis/{n}.obj.0.png")[..., :3]

    def sprite(self, k: int, n: int) -> np.ndarray:
        """Give object ``k`` in frame ``n``, straight RGBA."""
        return self.folder.read_png(f"vis/{n}.obj.{k}.png")

    def observed(self, n: int) -> np.ndarray:
        """Give where the plate in frame ``n`` shows what some frame showed, (H, W) bool."""
        return self.folder.read_png(f"plate/observed/{n}.png") > 127

    def homographies(self, k: int) -> np.ndarray:
        """Give (T, 3, 3), working pixel to canonical pixel."""
        return self.folder.read_npy(f"model/homo_matrix.{k}.npy")


@dataclass(frozen=True)
class Truth:
    """The truth files of a drawn clip, under ``root``; frames are numbered with three digits."""

    root: Path

    @property
    def folder(self) -> ClipFolder:
        """The truth's folder, for reading."""
        return ClipFolder(root=self.root)

    def alpha(self, n: int) -> np.ndarray:
        """Give the figure's alpha in frame ``n``, (H, W) uint8."""
        return self.folder.read_png(f"alpha/{n:03d}.png")

    def plate(self, n: int) -> np.ndarray:
        """Give the plate as the camera sees it in frame ``n``, RGB."""
        return self.folder.read_png(f"plate/{n:03d}.png")

    def homographies(self, working_size: tuple[int, int]) -> np.ndarray:
        """Give the near plane's (T, 3, 3), working pixel to canvas.

        The file's map source pixels. A working pixel x_w shows the source at
        x_s = (x_w + 0.5) / s - 0.5, as pixel centres lie at integers.
        """
        height, width = self.alpha(0).shape
        sx, sy = width / working_size[0], height / working_size[1]
        to_source = np.array([[sx, 0, 0.5 * sx - 0.5], [0, sy, 0.5 * sy - 0.5], [0, 0, 1.0]])
        return self.folder.read_npy("homography.npy") @ to_source


def composite(plate: np.ndarray, sprites: list[np.ndarray]) -> np.ndarray:
    """Lay sprites (straight RGBA, back to front) over a plate; RGB uint8, same size.

    Written apart from the pipeline's own compositing, so that the two check each other.
    """
    picture = plate.astype(np.float64)
    for sprite in sprites:
        alpha = sprite[..., 3:] / 255.0
        picture = alpha * sprite[..., :3] + (1.0 - alpha) * picture
    return np.rint(picture).astype(np.uint8)
