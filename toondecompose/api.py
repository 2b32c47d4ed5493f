"""The Python API: a clip in, its layers out, as arrays.

    import toondecompose as td

    layers = td.decompose(frames, objects=2)  # (T, H, W, 3) uint8 RGB, or a path
    plate, sprite = layers.plate, layers.sprites[0]
    matte = sprite.alpha(7)                   # (H, W) uint8
    layers.save("violet")
    layers = td.load("violet")

All stages run one after the other in this process, with the code and the results of the workflow;
no folder is made and nothing is printed. What a stage hands to the next is kept in a store in
memory, `ClipMemory`, with the interface of the folder of a clip: pictures stay encoded there, so
that a clip of full size fits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from toondecompose.core.errors import SettingsError
from toondecompose.core.errors import UserError as UserError  # offered again, like those below
from toondecompose.optical_flow.choice import choose
from toondecompose.pipeline.reading_settings import reading_settings
from toondecompose.pipeline.reporting import Report, Reporter
from toondecompose.pipeline.settings import clip_settings, settings_of
from toondecompose.pipeline.stage import record
from toondecompose.pipeline.torch_state import torch_state_kept
from toondecompose.pipeline.tuning import read_tuning
from toondecompose.reading.array_source import open_array
from toondecompose.reading.clip_source import Source
from toondecompose.reading.media import as_fraction, open_source
from toondecompose.stages import (
    alpha,
    flow,
    frames,
    homography,
    preview,
    refine,
    report,
    sprites,
    video,
)
from toondecompose.store import paths
from toondecompose.store.layer_parts import Drawing as Drawing
from toondecompose.store.layer_parts import Layer as Layer
from toondecompose.store.layer_parts import Plate as Plate
from toondecompose.store.layer_parts import Sprite as Sprite
from toondecompose.store.layers import Layers, load_layers
from toondecompose.store.memory import ClipMemory


def decompose(
    clip: np.ndarray | Sequence[np.ndarray] | str | Path,
    *,
    hints: str | Path | None = None,
    progress: Callable[[Report], object] | None = None,
    videos: bool = False,
    **settings: Any,
) -> Layers:
    """Decompose a clip of one shot into plate, sprites, drawings, exposure sheet and transforms.

    Parameters
    ----------
    clip
        (T, H, W, 3) uint8 RGB in 0..255, with a fourth channel for straight alpha if there is
        any; a sequence of T such arrays (H, W, 3); or the path of a folder of images or of a
        video, as the key ``input`` of config.yaml gives it.
    hints
        Folder of hints, ``<frame>.<object>.png``; see README.md.
    progress
        Called with a `Report` for each line that the command line would show, and while frames
        are counted. What it raises ends the run. Default: silent.
    videos
        Also make the previews, ``report.html``, ``vis.mp4`` and the contact sheet, which
        `Layers.save` writes.
    **settings
        Any key of ``config.schema.yaml`` but ``input``, with its default, unit and limits:
        ``objects=3``, ``working_height=256``, ``seed=0``, ``flow={"backend": "dis"}``; for
        experiments ``tuning={"screen": {"min_votes": 8}}``, see docs/configuration.md.

    Returns
    -------
    The layers, held in memory: pictures as encoded as on disk.

    Raises
    ------
    SettingsError
        When a key is not known or its value cannot be; a ``ValueError``.
    FramesError
        When arrays are no frames of one clip; a ``ValueError``.
    UserError
        When the input cannot be read, holds fewer than two frames or several shots.

    Notes
    -----
    The bytes of all layers are those that the workflow gives for the same frames and settings.
    One call at a time: stages set global switches of torch, which are put back at the end.

    Examples
    --------
    >>> import toondecompose as td
    >>> td.decompose("shot.mp4", objcts=3)
    Traceback (most recent call last):
    toondecompose.core.errors.SettingsError: objcts is not a known key; did you mean 'objects'?
    """
    if "input" in settings:
        raise SettingsError("input is the first argument of decompose; leave the key out")
    name = str(clip) if isinstance(clip, str | Path) else "<array>"
    checked = clip_settings({"input": name, **_plain(settings)})
    own = settings_of("frames", checked)
    if isinstance(clip, str | Path):
        source = open_source(str(clip), fps=own.fps, reading=reading_settings(own))
    else:
        source = open_array(clip, as_fraction(own.fps))
    memory = ClipMemory(root=Path("clip"), hint_folder=None if hints is None else Path(hints))
    with torch_state_kept():
        _run(memory, source, checked, progress=progress, videos=videos)
    return Layers(memory)


def load(folder: str | Path) -> Layers:
    """Open the layers of a finished clip.

    Parameters
    ----------
    folder
        ``workers/<clip>`` of a finished run, or what `Layers.save` wrote. It is read when layers
        are asked for, so it has to stay.

    Raises
    ------
    UserError
        When it is no folder of a finished clip.

    Examples
    --------
    >>> import toondecompose as td
    >>> td.load("workers/nobody")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    toondecompose.core.errors.UserError: workers/nobody is no folder of a finished clip, ...
    """
    return load_layers(folder)


def _run(
    clip: ClipMemory,
    source: Source,
    settings: Mapping[str, Any],
    *,
    progress: Callable[[Report], object] | None,
    videos: bool,
) -> None:
    """Run the pipeline."""

    def run(stage: str, main: Callable[..., None], settings: Mapping[str, Any] = settings) -> None:
        clip.written.clear()
        own, reporter = settings_of(stage, settings), Reporter(stage, clip.name, progress)
        reporter.heading()
        main(clip, own, reporter)
        clip.write_json(paths.record(stage), record(clip, own))

    # Decode at full and at working resolution; take fades out; refuse a clip of several shots.
    run("frames", lambda clip, own, progress: frames.decode(clip, source, own, progress=progress))
    # The motion of every pixel to frames nearby, and how far it can be trusted.
    run("flow", flow.main, choose(settings).settings)
    # The background's planes; what does not move with them is divided into sprites.
    run("alpha", alpha.main)
    # The motion of every plane and sprite over the clip; the drawings of every sprite.
    run("homography", homography.main)
    if videos:
        run("preview", preview.main)
    # Planes, light and alphas together, by the error of recomposition.
    run("sprites", sprites.main)
    # Full resolution: clean plates, soft alphas, whole drawings.
    run("refine", refine.main)
    # Grain apart from the layers; a page and videos to look at.
    if videos:
        run("report", report.main)
        run("video", video.main)
    else:
        own = settings_of("video", settings)
        tuning = read_tuning(own.tuning)
        video.write_grain(clip, Reporter("video", clip.name, progress), tuning=tuning)


def _plain(value: Any) -> Any:
    """Return a setting as a config would give it: lists, text and numbers of Python."""
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(inner) for inner in value]
    if isinstance(value, np.generic):
        return value.item()
    return str(value) if isinstance(value, Path) else value
