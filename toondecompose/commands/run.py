"""``toondecompose run CLIP``: make the layers of a clip with the workflow."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import yaml

from toondecompose.commands.clip_config import CONFIG, make_clip, read_config
from toondecompose.commands.settings_options import add_settings, given_settings
from toondecompose.core.errors import UserError
from toondecompose.core.typed_commands import snakefile
from toondecompose.store.artifacts import ClipFolder

INTERRUPTED = 130

SNAKEMAKE = "toondecompose.pipeline.snakemake_process"
"""The module that runs Snakemake."""

REASONS = {
    "Missing output files": "not made yet",
    "Input files updated by another job": "follows a step above",
    "Updated input files": "its input has changed, or a file it made is gone",
    "Set of input files has changed since last execution": "its input files are others",
    "Params have changed since last execution": "its settings or its code have changed",
    "Code has changed since last execution": "its command has changed",
}
"""Snakemake's reasons for a step, and what they mean here."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the subcommand."""
    parser.description = (
        "Make the layers of a clip, in the folder workers/<name> of the present folder. What is "
        "there already and still right is not made again."
    )
    parser.add_argument(
        "clip", help="a video, a folder of images, a pattern of names, or a clip of config.yaml"
    )
    add_settings(parser)
    parser.add_argument("--name", help="name of the clip and its folder; default: from the path")
    parser.add_argument("--cores", metavar="N", type=int, default=1, help="for the workflow")
    parser.add_argument("--dry-run", action="store_true", help="say only which stages would run")


def run(arguments: argparse.Namespace) -> int:
    """Run the workflow on a clip; return its exit status.

    Raises
    ------
    UserError
        When there is no such clip, a setting cannot be, or Snakemake is not installed.
    """
    if find_spec("snakemake") is None:
        raise UserError("snakemake is not installed; give: pip install 'toondecompose[workflow]'")
    if arguments.cores < 1:
        raise UserError(f"--cores is {arguments.cores}; give 1 or more")
    name, config = find_clip(arguments)
    command = [sys.executable, "-m", SNAKEMAKE, "--snakefile", str(snakefile())]
    command += ["--cores", str(arguments.cores), f"workers/{name}/vis.mp4"]
    command += [] if config is None else ["--configfile", str(config)]
    if arguments.dry_run:
        return say_plan(name, command)
    process = subprocess.Popen(command)
    try:
        return 1 if process.wait() else 0
    except KeyboardInterrupt:
        process.wait()  # the terminal has interrupted it as well
        return INTERRUPTED


def say_plan(name: str, command: list[str]) -> int:
    """Say which stages a Snakemake command would run, a line each; return the exit status."""
    command = [*command, "--dry-run", "--nocolor", "--quiet", "host"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    if found.returncode:
        print(found.stdout + found.stderr, end="", file=sys.stderr)
        return 1
    # Lines that the workflow says of a clip, such as which flow it takes.
    said = [line for line in found.stderr.splitlines() if line.startswith(f"{name}: ")]
    plan = planned_stages(found.stdout + found.stderr)
    if not plan:
        said.append(f"nothing to do: workers/{name}/vis.mp4 and all it needs are there")
    else:
        said.append(f"{len(plan)} steps would run:")
    width = max(map(len, plan), default=0)
    print("\n".join([*said, *(f"  {rule:{width}}  {why}" for rule, why in plan.items())]))
    return 0


def planned_stages(text: str) -> dict[str, str]:
    r"""Return the rules that a dry run of Snakemake names, in their order, and why each would run.

    >>> planned_stages("rule frames:\n    reason: Missing output files: a.json, b\n")
    {'frames': 'not made yet'}
    """
    found: dict[str, str] = {}
    for rule, body in re.findall(r"^(?:local)?rule (\w+):\n((?: +.*\n?)*)", text, re.MULTILINE):
        reason = re.search(r"^ +reason: (.*)$", body, re.MULTILINE)
        found[rule] = _plain_reason(reason[1] if reason else "")
    return found


def _plain_reason(reason: str) -> str:
    first = reason.split(";")[0].partition(":")[0].strip()
    return REASONS.get(first, first.lower() or "asked for")


def find_clip(arguments: argparse.Namespace) -> tuple[str, Path | None]:
    """Return the name of the clip to run, and the config written for it; None for config.yaml."""
    config, settings = read_config(CONFIG), given_settings(arguments)
    if arguments.clip in config.get("clips", {}):
        if settings or arguments.name:
            raise UserError(
                f"{arguments.clip} is a clip of {CONFIG}, which has its name and settings; change "
                "them there, and give the command without options"
            )
        return arguments.clip, None
    known = config.get("clips", {})
    name, own = make_clip(arguments.clip, arguments.name, settings, known=known)
    if name in config.get("clips", {}):
        raise UserError(
            f"{CONFIG} has a clip {name} already; run it by its name, or give this one another "
            "with --name"
        )
    path = Path("workers", name, "config.yaml")
    others = read_config(path).get("clips", {}).values()
    if any(other["input"] != own["input"] for other in others):
        raise UserError(
            f"workers/{name} holds the layers of another clip, {next(iter(others))['input']}; "
            "give this one another name with --name"
        )
    text = yaml.safe_dump({"clips": {name: own}}, sort_keys=False, allow_unicode=True)
    ClipFolder(root=path.parent).write_bytes(path.name, text.encode())
    return name, path
