"""``upscale.mp4`` and the folder ``upscale``: a finished clip at a larger size.

Plates and drawings are enlarged once each; every frame is put together from them. What the layers
lack of a frame (see `correct`) is added without a network, and the grain of the clip at its own
size, since grain does not grow with the picture.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.errors import UserError
from toondecompose.core.locks import writing_alone
from toondecompose.core.parallel import threads
from toondecompose.footage.grain import NEUTRAL, add_grain
from toondecompose.pipeline.settings import UpscaleSettings
from toondecompose.pipeline.stage import make_torch_repeatable
from toondecompose.pipeline.terminal import Progress
from toondecompose.reading.video_files import encode_mp4
from toondecompose.report.composition import place_layers, warp_plane
from toondecompose.store import paths
from toondecompose.store.layers import load_layers
from toondecompose.store.placement import NamedPlane, Placements
from toondecompose.store.sound import sound_file
from toondecompose.upscale.engines import Engine, open_engine
from toondecompose.upscale.lanczos import interpolate
from toondecompose.upscale.placements import EnlargedPlacements, describe, file_name
from toondecompose.upscale.transparent import enlarge
from toondecompose.viz.pictures import lay_all_over

CRF = 16
"""Constant rate factor of x264: nobody sees a difference from the frames."""

WIDEST_VIDEO = 16384
"""Pixels: x264 takes no wider or higher video."""


def write_upscale(folder: Path, settings: UpscaleSettings, progress: Progress) -> Path:
    """Write the enlarged layers and ``upscale.mp4`` into the folder of a clip; return its path.

    Raises
    ------
    UserError
        When the clip is not finished or too large, or the engine cannot be had: one sentence.
    """
    layers = load_layers(folder)
    placements, factor = (
        EnlargedPlacements(layers, settings.upscale_factor),
        settings.upscale_factor,
    )
    check_sizes(placements)
    name, engine = open_engine(
        settings.upscale_engine,
        factor,
        runtime=settings.upscale_runtime,
        device=settings.upscale_device,
        half_precision=settings.upscale_half_precision,
        say=progress.say,
    )
    if name != "lanczos":
        make_torch_repeatable()
    store = layers.clip
    with writing_alone(store.path(paths.UPSCALE_VIDEO)):
        enlarge_pictures(Placements(layers), engine, progress)
        store.write_json(paths.UPSCALE_LAYERS, describe(placements, name))
        draw = partial(compose_frame, placements)
        count = len(layers)
        frames = progress.stream(draw, range(count), "frames", workers=threads())
        with store.writing(paths.UPSCALE_VIDEO) as part, sound_file(store) as sound:
            encode_mp4(part, frames, fps=layers.fps, crf=CRF, sound=sound, count=count)
    return store.path(paths.UPSCALE_VIDEO)


def check_sizes(placements: EnlargedPlacements) -> None:
    """Refuse a clip whose enlarged frames or pictures no program takes.

    Raises
    ------
    UserError
        With one sentence that names the size and the factor.
    """
    sizes = [("frames", placements.frame_size, WIDEST_VIDEO)]
    sizes += [
        (one.name, placements.size(i), geometry.WIDEST) for i, one in enumerate(placements.pictures)
    ]
    for name, (width, height), most in sizes:
        if max(width, height) > most:
            raise UserError(
                f"upscale.factor is {placements.factor}, with which {name} would be "
                f"{width} x {height} pixels, more than {most}; give a smaller factor"
            )


def enlarge_pictures(placements: Placements, engine: Engine, progress: Progress) -> None:
    """Write every plate and drawing, enlarged, into the folder ``upscale``; remove all else."""
    store, numbers = placements.clip.clip, range(len(placements.pictures))
    store.path(paths.UPSCALE_LAYERS).unlink(missing_ok=True)  # it says that all are there
    made = {file_name(one) for one in placements.pictures}
    for old in store.path(paths.UPSCALE_LAYERS).parent.glob("*.png"):
        if old.name not in made:
            old.unlink()
    for i in progress.track(numbers, "plates and drawings"):
        larger = enlarge(placements.read(i), engine, behind(placements, i))
        store.write_png(paths.upscaled(placements.pictures[i].name), larger)


def behind(placements: Placements, number: int) -> np.ndarray | None:
    """Return what is behind a drawing in the first frame that shows it, (h, w, 3) uint8.

    It has the pixels of the drawing, and neither fade nor light; None for planes.
    """
    picture = placements.pictures[number]
    if isinstance(placements.layers[picture.layer], NamedPlane):
        return None
    t = picture.frames[0]
    (matrix,) = (one.matrix for one in placements.frames[t] if one.picture == number)
    view = placements.lighting.remove(placements.clip.background(t), t)
    return warp_plane(view, np.linalg.inv(matrix), placements.size(number))


def compose_frame(placements: EnlargedPlacements, t: int) -> np.ndarray:
    """Return frame t at the larger size, (H, W, 3) uint8."""
    nothing = np.zeros((*placements.frame_size[::-1], 4), np.uint8)
    layers = [nothing, *place_layers(placements, t)]
    ground = placements.clip.ground or (0, 0, 0)
    picture = lay_all_over(layers, range(len(layers)), ground)
    store = placements.clip.clip
    frame = store.read_png(paths.image(t)).astype(np.int16)
    if not store.exists(paths.grain(t)):
        return correct(picture, frame)
    grain = store.read_png(paths.grain(t))
    picture = correct(picture, frame - (grain.astype(np.int16) - NEUTRAL))
    times = (placements.factor, placements.factor, 1)
    return add_grain(picture, np.tile(grain, times))


def correct(picture: np.ndarray, frame: np.ndarray) -> np.ndarray:
    """Add to an enlarged picture what it lacks of its frame: one step of back-projection.

    Parameters
    ----------
    picture : (F H, F W, 3) uint8.
    frame : (H, W, 3) int16, the frame without its grain.

    Returns
    -------
    (F H, F W, 3) uint8 whose means over F x F pixels are nearer to the frame. Where layers are
    wrong, this is the interpolated frame.
    """
    size = frame.shape[1::-1]
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    lacking = interpolate((frame - small).astype(np.float32), picture.shape[1] // size[0])
    return np.clip(np.rint(picture + lacking), 0, 255).astype(np.uint8)
