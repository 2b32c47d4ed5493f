"""The picture of edits in the README, ``docs/edits.jpg``: three edits of data/violet.

    ./run snakemake --cores 1 workers/violet/vis.mp4
    ./run python -m bench.gallery

A window is repainted once on the plate and follows the pan; the ribbon is recoloured in every
drawing; the figure is hidden. The edits are files as a user would write them, in a folder that is
gone afterwards; the folder of the clip is only read.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from toondecompose.core import geometry
from toondecompose.edit.clip import EditedClip
from toondecompose.edit.composition import compose_frame
from toondecompose.edit.folder import file_name, find_changes
from toondecompose.edit.settings import Edit, LayerEdit
from toondecompose.store.artifacts import ClipFolder
from toondecompose.store.layers import load_layers
from toondecompose.store.placement import NamedSprite, Placements
from toondecompose.viz.contact_sheet import contact_sheet

NAMES = ("input", "window repainted", "ribbon recoloured", "figure hidden")
"""Rows of the picture."""

FRAMES = (5, 24, 40)
"""Columns of the picture."""

CELL = (320, 180)
"""Width and height of a frame in it."""

WINDOW, WINDOW_FRAME = ((0.879, 0.338), (0.921, 0.465)), 5
"""Corners of a window as shares of the frame's sides, and the frame that shows it there."""

LIT = (255, 190, 60)
"""Colour of the repainted window."""

ORANGE, PURPLE = (12, 25), 150
"""Hues of the ribbon, of OpenCV's 180: from, to; and its new one."""

RIBBON_PIXELS = 150
"""Smallest orange part, for a drawing of 720 lines, that can be the ribbon."""


def repaint_window(clip: Placements, folder: ClipFolder) -> None:
    """Write the nearest plate with a lit window."""
    plates = [i for i, one in enumerate(clip.pictures) if one.name.startswith("plate")]
    nearest = plates[-1]
    matrix = next(p.matrix for p in clip.frames[WINDOW_FRAME] if p.picture == nearest)
    (left, top), (right, bottom) = np.array(WINDOW) * clip.clip.size
    radius = (right - left) / 2
    angles = np.linspace(np.pi, 2 * np.pi, 40)
    arch = np.column_stack(
        [left + radius * (1 + np.cos(angles)), top + radius * (1 + np.sin(angles))]
    )
    outline = geometry.apply(matrix, np.vstack([arch, [[right, bottom], [left, bottom]]]))
    plate = clip.read(nearest).copy()
    mask = np.zeros(plate.shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round(outline * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    share = 0.75 * cv2.GaussianBlur(mask, (0, 0), 2)[..., None] / 255.0
    plate[..., :3] = np.round((1 - share) * plate[..., :3] + share * np.array(LIT))
    folder.write_png(file_name(clip.pictures[nearest].name), plate)


def recolour_ribbon(clip: Placements, folder: ClipFolder) -> None:
    """Write all drawings with a purple ribbon: the topmost part that is orange."""
    sprites = {i for i, one in enumerate(clip.layers) if isinstance(one, NamedSprite)}
    smallest = RIBBON_PIXELS * (clip.clip.size[1] / 720) ** 2
    for number, picture in enumerate(clip.pictures):
        if picture.layer not in sprites or picture.box is not None:
            continue
        rgba = clip.read(number).copy()
        hsv = cv2.cvtColor(np.ascontiguousarray(rgba[..., :3]), cv2.COLOR_RGB2HSV)
        orange = cv2.inRange(hsv, (ORANGE[0], 110, 90), (ORANGE[1], 255, 255))
        orange &= rgba[..., 3]
        joined = cv2.morphologyEx(orange, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
        _, labels, boxes, _ = cv2.connectedComponentsWithStats(joined)
        large = [k for k in range(1, len(boxes)) if boxes[k, cv2.CC_STAT_AREA] > smallest]
        if not large:
            continue
        top = min(large, key=lambda k: boxes[k, cv2.CC_STAT_TOP])
        ribbon = (labels == top) & (orange > 0)
        hsv[ribbon, 0] = PURPLE
        rgba[..., :3] = np.where(
            ribbon[..., None], cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB), rgba[..., :3]
        )
        folder.write_png(file_name(picture.name), rgba)


def make_rows(clip: Placements, frames: Sequence[int] = FRAMES) -> list[list[np.ndarray]]:
    """Return the input and three edits, some frames of each, (H, W, 3) uint8."""
    hidden = {one.name: LayerEdit(hide=True) for one in clip.layers if isinstance(one, NamedSprite)}
    edited = []
    for paint in (repaint_window, recolour_ribbon):
        with tempfile.TemporaryDirectory() as folder:
            paint(clip, ClipFolder(root=Path(folder)))
            edited.append(EditedClip(clip, Edit(), find_changes(clip, Path(folder)).pictures))
    edited.append(EditedClip(clip, Edit(layers=hidden), {}))
    rows = [[compose_frame(one, t) for t in frames] for one in edited]
    return [[clip.clip.frame(t) for t in frames], *rows]


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description="Draw the picture of edits in the README.")
    parser.add_argument("--clip", type=Path, default=Path("workers/violet"), help="its folder")
    parser.add_argument("--out", type=Path, default=Path("docs/edits.jpg"), help="the picture")
    known = parser.parse_args(arguments)
    rows = make_rows(Placements(load_layers(known.clip)))
    labels = [[name] * len(FRAMES) for name in NAMES]
    picture = contact_sheet(rows, labels, cell=CELL)
    Image.fromarray(picture).save(known.out, quality=88)


if __name__ == "__main__":
    main()
