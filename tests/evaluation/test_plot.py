"""The plot: a picture, the same bytes each time, of one clip and of several."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from toondecompose.evaluation.measures import MEASURES, Measured
from toondecompose.evaluation.plot import plot_png


@pytest.mark.slow
@pytest.mark.parametrize("clips", [1, 3])
def test_plot(clips: int) -> None:
    random = np.random.default_rng(0)
    results = [
        Measured(method, f"clip{n}", random.random((5, len(MEASURES))))
        for method in ("ours", "theirs")
        for n in range(clips)
    ]
    data = plot_png(results, MEASURES)
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None and picture.shape == (600, 1200, 3)
    assert data == plot_png(results, MEASURES)
