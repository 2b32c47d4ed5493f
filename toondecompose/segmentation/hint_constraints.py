"""Hints as constraints on labels: hard constraints, and reverted changes."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from scipy import ndimage

from toondecompose.core.geometry import Size
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.segmentation.parameters import Parameters


def apply_hard_constraints(
    foreground: np.ndarray, hints: np.ndarray, *, tuning: Tuning = DEFAULT
) -> np.ndarray:
    """Set foreground (..., H, W) in 0..1 to 1 or 0 where hints (..., H, W) are hard constraints."""
    limit = tuning[Parameters].hard_hint_log_odds / 2
    decided = np.where(hints > limit, 1, foreground)
    return np.where(hints < -limit, 0, decided).astype(foreground.dtype)


def revert_changes_against_hints(
    before: np.ndarray, after: np.ndarray, hints: np.ndarray, *, tuning: Tuning = DEFAULT
) -> np.ndarray:
    """Revert the changes of owners (H, W) that contradict hints (K, H, W) of the K owners.

    Returns the owners, (H, W) uint8.
    """
    was, now = (np.take_along_axis(hints, o[None].astype(int), 0)[0] for o in (before, after))
    reverted = contradicted_regions(before != after, was - now)
    reverted |= now < -tuning[Parameters].hard_hint_log_odds / 2
    return np.where(reverted, before, after).astype(np.uint8)


def keep_changes_near_hints(
    before: np.ndarray,
    after: np.ndarray,
    changed: np.ndarray,
    *,
    hints: np.ndarray,
    tuning: Tuning = DEFAULT,
) -> np.ndarray:
    """Revert the changes (T, H, W) bool that are connected with no hint, in space and time.

    before and after are labels of any kind, (T, H, W); hints are log odds, (T, H, W) or
    (K, T, H, W).
    """
    parameters = tuning[Parameters]
    strength = np.abs(hints) if hints.ndim == 3 else np.abs(hints).max(axis=0)
    regions, count = cast("tuple[np.ndarray, int]", ndimage.label(changed))
    reached = np.zeros(count + 1, bool)
    reached[regions[strength > parameters.min_hint_strength * parameters.hint_log_odds]] = True
    reached[0] = False
    return np.where(reached[regions], after, before)


def contradicted_regions(changed: np.ndarray, preferred: np.ndarray) -> np.ndarray:
    """Return the changed regions (H, W) bool in which the state before is preferred in sum.

    preferred (H, W) are the log odds of the state before against the state after.
    """
    count, regions = cv2.connectedComponents(changed.astype(np.uint8))
    total = np.bincount(regions.ravel(), weights=preferred.ravel(), minlength=count)
    contradicted = total > 0
    contradicted[0] = False
    return contradicted[regions]


def upsampled_hints(hints: np.ndarray, size: Size, *, tuning: Tuning = DEFAULT) -> np.ndarray:
    """Return log odds of hints (H, W) at another size (width, height), float32, none of them hard.

    At full resolution a hint's pixels are not known exactly.
    """
    limit = tuning[Parameters].hint_log_odds
    soft = np.clip(hints.astype(np.float32), -limit, limit)
    return cv2.resize(soft, size, interpolation=cv2.INTER_LINEAR)
