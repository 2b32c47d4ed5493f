"""For which pairs of frames a shift of the whole picture replaces a lost flow."""

from __future__ import annotations

import numpy as np
from whip_pan import whip

from toondecompose.optical_flow.whip_pans import describe_shifts, find_shifts


def test_a_whip_pan_is_found_over_one_frame_and_over_several() -> None:
    frames, steps = whip([90] * 4)
    found = find_shifts(frames, [(2, 3), (1, 2), (1, 3)])
    assert list(found) == [(1, 2), (1, 3), (2, 3)]
    for (a, b), shift in found.items():
        np.testing.assert_allclose(shift, (-steps[a:b].sum(), 0), atol=1.5)


def test_a_camera_that_the_flow_can_follow_is_no_whip_pan() -> None:
    frames, _ = whip([20] * 4)
    assert list(find_shifts(frames, [(1, 2), (1, 3)])) == [(1, 2)]
    assert find_shifts(frames, []) == {}


def test_the_line_for_the_user() -> None:
    line = describe_shifts({(4, 5): (30, 40), (4, 7): (-60, 0)})
    assert "between the frames 4 and 7, by up to 50 px a frame: 2 flows start" in line
