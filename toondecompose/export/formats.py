"""What a format is: a name, what it needs, a function that writes and one that checks."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING, NamedTuple

from toondecompose.core.errors import UserError

if TYPE_CHECKING:  # the workflow asks for names of formats, and layers cost half a second
    from toondecompose.export.scene import Scene
    from toondecompose.store.artifacts import ClipFolder


class Format(NamedTuple):
    """A format that layers are exported to.

    Attributes
    ----------
    name : as on the command line, and of ``export/<name>.done``.
    content : one line for the help.
    write : writes the files, all of them through the folder ``export``.
    check : reads some of what was written and compares it with the layers; raises `UserError`.
    modules : what must be importable, from the extra ``export``.
    after : formats whose files this one refers to.
    """

    name: str
    content: str
    write: Callable[[Scene, ClipFolder], None]
    check: Callable[[Scene, ClipFolder], None]
    modules: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


def require_modules(wanted: Format) -> None:
    """Check that the libraries of a format are there.

    Raises
    ------
    UserError
        When one is missing.
    """
    for module in wanted.modules:
        if find_spec(module) is None:
            raise UserError(
                f"the format {wanted.name} needs the package {module}, which is not installed; "
                "give: pip install 'toondecompose[export]'"
            )


def require(fits: bool, name: str, fault: str) -> None:
    """Raise one sentence when a file that was written does not hold what it should."""
    if not fits:
        raise UserError(
            f"the exported {name} {fault}; delete it and export again, and report it if that "
            "does not help"
        )
