"""Pictures and videos in and out: every input becomes 8-bit RGB frames of one size.

Images are read by Pillow, which (unlike OpenCV) refuses a file that is cut short; videos by the
ffmpeg that comes with imageio-ffmpeg. 16-bit images keep their upper 8 bits, gray and palette
images become RGB, transparent pixels are laid over black, and turned photos and videos are set
upright.
"""

from __future__ import annotations

import errno
import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from toondecompose.errors import UserError
from toondecompose.inputs import input_files
from toondecompose.parallel import each

FRAME_RATES = tuple(Fraction(n, 1001) for n in (24000, 30000, 48000, 60000, 120000))
"""Frame rates that their two or three digits do not say exactly."""

ENCODER_THREADS = 2
"""x264 gives other bytes for another number of threads, so this is a constant."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """A clip to decode.

    Attributes
    ----------
    fps
        Frames per second, exact.
    size
        (width, height) of every frame.
    count
        Number of frames; None for a video, where only decoding tells.
    readers
        Call it for an iterator over one function per frame, in order; each function gives the
        frame as (height, width, 3) uint8 RGB and may be called in any thread.
    """

    fps: Fraction
    size: tuple[int, int]
    count: int | None
    readers: Callable[[], Iterator[Callable[[], np.ndarray]]]


def open_source(source: str, *, fps: float) -> Source:
    """Open the folder of images or the video file ``source``; ``fps`` holds for a folder.

    Raises
    ------
    UserError
        When it is missing, is no clip, mixes sizes, or cannot be decoded; the functions of
        ``readers`` raise it for a damaged frame.
    """
    files = input_files(source)
    if Path(source).is_dir():
        return Source(
            fps=as_fraction(fps),
            size=_common_size(files),
            count=len(files),
            readers=lambda: (partial(read_image, file) for file in files),
        )
    size, rate, filters = _probe(files[0])
    return Source(
        fps=rate,
        size=size,
        count=None,
        readers=lambda: (partial(_same, f) for f in _decode(files[0], size, filters)),
    )


def check_source(source: str) -> None:
    """Decode all of ``source`` and keep nothing; raises what ``open_source`` and readers raise."""
    for read in open_source(source, fps=24).readers():
        read()


def as_fraction(fps: float) -> Fraction:
    """Frame rate as a fraction: 23.976 is 24000/1001.

    >>> as_fraction(12.5)
    Fraction(25, 2)
    >>> as_fraction(29.97)
    Fraction(30000, 1001)
    """
    near = min(FRAME_RATES, key=lambda rate: abs(rate - Fraction(fps)))
    return near if abs(near - Fraction(fps)) < Fraction(6, 1000) else Fraction(str(fps))


def read_image(path: Path) -> np.ndarray:
    """Read one image as (height, width, 3) uint8 RGB."""
    try:
        with Image.open(path) as image:
            image.load()
            return to_rgb(ImageOps.exif_transpose(image))
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        raise _damaged(path, error) from error


def to_rgb(image: Image.Image) -> np.ndarray:
    """Return the pixels of a loaded image of any kind as (height, width, 3) uint8 RGB."""
    if image.mode.startswith("I"):  # 16 bits of gray
        gray = np.asarray(image).astype(np.int64).clip(0, 65535) >> 8
        return np.repeat(gray.astype(np.uint8)[..., None], 3, axis=2)
    if image.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, (0, 0, 0, 255)), image)
    return np.asarray(image.convert("RGB"))


def encode_mp4(
    path: Path, frames: Iterable[np.ndarray], *, fps: Fraction | float, crf: int = 18
) -> None:
    """Write RGB frames (H, W, 3) uint8 as H.264 that every player plays (4:2:0, BT.709).

    Odd sides lose their last row or column. The same frames give the same bytes. ``path`` is
    written in place: give the path of ``ClipFolder.writing``.
    """
    process: subprocess.Popen[bytes] | None = None
    with tempfile.TemporaryFile() as words:
        try:
            for frame in frames:
                height, width = frame.shape[0] // 2 * 2, frame.shape[1] // 2 * 2
                if process is None:
                    command = _encoder(path, (width, height), Fraction(fps), crf)
                    process = subprocess.Popen(
                        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=words
                    )
                    assert process.stdin is not None
                process.stdin.write(np.ascontiguousarray(frame[:height, :width, :3]).data)
            if process is None:
                raise ValueError(f"{path}: no frames to encode")
            process.stdin.close()
        except BrokenPipeError:
            pass  # ffmpeg ended early and has said why
        finally:
            if process is not None:
                if not process.stdin.closed:
                    _close(process)
                process.wait()
        if process.returncode:
            words.seek(0)
            message = words.read().decode("utf-8", "replace").strip()
            if "No space left" in message:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
            raise RuntimeError(f"ffmpeg could not write {path}: {message}")


def _common_size(files: list[Path]) -> tuple[int, int]:
    # In parallel, for a PNG is decoded: its orientation may come last in the file.
    first, *others = each(_upright_size, files)
    for file, size in zip(files[1:], others, strict=True):
        if size != first:
            raise UserError(
                f"{files[0]} is {first[0]}x{first[1]}, but {file} is {size[0]}x{size[1]}; "
                "the frames of a clip must have one size: remove or resize the odd ones"
            )
    return first


def _upright_size(file: Path) -> tuple[int, int]:
    try:
        with Image.open(file) as image:
            turned = image.getexif().get(0x0112, 1) >= 5
            return image.size[::-1] if turned else image.size
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise _damaged(file, error) from error


def _damaged(path: Path, error: Exception) -> UserError:
    known = isinstance(error, UnidentifiedImageError)
    why = "no image that can be read" if known else str(error) or type(error).__name__
    return UserError(
        f"{path} is damaged or half-written ({why}); "
        "replace it or remove it from the folder, then give the same command again"
    )


def _probe(path: Path) -> tuple[tuple[int, int], Fraction, list[str]]:
    if path.suffix.lower() == ".gif" and not path.read_bytes().rstrip(b"\0").endswith(b";"):
        raise _undecodable(path, "it is cut short")  # ffmpeg passes over a missing end
    # The header of ffmpeg's raw format "yuv4mpeg" says size, frame rate and pixel shape exactly,
    # after any rotation.
    command = [_ffmpeg(), "-v", "error", "-i", str(path), "-map", "0:v:0", "-frames:v", "1"]
    command += ["-pix_fmt", "yuv444p", "-f", "yuv4mpegpipe", "-"]
    result = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, check=False)
    header = result.stdout.split(b"\n", 1)[0].decode("ascii", "replace")
    found = re.match(r"YUV4MPEG2 W(\d+) H(\d+) F(\d+):(\d+) \S+ A(\d+):(\d+)", header)
    if not found:
        raise _undecodable(path, result.stderr.decode("utf-8", "replace"))
    width, height, over, under, wide, high = map(int, found.groups())
    if wide == high or 0 in (wide, high):
        return (width, height), Fraction(over, under), []
    width = round(width * wide / high)  # pixels that are not square
    return (width, height), Fraction(over, under), ["-vf", f"scale={width}:{height},setsar=1"]


def _decode(path: Path, size: tuple[int, int], filters: list[str]) -> Iterator[np.ndarray]:
    # Every coded frame once: "passthrough" neither drops nor repeats frames to fill a grid.
    command = [_ffmpeg(), "-v", "error", "-xerror", "-i", str(path), "-map", "0:v:0", *filters]
    command += ["-fps_mode", "passthrough", "-pix_fmt", "rgb24", "-f", "rawvideo"]
    command += ["-sws_flags", "bicubic+accurate_rnd+full_chroma_int+bitexact", "-"]
    length = size[0] * size[1] * 3
    with tempfile.TemporaryFile() as words:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=words
        )
        assert process.stdout is not None
        try:
            while len(data := process.stdout.read(length)) == length:
                yield np.frombuffer(data, np.uint8).reshape(size[1], size[0], 3)
            if process.wait() or data:
                words.seek(0)
                raise _undecodable(path, words.read().decode("utf-8", "replace"))
        finally:
            process.kill()
            process.stdout.close()
            process.wait()


def _encoder(path: Path, size: tuple[int, int], fps: Fraction, crf: int) -> list[str]:
    command = [_ffmpeg(), "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24"]
    command += ["-s", f"{size[0]}x{size[1]}", "-r", str(fps), "-i", "-"]
    command += ["-vf", "scale=out_color_matrix=bt709:out_range=tv:flags=bicubic+accurate_rnd"]
    command += ["-pix_fmt", "yuv420p", "-colorspace", "bt709", "-color_range", "tv"]
    command += ["-color_primaries", "bt709", "-color_trc", "bt709"]
    command += ["-c:v", "libx264", "-preset", "veryfast", "-crf", str(crf)]
    command += ["-threads", str(ENCODER_THREADS), "-fflags", "+bitexact", "-flags:v", "+bitexact"]
    return [*command, "-map_metadata", "-1", "-movflags", "+faststart", "-f", "mp4", str(path)]


def _undecodable(path: Path, words: str) -> UserError:
    lines = words.strip().splitlines() or ["it holds no picture"]
    why = lines[-1].removeprefix(f"{path}: ").rstrip(".")
    return UserError(
        f"the video {path} cannot be decoded ({why}); "
        "replace it with a whole file, or give a folder of images"
    )


def _close(process: subprocess.Popen[bytes]) -> None:
    try:
        process.stdin.close()
    except OSError:
        pass


def _same(frame: np.ndarray) -> np.ndarray:
    return frame


def _ffmpeg() -> str:
    import imageio_ffmpeg

    return imageio_ffmpeg.get_ffmpeg_exe()
