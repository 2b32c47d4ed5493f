"""Clusters of tracks that are one sprite."""

from __future__ import annotations

import numpy as np

from toondecompose.segmentation.point_tracks import Tracks
from toondecompose.segmentation.track_clustering import cluster_by_place
from toondecompose.segmentation.track_layout import are_stacked, stand_side_by_side

COUNT, HEIGHT, WIDTH = 24, 120, 160
LEFT, RIGHT = 60, 84


def walkers(*, apart: float = 0.0) -> tuple[Tracks, np.ndarray, np.ndarray]:
    """Return points on two walkers whose legs swing, their owners, and the foreground."""
    rng = np.random.default_rng(0)
    time = np.arange(COUNT)
    places, owners = [], []
    mask = np.zeros((COUNT, HEIGHT, WIDTH), bool)
    for owner, x in enumerate((LEFT, RIGHT + apart)):
        for _ in range(60):
            body = rng.uniform((-10, 10), (10, 60))
            places.append(np.stack([x + body[0] + 0 * time, body[1] + 0 * time], axis=-1))
            leg = rng.uniform((-3, 65), (3, 110))
            swing = 12 * np.sin(0.8 * time + np.pi * rng.integers(2)) * (leg[1] - 60) / 50
            places.append(np.stack([x + leg[0] + swing, leg[1] + 0 * time], axis=-1))
            owners += [owner, owner]
        mask[:, 5:115, int(x) - 13 : int(x) + 14] = True
    colours = np.full((len(owners), 3), 100.0) + rng.normal(0, 30, (len(owners), 3))
    return Tracks(np.array(places, np.float32), colours), np.array(owners), mask


def agreement(groups: np.ndarray, owners: np.ndarray) -> float:
    share = float((groups == owners).mean())
    return max(share, 1 - share)


def test_sprites_side_by_side_are_split_by_place() -> None:
    points, owners, mask = walkers()
    assert agreement(cluster_by_place(points, 2), owners) > 0.95


def test_a_valley_lies_between_sprites_side_by_side() -> None:
    points, owners, mask = walkers(apart=20)
    assert stand_side_by_side(points, owners, mask)
    mask[:, :, LEFT - 13 : RIGHT + 34] = True
    assert not stand_side_by_side(points, owners, mask)


def test_bodies_and_legs_are_stacked() -> None:
    points, owners, mask = walkers()
    legs = (points.places[:, 0, 1] > 62).astype(int)
    assert are_stacked(points, legs, mask)
    assert not are_stacked(points, owners, mask)
    assert not are_stacked(points, np.zeros(len(legs), int), mask)
    mask[:, 60:64] = False  # a bird above a walker, say
    assert not are_stacked(points, legs, mask)
