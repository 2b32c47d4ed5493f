"""The layout of clusters of tracks in the frame: side by side, or above each other."""

from __future__ import annotations

import cv2
import numpy as np

from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.segmentation.parameters import Parameters
from toondecompose.segmentation.point_tracks import Tracks
from toondecompose.segmentation.track_affinities import middles


def valley_share(tracks: Tracks, clusters: np.ndarray, mask: np.ndarray) -> float:
    """Return how much of the foreground lies between clusters of tracks (N,) side by side.

    Pixels of the mask (T, H, W) bool in the emptiest column between two neighbours, as a share of
    those at either: over the whole clip, relative to the middle of all tracks. The largest share of
    any two neighbours; 1 where sprites are one, or cross; infinite with one cluster.
    """
    if clusters.max(initial=0) < 1:
        return np.inf
    middle = middles(tracks.places, 1)[:, 0]
    width = mask.shape[2]
    profile = np.zeros(2 * width)
    for t in np.flatnonzero(~np.isnan(middle)):
        start = width - round(float(middle[t]))
        if 0 <= start <= width:
            profile[start : start + width] += mask[t].sum(axis=0)
    offsets = mean_offsets(tracks.places)[:, 0]
    at = sorted(float(offsets[clusters == k].mean()) for k in range(int(clusters.max()) + 1))
    shares = []
    for left, right in zip(at, at[1:], strict=False):
        columns = np.clip(np.rint(width + np.array([left, right])).astype(int), 0, 2 * width - 1)
        lowest = profile[columns[0] : columns[1] + 1].min()
        shares.append(lowest / max(profile[columns].min(), 1))
    return float(max(shares))


def are_stacked(
    tracks: Tracks, clusters: np.ndarray, mask: np.ndarray, *, tuning: Tuning = DEFAULT
) -> bool:
    """Tell whether clusters of tracks (N,) lie above each other and touch in nearly every frame.

    Legs move unlike the bodies that they carry. So where two walkers never stand apart, motion
    separates the bodies of both from the legs of both. mask (T, H, W) bool is the foreground.
    """
    parameters = tuning[Parameters]
    number = int(clusters.max(initial=0)) + 1
    if number < 2:
        return False
    offsets = mean_offsets(tracks.places)
    means = [offsets[clusters == k].mean(axis=0) for k in range(number)]
    variances = [offsets[clusters == k].var(axis=0) for k in range(number)]
    deviations = parameters.min_stacking_deviations
    return any(
        _is_above(means[a] - means[b], (variances[a] + variances[b]) / 2, deviations)
        and _joined_share(tracks, clusters == a, clusters == b, mask=mask)
        > parameters.min_joined_share
        for a in range(number)
        for b in range(a)
    )


def _is_above(distance: np.ndarray, variance: np.ndarray, deviations: float) -> bool:
    beside, above = np.abs(distance) / np.sqrt(np.maximum(variance, 1e-6))
    return bool(above > max(deviations, beside))


def _joined_share(
    tracks: Tracks, first: np.ndarray, second: np.ndarray, *, mask: np.ndarray
) -> float:
    """Return the share of the frames with both clusters in which one region holds both."""
    joined, both = 0, 0
    for t, picture in enumerate(mask):
        here = [tracks.places[cluster & tracks.present[:, t], t] for cluster in (first, second)]
        if not all(map(len, here)):
            continue
        _, regions = cv2.connectedComponents(picture.astype(np.uint8))
        x, y = (np.rint(np.concatenate(here)).astype(int).T).clip(
            0, [[n - 1] for n in picture.shape[::-1]]
        )
        ours, theirs = np.split(regions[y, x], [len(here[0])])
        joined += len(np.intersect1d(ours[ours > 0], theirs[theirs > 0])) > 0
        both += 1
    return joined / max(both, 1)


def mean_offsets(places: np.ndarray) -> np.ndarray:
    """Return the mean offset (N, 2) of points (N, T, 2) from the middle of all points."""
    offsets = places - middles(places, 1)
    there = ~np.isnan(offsets)
    return np.where(there, offsets, 0).sum(axis=1) / np.maximum(there.sum(axis=1), 1)
