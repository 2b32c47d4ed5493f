"""Motions between frames: smooth, stepped, on the ground or on the screen."""

from __future__ import annotations

import numpy as np

from toondecompose.core import geometry
from toondecompose.inbetween.changes import find_changes
from toondecompose.inbetween.sampled_motion import Motion, camera_motion, sprite_motion

SIZE = (64, 48)


def shifts(*places: float) -> np.ndarray:
    """Return (T, 3, 3) shifts to the right."""
    return np.stack([geometry.translation(x, 0) for x in places])


def place(motion: Motion, time: float) -> float:
    """Return the shift at a time, which has to be a shift."""
    there = motion.at(time, SIZE)
    np.testing.assert_allclose(there, geometry.translation(there[0, 2], 0), atol=1e-4)
    return float(there[0, 2])


def test_a_pan_goes_on_between_its_frames() -> None:
    motion = camera_motion(shifts(0, 3, 6, 9, 12), SIZE)
    assert [round(place(motion, t), 3) for t in (0.5, 1.25, 3.75)] == [1.5, 3.75, 11.25]
    assert motion.at(2, SIZE) is not None and place(motion, 2) == 6
    assert place(motion, 4) == place(motion, 4.5) == 12


def test_a_zoom_and_turn_is_halfway_between_its_frames() -> None:
    angle, zoom = 0.02, 1.02

    def at(t: float) -> np.ndarray:
        cos, sin = np.cos(angle * t) * zoom**t, np.sin(angle * t) * zoom**t
        return np.array([[cos, -sin, 3 * t], [sin, cos, -t], [0, 0, 1]])

    motion = camera_motion(np.stack([at(t) for t in range(6)]), SIZE)
    found = geometry.apply(motion.at(2.5, SIZE), geometry.corners(SIZE))
    assert np.abs(found - geometry.apply(at(2.5), geometry.corners(SIZE))).max() < 0.05


def test_a_rest_stays_a_rest() -> None:
    motion = camera_motion(shifts(0, 0, 0, 5, 10, 10, 10), SIZE)
    assert place(motion, 0.5) == place(motion, 1.5) == 0
    assert 0 < place(motion, 2.5) < 5
    assert abs(place(motion, 5.5) - 10) < 1e-4


def test_a_camera_on_twos_becomes_smooth() -> None:
    motion = camera_motion(shifts(0, 0, 4, 4, 8, 8, 12, 12, 16), SIZE)
    assert [round(place(motion, t), 3) for t in (1, 3, 4.5)] == [2, 6, 9]


def test_a_sprite_that_stands_on_the_ground_moves_with_the_camera() -> None:
    camera = camera_motion(shifts(0, 4, 8, 12, 16), SIZE)
    sheet = [0, 0, 1, 1, 2]
    for smooth in (True, False):
        motion, on_ground = sprite_motion(
            shifts(0, 4, 8, 12, 16), camera, sheet=sheet, changes=find_changes(sheet),
            smooth=smooth, size=SIZE,
        )  # fmt: skip
        assert on_ground and place(motion, 1.5) == 0


def test_steps_on_the_screen_are_smooth_or_stay_steps() -> None:
    camera = camera_motion(shifts(0, 4, 8, 12, 16), SIZE)
    sheet, places = [0, 0, 1, 1, 2], shifts(0, 0, -6, -6, -12)
    changes = find_changes(sheet)
    common = {"sheet": sheet, "changes": changes, "size": SIZE}
    smooth, on_ground = sprite_motion(places, camera, smooth=True, **common)
    assert not on_ground
    assert [round(place(smooth, t), 3) for t in (0.5, 1, 2, 3.5)] == [-1.5, -3, -6, -10.5]
    stepped, _ = sprite_motion(places, camera, smooth=False, **common)
    assert [place(stepped, t) for t in (0.5, 1.5, 2, 3.5, 4)] == [0, 0, -6, -6, -12]
    # Without an in-between of the first change that step stays, the other becomes smooth.
    part, _ = sprite_motion(
        places, camera, sheet=sheet, changes=changes[1:], smooth=True, size=SIZE
    )
    assert place(part, 1.5) == 0 and round(place(part, 3), 3) == -9


def test_what_slides_by_itself_slides_on() -> None:
    camera = camera_motion(shifts(0, 4, 8, 12, 16), SIZE)
    sheet, places = [0, 0, 0, 1, 1], shifts(0, -3, -6, -9, -12)
    for smooth in (True, False):
        motion, _ = sprite_motion(
            places, camera, sheet=sheet, changes=find_changes(sheet), smooth=smooth, size=SIZE
        )
        assert round(place(motion, 1.5), 3) == -4.5
    # Where the drawing changes without an in-between it jumps with it.
    assert place(motion, 2.5) == -6
