"""Interlaced and telecined video: found by flags and by measuring, undone by ffmpeg's filters.

An interlaced frame holds two instants, one in the even lines (the top field) and one in the odd
lines. 2:3 pulldown (telecine) spreads 24 frames per second of film over 30 interlaced frames, of
which two in five show lines of two film frames. Fields out of step come from film frames as well,
but a frame holds the last field of one and the first of the next. ffmpeg's ``idet`` measures
whether lines of a frame belong together and which fields repeat the frame before, ``fieldmatch``
whether fields of neighbouring frames belong together.
"""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from toondecompose.reading.video_probe import VideoInfo, ffmpeg, input_options

MEASURED_FRAMES = 150
"""Frames from the start that are measured."""

INTERLACED_LINES = (608, 1080, 1088)
"""Up to the first number of lines, and at the others, video may be interlaced without a flag."""

FILM_RATE = 24.5
"""Up to so many frames per second unflagged video is taken for progressive."""

MIN_COMBED = 0.2
"""Least share of combed frames, among those that idet can classify, in unflagged interlaced
video."""

MIN_CLEAR = 0.9
"""Least share of the combed frames with one field order, to believe it rather than a flag."""

MIN_COMBED_FRAMES = 3
"""Fewer combed frames are taken for a mistake."""

PULLDOWN_PHASES = ((1, 2, 0.8), (2, 5, 0.9))
"""2:3 pulldown repeats a field at the same place of each cycle of five frames; at two places where
drawings are on threes. For so many places: the least number of repeats of either field, and the
least share of them at these places."""

MAX_COMBED_LEFT = 0.1
"""Share of combed frames that may be left where fields were matched."""

FIELD_ORDERS = {"top": "tff", "bottom": "bff"}
"""ffmpeg's names of the field orders."""


@dataclass(frozen=True, kw_only=True)
class Fields:
    """What was measured in the first frames of a video.

    Attributes
    ----------
    counts
        How many frames are combed, "tff" and "bff" (by their field order), and "progressive".
    repeats
        For each frame, whether its "top" or "bottom" field repeats the frame before, or "neither".
    """

    counts: dict[str, int]
    repeats: tuple[str, ...]

    @property
    def combed(self) -> int:
        """Number of combed frames."""
        return self.counts.get("tff", 0) + self.counts.get("bff", 0)

    @property
    def judged(self) -> int:
        """Number of frames that are combed or not; a still picture is not counted."""
        return self.combed + self.counts.get("progressive", 0)

    @property
    def is_clear(self) -> bool:
        """Whether nearly all combed frames have one field order; flags may be wrong."""
        return self.counts.get(self.order, 0) >= MIN_CLEAR * self.combed

    @property
    def order(self) -> str:
        """Field order that most combed frames have."""
        return "tff" if self.counts.get("tff", 0) >= self.counts.get("bff", 0) else "bff"


def field_filters(info: VideoInfo, deinterlace: str) -> tuple[list[str], Fraction, list[str]]:
    """Return ffmpeg filters for progressive frames, the ratio of frame rates, and lines to say.

    Parameters
    ----------
    info
        Of ``video_probe.probe``.
    deinterlace
        "auto": what flags and measuring say. "none": nothing. "frames": one picture of each
        interlaced frame. "fields": one of each field. "match": weave the fields that belong
        together. "telecine": the same, and undo 2:3 pulldown. "unblend": nothing, see
        ``blended_pulldown``.
    """
    may_be = info.fields != "progressive" or (
        info.rate > FILM_RATE and may_be_interlaced(info.size[1])
    )
    if deinterlace == "unblend":
        return [], Fraction(1), []
    if not info.pixel_format.startswith("yuv") or not (may_be or deinterlace != "auto"):
        return [], Fraction(1), []
    fields = measure_fields(info)
    flagged = FIELD_ORDERS.get(info.fields)
    measured = fields.combed >= MIN_COMBED_FRAMES and fields.is_clear
    order = fields.order if measured or flagged is None else flagged
    kind = found = classify_fields(fields, flagged=flagged is not None)
    if deinterlace not in ("auto", "none"):
        kind = deinterlace
    elif found != "progressive":
        left = measure_fields(info, [field_matching(order)])
        matches = left.judged > 0 and left.combed <= MAX_COMBED_LEFT * left.judged
        kind = (found if found == "telecine" else "match") if matches else "frames"
    first = {"tff": "top", "bff": "bottom"}[order]
    seen = f"{first} field first, {fields.combed} of {fields.judged} frames combed"
    if kind == "progressive":
        line = "flagged as interlaced, but no frame is combed: taken as progressive"
        return [], Fraction(1), [line] if flagged else []
    filters, ratio, line = _remedy(kind, order, info.rate)
    name = {"telecine": "2:3 pulldown", "match": "fields out of step"}.get(kind, "interlaced")
    if deinterlace == "none":
        return [], Fraction(1), [f"{name} ({seen}): left as it is (deinterlace: none)"]
    return filters, ratio, [f"{name} ({seen}): {line}; deinterlace: none leaves it alone"]


def field_matching(order: str) -> str:
    """Filter that weaves each frame of the fields that belong together."""
    return f"fieldmatch=order={order}:combmatch=full"


def _remedy(kind: str, order: str, rate: Fraction) -> tuple[list[str], Fraction, str]:
    # Filters for a kind of interlacing, the ratio of frame rates, and what to say.
    if kind in ("telecine", "match"):
        # What matches no neighbour is deinterlaced.
        filters = [field_matching(order), "bwdif=mode=send_frame:deint=interlaced"]
        if kind == "match":
            return filters, Fraction(1), "matched with fieldmatch"
        film = f"{float(rate * 4 / 5):.6g} frames per second"
        return [*filters, "decimate"], Fraction(4, 5), f"undone with fieldmatch, decimate: {film}"
    mode = "field" if kind == "fields" else "frame"
    filters = [f"bwdif=mode=send_{mode}:parity={order}:deint=all"]
    line = f"deinterlaced with bwdif, one picture of each {mode}"
    if kind == "fields":
        return filters, Fraction(2), line
    return filters, Fraction(1), f"{line} (deinterlace: fields makes one of each field)"


def classify_fields(fields: Fields, *, flagged: bool) -> str:
    """Return "progressive", "interlaced" or "telecine".

    Flagged video is interlaced unless it shows the contrary, other video when it shows it.
    """
    if _has_pulldown(fields.repeats):
        return "telecine"
    if flagged:
        return "interlaced" if fields.combed or not fields.judged else "progressive"
    combed = fields.combed >= max(MIN_COMBED_FRAMES, MIN_COMBED * fields.judged)
    return "interlaced" if combed else "progressive"


def measure_fields(info: VideoInfo, filters: Sequence[str] = ()) -> Fields:
    """Measure the first frames of a video, or of what filters make of them, with idet."""
    given = [*input_options(info.path, info.decoder), "-map", f"0:v:{info.stream}"]
    return _run_idet([*given, "-frames:v", str(MEASURED_FRAMES)], filters)


def measure_pictures(pictures: Sequence[np.ndarray]) -> Fields:
    """Measure consecutive grey pictures (H, W) uint8 with idet."""
    height, width = pictures[0].shape
    given = ["-f", "rawvideo", "-pix_fmt", "gray", "-s", f"{width}x{height}", "-i", "-"]
    return _run_idet(given, (), b"".join(picture.tobytes() for picture in pictures))


def combed_line(pictures: Sequence[np.ndarray]) -> str | None:
    """Line about consecutive grey images (H, W) uint8 that are combed, None where they are not."""
    fields = measure_pictures(pictures)
    if classify_fields(fields, flagged=False) == "progressive":
        return None
    return (
        f"{fields.combed} of {fields.judged} images are combed, as exported from interlaced video: "
        "they stay so; deinterlace: frames interpolates the lines of one field of each, and the "
        "video itself as the input keeps more"
    )


def may_be_interlaced(height: int) -> bool:
    """Whether interlaced video has so many lines."""
    return height <= INTERLACED_LINES[0] or height in INTERLACED_LINES


def _run_idet(given: list[str], filters: Sequence[str], data: bytes | None = None) -> Fields:
    # In grey: with subsampled colours idet gives other results for the same pixels after bwdif.
    measuring = ",".join([*filters, "format=gray", "idet", "metadata=print:file=-"])
    command = [ffmpeg(), "-v", "error", *given, "-vf", measuring, "-fps_mode", "passthrough"]
    result = subprocess.run(
        [*command, "-f", "null", "-"],
        input=data or b"",
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    said = result.stdout.decode("ascii", "replace")
    kinds = re.findall(r"idet\.single\.current_frame=(\w+)", said)
    repeats = re.findall(r"idet\.repeated\.current_frame=(\w+)", said)
    return Fields(counts=dict(Counter(kinds)), repeats=tuple(repeats))


def _has_pulldown(repeats: tuple[str, ...]) -> bool:
    phases = [
        Counter(t % 5 for t, kind in enumerate(repeats) if kind == field)
        for field in ("top", "bottom")
    ]
    return any(
        all(
            count.total() >= least
            and sum(n for _, n in count.most_common(places)) >= share * count.total()
            for count in phases
        )
        for places, least, share in PULLDOWN_PHASES
    )
