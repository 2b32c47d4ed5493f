"""Affinities of tracks, and the similarity of clusters of tracks.

Points of one sprite keep their distance through the clip, those of different sprites drift apart
(Brox and Malik, "Object segmentation by long term analysis of point trajectories", 2010).
"""

from __future__ import annotations

import numpy as np

from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.segmentation.parameters import Parameters
from toondecompose.segmentation.point_tracks import Tracks


def trajectory_affinities(tracks: Tracks, *, tuning: Tuning = DEFAULT) -> np.ndarray:
    """Return the affinity of every two tracks, (N, N) float32 in 0..1.

    Tracks that share frames are compared by the variation of their distance and by the least
    distance. Of others, one must continue the other, or have its colour.
    """
    parameters = tuning[Parameters]
    number, count = tracks.present.shape
    present, filled = tracks.present, np.nan_to_num(tracks.places)
    first = present.argmax(axis=1)
    last = count - 1 - present[:, ::-1].argmax(axis=1)
    every = np.arange(number)
    ends = (filled[every, last], filled[every, first])
    affinities, recognised = (np.zeros((number, number), np.float32) for _ in range(2))
    for i in range(number):
        frames = (present[i] & present).sum(axis=1)
        together = _shared_affinities(filled, present, i, tuning=tuning)
        difference = (tracks.colours - tracks.colours[i]) / parameters.track_colour_levels
        alike = np.exp(-(difference**2).sum(axis=1))
        continues = np.zeros(number)
        for gap, other, own in (
            (first - last[i], ends[1], ends[0][i]),
            (first[i] - last, ends[0], ends[1][i]),
        ):
            soon = (gap > 0) & (gap <= parameters.max_track_gap_frames)
            squared = ((other - own) ** 2).sum(axis=1)
            continues[soon] = np.exp(-squared / parameters.track_gap_distance_px**2)[soon]
        affinities[i] = np.where(frames == 0, continues * alike, together)
        affinities[i, (frames > 0) & (frames < parameters.min_track_frames)] = 0
        recognised[i] = np.where(frames == 0, parameters.recognition_affinity * alike, 0)
    total = np.maximum(recognised.sum(axis=1), 1e-6)
    limit = np.minimum(1, parameters.max_recognition_affinity / total)
    affinities += recognised * np.minimum(limit[:, None], limit)
    np.fill_diagonal(affinities, 0)
    return np.minimum(affinities, 1)


def _shared_affinities(
    filled: np.ndarray, present: np.ndarray, i: int, *, tuning: Tuning = DEFAULT
) -> np.ndarray:
    """Return the affinities (N,) of track i to tracks that share frames with it.

    filled (N, T, 2) are the places, zero where a point is not tracked, present (N, T) bool.
    """
    parameters = tuning[Parameters]
    shared = present[i] & present  # (N, T)
    frames = shared.sum(axis=1)
    apart = (filled - filled[i]) * shared[..., None]
    weight = np.maximum(frames, 1)[:, None]
    mean = apart.sum(axis=1) / weight
    variance = ((apart**2).sum(axis=1) / weight - mean**2).sum(axis=1)
    near = np.where(shared, (apart**2).sum(axis=-1), np.inf).min(axis=1)
    variance = np.maximum(variance, 0)
    close = np.exp(
        -variance / parameters.track_drift_px**2 - near / parameters.track_distance_px**2
    )
    rigid = np.exp(
        -variance / parameters.rigid_drift_px**2 - near / parameters.rigid_distance_px**2
    ) * np.minimum(frames / parameters.rigid_track_frames, 1)
    return np.maximum(close, rigid)


def cluster_similarity(
    tracks: Tracks, first: np.ndarray, second: np.ndarray, *, tuning: Tuning = DEFAULT
) -> float:
    """Return how similar two clusters (N,) bool are in colour and motion, 0..1."""
    parameters = tuning[Parameters]
    least = parameters.min_track_frames
    apart = np.linalg.norm(tracks.colours[first][:, None] - tracks.colours[second], axis=-1)
    distance = (apart.min(axis=0).mean() + apart.min(axis=1).mean()) / 2
    speeds = [_median_steps(tracks.places[cluster]) for cluster in (first, second)]
    both = ~np.isnan(speeds[0][:, 0]) & ~np.isnan(speeds[1][:, 0])
    colour = float(np.exp(-((distance / parameters.cluster_colour_levels) ** 2)))
    if both.sum() < least:
        return colour * parameters.unmet_cluster_similarity
    slip = float(np.linalg.norm(np.median((speeds[0] - speeds[1])[both], axis=0)))
    drift = _relative_drift(
        tracks.places[first], tracks.places[second], parameters.cluster_drift_frames, least=least
    )
    # Heavy tails: middles of sprites that a few frames show in part jump, and must not decide.
    return colour / (1 + (max(slip, drift) / parameters.cluster_slip_px) ** 2)


def _relative_drift(first: np.ndarray, second: np.ndarray, lag: int, *, least: int) -> float:
    """Return how fast two clusters of points (N, T, 2) move apart, in pixels per frame.

    Few points outlive their drawing, and while it is held nothing moves. Over more frames than that
    the clusters' middles show the motion.
    """
    apart = middles(first) - middles(second)
    drift = np.linalg.norm(apart[lag:] - apart[:-lag], axis=-1) / lag
    known = ~np.isnan(drift)
    return float(np.median(drift[known])) if known.sum() >= least else 0.0


def middles(places: np.ndarray, least: int = 3) -> np.ndarray:
    """Return the mean (T, 2) of points (N, T, 2); NaN where fewer than `least` are tracked."""
    there = ~np.isnan(places[..., :1])
    number = there.sum(axis=0)
    middle = np.where(there, places, 0).sum(axis=0) / np.maximum(number, 1)
    return np.where(number < least, np.nan, middle)


def _median_steps(places: np.ndarray) -> np.ndarray:
    """Return the median step (T - 1, 2) of points (N, T, 2); NaN with fewer than three points."""
    steps = np.diff(places, axis=1)
    few = (~np.isnan(steps[..., 0])).sum(axis=0) < 3
    filled = np.where(few[None, :, None], 0, steps)
    return np.where(few[:, None], np.nan, np.nanmedian(filled, axis=0))
