"""Videos in and out, by the ffmpeg that comes with imageio-ffmpeg."""

from __future__ import annotations

import errno
import os
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import IO

import numpy as np

from toondecompose.reading.video_probe import VideoInfo, ffmpeg, input_options, undecodable

ENCODER_THREADS = 2
"""Encoders give other bytes for another number of threads, so this is a constant."""

TAGGED = "setparams=color_primaries=bt709:color_trc=bt709"
"""The filter that tags frames: encoders take tags from frames, not from options."""


def square_pixels(info: VideoInfo) -> tuple[tuple[int, int], list[str]]:
    """Return (width, height) of a video's frames with square pixels, and the filters for them."""
    width, height = info.size
    if info.pixel_aspect == 1:
        return (width, height), []
    width = round(width * info.pixel_aspect)
    return (width, height), [f"scale={width}:{height}", "setsar=1"]


def decode(
    info: VideoInfo, size: tuple[int, int], filters: list[str], *, alpha: bool = False
) -> Iterator[np.ndarray]:
    """Yield every coded frame of a video as uint8 RGB (H, W, 3), or with its alpha (H, W, 4).

    Parameters
    ----------
    info
        Of ``video_probe.probe``.
    size
        (width, height) of the frames that the filters give.
    filters
        ffmpeg filters, in order.
    alpha
        Whether to decode the alpha channel.
    """
    # Every coded frame once: "passthrough" neither drops nor repeats frames to fill a grid.
    command = [ffmpeg(), "-v", "error", "-xerror", *input_options(info.path, info.decoder)]
    command += ["-map", f"0:v:{info.stream}", *(["-vf", ",".join(filters)] if filters else [])]
    command += [
        "-fps_mode",
        "passthrough",
        "-pix_fmt",
        "rgba" if alpha else "rgb24",
        "-f",
        "rawvideo",
    ]
    command += ["-sws_flags", "bicubic+accurate_rnd+full_chroma_int+bitexact", "-"]
    channels = 4 if alpha else 3
    length = size[0] * size[1] * channels
    with tempfile.TemporaryFile() as words:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=words
        )
        assert process.stdout is not None
        try:
            while len(data := process.stdout.read(length)) == length:
                yield np.frombuffer(data, np.uint8).reshape(size[1], size[0], channels)
            if process.wait() or data:
                words.seek(0)
                raise undecodable(info.path, words.read().decode("utf-8", "replace"))
        finally:
            process.kill()
            process.stdout.close()
            process.wait()


def encode_mp4(
    path: Path,
    frames: Iterable[np.ndarray],
    *,
    fps: Fraction | float,
    crf: int = 18,
    sound: Path | None = None,
    count: int | None = None,
) -> None:
    """Write RGB frames (H, W, 3) uint8 as H.264 that every player plays (4:2:0, BT.709).

    ``sound`` is a sound file that begins with the first frame; it becomes AAC, and, where ``count``
    says how many frames there are, ends with the last of them. Odd sides lose their last row or
    column. The same frames give the same bytes. ``path`` is written in place: give the path of
    ``ClipFolder.writing``.
    """
    waiting = iter(frames)
    first = next(waiting, None)
    if first is None:
        raise ValueError(f"{path}: no frames to encode")
    height, width = first.shape[0] // 2 * 2, first.shape[1] // 2 * 2
    length = None if count is None else float(count / Fraction(fps))
    command = _encoder(path, (width, height), Fraction(fps), crf=crf, sound=sound, length=length)
    even = (frame[:height, :width, :3] for frame in chain([first], waiting))
    pipe_frames(command, even, path)


def pipe_frames(command: list[str], frames: Iterable[np.ndarray], path: Path) -> None:
    """Run an encoder that reads raw frames from its standard input, one at a time.

    Parameters
    ----------
    command : of ffmpeg.
    frames : (H, W, C) uint8, as many bytes as the command expects of a frame.
    path : that the command writes, for errors.

    Raises
    ------
    OSError
        When the disk is full.
    RuntimeError
        When ffmpeg fails for another reason.
    """
    with tempfile.TemporaryFile() as words:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=words
        )
        assert process.stdin is not None  # it was started with a pipe
        try:
            for frame in frames:
                process.stdin.write(np.ascontiguousarray(frame).data)
        except BrokenPipeError:
            pass  # ffmpeg ended early and has said why
        finally:
            try:
                process.stdin.close()
            except OSError:
                pass
            process.wait()
        if process.returncode:
            raise encoding_error(words, path)


def encoding_error(words: IO[bytes], path: Path) -> OSError | RuntimeError:
    """Return why ffmpeg did not write a video, from what it wrote to its standard error."""
    words.seek(0)
    message = words.read().decode("utf-8", "replace").strip()
    if "No space left" in message:
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
    return RuntimeError(f"ffmpeg could not write {path}: {message}")


def _encoder(
    path: Path,
    size: tuple[int, int],
    fps: Fraction,
    *,
    crf: int,
    sound: Path | None,
    length: float | None,
) -> list[str]:
    command = [ffmpeg(), "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24"]
    command += ["-s", f"{size[0]}x{size[1]}", "-r", str(fps), "-i", "-"]
    if sound is not None:
        command += ["-i", f"file:{sound}", "-map", "0:v", "-map", "1:a"]
        if length is not None:
            command += ["-af", f"apad=whole_dur={length:.6f},atrim=end={length:.6f}"]
        command += ["-c:a", "aac", "-b:a", "192k", "-flags:a", "+bitexact"]
    to_yuv = "scale=out_color_matrix=bt709:out_range=tv:flags=bicubic+accurate_rnd"
    command += ["-vf", f"{to_yuv},{TAGGED}", "-pix_fmt", "yuv420p"]
    command += ["-colorspace", "bt709", "-color_range", "tv"]
    command += ["-color_primaries", "bt709", "-color_trc", "bt709"]
    command += ["-c:v", "libx264", "-preset", "veryfast", "-crf", str(crf)]
    command += ["-threads", str(ENCODER_THREADS), "-fflags", "+bitexact", "-flags:v", "+bitexact"]
    return [*command, "-map_metadata", "-1", "-movflags", "+faststart", "-f", "mp4", str(path)]
