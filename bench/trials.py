"""What the programs that spoil and kill share (kills.py, faults.py, fuzz.py): small projects.

A trial is a copy of the project's code with one or two clips of six drawn frames.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import yaml
from PIL import Image

ROOT = Path(__file__).parents[1]

CODE = ("Snakefile", "environment.yml", "profiles", "toondecompose", "data", "third_party")
"""What a project needs of the code."""

VARYING = (".log", ".tsv", ".js", ".note", ".lock", ".ledger", ".made")
"""Endings of files that hold times, which differ from run to run."""

PATIENCE = 900.0
"""Seconds after which a run counts as hanging."""


class Trial:
    """A project with clips of its own, in a folder that may be spoilt."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def make(cls, root: Path, clips: tuple[str, ...] = ("one",)) -> Trial:
        """Copy the code and draw the clips, each a little different."""
        root.mkdir(parents=True)
        left = shutil.ignore_patterns("__pycache__", "frames", "truth", "*.lock", "*.pth")
        for name in CODE:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, root / name, ignore=left)
            else:
                shutil.copy2(source, root / name)
        for number, name in enumerate(clips):
            draw_clip(root / "clips" / name, seed=number)
        config = {name: {"input": f"clips/{name}", "iterations": 4} for name in clips}
        (root / "config.yaml").write_text(yaml.safe_dump({"clips": config}))
        return cls(root)

    def copy(self, root: Path) -> Trial:
        """Copy all of it, results and times included."""
        shutil.copytree(self.root, root, symlinks=True)
        return Trial(root)

    def start(self, *arguments: str, cores: int | None = 1) -> subprocess.Popen[str]:
        """Start Snakemake in a process group of its own; no cores are those of the arguments."""
        hidden = ("PYTHONPATH", "SNAKEMAKE_PROFILE")
        env = {name: value for name, value in os.environ.items() if name not in hidden}
        command = [sys.executable, "-m", "snakemake"]
        command += [] if cores is None else ["--cores", str(cores)]
        return subprocess.Popen(
            [*command, *arguments],
            cwd=self.root,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, cores: int = 1) -> tuple[int, str]:
        """Run Snakemake; return its status and all it said."""
        process = self.start(*arguments, cores=cores)
        output, _ = process.communicate(timeout=PATIENCE)
        return process.returncode, output

    def clip(self, name: str = "one") -> Path:
        """Folder of a clip's results."""
        return self.root / "workers" / name

    def results(self, name: str = "one") -> dict[str, str]:
        """Hashes of all results of a clip, by name."""
        folder = self.clip(name)
        return {
            path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.suffix not in VARYING and "set_aside" not in path.parts
        }


def draw_clip(folder: Path, *, seed: int = 0, frames: int = 6) -> None:
    """Draw a disc that walks before a panning, blotchy wall: 192x128, 0.png, 1.png, ..."""
    folder.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).integers(40, 215, (16, 48, 3), np.uint8)
    wall = np.asarray(Image.fromarray(noise).resize((384, 128), Image.Resampling.BICUBIC))
    y, x = np.mgrid[:128, :192]
    for t in range(frames):
        frame = wall[:, 3 * t : 3 * t + 192].copy()
        frame[np.hypot(x - 58 - 2 * (t // 2), y - 64) < 32] = (230, 60, 40)
        Image.fromarray(frame).save(folder / f"{t}.png")


def stages_run(output: str) -> list[tuple[str, str]]:
    """Return (stage, clip) of each stage that a run began, in order."""
    return re.findall(r"^\[\d/\d\] (\w+) · (\S+)$", output, re.MULTILINE)


def sentences(output: str) -> list[str]:
    """Return the sentences about errors in what a run said."""
    return [line for line in output.splitlines() if line.startswith("error: ")]


def differing(found: dict[str, str], expected: dict[str, str]) -> list[str]:
    """Names of results that are missing, new, or have other bytes."""
    names = sorted(found.keys() | expected.keys())
    return [name for name in names if found.get(name) != expected.get(name)]
