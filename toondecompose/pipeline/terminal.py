"""What a person sees while a stage runs: a heading, progress with an estimate, plain lines.

On a terminal progress is a bar; elsewhere (a log, a pipe) it is a line every few seconds. Work
that is over within ``PATIENCE`` shows nothing. Every line also goes to the log file of the stage.
"""

from __future__ import annotations

import logging
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sized
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from tqdm import tqdm

from toondecompose.store.artifacts import STAGES

PATIENCE = 3.0
"""Seconds of silence before progress is shown."""

INTERVAL = 5.0
"""Seconds between two plain lines of progress."""

T = TypeVar("T")
R = TypeVar("R")


class Progress:
    """Tells a person how far a stage is.

    Parameters
    ----------
    stage, clip
        Shown in the heading and before each line.
    """

    def __init__(self, *, stage: str, clip: str) -> None:
        self.stage = stage
        self.clip = clip
        self.log = logging.getLogger("toondecompose")

    def heading(self) -> None:
        """Say which stage of which clip begins."""
        place = f"[{STAGES.index(self.stage) + 1}/{len(STAGES)}] " if self.stage in STAGES else ""
        self._show(f"{place}{self.stage} · {self.clip}")

    def say(self, line: str) -> None:
        """Show one line."""
        self._show(f"      {line}")

    def track(self, items: Iterable[T], text: str, *, total: int | None = None) -> Iterator[T]:
        """Yield ``items`` while showing how many of ``total`` are done; ``text`` says of what."""
        if total is None:
            total = len(items) if isinstance(items, Sized) else None
        start = time.monotonic()
        if sys.stderr.isatty():
            heading = f"      {self.clip}: {text}"
            bar = tqdm(items, heading, total, leave=False, delay=PATIENCE, dynamic_ncols=True)
            yield from bar
        else:
            yield from self._plain(items, text, total)
        self.log.debug("%s: %.1f s", text, time.monotonic() - start)

    def map(
        self,
        function: Callable[[T], R],
        items: Iterable[T],
        text: str,
        *,
        workers: int = 2,
        total: int | None = None,
    ) -> list[R]:
        """Apply ``function`` to every item in ``workers`` threads; all results, in order."""
        return list(self.stream(function, items, text, workers=workers, total=total))

    def stream(
        self,
        function: Callable[[T], R],
        items: Iterable[T],
        text: str,
        *,
        workers: int = 2,
        total: int | None = None,
    ) -> Iterator[R]:
        """Yield the results one after the other, as ``map`` would list them.

        Items are taken only as threads become free, so few items and results are in memory at a
        time. The first error stops the rest and is raised here.
        """
        if total is None:
            total = len(items) if isinstance(items, Sized) else None
        pool = ThreadPoolExecutor(workers)
        try:
            results = _in_order(pool, function, items, ahead=2 * workers)
            yield from self.track(results, text, total=total)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _plain(self, items: Iterable[T], text: str, total: int | None) -> Iterator[T]:
        start = last = time.monotonic()
        for done, item in enumerate(items):
            now = time.monotonic()
            if now - start > PATIENCE and now - last > INTERVAL:
                last = now
                self.say(f"{self.clip}: {text}: {_count(done, total, now - start)}")
            yield item

    def _show(self, line: str) -> None:
        self.log.info(line)
        with tqdm.external_write_mode(file=sys.stderr):
            print(line, file=sys.stderr, flush=True)


def _in_order(
    pool: ThreadPoolExecutor, function: Callable[[T], R], items: Iterable[T], *, ahead: int
) -> Iterator[R]:
    waiting: deque[Future[R]] = deque()
    for item in items:
        waiting.append(pool.submit(function, item))
        if len(waiting) >= ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _count(done: int, total: int | None, seconds: float) -> str:
    if not total or not done:
        return f"{done} done"
    left = seconds / done * (total - done)
    return f"{done}/{total}, about {left:.0f} s left"
