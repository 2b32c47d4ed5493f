"""Confidence of the labels, and the assumptions that were made where the clip has no evidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.segmentation.parameters import Parameters


def confidence(alpha: np.ndarray, regions: np.ndarray) -> float:
    """Return how far the evidence of the whole clip agrees that an object is a sprite, 0..1.

    alpha is (T, H, W) in 0..1, regions (T, H, W) in -1..1; see `regions.RegionGraph.solve`. An
    object without pixels has a confidence of 0.
    """
    total = float(alpha.sum())
    return float((alpha * np.clip(regions, 0, 1)).sum()) / total if total > 0 else 0.0


def least_certain_frame(alpha: np.ndarray, regions: np.ndarray) -> int:
    """Return the frame in which an object (T, H, W) is least certain, among those that show it."""
    area = alpha.sum(axis=(1, 2))
    shown = area > 0.5 * area.max(initial=0)
    if not shown.any():
        return len(alpha) // 2
    agreed = (alpha * regions).sum(axis=(1, 2)) / np.maximum(area, 1e-6)
    return int(np.where(shown, agreed, np.inf).argmin())


def is_even(structure: np.ndarray, inside: np.ndarray, *, tuning: Tuning = DEFAULT) -> bool:
    """Tell whether the background has next to no structure.

    structure is (T, H, W) in 0..1, inside (T, H, W) bool where sprites are.
    """
    free = ~inside
    least = tuning[Parameters].min_structured_share
    return bool(free.any()) and float(structure[free].mean()) < least


def assumptions(
    alphas: Sequence[np.ndarray],
    regions: np.ndarray,
    *,
    first: int,
    even: bool,
    hint: str,
    tuning: Tuning = DEFAULT,
) -> Iterator[str]:
    """Yield a sentence for each assumption that was made for want of evidence.

    Parameters
    ----------
    alphas : of the sprites, (T, H, W) in 0..1.
    regions : (T, H, W) in -1..1; see `regions.RegionGraph.solve`.
    first : number of the first sprite.
    even : whether the background has no structure.
    hint : the path of a hint, with {frame} and {object} in it.
    """
    if even and len(alphas):
        yield (
            "the background is even: hardly anything shows how the camera moves, and lines are "
            "taken for sprites"
        )
    for k, alpha in enumerate(alphas, first):
        sure = confidence(alpha, regions)
        if sure >= tuning[Parameters].min_confidence:
            continue
        t = least_certain_frame(alpha, regions)
        what = f"is uncertain (confidence {sure:.2f})" if alpha.any() else "was not found"
        inside = hint.format(frame=t, object=k)
        strokes = f"white strokes inside it and a black line around it in {inside}"
        if len(alphas) > 1:
            around = hint.format(frame=t, object=0)
            strokes = f"white strokes inside it in {inside} and white ones around it in {around}"
        yield f"object {k} {what}: little moves unlike the background; {strokes} settle it"
