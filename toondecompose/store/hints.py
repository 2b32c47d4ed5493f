"""Hints: strokes of the user on single frames that assign pixels to objects.

``hints/<clip>/<frame>.<K>.png`` is about one object in one frame, and as large as the source:
opaque white means "this is object K", opaque black "this is not object K"; transparent or grey
pixels have no meaning. Frames are numbered as in ``source/<N>.png``, objects as in
``model/objects.json``, which hints never change. The alpha stage reads the folder and leaves
``model/hints/<N>.npy``, what was said about the pixels of a frame, and ``model/hints.npy``, what
follows from it for the frames around; later stages read these.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from toondecompose.core.errors import UserError
from toondecompose.reading.inputs import PILLOW_FORMATS, list_files, readable_name
from toondecompose.store import paths
from toondecompose.store.artifacts import ClipFolder

FOLDER = "hints"
"""Folder of all hints, beside ``workers``."""

OPAQUE, WHITE, BLACK = 128, 192, 63
"""Alpha from which a pixel is painted, and levels from and up to which it is white and black."""

COLOURED, FEW = 64, 0.01
"""A pixel whose channels differ by more than the first is no grey; a larger share of such pixels
than the second is a picture and no hint."""


@dataclass(frozen=True, order=True)
class Hint:
    """A file with strokes about one object in one frame."""

    frame: int
    object: int
    path: Path


def hint_folder(clip: str) -> Path:
    """Folder of the hints of a clip."""
    return Path(FOLDER, clip)


def hint_files(folder: Path) -> list[Path]:
    """Everything in the folder that is not hidden, sorted; empty when there is no folder."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if not readable_name(path).startswith("."))


def find_hints(folder: Path) -> list[Hint]:
    """Hints of a folder, by frame and object.

    Raises
    ------
    UserError
        When a name is not ``<frame>.<K>.png``.
    """
    hints = []
    for path in hint_files(folder):
        found = re.fullmatch(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.png", path.name)
        if found is None or not path.is_file():
            raise UserError(
                f"{path} is no hint: its name must be <frame>.<object>.png, such as 12.1.png; "
                "rename it or take it out of the folder"
            )
        hints.append(Hint(int(found[1]), int(found[2]), path))
    return sorted(hints)


def check_objects(hints: Sequence[Hint], objects: int) -> None:
    """Raise a UserError when a hint is about an object that the clip does not have."""
    for hint in hints:
        if hint.object >= objects:
            raise UserError(
                f"the hint {hint.path} is about object {hint.object}, but the clip has "
                f"{objects} objects, numbered 0 to {objects - 1}; rename it or raise 'objects'"
            )


def check_frames(hints: Sequence[Hint], count: int) -> None:
    """Raise a UserError when a hint is about a frame that the clip does not have."""
    for hint in hints:
        if hint.frame >= count:
            raise UserError(
                f"the hint {hint.path} is about frame {hint.frame}, but the clip has "
                f"{count} frames, numbered 0 to {count - 1}; rename it as in source/<N>.png"
            )


def note_hints(clip: str, listing: Path, objects: int | str) -> None:
    """Bring the listing of a clip's hints up to date.

    Before it changes, they are checked as far as that can be done before the stages have run.
    """
    hints = find_hints(hint_folder(clip))

    def check() -> None:
        if objects != "auto":
            check_objects(hints, int(objects))
        for hint in hints:
            read_hint(hint.path, None)

    list_files([hint.path for hint in hints], listing, check=check)


def read_hint(path: Path, size: tuple[int, int] | None) -> np.ndarray:
    """Read a hint: (H, W) int8, 1 for "is", -1 for "is not", 0 elsewhere.

    Raises
    ------
    UserError
        When the file cannot be read, has not this size (width, height), or shows colours.
    """
    # Late, because a stage's record lists the packages it used, and without hints these are not.
    from PIL import Image

    from toondecompose.reading.images import to_rgb

    try:
        with Image.open(path, formats=PILLOW_FORMATS) as image:
            image.load()
            deep = image.mode.startswith("I")  # 16 bits of grey, which have no alpha
            rgba = np.asarray((Image.fromarray(to_rgb(image)) if deep else image).convert("RGBA"))
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        known = isinstance(error, Image.UnidentifiedImageError)
        why = "no image that can be read" if known else str(error) or type(error).__name__
        raise UserError(
            f"the hint {path} is damaged or half-written ({why}); save it again or remove it"
        ) from error
    height, width = rgba.shape[:2]
    if size is not None and (width, height) != tuple(size):
        raise UserError(
            f"the hint {path} is {width}x{height}, but the frames are {size[0]}x{size[1]}; "
            "draw it over a frame of the source, without scaling"
        )
    painted, colours = rgba[..., 3] >= OPAQUE, rgba[..., :3].astype(np.int16)
    least, most = colours.min(axis=2), colours.max(axis=2)
    if (painted & (most - least > COLOURED)).sum() > FEW * painted.sum():
        raise UserError(
            f"the hint {path} shows colours; paint only white (is the object) and black (is not) "
            "on a transparent layer, and save that layer without the frame below it"
        )
    # Where white meets black is an outline, which is soft: it is left to the matte.
    white, black = painted & (least >= WHITE), painted & (most <= BLACK)
    return (white & ~_beside(black)).astype(np.int8) - (black & ~_beside(white))


def write_hints(clip: ClipFolder, ruled: Mapping[int, np.ndarray], evidence: np.ndarray) -> None:
    """Write what was said (H, W) of each frame, and what follows from it (T, H, W)."""
    for t, own in ruled.items():
        clip.write_npy(paths.hint(t), own)
    clip.write_npy(paths.HINT_EVIDENCE, evidence.astype(np.float16))


def read_ruled_out(clip: ClipFolder, t: int) -> np.ndarray | None:
    """Read what was ruled out in frame t, (H, W) unsigned at the source's size; None if nothing."""
    name = paths.hint(t)
    return clip.read_npy(name) if clip.exists(name) else None


def read_evidence(clip: ClipFolder) -> np.ndarray | None:
    """Read the log odds of hints for a sprite, (T, H, W) float16, working size; None without
    hints.
    """
    return clip.read_npy(paths.HINT_EVIDENCE) if clip.exists(paths.HINT_EVIDENCE) else None


def _beside(mask: np.ndarray) -> np.ndarray:
    return cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
