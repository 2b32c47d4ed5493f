"""The figures of a clip against its reference, frame by frame, and of methods over clips."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from toondecompose.evaluation import picture_metrics

PERFECT_DB = 100.0
"""Decibels written for equal pictures, so that means and tables stay finite."""

RESAMPLES = 9999
"""Resamples of the bootstrap."""

CONFIDENCE = 0.95
"""Confidence of the intervals."""


@dataclass(frozen=True)
class Moment:
    """A frame of a clip and of its reference, (H, W, 3) uint8, and both of the frame before.

    ``before`` is None in the first frame.
    """

    picture: np.ndarray
    truth: np.ndarray
    before: tuple[np.ndarray, np.ndarray] | None = None


@dataclass(frozen=True)
class Measure:
    """One figure.

    Attributes
    ----------
    name : as in tables.
    unit : its unit, "" for none.
    digits : after the point.
    more_is_better : False for errors.
    of : gives it of a frame, or None where a frame has none.
    """

    name: str
    unit: str
    digits: int
    more_is_better: bool
    of: Callable[[Moment], float | None]


def _of_pair(measure: Callable[[np.ndarray, np.ndarray], float | None]) -> Callable:
    return lambda moment: measure(moment.picture, moment.truth)


def _flicker(moment: Moment) -> float | None:
    if moment.before is None:
        return None
    return picture_metrics.flicker((moment.picture, moment.truth), moment.before)


MEASURES = (
    Measure("PSNR", "dB", 2, True, _of_pair(picture_metrics.psnr)),
    Measure("SSIM", "", 4, True, _of_pair(picture_metrics.ssim)),
    Measure("MS-SSIM", "", 4, True, _of_pair(picture_metrics.ms_ssim)),
    Measure("FLIP", "", 4, False, _of_pair(picture_metrics.flip)),
    Measure("edge PSNR", "dB", 2, True, _of_pair(picture_metrics.edge_psnr)),
    Measure("flicker", "levels", 3, False, _flicker),
)
"""What is always measured."""


def measure_frame(moment: Moment, measures: Sequence[Measure] = MEASURES) -> np.ndarray:
    """Return the figures of a frame, (M,) float64; NaN where a frame has none."""
    values = [measure.of(moment) for measure in measures]
    return np.array([np.nan if v is None else min(v, PERFECT_DB) for v in values], np.float64)


def with_before(pairs: Iterable[tuple[np.ndarray, np.ndarray]]) -> Iterable[Moment]:
    """Yield frames with the frame before."""
    before = None
    for picture, truth in pairs:
        yield Moment(picture, truth, before)
        before = picture, truth


@dataclass(frozen=True)
class Measured:
    """The figures of one method on one clip: (T, M) float64, NaN for none."""

    method: str
    clip: str
    values: np.ndarray

    @property
    def means(self) -> np.ndarray:
        """(M,), mean over the frames that have a figure; NaN where none has."""
        there = ~np.isnan(self.values)
        total = np.where(there, self.values, 0).sum(axis=0)
        return np.where(there.any(axis=0), total / np.maximum(there.sum(axis=0), 1), np.nan)


@dataclass(frozen=True)
class Interval:
    """A mean over clips with its confidence interval; None where one clip gives none."""

    mean: float
    bounds: tuple[float, float] | None


def over_clips(values: Sequence[float] | np.ndarray) -> Interval:
    """Return mean and bootstrap interval (percentiles) of one figure of several clips.

    Clips that have no such figure (NaN) are left out; without any the mean is NaN.
    """
    known = np.array([value for value in values if not np.isnan(value)])
    if len(known) < 2:
        return Interval(float(known[0]) if len(known) else float("nan"), None)
    from scipy.stats import bootstrap

    found = bootstrap(
        (known,), np.mean, n_resamples=RESAMPLES, confidence_level=CONFIDENCE,
        method="percentile", rng=np.random.default_rng(0),
    ).confidence_interval  # fmt: skip
    return Interval(float(known.mean()), (float(found.low), float(found.high)))


def by_method(results: Iterable[Measured]) -> Mapping[str, list[Measured]]:
    """Sort results by method, in the order in which they come."""
    found: dict[str, list[Measured]] = {}
    for one in results:
        found.setdefault(one.method, []).append(one)
    return found
