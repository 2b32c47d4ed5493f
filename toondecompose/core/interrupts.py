"""An interrupt (Ctrl-C) while a process still imports its modules: one line, no traceback."""

from __future__ import annotations

import sys
from types import TracebackType

STOPPED = "stopped; the same command goes on from here"
"""What a person is told who has interrupted a command."""


def hush_interrupts() -> None:
    """Let an interrupt that nothing catches end this process with one line.

    Call it first in a process that belongs to this program, never when it is imported as a library.
    """
    before = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            print(STOPPED, file=sys.stderr, flush=True)
        else:
            before(kind, error, trace)

    sys.excepthook = hook
