"""Strands of hair, thinner than what tells a patch of a sprite from chance.

A single pixel that looks like a sprite is chance, more often than not, and so is what is left of a
strand one pixel wide when its evidence is averaged with that around it. A strand is a line: the
evidence of all its pixels adds up, while the doubt whether a sprite is there at all counts once.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

HALF = 3
"""Pixels of a line on either side of the pixel in question: so long, strands are straight."""

BESIDE = 2
"""Pixels from the middle of a strand at which there is none, and the picture differs."""

AHEAD = 7
"""Pixels by which a strand goes on beyond what is seen of it: as long as a line."""


def find_strands(
    frame: np.ndarray,
    seen: np.ndarray,
    before: np.ndarray,
    candidates: np.ndarray,
    contrast: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Find the strands among some candidates.

    Parameters
    ----------
    frame : (H, W, 3) uint8.
    seen : (H, W) float32, the evidence for the sprite.
    before : (H, W) float32, the evidence before anything is seen.
    candidates : (H, W) bool.
    contrast : squared grey levels by which a strand differs from what is on either side of it.

    Returns
    -------
    The candidates that lie on a line that shows a strand, (H, W) bool, and where these lines lead,
    (H, W) bool: what a strand hangs on lies there, should some of it not be seen.
    """
    rows, columns = np.nonzero(candidates)
    edge = HALF + BESIDE
    width = seen.shape[1] + 2 * edge
    border = ((edge, edge), (edge, edge))
    evidence = np.pad(seen.astype(np.float32), border, mode="edge").ravel()
    colours = np.pad(frame, (*border, (0, 0)), mode="edge").reshape(-1, 3)
    at = (rows + edge) * width + columns + edge
    doubt, best = before[rows, columns], np.zeros(at.size, np.float32)
    slope = np.zeros((at.size, 2), np.float32)
    for line, across in _lines():
        own = [dy * width + dx for dx, dy in line]
        step = BESIDE * (across[1] * width + across[0])
        total = _sum(evidence, at, own)
        better = np.flatnonzero(total + doubt > best)
        left, right = (_sum(evidence, at[better] + by, own) for by in (-step, step))
        better = better[np.maximum(left, right) < 0]
        # An edge of the street lies between the colours beside it, a strand beyond them:
        # <F - A, F - B> is negative where F lies between A and B.
        middle = _sum(colours, at[better], own)
        left, right = (middle - _sum(colours, at[better] + by, own) for by in (-step, step))
        differs = (left * right).mean(axis=1)
        better = better[differs > contrast * len(own) ** 2]
        best[better], slope[better] = (total + doubt)[better], line[-1]
    found = np.zeros(candidates.shape, bool)
    strand = best > 0
    rows, columns, slope = rows[strand], columns[strand], slope[strand]
    found[rows, columns] = True
    return found, _leads(found, rows, columns, slope / HALF)


def _leads(
    found: np.ndarray, rows: np.ndarray, columns: np.ndarray, slope: np.ndarray
) -> np.ndarray:
    """Return where lines through N pixels lead, (H, W) bool; slope (N, 2) is a step, x first."""
    result = np.zeros(found.shape, bool)
    height, width = found.shape
    for step in range(-HALF - AHEAD, HALF + AHEAD + 1):
        x, y = np.round(step * slope).astype(int).T
        result[np.clip(rows + y, 0, height - 1), np.clip(columns + x, 0, width - 1)] = True
    return result


def _sum(values: np.ndarray, at: np.ndarray, steps: list[int]) -> np.ndarray:
    """Return the sums of values (N, ...) a few steps from each of M places, (M, ...) float32."""
    total = np.zeros((at.size, *values.shape[1:]), np.float32)
    for step in steps:
        total += np.take(values, at + step, axis=0)
    return total


def _lines() -> Iterator[tuple[list[tuple[int, int]], tuple[int, int]]]:
    """Yield the pixels (x, y) of each straight line through the origin, and a step across it."""
    steps = range(-HALF, HALF + 1)
    for slope in steps[1:]:
        yield [(i, round(i * slope / HALF)) for i in steps], (0, 1)
        yield [(-round(i * slope / HALF), i) for i in steps], (1, 0)
