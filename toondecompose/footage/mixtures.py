"""Whether a frame is made of one before and one after: a mixture, or a part of either."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from toondecompose.footage.small_pictures import WIDTH, SmallPicture

TRIMMED = 0.8
"""Share of the pixels, those that fit best, that is compared: figures move in both shots."""

MIN_CHANGE = 4.0
"""Grey levels by which a frame in the middle must differ from either shot, on average."""

RELIT = 0.6
"""A mixture must leave less than this share of what either shot in another light leaves."""

MIXED, WIPED = 0.35, 0.25
"""A mixture must explain a frame this many times better than either shot; for a wipe, which may
choose for each pixel, it takes more."""

STILL = 0.1
"""Share of the width by which the shots of a wipe may move: farther, something enters the frame."""

ONE_SIDED = 0.9
"""Share of the pixels of a wipe that show the same shot as most pixels around them."""

MIN_OVERLAP, MIN_TELLING = 0.5, 0.2
"""Shares of the pixels that both shots must show, and in which those of a wipe must differ."""


@dataclass(frozen=True)
class Fit:
    """How a frame is made of two.

    Attributes
    ----------
    kind : "dissolve" or "wipe"; "" where it is not.
    ratio : share of the difference from either that is left over.
    weight : of the second.
    """

    kind: str
    ratio: float
    weight: float


NO_FIT = Fit("", np.inf, 0.0)
"""A frame that is not made of two."""


def fit_mixture(
    before: SmallPicture, frame: SmallPicture, after: SmallPicture, *, kind: str = ""
) -> Fit:
    """Explain a frame by a frame before and one after.

    With a kind given, weight and ratio are those of that kind, whether they suffice or not.
    """
    best = NO_FIT
    firsts, seconds = before.shifted_to(frame), after.shifted_to(frame)
    relit = 0.0 if kind else min(_left_relit(frame.colour, one) for one, _ in firsts + seconds)
    for first, moved_a in firsts:
        for second, moved_b in seconds:
            there = (first[..., 0] >= 0) & (second[..., 0] >= 0)
            if there.mean() < MIN_OVERLAP:
                continue
            seen, a, b = frame.colour[there], first[there], second[there]
            off_a, off_b = np.abs(seen - a).mean(axis=1), np.abs(seen - b).mean(axis=1)
            least = min(_trimmed(off_a), _trimmed(off_b))
            if not kind and least < MIN_CHANGE:
                return NO_FIT
            least = max(least, MIN_CHANGE)
            if kind in ("", "dissolve"):
                apart = b - a
                weight = float(((seen - a) * apart).sum() / max(float((apart**2).sum()), 1e-6))
                left = _trimmed(np.abs(seen - a - weight * apart).mean(axis=1))
                ratio = left / least
                enough = kind or (ratio < MIXED and left < RELIT * relit)
                if enough and ratio < best.ratio:
                    best = Fit("dissolve", ratio, weight)
            if kind == "dissolve" or max(moved_a, moved_b) > STILL * WIDTH:
                continue
            ratio = _trimmed(np.minimum(off_a, off_b)) / least
            whole = kind or (ratio < WIPED and _is_one_sided(frame.colour, first, second))
            if whole and ratio < best.ratio:
                differs = np.abs(b - a).mean(axis=1) > MIN_CHANGE
                share = float((off_b < off_a)[differs].mean()) if differs.any() else 0.0
                best = Fit("wipe", ratio, share)
    return best


def _left_relit(frame: np.ndarray, shot: np.ndarray) -> float:
    """Return what a shot leaves over of a frame, (H, W, 3) each, in the light that fits best.

    That is a gain and an offset of each channel, which explain a change of light.
    """
    there = shot[..., 0] >= 0
    if there.mean() < MIN_OVERLAP:
        return np.inf
    seen, own = frame[there], shot[there]
    apart, target = own - own.mean(axis=0), seen.mean(axis=0)
    gain = (apart * (seen - target)).sum(axis=0) / np.maximum((apart**2).sum(axis=0), 1e-6)
    return _trimmed(np.abs(seen - target - gain * apart).mean(axis=1))


def _trimmed(values: np.ndarray) -> float:
    number = max(1, int(TRIMMED * values.size))
    return float(np.partition(values, number - 1)[:number].mean())


def _is_one_sided(frame: np.ndarray, first: np.ndarray, second: np.ndarray) -> bool:
    # Whether the pixels that show only one of both shots lie together, as those of a wipe do.
    off_a, off_b = (np.abs(frame - one).mean(axis=2) for one in (first, second))
    tells = (np.abs(first - second).mean(axis=2) > 2 * MIN_CHANGE) & (first[..., 0] >= 0)
    tells &= second[..., 0] >= 0
    if tells.sum() < MIN_TELLING * tells.size:
        return False
    side = (off_b < off_a).astype(np.float32)
    weight = cv2.blur(tells.astype(np.float32), (7, 7))
    around = cv2.blur(side * tells, (7, 7)) / np.maximum(weight, 1e-6) > 0.5
    return float((around == (side > 0))[tells].mean()) >= ONE_SIDED
