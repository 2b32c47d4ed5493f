"""``toondecompose doctor [CLIP]``: how a clip is understood, or what this machine has.

    toondecompose doctor path/to/shot.mp4  # a file, a folder or a pattern
    toondecompose doctor mine              # a clip of config.yaml, its settings
    toondecompose doctor                   # this machine

Nothing is decomposed and nothing is written.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import shutil
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from toondecompose import __version__
from toondecompose.commands.clip_config import CONFIG, check_given, read_config
from toondecompose.core.errors import UserError
from toondecompose.core.parallel import threads
from toondecompose.core.typed_commands import typed, typed_snakemake
from toondecompose.optical_flow.choice import choose
from toondecompose.pipeline.clip_size import measure_clip
from toondecompose.pipeline.estimate import say_needs
from toondecompose.pipeline.reading_settings import reading_settings
from toondecompose.pipeline.settings import clip_settings, load_clips, settings_of
from toondecompose.pipeline.workflow import RENDERED
from toondecompose.reading.media import open_source

GIB = 2**30

EXAMPLES = """examples:
  toondecompose doctor path/to/shot.mp4    a file, a folder or a pattern
  toondecompose doctor mine                a clip of config.yaml, with its settings
  toondecompose doctor                     this machine"""
"""The end of the help."""

ALPHA = {
    "use": "alpha: where it is not opaque, it is that of all sprites together, and the plate is "
    "empty; transparency: ignore lays the frames over one colour instead",
    "ignore": "alpha: left out, as the key 'transparency' says",
}
"""What becomes of the alpha of an input, by the key ``transparency``."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the subcommand."""
    parser.description = (
        "Say how a clip is understood and what it will cost, or, without one, what this machine "
        "has. Nothing is decomposed and nothing is written."
    )
    parser.epilog = EXAMPLES.replace("  toondecompose", f"  {typed('toondecompose')}")
    parser.add_argument(
        "clip",
        nargs="?",
        help="a clip of config.yaml, or a file, folder or pattern; without it, the machine",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the diagnosis.

    Raises
    ------
    UserError
        When the config is wrong, or the input cannot be read.
    """
    clip = arguments.clip
    print("\n".join(describe_machine() if clip is None else diagnose(clip)))
    return 0


def diagnose(name: str, config: Path = CONFIG) -> list[str]:
    """Return what is understood of an input: five lines, then what is assumed, then its cost.

    Parameters
    ----------
    name
        A clip of the config, or else an input as the key ``input`` gives it.
    config
        Config file; it need not exist.

    Raises
    ------
    UserError
        When the config is wrong, or the input cannot be read.
    """
    found = read_config(config)
    clips = load_clips(found, config) if found else {}
    clip = clips.get(name) or clip_settings({"input": name})
    settings = settings_of("frames", clip)
    if os.path.normpath(settings.input) == RENDERED and not Path(RENDERED).exists():
        return [
            "kind: the example clip, which the project draws itself in its first run",
            f"not drawn yet; give: {typed_snakemake(f'--cores 1 workers/{name}/vis.mp4')}",
        ]
    if name not in clips:
        check_given(name, clips)
    source = open_source(settings.input, fps=settings.fps, reading=reading_settings(settings))
    alpha = [ALPHA[settings.transparency]] if has_alpha(source.facts) else []
    return [*source.facts, *alpha, *source.lines, say_needs("cost", measure_clip(clip))]


def has_alpha(facts: Iterable[str]) -> bool:
    """Whether the facts about an input say that its pixels may be transparent.

    >>> has_alpha(["colour: as sRGB, without alpha"]), has_alpha(["colour: yuva420p, no tags"])
    (False, True)
    """
    colour = next((fact for fact in facts if fact.startswith("colour:")), "")
    return (
        "may have alpha" in colour
        or re.search(r"yuva|gbrap|rgba|argb|bgra|abgr", colour) is not None
    )


def describe_machine() -> list[str]:
    """Return what this machine has that matters here, a line each."""
    import psutil

    memory, disk = psutil.virtual_memory(), shutil.disk_usage(Path.cwd())
    return [
        f"version: toondecompose {__version__}, Python {platform.python_version()}, "
        f"{platform.system()} {platform.machine()}",
        f"processor: {threads()} threads are used",
        f"memory: {memory.available / GIB:.1f} of {memory.total / GIB:.1f} GiB free",
        f"disk: {disk.free / GIB:.1f} GiB free here",
        f"device: {_device()}",
        f"ffmpeg: {_ffmpeg()}",
        _flow(),
        f"workflow: {_package('snakemake', 'workflow')}",
        f"upscale: {_package('onnxruntime', 'upscale')}",
    ]


def _device() -> str:
    import torch

    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "no GPU that torch sees"
    return f"{gpu}, torch {torch.__version__}"


def _ffmpeg() -> str:
    import imageio_ffmpeg

    try:
        return f"{imageio_ffmpeg.get_ffmpeg_version()}, {imageio_ffmpeg.get_ffmpeg_exe()}"
    except (RuntimeError, OSError) as error:
        return f"missing, so that videos cannot be read or written ({error})"


def _flow() -> str:
    try:
        return choose(clip_settings({"input": "clip"})).line
    except UserError as error:
        return f"flow: {error}"


def _package(name: str, extra: str) -> str:
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return f"{name} is not installed; give: pip install 'toondecompose[{extra}]'"
