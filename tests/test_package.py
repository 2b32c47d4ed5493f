"""The wheel: what is in it, and that it works outside of the checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT, draw_clip

import toondecompose

FILES = ("pyproject.toml", "README.md", "LICENSE", "Snakefile", "environment.yml")
FILES += ("constraints.txt", "profiles", "toondecompose", "third_party")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel, and the source archive, from a copy of what they are made of."""
    folder = tmp_path_factory.mktemp("package")
    for name in FILES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name)
        else:
            shutil.copy2(ROOT / name, folder / name)
    (folder / "third_party/raft/weights/own.pth").write_bytes(b"weights stay out of the wheel")
    command = [sys.executable, "-m", "hatchling", "build"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    (built,) = (folder / "dist").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path) -> Path:
    """Unpack the wheel, which is how it is installed."""
    folder = wheel.parent / "site-packages"
    with zipfile.ZipFile(wheel) as file:
        file.extractall(folder)
    return folder


def test_it_holds_what_is_read_at_run_time(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as file:
        names = set(file.namelist())
    assert wheel.name.startswith(f"toondecompose-{toondecompose.__version__}-")
    assert {
        "toondecompose/config.schema.yaml",
        "toondecompose/edit/edit.schema.yaml",
        "toondecompose/report/page/page.html",
        "toondecompose/report/page/main.js",
        "toondecompose/workflow/Snakefile",
        "toondecompose/workflow/profiles/default/config.yaml",
        "third_party/raft/checkpoints.yaml",
    } <= names
    tops = {name.split("/")[0] for name in names}
    assert tops == {"toondecompose", "third_party", f"{wheel.name.rsplit('-', 3)[0]}.dist-info"}
    assert not [name for name in names if "weights" in name or "__pycache__" in name]
    modules = {path.relative_to(ROOT).as_posix() for path in ROOT.glob("toondecompose/**/*.py")}
    assert modules <= names


def test_the_source_archive_makes_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    (archive,) = wheel.parent.glob("*.tar.gz")
    shutil.unpack_archive(archive, tmp_path, filter="data")
    (folder,) = tmp_path.iterdir()
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    (again,) = (folder / "dist").glob("*.whl")
    assert again.read_bytes() == wheel.read_bytes()


def python(code: str, folder: Path, installed: Path) -> str:
    """Run code outside of the checkout with the unpacked wheel; return what it printed."""
    found = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(installed), "XDG_CACHE_HOME": str(installed / "cache")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    return found.stdout


def test_it_works_outside_of_the_checkout(installed: Path, tmp_path: Path) -> None:
    draw_clip(tmp_path / "clip", frames=4)
    code = """
import sys
import toondecompose as td
from third_party.raft.table import WEIGHTS
layers = td.decompose("clip", iterations=1, working_height=64)
print(td.__file__, layers.sprites[0].alpha(1).any(), "torchvision" in sys.modules, WEIGHTS)
"""
    module, weights = (
        f"{installed}/toondecompose/__init__.py",
        f"{installed}/cache/toondecompose/raft",
    )
    assert python(code, tmp_path, installed).split() == [module, "True", "False", weights]
    code = """
from toondecompose.cli import main
main(["run", "clip", "--dry-run"])
"""
    assert "refine      not made yet" in python(code, tmp_path, installed)
    assert sorted(path.name for path in tmp_path.iterdir() if path.name[0] != ".") == [
        "clip",
        "workers",
    ]


def test_the_version_stands_in_one_place() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["dynamic"] == ["version"] and "version" not in project


def test_constraints_pin_what_the_project_names() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = dict(project["optional-dependencies"])
    extras.pop("slurm")  # pins of its own: who has no cluster installs none of it
    named = [*project["dependencies"], *sum(extras.values(), [])]
    pinned = {line.split(" ;")[0] for line in (ROOT / "constraints.txt").read_text().splitlines()}
    assert {one for one in named if not one.startswith("toondecompose[")} <= pinned
