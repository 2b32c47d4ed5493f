"""Progress for a program: the lines and counts that a terminal would show, to a function."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sized
from dataclasses import dataclass
from typing import TypeVar

from toondecompose.pipeline.terminal import Progress

T = TypeVar("T")


@dataclass(frozen=True)
class Report:
    """How far a run is.

    Attributes
    ----------
    stage : name of the stage at work, such as "alpha".
    text : one line to show, or what is being counted.
    done : how many of them are done; None for a line.
    total : of how many; None where nobody knows.
    """

    stage: str
    text: str
    done: int | None = None
    total: int | None = None


class Reporter(Progress):
    """Gives each line and count of a stage to a function, or to nobody.

    Parameters
    ----------
    stage, clip : shown in the heading.
    report : called in the thread of the run; what it raises ends the run.
    """

    def __init__(self, stage: str, clip: str, report: Callable[[Report], object] | None) -> None:
        super().__init__(stage=stage, clip=clip)
        self.report = report or (lambda report: None)

    def say(self, line: str) -> None:
        """Report one line."""
        self._show(line)

    def track(self, items: Iterable[T], text: str, *, total: int | None = None) -> Iterator[T]:
        """Yield ``items`` while reporting how many of ``total`` are done."""
        if total is None:
            total = len(items) if isinstance(items, Sized) else None
        for done, item in enumerate(items, start=1):
            yield item
            self.report(Report(self.stage, text, done, total))

    def _show(self, line: str) -> None:
        self.log.info(line)
        self.report(Report(self.stage, line))
