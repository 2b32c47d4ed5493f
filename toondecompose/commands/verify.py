"""``toondecompose verify CLIP``: compare all results of a clip with their checksums."""

from __future__ import annotations

import argparse
from pathlib import Path

from toondecompose.commands.clip_folder import find_folder
from toondecompose.core.errors import UserError
from toondecompose.core.parallel import each
from toondecompose.core.typed_commands import typed
from toondecompose.store.artifacts import STAGES
from toondecompose.store.made import MadeFiles, hash_file, recorded


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the subcommand."""
    parser.description = (
        "Read every file that the stages of a clip made and compare it with its checksum. A run "
        "does so only for what it reads and for files whose size or time changed. Damaged files "
        "are named, and the next run makes them again; nothing is removed here."
    )
    parser.add_argument("clip", help="name of the clip, or its folder")


def run(arguments: argparse.Namespace) -> int:
    """Print what is damaged; return 0 when everything is whole.

    Raises
    ------
    UserError
        When there is no such clip, or a file is damaged or missing.
    """
    root = find_folder(arguments.clip)
    count, wrong = 0, 0
    stages: list[str] = []
    for stage in STAGES:
        artifacts = recorded(root, stage)
        stages += [stage] if artifacts else []
        count += len(artifacts)
        damaged = find_damage(root, {name: one["sha256"] for name, one in artifacts.items()})
        for name, how in damaged.items():
            print(f"{root / name} {how}, of the stage {stage}")
        changed = {name for name, how in damaged.items() if how == "was changed"}
        if changed:
            MadeFiles(root, stage).forget_times(changed)
        wrong += len(damaged)
    if not count:
        raise UserError(f"{root} holds no record of any stage; run the clip first")
    if wrong:
        raise UserError(
            f"{wrong} of {count} files in {root} are damaged or missing; give the command that "
            "made the clip again, and they are made anew"
        )
    print(f"{root}: {count} files of {len(stages)} stages are whole")
    missing = [stage for stage in STAGES if stage not in stages]
    if missing:
        print(
            f"not made yet: {', '.join(missing)}; {typed(f'toondecompose run {root.name}')} goes on"
        )
    return 0


def find_damage(root: Path, hashes: dict[str, str]) -> dict[str, str]:
    """Return how files differ from their hashes, by name; empty where none does."""

    def look(name: str) -> str | None:
        path = root / name
        if not path.is_file():
            return "is missing"
        return None if hash_file(path) == hashes[name] else "was changed"

    names = sorted(hashes)
    return {name: how for name, how in zip(names, each(look, names), strict=True) if how}
