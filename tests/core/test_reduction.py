"""Arithmetic over the channels of pictures: the same bits as numpy's, only sooner."""

from __future__ import annotations

import numpy as np
import pytest

from toondecompose.core.reduction import (
    in_all_channels,
    largest_channel,
    median_of_few,
    sum_of_channels,
)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(5, 7, 3), (4, 5, 6, 3), (9, 2)])
def test_channels(dtype: type, shape: tuple[int, ...]) -> None:
    image = (np.random.default_rng(0).random(shape) * 80).astype(dtype)
    largest = largest_channel(image)
    assert largest.dtype == dtype
    np.testing.assert_array_equal(largest, image.max(axis=-1))
    if dtype != np.uint8:
        np.testing.assert_array_equal(sum_of_channels(image), image.sum(axis=-1))


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_one_map_in_all_channels(dtype: type) -> None:
    image = (np.random.default_rng(0).random((5, 7)) * 255).astype(dtype)
    repeated = in_all_channels(image)
    assert (repeated.shape, repeated.dtype) == ((5, 7, 3), dtype)
    np.testing.assert_array_equal(repeated, np.repeat(image[..., None], 3, axis=2))


@pytest.mark.parametrize("count", range(1, 7))
def test_median_of_few(count: int) -> None:
    maps = list(np.random.default_rng(count).random((count, 4, 5)).astype(np.float32))
    found = median_of_few(maps)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, np.median(maps, axis=0), atol=1e-6)
