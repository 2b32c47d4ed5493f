"""Similarity of clusters of tracks."""

from __future__ import annotations

import numpy as np

from toondecompose.segmentation.point_tracks import Tracks
from toondecompose.segmentation.track_affinities import cluster_similarity


def test_two_who_stand_still_between_drawings_are_not_similar() -> None:
    """Points live as long as a drawing, and stand still: only where the groups are tells."""
    random = np.random.default_rng(0)
    places = np.full((160, 24, 2), np.nan, np.float32)
    for i in range(160):
        thing, start = i % 2, 6 * (i // 40)
        x = 40 + 4 * start if thing == 0 else 200 - 4 * start
        places[i, start : start + 6] = random.uniform(-12, 12, 2) + [x, 60]
    colours = np.full((160, 3), 90, np.float32)
    points = Tracks(places, colours)
    first = np.arange(160) % 2 == 0
    assert cluster_similarity(points, first, ~first) < 0.1
    half = np.arange(160) // 2 % 2 == 0
    assert cluster_similarity(points, first & half, first & ~half) > 0.5
