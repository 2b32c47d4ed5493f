"""The sound of a video: the part that its frames last, from the time of their first."""

from __future__ import annotations

import subprocess
from fractions import Fraction
from pathlib import Path

from toondecompose.core.errors import UserError
from toondecompose.reading.video_probe import VideoInfo, ffmpeg, input_options


def write_sound(info: VideoInfo, path: Path, start: float, *, length: Fraction) -> None:
    """Write the first sound track as FLAC.

    Parameters
    ----------
    info : of the video.
    path : of the file to write.
    start : time of the first frame that is used, in s from the first of the video.
    length : of all frames in s. Where there is no sound at a time, silence is written.

    Raises
    ------
    UserError
        When the track cannot be decoded.
    """
    begin = float(info.times.starts[0]) + start if info.times.starts else start
    filters = [
        "aresample=async=1:first_pts=0",  # silence where the track starts late or has gaps
        f"atrim=start={begin:.6f}",
        "asetpts=PTS-STARTPTS",
        f"apad=whole_dur={float(length):.6f}",
        f"atrim=end={float(length):.6f}",
    ]
    command = [ffmpeg(), "-v", "error", "-y", *input_options(info.path), "-map", "0:a:0", "-vn"]
    command += ["-af", ",".join(filters), "-c:a", "flac", "-sample_fmt", "s16"]
    command += ["-map_metadata", "-1", "-fflags", "+bitexact", "-flags:a", "+bitexact"]
    done = subprocess.run(
        [*command, "-f", "flac", str(path)],
        stdin=subprocess.DEVNULL, capture_output=True, check=False,
    )  # fmt: skip
    if done.returncode:
        why = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no reason given"]
        raise UserError(
            f"the sound of the video {info.path} cannot be decoded ({why[-1]}); "
            "replace it with a whole file, or with one without sound"
        )
