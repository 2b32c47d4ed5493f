"""Clusters of tracks that are one sprite."""

from __future__ import annotations

import numpy as np

from toondecompose.segmentation.point_tracks import Tracks
from toondecompose.segmentation.track_clustering import cluster_by_place, cluster_trajectories
from toondecompose.segmentation.track_layout import are_stacked, valley_share

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
    assert valley_share(points, owners, mask) < 0.5
    mask[:, :, LEFT - 13 : RIGHT + 34] = True
    assert valley_share(points, owners, mask) == 1
    assert valley_share(points, 0 * owners, mask) == np.inf


def test_bodies_and_legs_are_stacked() -> None:
    points, owners, mask = walkers()
    legs = (points.places[:, 0, 1] > 62).astype(int)
    assert are_stacked(points, legs, mask)
    assert not are_stacked(points, owners, mask)
    assert not are_stacked(points, np.zeros(len(legs), int), mask)
    mask[:, 60:64] = False  # a bird above a walker, say
    assert not are_stacked(points, legs, mask)


def test_points_that_move_together_are_one_cluster() -> None:
    random = np.random.default_rng(0)
    times = np.arange(12)
    places = np.zeros((40, 12, 2), np.float32)
    places[:, 0] = random.uniform(0, 60, (40, 2))
    places[:, :, 0] = places[:, :1, 0] + np.where(np.arange(40)[:, None] < 20, 3, -2) * times
    places[:, :, 1] = places[:, :1, 1]
    colours = np.full((40, 3), 100, np.float32)
    points = Tracks(places, colours)
    groups = cluster_trajectories(points, 2)
    assert len(set(groups[:20])) == len(set(groups[20:])) == 1 and groups[0] != groups[-1]
    assert not cluster_trajectories(points, 1).any()


def test_pieces_in_time_are_merged_by_their_colours() -> None:
    """Two things of two colours, each hidden for a while: four pieces, two groups."""
    random = np.random.default_rng(0)
    places = np.full((80, 30, 2), np.nan, np.float32)
    colours = np.repeat([[200, 40, 40], [40, 40, 200]], 40, axis=0).astype(np.float32)
    for i in range(80):
        thing, late = i // 40, i % 2
        start = random.uniform(0, 25, 2) + [120 * thing, 0]
        own = slice(18, 30) if late else slice(0, 12)
        places[i, own] = start + np.outer(np.arange(30)[own], [2 - 3 * thing, 0])
    points = Tracks(places, colours + random.normal(0, 4, (80, 3)))
    groups = cluster_trajectories(points, 2)
    assert len(set(groups[:40])) == len(set(groups[40:])) == 1 and groups[0] != groups[-1]


def test_shoes_that_look_alike_go_with_those_who_wear_them() -> None:
    """Two walkers, and shoes whose points live for one drawing: many look alike, few are near."""
    random = np.random.default_rng(0)
    count, hold = 96, 4
    times = np.arange(count)
    walkers = [30 + 2.0 * times, 330 - 2.0 * times]
    places, colours, owner = [], [], []
    for k, x in enumerate(walkers):
        for _ in range(8):
            start = random.uniform(-10, 10, 2)
            places.append(np.stack([x + start[0], np.full(count, 100 + start[1])], axis=-1))
            colours.append([200, 40, 40] if k else [40, 40, 200])
            owner.append(k)
        for first in range(0, count, hold):
            for side in (-6, 6):
                own = np.full((count, 2), np.nan)
                held = slice(first, first + hold)
                own[held, 0], own[held, 1] = x[held] + side, 120 + random.uniform(-2, 2)
                places.append(own)
                colours.append([90, 80, 80])
                owner.append(k)
    colours = np.array(colours, np.float32) + random.normal(0, 3, (len(colours), 3))
    points = Tracks(np.array(places, np.float32), colours.astype(np.float32))
    groups, owner = cluster_trajectories(points, 2), np.array(owner)
    assert (groups == owner).all() or (groups != owner).all()
