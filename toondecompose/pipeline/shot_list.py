"""One clip per shot: the config that a run offers when the input holds several shots."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from toondecompose.core.typed_commands import typed_snakemake
from toondecompose.store import paths
from toondecompose.store.artifacts import ClipFolder

SHORTEST = 2
"""Frames of a clip, at least."""


def split(
    cuts: Sequence[int], first: int, count: int, *, between: Sequence[tuple[int, int]] = ()
) -> list[tuple[int, int]]:
    """First and last frame of every shot of so many frames from ``first`` on.

    cuts are the frames that begin a new shot, counted from the first; between are first and last
    frame of what lies between two shots and is part of none.

    >>> split([3, 4], 10, 9)
    [(10, 12), (13, 13), (14, 18)]
    >>> split([], 0, 20, between=[(8, 11)])
    [(0, 7), (12, 19)]
    """
    gaps = sorted([*((cut, cut) for cut in cuts), *((a, b + 1) for a, b in between)])
    starts, ends = [0, *(end for _, end in gaps)], [*(start for start, _ in gaps), count]
    return [(first + a, first + b - 1) for a, b in zip(starts, ends, strict=True) if b > a]


def one_clip_each(
    name: str, own: Mapping[str, Any], shots: Sequence[tuple[int, int]]
) -> dict[str, Any]:
    """Return a config with one clip per shot, each with the settings of the clip they come from.

    The clips are called ``<name>.1``, ``<name>.2``, ... after the number of the shot; shots of one
    frame are no clips.
    """
    clips = {
        f"{name}.{number}": {**own, "first_frame": first, "last_frame": last}
        for number, (first, last) in enumerate(shots, start=1)
        if last - first + 1 >= SHORTEST
    }
    return {"clips": clips}


def offer(clip: ClipFolder, shots: Sequence[tuple[int, int]]) -> str | None:
    """Write the config for the shots of a clip; return what to do with it.

    None when there is nothing to offer: all shots are single frames, or nobody has left the
    clip's settings, because the stage does not run in the workflow.
    """
    if not clip.exists(paths.OWN_SETTINGS):
        return None
    config = one_clip_each(clip.name, clip.read_json(paths.OWN_SETTINGS), shots)
    if not config["clips"]:
        return None
    place = shlex.quote(str(Path(clip.root, paths.SHOTS)))
    command = typed_snakemake(f"--cores 1 --configfile {place}")
    head = f"# One clip per shot of {clip.name}. Used instead of config.yaml by:\n# {command}\n"
    text = head + yaml.safe_dump(config, sort_keys=False, allow_unicode=True)
    # A folder of its own: what the refused clip itself has written so far is thrown away.
    ClipFolder(root=clip.root, made=clip.made).write_bytes(paths.SHOTS, text.encode())
    single = [str(first) for first, last in shots if last - first + 1 < SHORTEST]
    left = f" (single frames left out: {', '.join(single)})" if single else ""
    return f"take it apart shot by shot{left} with: {command}"
