"""Last stage: the results side by side as a video, one overview picture, grain, and the manifest.

Reads ``vis/``, ``preview_labels/`` and the sound of the input; writes ``vis.mp4``,
``contact_sheet.png`` and ``manifest.json``, which gathers the records of all stages; of a clip with
grain also ``grain/<N>.png``, RGB, 128 for none, which is added to the layers (see
``toondecompose.footage.grain``).
"""

from __future__ import annotations

import math
from fractions import Fraction

import cv2
import numpy as np

from toondecompose.core.parallel import each, evenly_spread, threads
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.footage.grain import grain, has_grain, strength
from toondecompose.pipeline.settings import VideoSettings
from toondecompose.pipeline.stage import record, run_stage
from toondecompose.pipeline.terminal import Progress
from toondecompose.pipeline.tuning import read_tuning
from toondecompose.reading.video_files import encode_mp4
from toondecompose.store import paths
from toondecompose.store.artifacts import STAGES, ClipFolder
from toondecompose.store.layers import Layers
from toondecompose.store.sound import sound_file
from toondecompose.viz.contact_sheet import contact_sheet
from toondecompose.viz.pictures import checkerboard, over_colour

MAGENTA = (255, 0, 255)
"""Behind a sprite in the overview: a colour no drawing has, which shows every hole."""

SHEET_FRAMES = 4
"""Rows of the overview."""

SHEET_CELL = 480
"""Width of a picture in the overview, in pixels."""


def main(clip: ClipFolder, settings: VideoSettings, progress: Progress) -> None:
    """Write the video, the overview and the manifest."""
    tuning = read_tuning(settings.tuning)
    info = clip.read_json(paths.INFO)
    objects = clip.read_npy(paths.ORDER).shape[1]
    overlaid = clip.exists(paths.overlay_view(0))
    cells = 2 + objects + overlaid
    cell, columns = layout(tuple(info["source_size"]), cells, settings.video_width)

    write_grain(clip, progress, tuning=tuning)

    def draw(t: int) -> np.ndarray:
        names = [paths.image(t), paths.motion_picture(t)]
        names += [paths.layer(t, k) for k in range(objects)]
        names += [paths.overlay_view(t)] if overlaid else []
        return grid([fit(clip.read_png(name), cell) for name in names], columns)

    with clip.writing(paths.VIDEO) as part, sound_file(clip) as sound:
        numbers = range(info["frames"])
        pictures = progress.stream(draw, numbers, "video", workers=threads())
        fps = Fraction(*info["fps_fraction"])
        encode_mp4(part, pictures, fps=fps, crf=settings.crf, sound=sound)
    clip.write_png(paths.CONTACT_SHEET, overview(clip, info, objects))
    stages = {stage: clip.read_json(paths.record(stage)) for stage in STAGES[:-1]}
    stages["video"] = record(clip, settings)
    clip.write_json(paths.MANIFEST, {"clip": clip.name, "stages": stages})


def write_grain(clip: ClipFolder, progress: Progress, *, tuning: Tuning = DEFAULT) -> None:
    """Write ``grain/<N>.png`` of every frame, if the clip has grain."""
    layers, count = Layers(clip), clip.read_json(paths.INFO)["frames"]

    def look(t: int) -> tuple[np.ndarray, np.ndarray]:
        return clip.read_png(paths.image(t)), layers.recompose(t, grain=False)

    strengths = each(
        lambda t: strength(*look(t), tuning=tuning), evenly_spread(count, SHEET_FRAMES)
    )
    if not has_grain(strengths, tuning=tuning):
        return
    progress.say("the clip has grain: it is in grain/, apart from the layers")

    def write(t: int) -> None:
        clip.write_png(paths.grain(t), grain(*look(t), tuning=tuning))

    progress.map(write, range(count), "grain", workers=threads())


def layout(size: tuple[int, int], count: int, width: int) -> tuple[tuple[int, int], int]:
    """(width, height) of a cell and the number of columns for ``count`` pictures of ``size``.

    The whole is at most ``width`` wide; pictures are never enlarged, sides are even.

    >>> layout((1280, 720), 4, 1920)
    ((960, 540), 2)
    """
    columns = math.ceil(math.sqrt(count))
    scale = min(1.0, width / columns / size[0])
    return (even(size[0] * scale), even(size[1] * scale)), columns


def even(side: float) -> int:
    """Nearest even number, at least 2; H.264 has no odd sides."""
    return max(2, 2 * round(side / 2))


def fit(picture: np.ndarray, cell: tuple[int, int]) -> np.ndarray:
    """Scale an RGB or RGBA picture to ``cell`` (width, height), RGBA over a checkerboard."""
    if picture.shape[2] == 4:
        height, width = picture.shape[:2]
        picture = over_colour(picture, checkerboard((width, height), cell=max(8, height // 45)))
    return cv2.resize(picture, cell, interpolation=cv2.INTER_AREA)


def grid(pictures: list[np.ndarray], columns: int) -> np.ndarray:
    """Put RGB pictures (H, W, 3) of one size side by side, ``columns`` in a row."""
    missing = -len(pictures) % columns
    pictures = pictures + [np.zeros_like(pictures[0])] * missing
    rows = [pictures[i : i + columns] for i in range(0, len(pictures), columns)]
    return np.concatenate([np.concatenate(row, axis=1) for row in rows])


def overview(clip: ClipFolder, info: dict, objects: int) -> np.ndarray:
    """Draw a few frames: as given, labels, plate, every sprite on magenta."""
    times = evenly_spread(info["frames"], SHEET_FRAMES)

    def row(t: int) -> list[np.ndarray]:
        names = [paths.image(t), paths.label_picture(t)]
        names += [paths.layer(t, k) for k in range(objects)]
        pictures = [clip.read_png(name) for name in names]
        return [over_colour(p, MAGENTA) if p.shape[2] == 4 else p for p in pictures]

    rows = each(row, times)
    sprites = [f"object {k}" for k in range(1, objects)]
    labels = [[f"frame {t}", "labels", "plate", *sprites] for t in times]
    width, height = info["source_size"]
    cell = (min(SHEET_CELL, width), round(min(SHEET_CELL, width) * height / width))
    return contact_sheet(rows, labels, cell=cell)


if __name__ == "__main__":
    run_stage("video", main, VideoSettings)
