"""Report: one HTML file that shows the layers and puts the frames together from them.

Reads ``source/``, ``vis/``, ``plate/``, ``sprite/`` and ``model/``; writes ``report.html``, which
needs no other file. It holds each plate and each drawing once, and the matrices that place them in
every frame. A rerun gives the same bytes: the page holds nothing that a later stage makes, such as
``grain/``, and no times of stages, which it reads from ``benchmarks/times.js`` beside it.
"""

from __future__ import annotations

import cv2
import numpy as np

from toondecompose.core.parallel import each
from toondecompose.pipeline.settings import ReportSettings
from toondecompose.pipeline.stage import run_stage
from toondecompose.pipeline.terminal import Progress
from toondecompose.pipeline.tuning import read_tuning
from toondecompose.report.encoding import (
    DRAWING_QUALITIES,
    INPUT_QUALITIES,
    Quality,
    as_text,
    encode_all,
    encode_webp,
)
from toondecompose.report.facts import describe
from toondecompose.report.html import make_page
from toondecompose.screen.light import DARK
from toondecompose.store import paths
from toondecompose.store.artifacts import STAGES, ClipFolder
from toondecompose.store.grain import find_grain
from toondecompose.store.layers import Layers
from toondecompose.store.placement import Placements

BUDGET = 18_000_000
"""Bytes of all pictures; in base64 they are a third more, so that a page has 24 MB at most."""

DRAWINGS_SHARE = 0.6
"""Share of it for plates and drawings; the frames get what these leave."""

WIDEST = 8192
"""Sides of pictures in the page: graphics cards take no larger ones."""

LIGHT_SIZE = (64, 36)
"""The light of the camera is smooth: it is shown from so many pixels."""

LIGHT_SCALE = 2
"""Light over all is scaled up so much, by cubics, before the page interpolates linearly."""


def main(clip: ClipFolder, settings: ReportSettings, progress: Progress) -> None:
    """Write ``report.html``."""
    placements = Placements(Layers(clip))
    # The preview may run at the same time: whether it is done must not change the page.
    before = [stage for stage in STAGES[: STAGES.index("report")] if stage != "preview"]
    records = {s: clip.read_json(paths.record(s)) for s in before if clip.exists(paths.record(s))}
    facts = describe(placements, records)
    facts["grain"] = find_grain(placements.clip, tuning=read_tuning(settings.tuning))
    pictures: dict[str, str] = {}
    facts["light"] = add_light(placements, pictures)
    facts["overall"] = add_light_over_all(placements, pictures)
    drawn = add_pictures(placements, pictures)
    left = BUDGET - sum(len(text) * 3 // 4 for text in pictures.values())
    shown = add_inputs(placements, pictures, left)
    facts["quality"] = {"drawings": drawn.level, "inputs": shown.level, "scale": shown.scale}
    for kind, quality in (("plates and drawings", drawn), ("frames", shown)):
        if quality.scale < 1:
            progress.say(f"report: {kind} are shown at {quality.scale:.0%} of their size, to fit")
    text = "".join(make_page(facts, pictures))
    clip.write_bytes(paths.REPORT, text.encode())


def add_pictures(placements: Placements, pictures: dict[str, str]) -> Quality:
    """Encode plates and drawings, and where they were observed; return their quality."""
    count = len(placements.pictures)

    def read(i: int) -> np.ndarray:
        return bounded(placements.read(i))

    def mask(i: int) -> bytes | None:
        path = placements.pictures[i].observed
        if path is None:
            return None
        return encode_webp(bounded(placements.clip.clip.read_png(path)), Quality(None))

    files, quality = encode_all(read, count, DRAWING_QUALITIES, budget=int(DRAWINGS_SHARE * BUDGET))
    pictures |= {f"picture-{i}": as_text(file) for i, file in enumerate(files)}
    for i, file in enumerate(each(mask, range(count))):
        if file is not None:
            pictures[f"mask-{i}"] = as_text(file)
    return quality


def add_inputs(placements: Placements, pictures: dict[str, str], budget: int) -> Quality:
    """Encode the frames as they were given; return their quality."""
    clip = placements.clip
    files, quality = encode_all(clip.frame, len(clip), INPUT_QUALITIES, budget=budget)
    pictures |= {f"input-{t}": as_text(file) for t, file in enumerate(files)}
    return quality


def add_light(placements: Placements, pictures: dict[str, str]) -> float:
    """Encode the camera's light about grey 128; return grey levels in a level, 0 without light."""
    light = cv2.resize(placements.light, LIGHT_SIZE, interpolation=cv2.INTER_AREA)
    largest = float(np.abs(light).max())
    if largest == 0:
        return 0.0
    levels = np.round(light / largest * 127) + 128
    pictures["light"] = as_text(encode_webp(levels.astype(np.uint8), Quality(None)))
    return largest / 127


def add_light_over_all(placements: Placements, pictures: dict[str, str]) -> dict | None:
    """Encode the strength of light over all in each frame; return what it means, None without.

    In the pictures 0 stands for the lowest strength of the clip and 255 for the highest.
    """
    light = placements.lighting.light
    if light is None:
        return None
    low, high = float(light.strength.min()), float(light.strength.max())
    span = max(high - low, 1e-6)
    height, width = light.strength[0].shape
    size = (LIGHT_SCALE * width, LIGHT_SCALE * height)

    def encode(t: int) -> bytes:
        strength = cv2.resize(light.strength[t], size, interpolation=cv2.INTER_CUBIC)
        levels = np.clip(np.round((strength - low) / span * 255), 0, 255)
        return encode_webp(levels.astype(np.uint8), Quality(None))

    files = each(encode, range(len(light.strength)))
    pictures |= {f"light-{t}": as_text(file) for t, file in enumerate(files)}
    colour = [round(float(one), 6) for one in light.colour]
    ends = {"low": round(low, 6), "span": round(span, 6), "dark": DARK}
    return {"kind": light.kind, "colour": colour, **ends}


def bounded(pixels: np.ndarray) -> np.ndarray:
    """Scale a picture down whose sides are longer than `WIDEST`; the page scales it up again."""
    factor = WIDEST / max(pixels.shape[:2])
    if factor >= 1:
        return pixels
    size = [max(1, int(side * factor)) for side in pixels.shape[1::-1]]
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)


if __name__ == "__main__":
    run_stage("report", main, ReportSettings)
