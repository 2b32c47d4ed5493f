"""Strands of hair: lines that are too thin to be distinguished from noise pixel by pixel.

A single pixel that looks like a sprite is noise more often than not, and averaging the evidence
over an area loses a strand one pixel wide. But a strand is a line: the evidence of all its pixels
adds up, while the prior against a sprite counts once.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.matting.parameters import Parameters


def find_strands(
    frame: np.ndarray,
    log_odds: np.ndarray,
    before: np.ndarray,
    *,
    candidates: np.ndarray,
    contrast: float,
    tuning: Tuning = DEFAULT,
) -> tuple[np.ndarray, np.ndarray]:
    """Find the strands among candidate pixels.

    Parameters
    ----------
    frame : (H, W, 3) uint8.
    log_odds : (H, W) float32, the evidence for the sprite.
    before : (H, W) float32, the prior.
    candidates : (H, W) bool.
    contrast : squared grey levels by which a strand differs from both of its sides.

    Returns
    -------
    The candidates on a line that is a strand, (H, W) bool, and the extensions of these lines, (H,
    W) bool: a strand whose middle is not visible is connected to the sprite through them.
    """
    parameters = tuning[Parameters]
    rows, columns = np.nonzero(candidates)
    edge = parameters.strand_half_length_px + parameters.strand_gap_px
    width = log_odds.shape[1] + 2 * edge
    border = ((edge, edge), (edge, edge))
    evidence = np.pad(log_odds.astype(np.float32), border, mode="edge").ravel()
    colours = np.pad(frame, (*border, (0, 0)), mode="edge").reshape(-1, 3)
    at = (rows + edge) * width + columns + edge
    doubt, best = before[rows, columns], np.zeros(at.size, np.float32)
    slope = np.zeros((at.size, 2), np.float32)
    for line, across in _lines(tuning=tuning):
        own = [dy * width + dx for dx, dy in line]
        step = parameters.strand_gap_px * (across[1] * width + across[0])
        total = _sum(evidence, at, own)
        better = np.flatnonzero(total + doubt > best)
        left, right = (_sum(evidence, at[better] + by, own) for by in (-step, step))
        better = better[np.maximum(left, right) < 0]
        # The colour of a background edge lies between those beside it, that of a strand does not:
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
    return found, _leads(
        found, rows, columns, slope=slope / parameters.strand_half_length_px, tuning=tuning
    )


def _leads(
    found: np.ndarray,
    rows: np.ndarray,
    columns: np.ndarray,
    *,
    slope: np.ndarray,
    tuning: Tuning = DEFAULT,
) -> np.ndarray:
    """Return the extended lines through N pixels, (H, W) bool; slope (N, 2) is a step, x first."""
    parameters = tuning[Parameters]
    result = np.zeros(found.shape, bool)
    height, width = found.shape
    for step in range(
        -parameters.strand_half_length_px - parameters.strand_extension_px,
        parameters.strand_half_length_px + parameters.strand_extension_px + 1,
    ):
        x, y = np.round(step * slope).astype(int).T
        result[np.clip(rows + y, 0, height - 1), np.clip(columns + x, 0, width - 1)] = True
    return result


def _sum(values: np.ndarray, at: np.ndarray, steps: list[int]) -> np.ndarray:
    """Return sums of values (N, ...) over a few steps from each of M places, (M, ...) float32."""
    total = np.zeros((at.size, *values.shape[1:]), np.float32)
    for step in steps:
        total += np.take(values, at + step, axis=0)
    return total


def _lines(*, tuning: Tuning = DEFAULT) -> Iterator[tuple[list[tuple[int, int]], tuple[int, int]]]:
    """Yield the pixels (x, y) of each straight line through the origin, and a step across it."""
    parameters = tuning[Parameters]
    steps = range(-parameters.strand_half_length_px, parameters.strand_half_length_px + 1)
    for slope in steps[1:]:
        yield [(i, round(i * slope / parameters.strand_half_length_px)) for i in steps], (0, 1)
        yield [(-round(i * slope / parameters.strand_half_length_px), i) for i in steps], (1, 0)
