"""Streams of a video file, from the output of ffmpeg when it opens the file."""

from __future__ import annotations

import re


def video_streams(said: str) -> list[str]:
    """What is said about each video stream of the input, with its metadata."""
    text = said.partition("Stream mapping:")[0]
    return re.split(r"^  Stream #0:.*?: Video: ", text, flags=re.MULTILINE)[1:]


def unused_streams(said: str) -> tuple[str, ...]:
    """What the file holds beside the video stream that is used."""
    text = said.partition("Stream mapping:")[0]
    pictures = [stream for stream in video_streams(said) if "(attached pic)" not in stream]
    found = {
        "sound": re.search(r"^  Stream #0:.*?: Audio: ", text, re.MULTILINE),
        "subtitles": re.search(r"^  Stream #0:.*?: Subtitle: ", text, re.MULTILINE),
        "other pictures": len(pictures) > 1,
    }
    return tuple(kind for kind, there in found.items() if there)


def choose_stream(said: str) -> int | None:
    """Number of the default video stream, else of the largest; cover pictures do not count."""
    ranks = []
    for number, text in enumerate(video_streams(said)):
        line = text.partition("\n")[0]
        size = re.search(r", (\d+)x(\d+)", line)
        pixels = int(size[1]) * int(size[2]) if size else 0
        if "(attached pic)" not in line:
            ranks.append(("(default)" in line, pixels, -number))
    return -max(ranks)[-1] if ranks else None


def alpha_decoder(said: str, stream: int) -> tuple[str, ...]:
    """Options for a decoder that reads the alpha of a stream, where ffmpeg's own does not.

    ffmpeg's own decoders of VP8 and VP9 pass over the alpha, which is a stream of its own.
    """
    text = video_streams(said)[stream]
    codec = re.match(r"vp[89]", text)
    if codec is None or not re.search(r"alpha_mode\s*: 1", text, re.IGNORECASE):
        return ()
    return "-c:v", {"vp8": "libvpx", "vp9": "libvpx-vp9"}[codec[0]]
