"""Last stage: the results side by side as a video, one overview picture, grain, and the manifest.

Reads ``vis/``, ``preview_labels/`` and the sound of the input; writes ``vis.mp4``,
``contact_sheet.png`` and ``manifest.json``, which gathers the records of all stages; of a clip with
grain also ``grain/<N>.png``, RGB, 128 for none, which is added to the layers (see
``toondecompose.footage.grain``).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from toondecompose.core.parallel import each, evenly_spread, threads
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.footage.grain import grain
from toondecompose.pipeline.settings import VideoSettings
from toondecompose.pipeline.stage import record, run_stage
from toondecompose.pipeline.terminal import Progress
from toondecompose.pipeline.tuning import read_tuning
from toondecompose.reading.video_files import encode_mp4
from toondecompose.store import paths
from toondecompose.store.artifacts import STAGES, ClipFolder
from toondecompose.store.grain import find_grain
from toondecompose.store.layers import Layers
from toondecompose.store.sound import sound_file
from toondecompose.viz.contact_sheet import contact_sheet
from toondecompose.viz.pictures import over_colour
from toondecompose.viz.side_by_side import fit, grid, layout

MAGENTA = (255, 0, 255)
"""Behind a sprite in the overview: a colour no drawing has, which shows every hole."""

SHEET_FRAMES = 4
"""Rows of the overview."""

SHEET_CELL = 480
"""Width of a picture in the overview, in pixels."""


def main(clip: ClipFolder, settings: VideoSettings, progress: Progress) -> None:
    """Write the grain, the video, the overview and the manifest."""
    info = clip.read_json(paths.INFO)
    objects = clip.read_npy(paths.ORDER).shape[1]
    write_video(clip, settings, progress, tuning=read_tuning(settings.tuning))
    times = evenly_spread(info["frames"], SHEET_FRAMES)
    rows = each(lambda t: read_overview_row(clip, t, objects), times)
    clip.write_png(paths.CONTACT_SHEET, overview(rows, times))
    stages = {stage: clip.read_json(paths.record(stage)) for stage in STAGES[:-1]}
    stages["video"] = record(clip, settings)
    clip.write_json(paths.MANIFEST, {"clip": clip.name, "stages": stages})


def write_video(
    clip: ClipFolder, settings: VideoSettings, progress: Progress, *, tuning: Tuning = DEFAULT
) -> None:
    """Write frame, motion, and every layer side by side as a video, with the sound of the input.

    The grain, if the clip has any, is written of the same pictures.
    """
    info = clip.read_json(paths.INFO)
    objects = clip.read_npy(paths.ORDER).shape[1]
    overlaid = clip.exists(paths.overlay_view(0))
    cells = 2 + objects + overlaid
    cell, columns = layout(tuple(info["source_size"]), cells, settings.video_width)
    layers = Layers(clip)
    grainy = say_grain(layers, progress, tuning=tuning)

    def draw(t: int) -> np.ndarray:
        image, pictures = clip.read_png(paths.image(t)), layers.pictures(t)
        if grainy:
            laid = layers.compose(pictures, t, grain=False)
            write_grain_of(clip, t, image=image, layers=laid, tuning=tuning)
        shown = [image, clip.read_png(paths.motion_picture(t)), *pictures[:objects]]
        shown += [clip.read_png(paths.overlay_view(t))] if overlaid else []
        return grid([fit(one, cell) for one in shown], columns)

    with clip.writing(paths.VIDEO) as part, sound_file(clip) as sound:
        numbers = range(info["frames"])
        pictures = progress.stream(draw, numbers, "video", workers=threads())
        fps = Fraction(*info["fps_fraction"])
        encode_mp4(part, pictures, fps=fps, crf=settings.crf, sound=sound, count=len(numbers))


def write_grain(clip: ClipFolder, progress: Progress, *, tuning: Tuning = DEFAULT) -> None:
    """Write ``grain/<N>.png`` of every frame, if the clip has grain."""
    layers = Layers(clip)
    if not say_grain(layers, progress, tuning=tuning):
        return

    def write(t: int) -> None:
        image, laid = clip.read_png(paths.image(t)), layers.recompose(t, grain=False)
        write_grain_of(clip, t, image=image, layers=laid, tuning=tuning)

    progress.map(write, range(len(layers)), "grain", workers=threads())


def say_grain(layers: Layers, progress: Progress, *, tuning: Tuning = DEFAULT) -> bool:
    """Tell whether a clip has grain, and say so where it has."""
    found = find_grain(layers, tuning=tuning)
    if found:
        progress.say("the clip has grain: it is in grain/, apart from the layers")
    return found


def write_grain_of(
    clip: ClipFolder, t: int, *, image: np.ndarray, layers: np.ndarray, tuning: Tuning = DEFAULT
) -> None:
    """Write the grain of frame t, given the frame and its layers put together, (H, W, 3) uint8."""
    clip.write_png(paths.grain(t), grain(image, layers, tuning=tuning))


def read_overview_row(clip: ClipFolder, t: int, objects: int) -> list[np.ndarray]:
    """Read what the overview shows of frame t: as given, labels, plate, every sprite."""
    names = [paths.image(t), paths.label_picture(t)]
    names += [paths.layer(t, k) for k in range(objects)]
    return [clip.read_png(name) for name in names]


def overview(rows: Sequence[Sequence[np.ndarray]], times: Sequence[int]) -> np.ndarray:
    """Draw some frames on one picture (H, W, 3) uint8, sprites on magenta.

    Parameters
    ----------
    rows : for each frame the frame, its labels, the plate and every sprite; RGB or RGBA uint8.
    times : the numbers of the frames.
    """
    opaque = [[over_colour(p, MAGENTA) if p.shape[2] == 4 else p for p in row] for row in rows]
    sprites = [f"object {k}" for k in range(1, len(rows[0]) - 2)]
    labels = [[f"frame {t}", "labels", "plate", *sprites] for t in times]
    height, width = rows[0][0].shape[:2]
    cell = (min(SHEET_CELL, width), round(min(SHEET_CELL, width) * height / width))
    return contact_sheet(opaque, labels, cell=cell)


if __name__ == "__main__":
    run_stage("video", main, VideoSettings)
