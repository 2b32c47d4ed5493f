"""When drawings change, and what counts as a step of the animation."""

from __future__ import annotations

from toondecompose.inbetween.changes import ABSENT, Change, find_changes, new_times


def test_drawings_on_twos_are_on_their_way_all_the_time() -> None:
    first, second = find_changes([0, 0, 1, 1, 2])
    assert (first, second) == (Change(0, 2, (0, 1)), Change(2, 4, (1, 2)))
    assert [first.share(t) for t in (0, 0.5, 1, 2)] == [0, 0.25, 0.5, 1]


def test_a_rest_ends_as_late_as_the_usual_step() -> None:
    sheet = [0, 0, 0, 1, 1, 1, *[2] * 9, 3, 3, 3]
    assert [(one.start, one.end) for one in find_changes(sheet)] == [(0, 3), (3, 6), (12, 15)]


def test_a_sprite_that_is_gone_has_no_change() -> None:
    assert find_changes([0, 0, ABSENT, ABSENT, 1, 1]) == []
    assert find_changes([0, 0, 0]) == []


def test_new_times() -> None:
    assert new_times(2, 3) == [0, 1 / 3, 2 / 3, 1, 4 / 3, 5 / 3]
    assert new_times(3, 1) == [0, 1, 2]
