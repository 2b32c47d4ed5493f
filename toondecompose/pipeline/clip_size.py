"""Size and length of a clip before any stage has run, and what the machine has free."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

from toondecompose.core.errors import UserError
from toondecompose.core.files import read_json_object, write_text
from toondecompose.pipeline.estimate import ClipSize
from toondecompose.reading.images import read_headers
from toondecompose.reading.inputs import InputFiles, find_input
from toondecompose.reading.video_probe import probe
from toondecompose.store import paths

CGROUP = Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")
"""Where Linux says how much memory a container may use, and uses."""

AUTO_LAYERS = 3
"""Layers that are expected of a clip whose key objects is auto."""


def clip_size(settings: Mapping[str, Any], root: Path, listing: Path) -> ClipSize | None:
    """Return size and length of a clip, as far as they are known without decoding it.

    They are kept in ``records/size.json`` as long as the input stays the same.

    Parameters
    ----------
    settings : of the clip, by whole key.
    root : its folder.
    listing : the file that lists its input, up to date.
    """
    if not listing.exists():
        return None
    key = hashlib.sha256(listing.read_bytes()).hexdigest()
    path = root / paths.INPUT_SIZE
    known = read_json_object(path) if path.exists() else None
    if known is None or known.get("listing") != key or not _is_size(known):
        try:
            width, height, frames = _measure(find_input(settings["input"]))
        except UserError:
            return None  # the frames stage says it better
        known = {"listing": key, "size": [width, height], "frames": frames}
        write_text(path, json.dumps(known, sort_keys=True) + "\n")
    return _cut(known["size"], known["frames"], settings)


def measure_clip(settings: Mapping[str, Any]) -> ClipSize:
    """Return size and length of a clip as `clip_size` does; nothing is kept.

    Raises
    ------
    UserError
        When the input cannot be read.
    """
    width, height, frames = _measure(find_input(settings["input"]))
    return _cut([width, height], frames, settings)


def free_memory() -> float:
    """MB of memory that this machine, or this container, has free."""
    free = psutil.virtual_memory().available
    try:
        limit, used = (int(path.read_text()) for path in CGROUP)
        free = min(free, limit - used)
    except (OSError, ValueError):
        pass  # no container, or one without a limit
    return free / 1e6


def disk_for(folder: Path) -> float:
    """MB of disk for the folder of a clip: those that are free, and those that it has already."""
    taken = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return (shutil.disk_usage(folder).free + taken) / 1e6


def _measure(found: InputFiles) -> tuple[int, int, int]:
    if found.is_video:
        info = probe(found.files[0])
        return *info.size, max(1, len(info.times.starts))
    count = len(found.files)
    if found.numbers is not None:
        count = min(found.numbers[-1] - found.numbers[0] + 1, 5 * count)  # holes are held
    return *read_headers(found.files[:1])[0].size, count


def _cut(size: list[int], frames: int, settings: Mapping[str, Any]) -> ClipSize:
    last = settings["last_frame"]
    frames = (frames if last < 0 else min(frames, last + 1)) - settings["first_frame"]
    scale = min(1.0, settings["working_height"] / size[1])
    layers = settings["objects"]
    return ClipSize(
        size=(size[0], size[1]),
        working_size=(round(size[0] * scale), round(size[1] * scale)),
        frames=max(1, frames),
        layers=AUTO_LAYERS if layers == "auto" else int(layers),
    )


def _is_size(known: Mapping[str, Any]) -> bool:
    size = known.get("size")
    return (
        isinstance(size, list)
        and len(size) == 2
        and all(isinstance(one, int) and one > 0 for one in [*size, known.get("frames")])
    )
