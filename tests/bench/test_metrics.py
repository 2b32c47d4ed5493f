"""Figures: values known by hand, and what each must not depend on."""

import numpy as np
import pytest

from bench import metrics


def square(top: int = 10, left: int = 10, side: int = 20) -> np.ndarray:
    """Return an alpha of 50x60 with a square of 255."""
    alpha = np.zeros((50, 60), np.uint8)
    alpha[top : top + side, left : left + side] = 255
    return alpha


def test_alpha_iou() -> None:
    assert metrics.alpha_iou(square(), square()) == 1.0
    assert metrics.alpha_iou(square(left=15), square()) == pytest.approx(300 / 500)
    assert metrics.alpha_iou(np.zeros((4, 4)), np.zeros((4, 4))) == 1.0
    assert metrics.alpha_iou(np.zeros_like(square()), square()) == 0.0
    # 127 is below one half, 128 above; floats are 0..1.
    assert metrics.alpha_iou(np.array([[127, 128]], np.uint8), np.array([[0.4999, 0.5]])) == 1.0
    with pytest.raises(ValueError, match=r"\(2, 2\) and \(2, 3\)"):
        metrics.alpha_iou(np.zeros((2, 2)), np.zeros((2, 3)))


def test_alpha_mae() -> None:
    assert metrics.alpha_mae(square(left=15), square()) == pytest.approx(200 / 3000)
    assert metrics.alpha_mae(np.array([[0, 51]], np.uint8), np.zeros((1, 2))) == pytest.approx(0.1)


def test_alpha_mae_over_a_mask() -> None:
    found, mask = np.array([[0.5, 1.0]]), np.array([[True, False]])
    assert metrics.alpha_mae(found, np.zeros((1, 2)), mask) == 0.5
    with pytest.raises(ValueError, match="mask is empty"):
        metrics.alpha_mae(found, found, np.zeros((1, 2), bool))


def test_edge_band_lies_on_both_sides_of_the_edge() -> None:
    band = metrics.edge_band(square())  # Its outline is the square's own outermost pixels.
    assert band[20, 7:14].all() and not band[20, 6] and not band[20, 14]
    assert not metrics.edge_band(np.zeros((9, 9), np.uint8)).any()
    assert not metrics.edge_band(np.full((9, 9), 255, np.uint8)).any()


def test_edge_band_holds_all_that_is_translucent() -> None:
    alpha = np.zeros((20, 30))
    alpha[:, 10:20] = 0.4
    alpha[:, 20:] = 0.015  # Below 0.02: nothing.
    band = metrics.edge_band(alpha)
    assert band[:, 7:23].all() and not band[:, :7].any() and not band[:, 23:].any()
    assert not metrics.edge_band(alpha / 20).any()


def test_fringe_sees_colour_and_alpha() -> None:
    truth = np.full((4, 4, 4), 200, np.uint8)
    truth[..., 3] = 51  # 0.2
    mask = np.ones((4, 4), bool)
    found = truth.copy()
    assert metrics.fringe(found, truth, mask) == 0.0
    found[..., 1] = 100  # Wrong by 100 in one channel of three, seen through 0.2.
    assert metrics.fringe(found, truth, mask) == pytest.approx(0.2 * 100 / 3)
    mask[:, 2:] = False
    found[:, 2:] = 0
    assert metrics.fringe(found, truth, mask) == pytest.approx(0.2 * 100 / 3)
    clear = truth.copy()
    clear[..., 3] = 0  # Nothing instead of 0.2 of a grey: magenta is 55 off in two channels.
    assert metrics.fringe(clear, truth, mask) == pytest.approx(0.2 * (55 + 200 + 55) / 3)
    with pytest.raises(ValueError, match="mask is empty"):
        metrics.fringe(truth, truth, ~np.ones((4, 4), bool))


def test_boundary_f() -> None:
    assert metrics.boundary_f(square(left=12), square()) == 1.0  # 2 px off.
    moved = metrics.boundary_f(square(left=13), square())  # The upright sides are 3 px off.
    assert 0.4 < moved < 0.6
    assert metrics.boundary_f(square(left=13), square(), tolerance=3) == 1.0
    empty = np.zeros_like(square())
    assert metrics.boundary_f(empty, empty) == 1.0
    assert metrics.boundary_f(empty, square()) == 0.0
    assert metrics.boundary_f(square(side=4), square(top=35, left=45, side=10)) == 0.0


def test_boundary_f_weighs_precision_and_recall() -> None:
    """All of the true outline is found, and a second one as long that is not there."""
    truth = square(top=2, left=2)
    both = truth | square(top=28, left=38)
    assert metrics.boundary_f(both, truth) == pytest.approx(2 * 0.5 * 1 / 1.5)
    assert metrics.boundary_f(truth, both) == pytest.approx(2 * 0.5 * 1 / 1.5)


def test_boundary_f_measures_straight_distances() -> None:
    one, other = square(side=1), square(top=11, left=11, side=1)  # The square root of two apart.
    assert metrics.boundary_f(one, other, tolerance=1.42) == 1.0
    assert metrics.boundary_f(one, other, tolerance=1.41) == 0.0


def test_boundary_f_does_not_count_the_frames_border() -> None:
    full = np.full((50, 60), 255, np.uint8)
    assert metrics.boundary_f(full, full) == 1.0
    assert metrics.boundary_f(full, square()) == 0.0


def moves(*shifts: tuple[float, float]) -> np.ndarray:
    """Return (T, 3, 3) translations."""
    found = np.repeat(np.eye(3)[None], len(shifts), axis=0)
    found[:, :2, 2] = shifts
    return found


def test_corner_error_does_not_depend_on_the_canonical_space() -> None:
    rng = np.random.default_rng(0)
    truth = moves((0, 0), (5, 1), (11, 2)) + rng.normal(size=(3, 3, 3)) * [1e-2, 1e-2, 1e-5]
    gauge = np.array([[2, 0.3, 50], [-0.1, 1.5, -20], [1e-4, 0, 1]])
    error = metrics.corner_error(3.0 * gauge @ truth, truth, (456, 256))
    assert max(error.max, error.step_max) < 1e-8


def test_corner_error_of_a_known_slip() -> None:
    """The third frame is 3 px off: four of the six ordered pairs, two of four neighbours."""
    truth = moves((0, 0), (10, 0), (20, 0))
    error = metrics.corner_error(moves((0, 0), (10, 0), (20, 3)), truth, (456, 256))
    assert error.mean == pytest.approx(2.0)
    assert error.max == pytest.approx(3.0)
    assert error.step_mean == pytest.approx(1.5)
    assert error.step_max == pytest.approx(3.0)


def test_corner_error_sees_the_corners() -> None:
    """A zoom by 1 % about the first corner moves the three others."""
    zoom = np.diag([1.01, 1.01, 1.0])
    error = metrics.corner_error(np.stack([np.eye(3), zoom]), moves((0, 0), (0, 0)), (301, 401))
    inward = (1 - 1 / 1.01) * (300 + 400 + 500) / 4
    outward = 0.01 * (300 + 400 + 500) / 4
    assert error.mean == pytest.approx((inward + outward) / 2)
    assert error.max == pytest.approx(outward)


def test_corner_error_refuses() -> None:
    with pytest.raises(ValueError, match="two frames"):
        metrics.corner_error(moves((0, 0)), moves((0, 0)), (4, 4))
    with pytest.raises(ValueError, match="shapes differ"):
        metrics.corner_error(moves((0, 0)), moves((0, 0), (1, 1)), (4, 4))


def test_flicker_counts_the_still_pixels_only() -> None:
    truth = np.zeros((3, 2, 2), np.uint8)
    truth[1:, 0, 0] = 255  # Changes once, between the first two frames.
    alphas = truth.copy()
    assert metrics.flicker(alphas, truth) == 0.0
    alphas[0, 0, 0] = 77  # Where the truth changes too: no matter.
    alphas[1, 1, 1] = 51  # 0.2 there and back.
    assert metrics.flicker(alphas, truth) == pytest.approx((0.2 + 0.2) / (3 + 4))
    assert metrics.flicker(alphas[:1], truth[:1]) == 0.0


def test_exposure_accuracy_compares_changes_not_numbers() -> None:
    assert metrics.exposure_accuracy([7, 7, 3, 3, 9], [0, 0, 1, 1, 0]) == 1.0
    assert metrics.exposure_accuracy([0, 0, 0, 1, 1], [0, 0, 1, 1, 1]) == 0.5
    with pytest.raises(ValueError, match="two frames"):
        metrics.exposure_accuracy([0], [0])


def test_exposure_accuracy_where_the_object_is_away() -> None:
    away = metrics.ABSENT
    truth = [away, away, 0, 0, away]  # Three steps count; what lies in the first one does not.
    assert metrics.exposure_accuracy([5, 4, 0, 0, away], truth) == 1.0
    assert metrics.exposure_accuracy([0, 0, 0, 0, away], truth) == pytest.approx(2 / 3)
    with pytest.raises(ValueError, match="no frame"):
        metrics.exposure_accuracy([0, 0], [away, away])


def test_drawing_numbers() -> None:
    with pytest.raises(ValueError, match="drawing 1 is in frame 3 of 3"):
        metrics.drawing_numbers([[0], [3]], 3)
    with pytest.raises(ValueError, match="frame 1 shows drawings 0 and 1"):
        metrics.drawing_numbers([[0, 1], [1]], 3)


def test_held_over_motion() -> None:
    """Held in 0, 1 and 3, 4; the background stands in the first hold and moves in the second."""
    background = moves((0, 0), (0, 0), (5, 0), (9, 0), (12, 0))
    still, drawings = moves(*[(0, 0)] * 5), np.array([0, 0, 1, 2, 2])

    def held(drawings: list[int] | np.ndarray, sprite: np.ndarray) -> list[int]:
        found = metrics.held_over_motion(drawings, background, sprite, (64, 48))
        return np.flatnonzero(found).tolist()

    assert held(drawings, still) == [3, 4]
    assert held(drawings, background) == []  # It moves along.
    assert held([0, 0, 1, metrics.ABSENT, metrics.ABSENT], still) == []
    assert held([0, 1, 2, 3, 4], still) == []
    assert held(drawings, moves((0, 0), (1, 0), (1, 0), (1, 0), (1, 0))) == [0, 1, 3, 4]


def test_match_objects_takes_the_best_sum() -> None:
    truth = np.stack([square(0, 0), square(0, 20), square(25, 20)])[:, None]
    order = [2, 0, 1]
    assert metrics.match_objects(truth[order], truth) == [1, 2, 0]
    assert metrics.match_objects(truth[[1]], truth) == [None, 0, None]
    # Greedily object 0 would take the first (0.74) and leave little for object 1 (0.18).
    found = np.stack([square(0, 8), square(0, 0)])[:, None]
    wanted = np.stack([square(0, 5), square(0, 14)])[:, None]
    assert metrics.match_objects(found, wanted) == [1, 0]
