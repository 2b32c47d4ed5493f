"""The layout: each package imports only those below it, and no module lies loose at the top."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from conftest import ROOT

PACKAGE = ROOT / "toondecompose"

ORDER = (
    "cli",
    "commands",
    "api",
    "stages",
    "inbetween",
    "edit",
    "upscale",
    "report",
    "pipeline",
    "export",
    "store",
    "reading",
    "sprites",
    "drawings",
    "matting",
    "plates",
    "segmentation",
    "exposure",
    "screen",
    "planes",
    "motion",
    "optical_flow",
    "footage",
    "evaluation",
    "viz",
    "core",
)
"""The packages, and the two modules at the top; each may import those after it."""

MODULES = {"api", "cli"}
"""Those of them that are no folders."""

TOP = {"__init__.py", "__main__.py", "api.py", "cli.py", "config.schema.yaml"}
"""Files at the top: the version, the ways in, and the schema of the config, which users read."""


def imports(path: Path) -> Iterator[str]:
    """Yield the packages of the project that a module imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: import by the whole name"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            top, *below = name.split(".")
            if top == "toondecompose" and below and below != ["__version__"]:
                yield below[0]
            assert top != "bench", f"{path}: the benchmark is no part of the package"


def files(package: str) -> list[Path]:
    """Files of a package, or of a module at the top."""
    if package in MODULES:
        return [PACKAGE / f"{package}.py"]
    return list(PACKAGE.joinpath(package).rglob("*.py"))


def against_order() -> set[tuple[str, str]]:
    """Imports of a package by one below it."""
    return {
        (path.relative_to(PACKAGE).as_posix(), name)
        for rank, package in enumerate(ORDER)
        for path in files(package)
        for name in imports(path)
        if ORDER.index(name) < rank
    }


def test_packages_import_only_those_below() -> None:
    assert against_order() == set()


def test_nothing_lies_loose_at_the_top() -> None:
    loose = {path.name for path in PACKAGE.iterdir() if path.is_file()}
    folders = {path.parent.name for path in PACKAGE.glob("*/*.py")}
    assert (loose, folders) == (TOP, set(ORDER) - MODULES)
