"""Which of two motions is in front of the other."""

from __future__ import annotations

import numpy as np
import pytest
from scenes import Painting, bytes_of, camera

from toondecompose.core import geometry
from toondecompose.motion.camera_order import is_before
from toondecompose.motion.matches import Flows, gradient_weight

SIZE = (160, 96)
COUNT = 12
PAN = camera(COUNT, (3.0, 0.0), SIZE)
STILL = np.repeat(np.eye(3)[None], COUNT, axis=0)
GRID = geometry.pixel_grid(SIZE)


def close_up(width: float) -> tuple[Flows, np.ndarray]:
    """Return flows and weights of a figure that stays in the picture before a wall that pans."""
    frames = Painting(1).seen(PAN, SIZE)
    own = GRID - np.array([(SIZE[0] - 1) / 2, 60.0])
    mask = np.hypot(own[..., 0] / (width / 2), own[..., 1] / 70) < 1
    frames[:, mask] = Painting(5, shortest=8, longest=16).at(own)[mask]
    pictures = bytes_of(frames)
    flows = {}
    for a in range(COUNT):
        for b in (a - 3, a - 1, a + 1, a + 3):
            if 0 <= b < COUNT:
                flows[a, b] = geometry.rigid_flow(PAN[a], PAN[b], SIZE)
                flows[a, b][mask] = 0
    return flows, np.stack([gradient_weight(picture) for picture in pictures])


def test_a_close_up_is_in_front_of_the_wall_that_it_covers() -> None:
    flows, weights = close_up(120)
    assert is_before(STILL, PAN, flows, weights=weights)


@pytest.mark.parametrize("width", [40, 70])
def test_a_wall_is_not_in_front_of_a_figure(width: float) -> None:
    flows, weights = close_up(width)
    assert not is_before(PAN, STILL, flows, weights=weights)


def test_a_motion_that_nothing_has_is_behind_nothing() -> None:
    flows, weights = close_up(120)
    other = camera(COUNT, (0.0, 5.0), SIZE)
    assert not is_before(STILL, other, flows, weights=weights)
    assert not is_before(STILL, STILL, flows, weights=weights)
    assert not is_before(STILL, PAN, {}, weights=weights)
    assert not is_before(STILL, PAN, flows, weights=np.zeros_like(weights))
