"""Last stage: the results side by side as a video, one overview picture, grain, and the manifest.

Reads ``vis/`` and ``preview_labels/``; writes ``vis.mp4``, ``contact_sheet.png`` and
``manifest.json``, which gathers the records of all stages; of a clip with grain also
``grain/<N>.png``, RGB, 128 for none, which is added to the layers (see
``toondecompose.footage.grain``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import cv2
import numpy as np

from toondecompose.core.parallel import each, evenly_spread, threads
from toondecompose.footage.grain import grain, has_grain, strength
from toondecompose.pipeline.settings import VideoSettings
from toondecompose.pipeline.stage import record, run_stage
from toondecompose.pipeline.terminal import Progress
from toondecompose.reading.video_files import encode_mp4
from toondecompose.store.artifacts import STAGES, ClipFolder
from toondecompose.store.cast import ORDER
from toondecompose.viz.contact_sheet import contact_sheet
from toondecompose.viz.pictures import checkerboard, lay_over, over_colour

MAGENTA = (255, 0, 255)
"""Behind a sprite in the overview: a colour no drawing has, which shows every hole."""

SHEET_FRAMES = 4
"""Rows of the overview."""

SHEET_CELL = 480
"""Width of a picture in the overview, in pixels."""


def main(clip: ClipFolder, settings: VideoSettings, progress: Progress) -> None:
    """Write the video, the overview and the manifest."""
    info = clip.read_json("frame/info.json")
    objects = len(list(clip.root.glob("vis/0.obj.*.png")))
    overlaid = clip.path("vis/0.overlay.png").exists()
    cells = 2 + objects + overlaid
    cell, columns = layout(tuple(info["source_size"]), cells, settings.video_width)

    order = clip.read_npy(ORDER)
    numbers = range(info["frames"])

    def look(t: int) -> tuple[np.ndarray, list[np.ndarray]]:
        frame = clip.read_png(f"vis/{t}.img.png")
        layers = [clip.read_png(f"vis/{t}.obj.{k}.png") for k in range(objects)]
        return frame, layers + ([clip.read_png(f"vis/{t}.overlay.png")] if overlaid else [])

    def line(t: int) -> list[int]:
        # Overlays lie in front of all objects.
        return [*order[t].tolist(), *([objects] if overlaid else [])]

    def measure(t: int) -> float:
        frame, layers = look(t)
        return strength(frame, put_together(layers, line(t)))

    grainy = has_grain(each(measure, evenly_spread(info["frames"], SHEET_FRAMES)))
    if grainy:
        progress.say("the clip has grain: it is in grain/, apart from the layers")

    def draw(t: int) -> np.ndarray:
        frame, layers = look(t)
        if grainy:
            clip.write_png(f"grain/{t}.png", grain(frame, put_together(layers, line(t))))
        pictures = [frame, clip.read_png(f"vis/{t}.homo.png"), *layers]
        return grid([fit(picture, cell) for picture in pictures], columns)

    with clip.writing("vis.mp4") as part:
        pictures = progress.stream(draw, numbers, "video", workers=threads())
        encode_mp4(part, pictures, fps=Fraction(*info["fps_fraction"]), crf=settings.crf)
    clip.write_png("contact_sheet.png", overview(clip, info, objects))
    stages = {stage: clip.read_json(f"records/{stage}.json") for stage in STAGES[:-1]}
    stages["video"] = record(clip, settings)
    clip.write_json("manifest.json", {"clip": clip.name, "stages": stages})


def put_together(layers: Sequence[np.ndarray], order: Sequence[int]) -> np.ndarray:
    """Lay straight RGBA layers (H, W, 4) over each other, in order from back to front; RGB."""
    back, *front = (layers[k] for k in order)
    picture = cv2.cvtColor(back, cv2.COLOR_RGBA2RGB)
    for layer in front:
        colour = cv2.cvtColor(layer, cv2.COLOR_RGBA2RGB)
        picture = lay_over(colour, layer[..., 3], picture)
    return picture


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
        names = [f"vis/{t}.img.png", f"preview_labels/{t}.png"]
        names += [f"vis/{t}.obj.{k}.png" for k in range(objects)]
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
