"""Frames at full and at working size."""

from __future__ import annotations

import numpy as np
import pytest

from toondecompose.reading.working_size import to_both_sizes, working_size


@pytest.mark.parametrize(
    ("size", "height", "expected"),
    [
        ((1280, 720), 256, (456, 256)),
        ((1920, 1080), 256, (456, 256)),
        ((97, 61), 256, (96, 64)),  # small clips are not enlarged
        ((720, 1280), 256, (144, 256)),
        ((5, 3), 256, (8, 8)),
    ],
)
def test_working_size(size: tuple[int, int], height: int, expected: tuple[int, int]) -> None:
    assert working_size(size, height) == expected


def test_an_opaque_frame_is_only_scaled() -> None:
    given = np.zeros((16, 16, 3), np.uint8)
    given[:, 8:] = 200
    found = to_both_sizes(given, (9, 9, 9), (8, 8))
    assert found.full is given and found.alpha is None and found.small_alpha is None
    np.testing.assert_array_equal(found.small, given[::2, ::2])


def test_the_ground_shows_through_a_transparent_frame() -> None:
    given = np.full((16, 16, 4), 200, np.uint8)
    given[..., 3] = 0
    given[:, 8:, 3] = 255
    found = to_both_sizes(given, (10, 20, 30), (8, 8))
    assert found.full[0, 0].tolist() == found.small[0, 0].tolist() == [10, 20, 30]
    assert found.full[0, 9].tolist() == found.small[0, 5].tolist() == [200, 200, 200]
    np.testing.assert_array_equal(found.alpha, given[..., 3])
    np.testing.assert_array_equal(found.small_alpha, given[::2, ::2, 3])
