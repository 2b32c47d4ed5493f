"""A layer as a video with alpha, by the ffmpeg that comes with imageio-ffmpeg."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np

from toondecompose.export.scene import Scene
from toondecompose.reading.video_files import ENCODER_THREADS, TAGGED, pipe_frames
from toondecompose.reading.video_probe import ffmpeg
from toondecompose.store.artifacts import ClipFolder

TO_BT709 = "scale=out_color_matrix=bt709:out_range=tv:flags=bicubic+accurate_rnd+full_chroma_int"
TO_BT709 += f",{TAGGED}"
"""The filter that turns RGB into what players expect of HD video."""

TAGS = ("-colorspace", "bt709", "-color_range", "tv", "-color_primaries", "bt709")
TAGS += ("-color_trc", "bt709")


def encode(
    path: Path,
    frames: Iterable[np.ndarray],
    *,
    size: tuple[int, int],
    fps: Fraction,
    options: Iterable[str],
) -> None:
    """Write straight RGBA frames (H, W, 4) uint8, one at a time.

    Parameters
    ----------
    path : written in place; give that of ``ClipFolder.writing``.
    size : (width, height).
    options : the encoder and its format; errors are those of ``pipe_frames``.
    """
    command = [ffmpeg(), "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgba"]
    command += ["-s", f"{size[0]}x{size[1]}", "-r", str(fps), "-i", "-", "-vf", TO_BT709, *TAGS]
    command += ["-threads", str(ENCODER_THREADS), "-fflags", "+bitexact", "-flags:v", "+bitexact"]
    command += ["-map_metadata", "-1", *options, str(path)]
    pipe_frames(command, frames, path)


def write_layers(scene: Scene, target: ClipFolder, suffix: str, *, options: Iterable[str]) -> None:
    """Write a video of every layer, ``<name>.<suffix>``, frame after frame; see `encode`."""
    size, fps = scene.layers.size, scene.layers.fps
    for name, layer in scene.stack:
        frames = (layer.rgba(t) for t in range(len(scene.layers)))
        with target.writing(f"{name}.{suffix}") as part:
            encode(part, frames, size=size, fps=fps, options=options)


def decode(
    path: Path, size: tuple[int, int], *, decoder: str | None = None
) -> Iterator[np.ndarray]:
    """Yield the frames of a video with alpha, (H, W, 4) uint8, straight.

    Parameters
    ----------
    size : (width, height), as it was encoded.
    decoder : ffmpeg's name of it; None for the usual one.
    """
    chosen = [] if decoder is None else ["-c:v", decoder]
    command = [ffmpeg(), "-v", "error", *chosen, "-i", str(path), "-fps_mode", "passthrough"]
    command += ["-pix_fmt", "rgba", "-f", "rawvideo", "-sws_flags", "accurate_rnd+full_chroma_int"]
    length = size[0] * size[1] * 4
    process = subprocess.Popen(
        [*command, "-"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdout is not None
    try:
        while len(data := process.stdout.read(length)) == length:
            yield np.frombuffer(data, np.uint8).reshape(size[1], size[0], 4)
    finally:
        process.kill()
        process.stdout.close()
        process.wait()
