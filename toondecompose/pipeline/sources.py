"""The source files a module uses, found by their imports, and one hash of them all."""

from __future__ import annotations

import ast
import hashlib
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
"""Folder of the project: the Snakefile and the packages."""

PACKAGES = ("toondecompose", "data", "third_party")
"""Top-level packages of the project, whose modules are followed."""


DATA = {
    "toondecompose.report.html": "toondecompose/report/page",
    "toondecompose.edit.settings": "toondecompose/edit/edit.schema.yaml",
}
"""Folders of files, and files, that are no modules, by the module that reads them."""


STATEMENTS = (ast.stmt, ast.excepthandler, ast.match_case)
"""Nodes that are statements or hold some."""


def sources(module: str) -> list[str]:
    """Source files that ``module`` (dotted name) uses, itself included, found by their imports."""
    found: dict[str, Path] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        path = _source(name)
        if path is None or name in found:
            continue
        found[name] = path
        waiting += _imports(name, path)
        if "." in name:
            waiting.append(name.rpartition(".")[0])
    data = [path for name, folder in DATA.items() if name in found for path in _files(folder)]
    return sorted(os.path.relpath(path) for path in [*found.values(), *data])


def fingerprint(module: str) -> str:
    """Hash of the source files of ``module``, for ``params``.

    Snakemake compares modification times with the end of a stage, so it does not see an edit made
    while the stage ran; the hash, taken before, does.
    """
    digest = hashlib.sha256()
    for path in sources(module):
        digest.update(Path(path).read_bytes())
    return digest.hexdigest()[:16]


def _files(folder: str) -> list[Path]:
    place = ROOT / folder
    return [place] if place.is_file() else [path for path in place.iterdir() if path.is_file()]


@cache
def _source(module: str) -> Path | None:
    if module.split(".")[0] not in PACKAGES:
        return None
    path = ROOT.joinpath(*module.split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


@cache
def _imports(module: str, path: Path) -> list[str]:
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    names = []
    for node in _executed(ast.parse(path.read_bytes(), str(path))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *filter(None, [node.module])])
            # `from package import name`: the name may be a module of the package.
            names += [base, *(f"{base}.{alias.name}" for alias in node.names)]
    return names


def _executed(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield all statements but those below ``if TYPE_CHECKING``, which only type checkers read."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.If) and getattr(node.test, "id", None) == "TYPE_CHECKING":
            waiting += node.orelse
        else:  # not into expressions, which are most of the tree and import nothing
            inner = ast.iter_child_nodes(node)
            waiting += [child for child in inner if isinstance(child, STATEMENTS)]
