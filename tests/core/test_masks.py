"""Distances to masks."""

import numpy as np

from toondecompose.core.masks import distance_to_mask, nearest_in_mask, signed_distance


def dot() -> np.ndarray:
    mask = np.zeros((8, 8), bool)
    mask[4, 4] = True
    return mask


def test_distance_to_a_mask() -> None:
    distance = distance_to_mask(dot())
    assert distance[4, 4] == 0 and distance[4, 7] == 3 and (distance <= 1).sum() == 5
    assert np.isinf(distance_to_mask(np.zeros((8, 8), bool))).all()


def test_signed_distance_is_positive_inside_and_large_without_an_outline() -> None:
    distance = signed_distance(np.pad(np.ones((5, 5)), 3))
    assert distance[5, 5] == 2.5 and distance[5, 3] == 0.5 and distance[5, 2] == -0.5
    assert (signed_distance(np.zeros((4, 4))) < -1000).all()
    assert (signed_distance(np.ones((4, 4))) > 1000).all()


def test_nearest_pixel_of_a_mask() -> None:
    places = np.array([0, 7]), np.array([0, 7])
    rows, columns = nearest_in_mask(dot(), *places)
    assert rows.tolist() == [4, 4] and columns.tolist() == [4, 4]
    rows, columns = nearest_in_mask(np.zeros((8, 8), bool), *places)
    assert rows.tolist() == [0, 7] and columns.tolist() == [0, 7]
