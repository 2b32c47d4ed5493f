"""The depth order of sprites."""

from __future__ import annotations

import numpy as np
import pytest

from toondecompose.segmentation.depth_order import (
    colour_votes,
    depth_order,
    flow_votes,
    smooth_signs,
)


def test_votes_of_colours() -> None:
    covered = [np.zeros((20, 30), bool) for _ in range(2)]
    covered[0][:, :20], covered[1][:, 10:] = True, True
    likely = [np.full((20, 30), value) for value in (1e-3, 1.0)]
    votes = colour_votes(covered, likely, np.ones((20, 30), bool))
    np.testing.assert_allclose(votes, [[0, -200], [200, 0]])
    assert not colour_votes(covered, likely, np.zeros((20, 30), bool)).any()


@pytest.mark.parametrize("front", [0, 1])
def test_votes_of_what_goes_under(front: int) -> None:
    """Two flat things of which one slides over the other; nothing is known of their drawings."""
    owners = np.full((6, 40, 90), 2)
    for t in range(6):
        here = [slice(20 + 3 * t, 40 + 3 * t), slice(50, 75)]
        for k in (1 - front, front):
            owners[t, 8:32, here[k]] = k
    flows = {}
    for t in range(6):
        for s in (t - 1, t + 1):
            if 0 <= s < 6:
                flow = np.zeros((40, 90, 2), np.float32)
                flow[owners[t] == 0] = (3 * (s - t), 0)
                flows[t, s] = flow
    votes = np.stack([flow_votes(owners, flows, t, number=2) for t in range(6)])
    line = depth_order(votes)
    assert line.tolist() == [[1 - front, front]] * 6
    assert votes[:, front, 1 - front].sum() > 0


def test_order_is_smooth_and_may_change() -> None:
    votes = np.zeros(30)
    votes[2:12], votes[18:28] = 90, -80
    votes[6] = -500  # one frame counts up to its limit
    signs = smooth_signs(votes)
    assert (signs[:12] == 1).all() and (signs[18:] == -1).all()
    assert (np.diff(signs) != 0).sum() == 1


def test_order_of_many() -> None:
    """0 behind 2 behind 1; 3 has met nobody and stays where its number puts it."""
    votes = np.zeros((5, 4, 4))
    votes[:, 1, 2], votes[:, 2, 0] = 50, 50
    votes -= votes.transpose(0, 2, 1)
    for line in depth_order(votes).tolist():
        assert line.index(0) < line.index(2) < line.index(1) and line.index(3) == 3
    assert depth_order(np.zeros((2, 3, 3))).tolist() == [[0, 1, 2]] * 2
