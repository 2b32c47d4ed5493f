"""Values of the key ``input``: a path, a pattern of file names, a range of frame numbers.

A pattern is the last part of the path: ``shot.*.png`` (*, ? and [...] as in a shell),
``shot.%04d.png`` (printf) or ``shot.####.png`` (at least as many characters as signs). A range
follows a blank or a colon: ``shots/a 1001:1024``.
"""

from __future__ import annotations

import errno
import fnmatch
import os
import re
from dataclasses import dataclass
from pathlib import Path

from toondecompose.core.errors import UserError

RANGE = re.compile(r"[ :](-?\d+):(-?\d+)$")

PLACEHOLDER = re.compile(r"#+|%(?:0?(\d+))?d")
"""The place of the frame number in a name."""


@dataclass(frozen=True, kw_only=True)
class InputPattern:
    """The parts of an input.

    Attributes
    ----------
    path
        Folder of images or video file.
    name
        Regular expression for the whole names of the images; its group "number", if it has one,
        is the frame number. None takes all.
    numbers
        First and last frame number to use; None takes all.
    """

    path: Path
    name: re.Pattern[str] | None = None
    numbers: tuple[int, int] | None = None


def parse_input(source: str) -> InputPattern:
    """Take an input apart; a name that exists is taken literally, ``~`` and $variables are set in.

    Examples
    --------
    >>> parse_input("shots/a.%04d.png 1001:1024").numbers
    (1001, 1024)
    >>> parse_input("shots/a.##.png").name.fullmatch("a.-5.png")["number"]
    '-5'
    """
    if any(letter < " " for letter in source):
        raise UserError(
            f"the input {source!r} holds a control character; correct the key 'input', or rename it"
        )
    for literal in (source, os.path.expandvars(os.path.expanduser(source))):
        try:
            os.stat(literal)
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:
                shown = f"{source[:40]}... ({len(source)} characters)"
                raise UserError(f"the input {shown} is too long for a path; shorten it") from None
        else:
            return InputPattern(path=Path(literal))
    source = os.path.expandvars(os.path.expanduser(source))
    asked = RANGE.search(source)
    numbers = (int(asked[1]), int(asked[2])) if asked else None
    path = Path(source[: asked.start()] if asked else source)
    name = None if path.exists() else _expression(path.name)
    return InputPattern(path=path if name is None else path.parent, name=name, numbers=numbers)


def _expression(name: str) -> re.Pattern[str] | None:
    place = PLACEHOLDER.search(name)
    if place is not None:
        width = int(place[1] or 1) if place[0].startswith("%") else len(place[0])
        before, after = re.escape(name[: place.start()]), re.escape(name[place.end() :])
        return re.compile(rf"{before}(?P<number>(?=[-\d]{{{width}}})-?\d+){after}")
    if any(sign in name for sign in "*?["):
        return re.compile(fnmatch.translate(name))
    return None
