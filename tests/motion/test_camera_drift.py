"""Matches between distant frames."""

from __future__ import annotations

import numpy as np
from scenes import Painting, bytes_of, camera

from toondecompose.core import geometry
from toondecompose.motion.camera_drift import distant_pairs

SIZE = (128, 96)
COUNT = 12


def test_distant_frames_are_matched_although_the_motion_drifts() -> None:
    truth = camera(COUNT, (2.5, 0.4), SIZE)
    drifting = camera(COUNT, (2.3, 0.3), SIZE)
    frames = bytes_of(Painting(1).seen(truth, SIZE))
    found = distant_pairs(frames, drifting, 8)
    assert set(found.a) == set(range(COUNT - 8))
    np.testing.assert_array_equal(found.b - found.a, 8)
    for t in range(COUNT - 8):
        own = found.where(found.a == t)
        step = np.linalg.inv(truth[t + 8]) @ truth[t]
        missed = np.linalg.norm(geometry.apply(step, own.xa) - own.xb, axis=1)
        assert np.median(missed) < 0.1, "the drift over eight frames is 1.8 pixels"


def test_places_that_the_other_frame_does_not_show_are_not_matched() -> None:
    motion = camera(COUNT, (6.0, 0.0), SIZE)
    found = distant_pairs(bytes_of(Painting(1).seen(motion, SIZE)), motion, 8)
    assert (found.xb[:, 0] >= 0).all()
    assert (found.xb[:, 0] < SIZE[0]).all()
