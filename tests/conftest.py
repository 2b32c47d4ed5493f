"""How the suite runs; a copy of the project with a tiny clip, and the workflow run on it once."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from export.synthetic import make_scene
from filelock import FileLock
from PIL import Image

from toondecompose.core.parallel import threads
from toondecompose.core.typed_commands import STARTER
from toondecompose.export.scene import Scene
from toondecompose.pipeline.stage import fix_threads
from toondecompose.store.artifacts import ClipFolder

ROOT = Path(__file__).parents[1]

os.environ.pop(STARTER, None)  # of ./run pytest, which would stand before printed commands

TINY = {"input": "clip", "iterations": 4}
"""Settings of the tiny clip."""

CODE = ("Snakefile", "environment.yml", "profiles", "toondecompose", "data", "third_party")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Run the whole suite on all cores, and files that are named in this process.

    Own choices (-n, --dist, --pdb) go first. Without pytest-xdist the suite takes longer.
    """
    whole = config.args_source is config.ArgsSource.TESTPATHS
    if not whole or not config.pluginmanager.hasplugin("xdist") or config.option.usepdb:
        return
    if "PYTEST_XDIST_WORKER" in os.environ:  # one of the processes asks itself
        return
    if config.option.numprocesses is None and config.option.dist == "no":
        config.option.numprocesses = threads()
        config.option.dist = "loadfile"  # so that fixtures of a file are made once
        # What the processes start with: the cores are theirs, not those of threads in each.
        fix_threads()
        os.environ["OPENCV_FOR_THREADS_NUM"] = "1"


class Project:
    """A folder with the project's code and a config of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def make(cls, root: Path, **clip: object) -> Project:
        """Copy the code; one clip, ``tiny``, with the settings ``TINY`` and ``clip``."""
        root.mkdir(parents=True)
        for name in CODE:
            _copy(ROOT / name, root / name)
        project = cls(root)
        project.configure({"clips": {"tiny": TINY | clip}})
        return project

    def copy(self, root: Path) -> Project:
        """Copy everything, results and times included."""
        _copy(self.root, root)
        return Project(root)

    def configure(self, config: object) -> None:
        """Write config.yaml."""
        (self.root / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start snakemake in a process group of its own."""
        hidden = ("PYTHONPATH", "SNAKEMAKE_PROFILE")
        env = {name: value for name, value in os.environ.items() if name not in hidden}
        return subprocess.Popen(
            [sys.executable, "-m", "snakemake", "--cores", "1", *arguments],
            cwd=self.root,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str) -> tuple[int, str]:
        """Run snakemake; return its exit status and all it said."""
        process = self.start(*arguments)
        output, _ = process.communicate(timeout=900)  # a busy machine takes its time
        return process.returncode, output

    def planned(self, *targets: str) -> set[str]:
        """Stages that a run would run, by a dry run."""
        status, output = self.run("--dry-run", "--quiet", "host", "--", *targets)
        assert status == 0, output
        return set(re.findall(r"^rule (\w+):", output, re.MULTILINE))

    def artifacts(self, clip: str = "tiny") -> dict[str, bytes]:
        """Every file of the clip but logs and benchmarks, which hold times."""
        folder = self.root / "workers" / clip
        passing = (".log", ".tsv", ".js", ".note", ".lock", ".ledger", ".made")
        files = (p for p in folder.rglob("*") if p.is_file() and p.suffix not in passing)
        return {p.relative_to(folder).as_posix(): p.read_bytes() for p in files}


def draw_clip(folder: Path, *, frames: int = 6, size: tuple[int, int] = (192, 128)) -> None:
    """Draw a disc that walks before a panning, blotchy wall; frames 0.png, 1.png, ..."""
    folder.mkdir(parents=True, exist_ok=True)
    width, height = size
    noise = np.random.default_rng(0).integers(40, 215, (height // 8, width // 4, 3), np.uint8)
    wall = np.asarray(Image.fromarray(noise).resize((2 * width, height), Image.Resampling.BICUBIC))
    y, x = np.mgrid[:height, :width]
    for t in range(frames):
        frame = wall[:, 3 * t : 3 * t + width].copy()
        inside = np.hypot(x - 0.3 * width - 2 * (t // 2), y - 0.5 * height) < 0.25 * height
        frame[inside] = (230, 60, 40)
        Image.fromarray(frame).save(folder / f"{t}.png")


@pytest.fixture
def new_project(tmp_path: Path) -> Project:
    """A project on which nothing has run yet."""
    project = Project.make(tmp_path / "project")
    draw_clip(project.root / "clip")
    return project


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose tiny clip is finished; copy it before changing anything.

    One for all processes: the first that needs it makes it, the others wait.
    """
    folder = tmp_path_factory.getbasetemp()
    root = (folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "finished"
    with FileLock(f"{root}.lock"):
        if not root.exists():
            draw_clip(Project.make(root).root / "clip")
            print(Project(root).run("workers/tiny/vis.mp4")[1])
    assert (root / "workers/tiny/vis.mp4").exists(), "the workflow failed"
    return Project(root)


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """A small finished clip, made without running anything, as exports see it."""
    return make_scene(tmp_path / "clip")


@pytest.fixture
def target(tmp_path: Path) -> ClipFolder:
    """An empty folder for exports."""
    return ClipFolder(root=tmp_path / "export")


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        left = shutil.ignore_patterns("__pycache__", "frames", "truth", "*.lock", "*.pth")
        shutil.copytree(source, target, ignore=left)
    else:
        shutil.copy2(source, target)
