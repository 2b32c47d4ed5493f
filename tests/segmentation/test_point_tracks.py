"""Points tracked along the flow."""

from __future__ import annotations

import numpy as np
from scenes import Disc, draw, exact_flows, path

from toondecompose.segmentation.point_tracks import track_points

SIZE = (112, 72)
RED, BLUE = (230, 60, 40), (40, 70, 240)


def test_points_are_tracked_while_the_flow_back_agrees() -> None:
    motion = np.repeat(np.eye(3)[None], 8, axis=0)
    discs = (Disc(path(8, (30, 40), (58, 44)), 16, RED),)
    scene = draw(motion, SIZE, discs=discs)
    flows = exact_flows(motion, SIZE, discs, scene.alphas)
    flows[5, 6] = flows[5, 6] + 3  # does not lead back
    points = track_points(scene.frames, scene.alphas[0] > 0.5, flows)
    assert len(points.places) > 5
    assert not (points.present[:, 5] & points.present[:, 6]).any()
    first = points.places[points.present[:, 0]]
    steps = np.diff(first[:, :6], axis=1)
    steps = steps[~np.isnan(steps[..., 0])]
    np.testing.assert_allclose(steps, np.tile([4, 4 / 7], (len(steps), 1)), atol=0.6)
    # The disc is lit unevenly, but red all over.
    shares = points.colours / points.colours[:, :1]
    np.testing.assert_allclose(shares, np.tile(np.array(RED) / RED[0], (len(shares), 1)), atol=0.03)
