"""What a person may ask Snakemake for: any artifact, by a relative or absolute path."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from toondecompose.core.errors import UserError
from toondecompose.store import paths
from toondecompose.store.artifacts import PATTERNS, STAGES

DECLARED = re.compile(
    r"(vis|preview_position|edit|inbetween|upscale)\.mp4|export/([^/]+\.)?done"
    r"|records/[^/]+\.json"
)
"""Files of a clip that rules declare."""


def resolve_targets(targets: Iterable[str]) -> frozenset[str]:
    """Replace artifacts by the records of the stages that make them.

    Raises
    ------
    UserError
        When a file among the results is made by no stage.

    Examples
    --------
    >>> sorted(resolve_targets(["workers/mine/vis/3.obj.1.png", "all", "workers/mine"]))
    ['all', 'workers/mine/records/refine.json', 'workers/mine/vis.mp4']
    """
    return frozenset(_resolve(target) for target in targets)


def _resolve(target: str) -> str:
    relative = target
    if os.path.isabs(target) or "/" in target:
        # Also where the project's folder is reached by a link.
        relative = os.path.relpath(target)
        if relative.startswith(".."):
            real = os.path.relpath(os.path.realpath(target), os.path.realpath("."))
            relative = target if real.startswith("..") else real
    parts = Path(relative).parts
    if len(parts) < 2 or parts[0] != "workers":
        return relative
    clip, rest = parts[1], "/".join(parts[2:])
    if not rest:
        return f"workers/{clip}/{paths.VIDEO}"
    if DECLARED.fullmatch(rest):
        return relative
    if parts[2] == "upscale":  # pictures, which come with the video
        return f"workers/{clip}/{paths.UPSCALE_VIDEO}"
    for stage in STAGES:
        if any(_matches(rest, pattern) for pattern in PATTERNS[stage]):
            return f"workers/{clip}/{paths.record(stage)}"
    raise UserError(
        f"{target} is made by no stage; ask for a file that README.md lists, such as "
        f"workers/{clip}/{paths.VIDEO}, or for a format, such as workers/{clip}/export/psd.done"
    )


def _matches(name: str, pattern: str) -> bool:
    # Also the folder of a pattern: who asks for workers/mine/vis wants its files.
    expression = re.escape(pattern).replace(r"\*\*/", "(.*/)?").replace(r"\*", "[^/]*")
    folder = pattern.split("*")[0].rstrip("/")
    return re.fullmatch(expression, name) is not None or (
        "*" in pattern and pattern.startswith(f"{name}/") and folder.startswith(name)
    )
