"""Images looked up at single places."""

from __future__ import annotations

import numpy as np
import pytest

from toondecompose.core.sampling import STRIP, sample

LONG = 2 * STRIP + 500


def test_between_the_pixels_of_a_ramp() -> None:
    ramp = np.tile(np.arange(10, dtype=np.float32), (5, 1))
    assert sample(ramp, np.array([[2.5, 1.0], [7.25, 3.0]])).tolist() == [2.5, 7.25]
    assert sample(ramp, np.array([[-3.0, 1.0], [20.0, 9.0]])).tolist() == [0, 9], "borders repeat"


@pytest.mark.parametrize("cubic", [False, True])
@pytest.mark.parametrize("upright", [False, True])
def test_an_image_longer_than_opencv_takes(upright: bool, cubic: bool) -> None:
    random = np.random.default_rng(0)
    image = random.uniform(0, 255, (6, LONG, 3)).astype(np.float32)
    ends = [-2.0, 0.4, STRIP - 1.5, STRIP - 0.25, STRIP + 0.5, 2 * STRIP - 0.75, LONG - 1.25, LONG]
    places = np.stack([ends, random.uniform(0, 5, len(ends))], axis=-1)
    expected = []
    for x, y in places:
        left = int(np.clip(x - 50, 0, LONG - 100))
        expected.append(sample(image[:, left : left + 100], np.array([[x - left, y]]), cubic=cubic))
    if upright:
        image, places = np.ascontiguousarray(image.swapaxes(0, 1)), places[:, ::-1]
    found = sample(image, places, cubic=cubic)
    # Single precision holds a place near 32768 to a five-hundredth of a pixel.
    np.testing.assert_allclose(found, np.concatenate(expected), atol=1.5)
