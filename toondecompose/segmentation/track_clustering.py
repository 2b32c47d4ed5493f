"""Clusters of tracks that move as one sprite.

Sprites that never stand apart in any frame still move apart over time: their points drift away from
each other, while those of one sprite stay together, a leg near its hip. So tracks are split where
their affinities are weakest (`track_affinities`), by the normalised cut of Shi and Malik (2000).
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import eigh

from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.segmentation.parameters import Parameters
from toondecompose.segmentation.point_tracks import Tracks
from toondecompose.segmentation.track_affinities import cluster_similarity, trajectory_affinities
from toondecompose.segmentation.track_layout import mean_offsets


def cluster_trajectories(tracks: Tracks, wanted: int, *, tuning: Tuning = DEFAULT) -> np.ndarray:
    """Split tracks into at most the wanted number of clusters, where affinities are weakest.

    A sprite that is hidden for a while has tracks before and after. So a few clusters more are
    made, and those of similar colour and motion are merged. Fewer than wanted are returned where
    affinities are strong throughout. Returns the cluster of each track, (N,) int from 0.
    """
    spare = tuning[Parameters].spare_clusters
    affinities = trajectory_affinities(tracks, tuning=tuning)
    clusters = spectral_clusters(affinities, wanted + spare if wanted > 1 else 1, tuning=tuning)

    def similarity(pair: tuple[int, int]) -> float:
        first, second = (clusters == k for k in pair)
        return cluster_similarity(tracks, first, second, tuning=tuning)

    while clusters.max(initial=0) + 1 > wanted:
        number = int(clusters.max()) + 1
        a, b = max(((a, b) for a in range(number) for b in range(a + 1, number)), key=similarity)
        clusters[clusters == b] = a
        clusters[clusters > b] -= 1
    return clusters


def cluster_by_place(tracks: Tracks, wanted: int, *, tuning: Tuning = DEFAULT) -> np.ndarray:
    """Split tracks into the wanted number of clusters by place, as sprites side by side.

    Places are relative to the mean of all points of a frame, so the camera's motion does not
    matter. Returns the cluster of each track, (N,) int from 0; fewer clusters with fewer tracks.
    """
    places = mean_offsets(tracks.places) / (1, tuning[Parameters].sprite_aspect)
    order = np.argsort(places[:, 0])
    return _k_means(places[order], wanted)[np.argsort(order)]


def spectral_clusters(
    affinities: np.ndarray, limit: int, *, tuning: Tuning = DEFAULT
) -> np.ndarray:
    """Split nodes into at most `limit` clusters (N,) int, given their affinities (N, N)."""
    number = len(affinities)
    limit = min(limit, number)
    if limit <= 1:
        return np.zeros(number, int)
    degree = np.maximum(affinities.sum(axis=1), 1e-6)
    scale = 1 / np.sqrt(degree)
    laplacian = np.eye(number) - scale[:, None] * affinities * scale[None]
    values, vectors = eigh(laplacian, subset_by_index=[0, limit - 1])
    clusters = int((values < tuning[Parameters].max_cut_eigenvalue).sum())
    if clusters <= 1:
        return np.zeros(number, int)
    rows = vectors[:, :clusters] * scale[:, None]
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return _k_means(rows, clusters)


def _k_means(rows: np.ndarray, clusters: int) -> np.ndarray:
    """Cluster rows (N, D) about means, which start as far apart as rows are (k-means)."""
    means = rows[[0]]
    while len(means) < min(clusters, len(rows)):
        distance = ((rows[:, None] - means) ** 2).sum(axis=-1).min(axis=1)
        if distance.max() == 0:
            break
        means = np.concatenate([means, rows[[int(distance.argmax())]]])
    owner = np.zeros(len(rows), int)
    for _ in range(50):
        owner = ((rows[:, None] - means) ** 2).sum(axis=-1).argmin(axis=1)
        found = [rows[owner == k] for k in range(len(means))]
        new = np.stack([f.mean(axis=0) if len(f) else m for f, m in zip(found, means, strict=True)])
        if np.allclose(new, means):
            break
        means = new
    return np.unique(owner, return_inverse=True)[1]
