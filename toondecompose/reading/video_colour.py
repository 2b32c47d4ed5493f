"""From the colours of a video to RGB with BT.709 primaries: ffmpeg filters, and what they assume.

Tags are obeyed. Without a matrix tag BT.709 is assumed from 720 lines or 1024 columns on, else
BT.601, as players do. HDR (PQ, HLG) is tone-mapped in linear light: 203 cd/m2, the reference white
of BT.2408, becomes white; where the clip has brighter light, ffmpeg's "mobius" curve keeps light
up to KNEE of white and compresses the rest.
"""

from __future__ import annotations

import math
import re
import subprocess
from dataclasses import dataclass

import numpy as np

from toondecompose.reading.video_probe import VideoInfo, ffmpeg, input_options

MATRICES = {"bt709": "bt709", "bt601": "smpte170m", "bt2020": "bt2020nc"}
"""ffmpeg's names of what the setting ``colour.matrix`` may be."""

SCALER_MATRICES = (
    "unknown",
    "bt709",
    "smpte170m",
    "bt470bg",
    "fcc",
    "smpte240m",
    "bt2020nc",
    "gbr",
)
"""Matrices that ffmpeg's scaler knows; it takes all others for BT.601 without a word."""

RANGES = {"limited": "tv", "full": "pc"}
"""ffmpeg's names of what the setting ``colour.range`` may be."""

SAME_MATRIX = {"bt709": "bt709", "bt2020": "bt2020nc", "smpte170m": "smpte170m"}
SAME_MATRIX |= {"smpte240m": "smpte170m", "bt470bg": "smpte170m"}
"""The matrix that goes with primaries, where only the primaries are tagged."""

WIDE_PRIMARIES = ("bt2020", "smpte428", "smpte431", "smpte432", "film")
"""Primaries far outside of BT.709's: without a conversion the colours look pale."""

NEAR_PRIMARIES = ("smpte170m", "smpte240m", "bt470bg", "bt470m", "jedec-p22", "ebu3213")
"""Primaries of standard definition, close to BT.709's."""

HDR_TRANSFERS = {"smpte2084": "PQ", "arib-std-b67": "HLG"}
"""Names of the HDR transfer functions."""

REFERENCE_WHITE = 203.0
"""Light of diffuse white in HDR, in cd/m2 (BT.2408)."""

SDR_PEAK = (85.0, 105.0)
"""A clip whose brightest light lies between these, in cd/m2, is SDR with its white at 100."""

DEFAULT_PEAK = 1000.0
"""Brightest light of an HDR clip, in cd/m2, where it cannot be measured."""

KNEE = 0.8
"""Light up to this share of white is not compressed."""

PEAK_FRAMES = 24
"""Key frames in which the brightest light is measured."""


@dataclass(frozen=True, kw_only=True)
class ColourSettings:
    """The settings ``colour.*``; "auto" stands for what the file says."""

    matrix: str = "auto"
    range: str = "auto"
    primaries: str = "auto"
    chroma_siting: str = "auto"
    hdr_white: float | str = "auto"


def colour_filters(info: VideoInfo, settings: ColourSettings) -> tuple[list[str], list[str]]:
    """Return ffmpeg filters that lead to RGB, and lines about what was assumed.

    Files with ordinary tags need no filter: the scaler that makes RGB obeys them.
    """
    tags, lines = _corrected_tags(info, settings)
    matrix = tags.get("colorspace", info.matrix)
    siting = tags.get("chroma_location", info.chroma)
    filters = [f"setparams={':'.join(f'{key}={tag}' for key, tag in tags.items())}"] if tags else []
    planar = "gbrap" if has_alpha(info.pixel_format) else "gbrp"
    to_rgb = f"m=gbr:r=full:f=bicubic:d=none,format={planar}"
    if info.transfer in HDR_TRANSFERS:
        mapping, line = _tone_mapping(info, settings, planar)
        return [*filters, *mapping, f"zscale=t=bt709:{to_rgb}"], [*lines, line]
    convert = settings.primaries == "convert" and info.primaries in NEAR_PRIMARIES
    convert |= settings.primaries != "keep" and info.primaries in WIDE_PRIMARIES
    if convert:
        lines.append(f"colours are converted from {info.primaries} primaries to BT.709")
        known = "" if info.transfer != "unknown" else "tin=bt709:"
        return [*filters, f"zscale={known}p=bt709:{to_rgb}"], lines
    if info.primaries in WIDE_PRIMARIES + NEAR_PRIMARIES:
        lines.append(
            f"the primaries {info.primaries} are shown as BT.709, without a conversion "
            "(colour.primaries: convert converts them)"
        )
    if info.transfer == "linear":
        return [*filters, f"zscale=t=bt709:{to_rgb}"], lines
    if matrix not in SCALER_MATRICES:
        return [*filters, f"zscale={to_rgb}"], lines
    if siting not in ("unspecified", "left", "center") or settings.chroma_siting == "left":
        # Decoders say "left" for files that say nothing, and encoders often mean the centre: the
        # scaler takes "left" for the centre unless it is told.
        filters.append(f"scale=in_chroma_loc={siting}")
    return filters, lines


def has_alpha(pixel_format: str) -> bool:
    """Whether an ffmpeg pixel format has an alpha channel."""
    return bool(re.match(r"yuva|gbrap|rgba|bgra|argb|abgr|ya\d|ayuv|vuya", pixel_format))


def measure_peak(info: VideoInfo) -> float | None:
    """Brightest light of an HDR clip in cd/m2, from its metadata and from some key frames.

    The light is that of the strongest of red, green and blue in frames of a quarter of the size;
    one pixel in 1000 may exceed it. None where no frame could be measured.
    """
    width, height = (max(1, side // 4) for side in info.size)
    tags = {"p": info.primaries, "m": info.matrix}
    known = [
        f"{key}in=bt2020{'nc' * (key == 'm')}" for key, tag in tags.items() if tag == "unknown"
    ]
    sample = f"zscale=w={width}:h={height}:f=bilinear:m=gbr:r=full:{':'.join(known)}".rstrip(":")
    command = [ffmpeg(), "-v", "error", "-skip_frame", "nokey", *input_options(info.path)]
    command += ["-map", f"0:v:{info.stream}", "-frames:v", str(PEAK_FRAMES)]
    command += ["-vf", f"{sample},format=gbrp16le", "-fps_mode", "passthrough"]
    result = subprocess.run(
        [*command, "-pix_fmt", "rgb48le", "-f", "rawvideo", "-"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    codes = np.frombuffer(result.stdout[: len(result.stdout) // 6 * 6], "<u2").reshape(-1, 3)
    if not len(codes):
        return info.max_light
    signal = float(np.percentile(codes.max(axis=1), 99.9)) / 65535
    return max(light_of_signal(signal, info.transfer), info.max_light or 0.0)


def light_of_signal(signal: float, transfer: str) -> float:
    """Light in cd/m2 of a grey HDR signal in 0..1; HLG on its nominal display of 1000 cd/m2.

    Examples
    --------
    >>> round(light_of_signal(0.58, "smpte2084")), round(light_of_signal(0.75, "arib-std-b67"))
    (202, 203)
    """
    if transfer == "smpte2084":  # ST 2084, equation 4.1
        power = signal ** (1 / 78.84375)
        ratio = max(power - 0.8359375, 0) / (18.8515625 - 18.6875 * power)
        return float(10000 * ratio ** (1 / 0.1593017578125))
    # BT.2100: inverse OETF, then the OOTF with a system gamma of 1.2
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = signal**2 / 3 if signal <= 0.5 else (math.exp((signal - c) / a) + b) / 12
    return float(1000 * scene**1.2)


def _corrected_tags(info: VideoInfo, settings: ColourSettings) -> tuple[dict[str, str], list[str]]:
    # Tags that the settings set, or that are missing, by the names of ffmpeg's "setparams".
    tags: dict[str, str] = {}
    lines: list[str] = []
    hdr = info.transfer in HDR_TRANSFERS
    if settings.range != "auto":
        tags["range"] = RANGES[settings.range]
    if settings.chroma_siting != "auto":
        tags["chroma_location"] = settings.chroma_siting
    if hdr and info.primaries == "unknown":
        tags["color_primaries"] = "bt2020"
    if not re.match(r"yuv|nv\d|p[0-4]\d\d|y2\d\d", info.pixel_format):
        return tags, lines  # RGB and grey have no matrix
    if settings.matrix != "auto":
        tags["colorspace"] = MATRICES[settings.matrix]
    elif info.matrix == "unknown":
        large = info.size[1] >= 720 or info.size[0] >= 1024
        assumed = "bt2020nc" if hdr else "bt709" if large else "smpte170m"
        assumed = SAME_MATRIX.get(info.primaries, assumed)
        if assumed != "smpte170m":  # which the scaler assumes by itself
            tags["colorspace"] = assumed
        name = next(name for name, code in MATRICES.items() if code == assumed)
        lines.append(
            f"the file has no tag for its colour matrix: {name} is assumed, as usual for "
            f"{info.size[0]}x{info.size[1]} (colour.matrix sets another one)"
        )
    return tags, lines


def _tone_mapping(info: VideoInfo, settings: ColourSettings, planar: str) -> tuple[list[str], str]:
    # Filters from HDR to linear light with white at 1 and nothing above, and a line about them.
    measured = measure_peak(info)
    peak = DEFAULT_PEAK if measured is None else measured
    white = REFERENCE_WHITE
    why = "the reference white of BT.2408"
    if settings.hdr_white != "auto":
        white, why = float(settings.hdr_white), "colour.hdr_white"
    elif SDR_PEAK[0] <= peak <= SDR_PEAK[1]:
        white, why = 100.0, "the white of SDR, as nothing in the clip is brighter"
    filters = [f"zscale=t=linear:npl={white:g},format={planar}f32le,zscale=p=bt709"]
    above = "and nothing is brighter"
    if peak > 1.1 * white:
        filters.append(f"tonemap=mobius:param={KNEE}:desat=0:peak={peak / white:.4f}")
        assumed = " (assumed, it could not be measured)" if measured is None else ""
        curve = f"compressed (mobius, from {KNEE:.0%} of white on)"
        above = f"light up to {peak:.0f} cd/m2{assumed} is {curve}"
    name = HDR_TRANSFERS[info.transfer]
    line = (
        f"HDR ({name}) is tone-mapped to BT.709: {white:g} cd/m2 becomes white ({why}), {above}; "
        "colour.hdr_white sets another white"
    )
    return filters, line
