"""Facts about a video file from its header and packets: stream, size, pixels, colour tags, times.

One run of ffmpeg lists all packets without decoding them, and decodes the first frame for what
only frames know. Nothing is assumed here: facts that the file does not hold are "unknown".
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from toondecompose.core.errors import UserError
from toondecompose.footage.timing import FrameTimes
from toondecompose.reading.video_streams import (
    alpha_decoder,
    choose_stream,
    unused_streams,
    video_streams,
)

MAX_PIXELS = 2**27
"""Larger frames are refused before memory is taken for them: 134 megapixels."""

FORMATS = (
    "matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,gif,apng,webp_anim,avi,mpegts,mpeg,mpegvideo,mxf,asf,"
    "flv,ogg,yuv4mpegpipe"
)
"""Demuxers that ffmpeg may use. None of them opens other files, as playlists do."""

OPEN_LOCAL = ("-protocol_whitelist", "file,pipe", "-format_whitelist", FORMATS)
"""ffmpeg options before an input: the content of a file must not reach the network or a file."""


@dataclass(frozen=True, kw_only=True)
class VideoInfo:
    """Facts about the video stream that is used.

    Attributes
    ----------
    path
        The file.
    stream, streams
        Number of the stream among the video streams of the file, and how many there are.
    codec
        ffmpeg's name of the codec, such as "h264".
    unused
        What else the file holds: "sound", "subtitles", "other pictures".
    decoder
        Options that choose the decoder, where ffmpeg's own choice would drop the alpha.
    size
        (width, height) of a frame in coded pixels, after any rotation.
    pixel_aspect
        Width of a pixel over its height; 1 when unknown.
    rate
        Frames per second that ffmpeg gives the stream.
    pixel_format
        ffmpeg's name of the format, such as "yuv420p10le".
    matrix, range, primaries, transfer, chroma
        Colour tags with ffmpeg's names, or "unknown".
    fields
        Field order that the frames are flagged with: "progressive", "top" or "bottom" (first).
    premultiplied
        Whether colours are flagged as multiplied with alpha.
    max_light
        MaxCLL, the brightest pixel of an HDR file as its metadata say, in cd/m2; or None.
    times
        When the frames are shown, from the packets; see ``frame_times``.
    """

    path: Path
    stream: int
    streams: int
    codec: str
    unused: tuple[str, ...]
    decoder: tuple[str, ...]
    size: tuple[int, int]
    pixel_aspect: Fraction
    rate: Fraction
    pixel_format: str
    matrix: str
    range: str
    primaries: str
    transfer: str
    chroma: str
    fields: str
    premultiplied: bool
    max_light: float | None
    times: FrameTimes


def probe(path: Path) -> VideoInfo:
    """Read the facts about a video file.

    Raises
    ------
    UserError
        When it cannot be decoded, or its frames are larger than MAX_PIXELS.
    """
    if path.suffix.lower() == ".gif" and not path.read_bytes().rstrip(b"\0").endswith(b";"):
        raise undecodable(path, "it is cut short")  # ffmpeg passes over a missing end
    stream, decoder, said, packets = 0, (), "", ""
    for _ in range(2):  # again with the right stream and decoder where the first are not
        said, packets = _ask(path, stream, decoder)
        chosen = choose_stream(said)
        wanted = alpha_decoder(said, chosen) if chosen is not None else ()
        if chosen is None or (chosen, wanted) == (stream, decoder):
            break
        stream, decoder = chosen, wanted
    frame = re.search(
        r"fmt:(\S+) cl:(\S+) sar:(\d+)/(\d+) s:(\d+)x(\d+) i:(\S) .*?"
        r"color_range:(\S+) color_space:(\S+) color_primaries:(\S+) color_trc:(\S+)",
        said,
        re.DOTALL,
    )
    rate = re.search(r"config in time_base: \d+/\d+, frame_rate: (\d+)/(\d+)", said)
    if frame is None or rate is None:
        raise undecodable(path, said)
    size = int(frame[5]), int(frame[6])
    if size[0] * size[1] > MAX_PIXELS:
        raise UserError(
            f"the video {path} has frames of {size[0]}x{size[1]} pixels, more than {MAX_PIXELS}; "
            "scale it down first"
        )
    light = re.search(r"MaxCLL=(\d+)", said)
    return VideoInfo(
        path=path,
        stream=stream,
        streams=len(video_streams(said)),
        codec=video_streams(said)[stream].split()[0].rstrip(","),
        unused=unused_streams(said),
        decoder=decoder,
        size=size,
        pixel_aspect=Fraction(int(frame[3]) or 1, int(frame[4]) if int(frame[3]) else 1),
        rate=Fraction(int(rate[1]), int(rate[2]) or 1),
        pixel_format=frame[1],
        matrix=frame[9],
        range=frame[8],
        primaries=frame[10],
        transfer=frame[11],
        chroma=frame[2],
        fields={"T": "top", "B": "bottom"}.get(frame[7], "progressive"),
        premultiplied="alpha_mode:premultiplied" in said,
        max_light=float(light[1]) if light and int(light[1]) else None,
        times=_times(packets),
    )


def frame_times(info: VideoInfo) -> FrameTimes:
    """Decode a whole video for the times of its frames, where those of the packets are in doubt.

    Packets are not frames: some are not shown, and an edit list of the container may leave some
    out.
    """
    command = [ffmpeg(), "-hide_banner", "-nostats", "-v", "info"]
    command += [*input_options(info.path, info.decoder), "-map", f"0:v:{info.stream}"]
    command += ["-vf", "showinfo=checksum=0", "-fps_mode", "passthrough", "-f", "null", "-"]
    result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    said = result.stderr.decode("utf-8", "replace")
    rows = re.findall(r" n: *\d+ pts: *(-?\d+) .*? duration: *(\d+) ", said)
    if len(rows) < len(re.findall(r" n: *\d+ pts: *", said)):
        rows = []  # some frames have no time
    base = re.search(r"config in time_base: (\d+)/(\d+)", said)
    unit = Fraction(int(base[1]), int(base[2])) if base else info.times.precision
    return _in_order([(int(start), int(length)) for start, length in rows], unit)


def undecodable(path: Path, said: str) -> UserError:
    """Return the error for a video that ffmpeg cannot decode; ``said`` is what ffmpeg said."""
    lines = said.strip().splitlines() or ["it holds no picture"]
    why = lines[-1].removeprefix(f"file:{path}: ").removeprefix(f"{path}: ").rstrip(".")
    why = re.sub(r"^\[[^]]*\] ", "", why)
    return UserError(
        f"the video {path} cannot be decoded ({why}); "
        "replace it with a whole file, or give a folder of images"
    )


def input_options(path: Path, decoder: tuple[str, ...] = ()) -> list[str]:
    """Options that open a video file and nothing else, whatever its name."""
    return [*OPEN_LOCAL, "-max_pixels", str(MAX_PIXELS), *decoder, "-i", f"file:{path}"]


def ffmpeg() -> str:
    """Path of the ffmpeg that comes with imageio-ffmpeg."""
    import imageio_ffmpeg

    return imageio_ffmpeg.get_ffmpeg_exe()


def _ask(path: Path, stream: int, decoder: tuple[str, ...]) -> tuple[str, str]:
    # What ffmpeg says, and the list of packets.
    command = [ffmpeg(), "-hide_banner", "-nostats", "-v", "info", *input_options(path, decoder)]
    command += ["-map", f"0:v:{stream}", "-c", "copy", "-f", "framecrc", "pipe:1"]
    command += ["-map", f"0:v:{stream}", "-frames:v", "1", "-vf", "showinfo=checksum=0"]
    with tempfile.TemporaryFile() as packets:
        result = subprocess.run(
            [*command, "-f", "null", "-"],
            stdin=subprocess.DEVNULL,
            stdout=packets,
            stderr=subprocess.PIPE,
            check=False,
        )
        packets.seek(0)
        return result.stderr.decode("utf-8", "replace"), packets.read().decode("ascii", "replace")


def _times(packets: str) -> FrameTimes:
    base = re.search(r"^#tb 0: (\d+)/(\d+)", packets, re.M)
    unit = Fraction(int(base[1]), int(base[2])) if base else Fraction(1, 1000)
    rows = re.findall(r"^0, +-?\d+, +(-?\d+), +(\d+),", packets, re.M)
    return _in_order([(int(start), int(length)) for start, length in rows], unit)


def _in_order(rows: list[tuple[int, int]], unit: Fraction) -> FrameTimes:
    rows = sorted(rows)
    end = sum(rows[-1]) * unit if rows else Fraction(0)
    return FrameTimes(starts=[start * unit for start, _ in rows], end=end, precision=unit)
