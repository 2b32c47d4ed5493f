"""Evidence from structure that is, or is not, found again: learnt from the clip itself.

How often the structure of a figure is found again where the camera says depends on the shot: never
for a walker, half of the time for somebody who breathes. So the likelihoods of a share are
histograms of what the labels so far call figure and background, with a prior that decides while
they say little.

Frames in which a figure covers a place tell nothing about it. Without them background is found
again nearly always, however often figures pass before it, and what is not is part of a figure that
the labels miss.
"""

from __future__ import annotations

import cv2
import numpy as np

from toondecompose.core.parallel import each
from toondecompose.segmentation.persistence import Persistence

BINS = 20
"""Bins of the histograms of shares."""

CENTRES = (np.arange(BINS) + 0.5) / BINS

PRIOR_PIXELS = 1500.0
"""Pixels of either label from which on the clip's histograms count more than the prior."""

CAP = 2.5
"""Evidence of structure is trusted up to this logarithm."""

TRAVELLED = (0.1, 0.3)
"""Share of a figure's pixels that lie on places seen without it, from which on a figure begins to
have travelled, and fully has."""

SEEDS = (0.12, 0.75)
"""Structure that is found again less often than the first share of what changes at all, which is
what is found again in a smaller share of the frames than the second, belongs to a figure."""

SEED_RANGE = (0.05, 0.45)
"""Bounds of that share of frames."""

SEED_EVIDENCE = 2.0
"""Evidence of such structure, before anything is learnt."""

SEED_REST = 0.3
"""Share of that evidence that stays once shares are learnt."""

NEAR_EVIDENCE = 1.5
"""Evidence for the background of structure that moves with the camera to a neighbouring frame."""

STEADY = (0.9, 0.98)
"""Shares from which on structure begins to count as the background's, and fully counts."""

STILL_CAMERA = (0.25, 0.5)
"""Evidence for the background of steady structure before a camera that stands still, at first and
with covered frames left out: a figure at rest is as steady."""

MOVING_CAMERA = 2.5
"""The same where the camera moves."""


def seed_share(share: np.ndarray, structure: np.ndarray) -> float:
    """Return up to which share of the frames structure surely belongs to a figure."""
    changing = share[(structure > 0.5) & (share < SEEDS[1])]
    if changing.size < 500:
        return 0.4
    return float(np.clip(np.quantile(changing, SEEDS[0]), *SEED_RANGE))


class StructureVotes:
    """Evidence for sprites (T, H, W) from persistence, given labels.

    Parameters
    ----------
    persistence : of the background's planes.
    """

    def __init__(self, persistence: Persistence) -> None:
        self.persistence = persistence
        self.share, self.count = persistence.share()
        self.structure = persistence.structure * (self.count > 2)
        self.seed = seed_share(self.share, self.structure)
        low = np.clip((self.seed + 0.1 - self.share) / 0.12, 0, 1)
        self.seeds = SEED_EVIDENCE * self.structure * low
        moving = persistence.moving
        self.steady_evidence = (MOVING_CAMERA, MOVING_CAMERA) if moving else STILL_CAMERA
        near = np.clip((persistence.near - 0.6) / 0.3, 0, 1)
        self.near = -NEAR_EVIDENCE * self.structure * near

    def first(self) -> np.ndarray:
        """Return the evidence before there are any labels."""
        kernel = np.ones((5, 5), np.uint8)

        def closed(t: int) -> np.ndarray:
            sure = (self.seeds[t] > SEED_EVIDENCE / 2).astype(np.uint8)
            return cv2.morphologyEx(sure, cv2.MORPH_CLOSE, kernel) > 0

        cover = np.stack(each(closed, range(len(self.seeds))))
        share, trust = self._uncovered(np.stack(each(without_holes, cover)))
        changing = 1.5 * np.clip((0.75 - share) / 0.25, 0, 1) * (self.share < STEADY[0])
        steady = self.steady_evidence[1] * self.persistence.across * _steady(share)
        return self.structure * trust * (changing - steady) + self.seeds + self.near

    def learn(self, inside: np.ndarray, cover: np.ndarray) -> np.ndarray:
        """Return the evidence given labels inside (T, H, W) bool and what they cover at most."""
        share, trust = self._uncovered(cover)
        still = 1.5 if self.persistence.moving else 0.4
        changes = 1.5 * np.clip((self.seed + 0.1 - CENTRES) / 0.12, 0, 1)
        prior = changes - still * np.clip((CENTRES - 0.85) / 0.12, 0, 1)
        all_frames = learn_shares(self.share, self.structure, inside, prior)
        changes = 1.5 * np.clip((0.85 - CENTRES) / 0.3, 0, 1)
        prior = changes - still * np.clip((CENTRES - 0.9) / 0.1, 0, 1)
        uncovered = learn_shares(share, self.structure * trust, inside, prior)
        everywhere = _looked_up(all_frames, self.share)
        if inside.any():
            # Of two things at a place that labels cover throughout, the one that lasts was there
            # before a figure came, or is there after it: so far as figures have travelled.
            travelled = float(np.interp(trust[inside].mean(), TRAVELLED, (0, 1)))
            lasting = self.persistence.lasting
            lasts = learn_shares(lasting, self.structure, inside, np.zeros(BINS))
            limit = np.maximum(_looked_up(lasts, lasting), 0)
            everywhere = everywhere + travelled * np.minimum(limit - everywhere, 0)
        total = (1 - trust) * everywhere
        total = self.structure * (total + trust * _looked_up(uncovered, share))
        total = np.where(total < 0, total * self.persistence.across, total)
        return (total + SEED_REST * self.seeds + self.near).astype(np.float32)

    def _uncovered(self, cover: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the share of uncovered frames, and how far their number is trusted, 0..1."""
        kernel = np.ones((3, 3), np.uint8)
        wide = np.stack(each(lambda c: cv2.dilate(c.astype(np.uint8), kernel), cover))
        share, count = self.persistence.share(wide)
        return share, count / (count + 2)


def learn_shares(
    share: np.ndarray, weight: np.ndarray, inside: np.ndarray, prior: np.ndarray
) -> np.ndarray:
    """Return the logarithm of how much likelier each share is of a figure, (BINS,).

    Parameters
    ----------
    share : (T, H, W) in 0..1.
    weight : (T, H, W) in 0..1, how far each pixel has structure: that a pixel has any is evidence
        as well, for an even ground has none.
    inside : (T, H, W) bool, the labels.
    prior : (BINS,), what holds before the clip says anything.
    """

    def count(t: int) -> np.ndarray:
        # Both histograms in one pass: bins of the sprites come after those of the background.
        kind = _bin(share[t]) + BINS * inside[t]
        return np.bincount(kind.ravel(), weight[t].ravel(), minlength=2 * BINS)

    outer, inner = np.sum(each(count, range(len(share))), axis=0).reshape(2, BINS)
    likely = 1 / (1 + np.exp(-prior))
    pixels = int(inside.sum())
    densities = []
    for counts, base, number in (
        (inner, likely, pixels),
        (outer, 1 - likely, inside.size - pixels),
    ):
        counts = np.convolve(np.pad(counts, 1, mode="edge"), (0.25, 0.5, 0.25), mode="valid")
        density = (counts + PRIOR_PIXELS * base / base.sum()) / (counts.sum() + PRIOR_PIXELS)
        structured = counts.sum() + 0.1 * PRIOR_PIXELS
        densities.append(density * structured / (number + PRIOR_PIXELS) + 4e-4)
    ratio = np.log(densities[0] / densities[1])
    # The more often structure is found again, the less it can be a figure's.
    falling = np.minimum.accumulate(ratio), np.maximum.accumulate(ratio[::-1])[::-1]
    return np.clip((falling[0] + falling[1]) / 2, -CAP, CAP)


def without_holes(mask: np.ndarray) -> np.ndarray:
    """Return a mask (H, W) bool with everything that it encloses."""
    outside = np.pad((~mask).astype(np.uint8), 1, constant_values=1)
    _, regions = cv2.connectedComponents(outside, connectivity=4)
    padded = regions[1:-1, 1:-1]
    return mask | (padded != regions[0, 0])


def _steady(share: np.ndarray) -> np.ndarray:
    return np.clip((share - STEADY[0]) / (STEADY[1] - STEADY[0]), 0, 1)


def _bin(share: np.ndarray) -> np.ndarray:
    return np.minimum((share * BINS).astype(np.uint8), BINS - 1)


def _looked_up(table: np.ndarray, share: np.ndarray) -> np.ndarray:
    return table.astype(np.float32)[_bin(share)]
