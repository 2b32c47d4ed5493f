"""``edit.mp4``: all frames of an edited clip, with its sound."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import partial
from pathlib import Path

from toondecompose.core.errors import UserError
from toondecompose.core.locks import writing_alone
from toondecompose.core.parallel import threads
from toondecompose.edit.clip import EditedClip, Guest
from toondecompose.edit.composition import compose_frame
from toondecompose.edit.folder import file_name, find_changes
from toondecompose.edit.images import read_image
from toondecompose.edit.settings import Addition, near_names, read_edit
from toondecompose.export.scene import sequence
from toondecompose.pipeline.terminal import Progress
from toondecompose.reading.video_files import encode_mp4
from toondecompose.store import paths
from toondecompose.store.layers import load_layers
from toondecompose.store.placement import NamedSprite, Placements
from toondecompose.store.sound import sound_file

MAX_LISTED = 8
"""Changed images that a line names."""

CRF = 16
"""Constant rate factor of x264: nobody sees a difference from the frames."""


def open_edit(folder: Path) -> EditedClip:
    """Read a finished clip and the edits in its folder ``edit``.

    Raises
    ------
    UserError
        When the clip is not finished, or an edit cannot be: one sentence.
    """
    layers = load_layers(folder)
    placements = Placements(layers)
    names = [layer.name for layer in placements.layers]
    sprites = [layer.name for layer in placements.layers if isinstance(layer, NamedSprite)]
    own = folder / paths.EDIT_FOLDER
    edit = read_edit(folder / paths.EDIT_SETTINGS, names, sprites, frames=len(layers))
    background = None
    if edit.background is not None:
        path = own / edit.background
        if not path.exists():
            raise UserError(
                f"{folder / paths.EDIT_SETTINGS}: background is {edit.background}, but there is "
                f"no {path}; put the image there"
            )
        background = read_image(path)
    changes = find_changes(placements, own, edit.background)
    guests = {name: open_guest(folder, name, one) for name, one in edit.add.items()}
    return EditedClip(placements, edit, changes.pictures, changes.frames, background, guests)


def open_guest(folder: Path, name: str, said: Addition) -> Guest:
    """Open the sprite of another clip that an edit adds; errors as of `open_edit`."""
    beside = folder.parent / said.clip
    where = beside if beside.is_dir() else Path(said.clip)
    at = f"{folder / paths.EDIT_SETTINGS}: add.{name}"
    if not where.is_dir():
        raise UserError(
            f"{at}.clip is {said.clip}, but there is no folder {beside}; give the name of a "
            "finished clip, or the path of its folder"
        )
    placements = Placements(load_layers(where))
    sprites = {one.name: one for one in placements.layers if isinstance(one, NamedSprite)}
    if said.sprite not in sprites:
        near = near_names(said.sprite, list(sprites))
        fix = f"did you mean {near[0]}?" if near else "give one of them"
        raise UserError(
            f"{at}.sprite is {said.sprite}, but the sprites of {where} are "
            f"{', '.join(sprites) or 'none'}; {fix}"
        )
    return Guest(placements, sprites[said.sprite], said.start)


def shortened(names: Sequence[str], most: int = MAX_LISTED) -> str:
    """List names; of many the first.

    >>> shortened(["plate.png", "A/A.0001.png"])
    'plate.png, A/A.0001.png'
    """
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def frame_times(clip: EditedClip) -> Iterator[float]:
    """Yield the time of each frame of the video, in frames of the input."""
    count, rate = len(clip.placements.clip), clip.placements.clip.fps
    step = rate / (clip.edit.fps or rate)
    return (float(j * step) for j in range(math.ceil(count / step)))


def write_edit(folder: Path, progress: Progress) -> Path:
    """Write ``edit.mp4`` into the folder of a clip; return its path; errors as of `open_edit`."""
    clip = open_edit(folder)
    store = clip.placements.clip.clip
    names = [file_name(clip.placements.pictures[i].name) for i in clip.images]
    names += [sequence(name, t) for name, t in clip.frame_images]
    if names:
        progress.say(f"changed: {shortened(names)}")
    times = list(frame_times(clip))
    frames = progress.stream(partial(compose_frame, clip), times, "frames", workers=threads())
    fps = Fraction(clip.edit.fps or clip.placements.clip.fps)
    with (
        writing_alone(store.path(paths.EDIT_VIDEO)),
        store.writing(paths.EDIT_VIDEO) as part,
        sound_file(store) as sound,
    ):
        encode_mp4(part, frames, fps=fps, crf=CRF, sound=sound, count=len(times))
    return store.path(paths.EDIT_VIDEO)
