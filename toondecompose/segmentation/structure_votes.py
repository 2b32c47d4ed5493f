"""Log odds of structure from its persistence, with likelihoods learnt from the clip itself.

How often the structure of a sprite is found again where the camera predicts it depends on the shot:
never for a walker, half of the time for somebody who breathes. So the likelihoods of persistence
are histograms of what the labels so far call sprite and background, with a prior that decides while
the histograms hold few pixels.

Frames in which a sprite covers a place say nothing about it. Without them background is found again
nearly always, however often sprites pass before it. What is not belongs to a sprite that the labels
miss.
"""

from __future__ import annotations

import cv2
import numpy as np

from toondecompose.core.parallel import each, stacked
from toondecompose.core.statistics import ramp
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.segmentation.parameters import Parameters
from toondecompose.segmentation.persistence import Persistence


def seed_persistence(
    share: np.ndarray, structure: np.ndarray, *, tuning: Tuning = DEFAULT
) -> float:
    """Return the persistence up to which structure is surely a sprite's."""
    parameters = tuning[Parameters]
    changing = share[(structure > 0.5) & (share < parameters.max_changing_persistence)]
    if changing.size < 500:
        return 0.4
    found = np.quantile(changing, parameters.seed_quantile)
    return float(np.clip(found, *parameters.seed_persistence_range))


class StructureVotes:
    """Log odds (T, H, W) of structure from its persistence, given labels.

    Parameters
    ----------
    persistence : of structure with the background's planes.

    Attributes
    ----------
    staying : 0..1, how far the camera stays.
    resting : 0..1, how far sprites stay at their place before it; from the last labels.
    """

    def __init__(self, persistence: Persistence, *, tuning: Tuning = DEFAULT) -> None:
        parameters = tuning[Parameters]
        self._tuning = tuning
        self.persistence = persistence
        self.share, self.count, self.rival = persistence.share_and_rival()
        times = range(len(self.share))
        self.structure = stacked(lambda t: persistence.structure[t] * (self.count[t] > 2), times)
        self.seed = seed_persistence(self.share, self.structure, tuning=tuning)

        def seeds(t: int) -> np.ndarray:
            low = np.clip((self.seed + 0.1 - self.share[t]) / 0.12, 0, 1)
            return parameters.seed_log_odds * self.structure[t] * low

        self.seeds = stacked(seeds, times)
        still, moving = parameters.still_camera_log_odds, parameters.moving_camera_log_odds
        self.steady = moving if persistence.moving else still
        # A camera that travels far shows by persistence what is a sprite's. Sky and clouds that no
        # plane explains are displaced as well.
        self.staying = 1 - min(persistence.travel / parameters.far_travel_share, 1.0)
        self.resting = 0.0

        def near(t: int) -> np.ndarray:
            own = np.clip((persistence.near[t] - 0.6) / 0.3, 0, 1)
            return -parameters.camera_motion_log_odds * self.structure[t] * own

        self.near = stacked(near, times)

    def first(self) -> np.ndarray:
        """Return the log odds before there are any labels."""
        parameters = self._tuning[Parameters]
        kernel = np.ones((5, 5), np.uint8)

        def closed(t: int) -> np.ndarray:
            sure = (self.seeds[t] > parameters.seed_log_odds / 2).astype(np.uint8)
            return without_holes(cv2.morphologyEx(sure, cv2.MORPH_CLOSE, kernel) > 0)

        times = range(len(self.seeds))
        shares, trusts = self._uncovered(stacked(closed, times))
        low, high = parameters.steady_persistence_range

        def one(t: int) -> np.ndarray:
            share, usual = shares[t], self.share[t]
            changing = 1.5 * np.clip((0.75 - share) / 0.25, 0, 1) * (usual < low)
            steady = np.clip((share - low) / (high - low), 0, 1)
            steady = self.steady * self.persistence.across[t] * steady
            # What shows again after something else has covered it is the background. What never
            # changes may be a sprite at rest.
            lead = ramp(usual - self.rival[t], *parameters.leading_share_range)
            changes = ramp(1 - usual, *parameters.covered_share_range)
            returning = parameters.returning_log_odds * lead * changes
            votes = self.structure[t] * (trusts[t] * (changing - steady) - returning)
            return self._with_displaced(votes + self.seeds[t] + self.near[t], t, weight=1.0)

        return stacked(one, times)

    def learn(self, inside: np.ndarray, cover: np.ndarray) -> np.ndarray:
        """Return the log odds given labels inside (T, H, W) bool and what they cover at most."""
        parameters = self._tuning[Parameters]
        bins = parameters.persistence_bins
        centres = (np.arange(bins) + 0.5) / bins
        share, trust = self._uncovered(cover)
        still = 1.5 if self.persistence.moving else 0.4
        changes = 1.5 * np.clip((self.seed + 0.1 - centres) / 0.12, 0, 1)
        prior = changes - still * np.clip((centres - 0.85) / 0.12, 0, 1)
        all_frames = self._learn(self.share, self.structure, inside, prior=prior)
        changes = 1.5 * np.clip((0.85 - centres) / 0.3, 0, 1)
        prior = changes - still * np.clip((centres - 0.9) / 0.1, 0, 1)
        uncovered = self._learn(share, self.structure * trust, inside, prior=prior)
        lasting, lasts, travelled = self.persistence.lasting, np.zeros(bins), 0.0
        if inside.any():
            # Where labels cover a place throughout, it shows two things. The one that lasts was
            # there before a sprite came or is there after it left, as far as sprites have
            # travelled.
            range_ = parameters.travelled_share_range
            travelled = float(np.interp(trust[inside].mean(), range_, (0, 1)))
            lasts = self._learn(lasting, self.structure, inside, prior=np.zeros(bins))

        self.resting = self.staying * (1 - travelled)

        def one(t: int) -> np.ndarray:
            everywhere = _looked_up(all_frames, self.share[t])
            if travelled:
                limit = np.maximum(_looked_up(lasts, lasting[t]), 0)
                everywhere = everywhere + travelled * np.minimum(limit - everywhere, 0)
            total = (1 - trust[t]) * everywhere
            total = self.structure[t] * (total + trust[t] * _looked_up(uncovered, share[t]))
            total = weigh_background(total, self.persistence.across[t])
            seeds = parameters.learnt_seed_weight * self.seeds[t]
            weight = parameters.learnt_displaced_weight
            return self._with_displaced(total + seeds + self.near[t], t, weight=weight)

        return stacked(one, range(len(share)))

    def _with_displaced(self, total: np.ndarray, t: int, *, weight: float) -> np.ndarray:
        """Add the log odds of displaced structure, which is no evidence for the background."""
        displaced = self.staying * self.structure[t] * self.persistence.displaced[t]
        total = weigh_background(total, 1 - displaced)
        log_odds = weight * self._tuning[Parameters].displaced_log_odds
        return (total + log_odds * displaced).astype(np.float32)

    def _learn(
        self, share: np.ndarray, weight: np.ndarray, inside: np.ndarray, *, prior: np.ndarray
    ) -> np.ndarray:
        return learn_log_odds(share, weight, inside, prior=prior, tuning=self._tuning)

    def _uncovered(self, cover: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the share of uncovered frames, and how far their number is trusted, 0..1."""
        kernel = np.ones((3, 3), np.uint8)
        wide = stacked(lambda c: cv2.dilate(c.astype(np.uint8), kernel), list(cover))
        share, count = self.persistence.share(wide)
        return share, count / (count + 2)


def learn_log_odds(
    share: np.ndarray,
    weight: np.ndarray,
    inside: np.ndarray,
    *,
    prior: np.ndarray,
    tuning: Tuning = DEFAULT,
) -> np.ndarray:
    """Return the log odds of each bin of persistence, (bins,).

    Parameters
    ----------
    share : (T, H, W) in 0..1, the persistence.
    weight : (T, H, W) in 0..1, how far each pixel has structure. That a pixel has structure is
        evidence as well, because an even background has none.
    inside : (T, H, W) bool, the labels.
    prior : (bins,), log odds before the clip is observed.
    """
    parameters = tuning[Parameters]
    bins, prior_pixels = len(prior), parameters.persistence_prior_pixels

    def count(t: int) -> np.ndarray:
        # Both histograms in one pass: bins of the sprites come after those of the background.
        kind = _bin(share[t], bins) + bins * inside[t]
        return np.bincount(kind.ravel(), weight[t].ravel(), minlength=2 * bins)

    outer, inner = np.sum(each(count, range(len(share))), axis=0).reshape(2, bins)
    likely = 1 / (1 + np.exp(-prior))
    pixels = int(inside.sum())
    densities = []
    for counts, base, number in (
        (inner, likely, pixels),
        (outer, 1 - likely, inside.size - pixels),
    ):
        counts = np.convolve(np.pad(counts, 1, mode="edge"), (0.25, 0.5, 0.25), mode="valid")
        density = (counts + prior_pixels * base / base.sum()) / (counts.sum() + prior_pixels)
        structured = counts.sum() + 0.1 * prior_pixels
        densities.append(density * structured / (number + prior_pixels) + 4e-4)
    ratio = np.log(densities[0] / densities[1])
    # The more often structure is found again, the less likely it is a sprite's.
    falling = np.minimum.accumulate(ratio), np.maximum.accumulate(ratio[::-1])[::-1]
    limit = parameters.max_persistence_log_odds
    return np.clip((falling[0] + falling[1]) / 2, -limit, limit)


def weigh_background(log_odds: np.ndarray, weight: np.ndarray | float) -> np.ndarray:
    """Return log odds of a sprite, those for the background times a weight."""
    return np.where(log_odds < 0, log_odds * weight, log_odds)


def without_holes(mask: np.ndarray) -> np.ndarray:
    """Return a mask (H, W) bool with everything that it encloses."""
    outside = np.pad((~mask).astype(np.uint8), 1, constant_values=1)
    _, regions = cv2.connectedComponents(outside, connectivity=4)
    padded = regions[1:-1, 1:-1]
    return mask | (padded != regions[0, 0])


def _bin(share: np.ndarray, bins: int) -> np.ndarray:
    return np.minimum((share * bins).astype(np.uint8), bins - 1)


def _looked_up(table: np.ndarray, share: np.ndarray) -> np.ndarray:
    return table.astype(np.float32)[_bin(share, len(table))]
