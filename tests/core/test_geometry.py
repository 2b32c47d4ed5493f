"""Geometry: the conventions of coordinates, homographies and warps."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from toondecompose.core import geometry

SIZE = (7, 5)
TILTED = np.array([[1.1, 0.2, -3.0], [-0.1, 0.9, 4.0], [0.002, -0.003, 1.0]])


@pytest.fixture
def points() -> np.ndarray:
    return np.random.default_rng(0).uniform(-20, 40, (11, 2))


@pytest.fixture
def picture() -> np.ndarray:
    return np.random.default_rng(1).integers(1, 255, (5, 7, 3), np.uint8)


def test_translation_adds_its_shift() -> None:
    np.testing.assert_array_equal(
        geometry.apply(geometry.translation(3, -2), np.array([10.0, 20.0])), [13, 18]
    )


def test_apply_divides_by_depth() -> None:
    homography = np.array([[1.0, 0, 0], [0, 1.0, 0], [0.5, 0, 1.0]])
    np.testing.assert_allclose(geometry.apply(homography, np.array([2.0, 3.0])), [1, 1.5])


def test_apply_takes_one_homography_for_each_point(points: np.ndarray) -> None:
    many = np.stack([geometry.translation(i, -2 * i) @ TILTED for i in range(len(points))])
    expected = [geometry.apply(h, p) for h, p in zip(many, points, strict=True)]
    np.testing.assert_allclose(geometry.apply(many, points), expected)
    assert geometry.apply(many[:, None], points[:4]).shape == (11, 4, 2)


def test_inverse_leads_back(points: np.ndarray) -> None:
    there = geometry.apply(TILTED, points)
    np.testing.assert_allclose(geometry.apply(np.linalg.inv(TILTED), there), points)


def test_normalised_scales_the_last_entry_to_one(points: np.ndarray) -> None:
    found = geometry.normalised(np.stack([-2 * TILTED, 0.3 * TILTED]))
    np.testing.assert_allclose(found, [TILTED, TILTED])


def test_jacobian_is_the_derivative(points: np.ndarray) -> None:
    step = 1e-5
    for axis in (0, 1):
        aside = np.eye(2)[axis] * step
        ahead = geometry.apply(TILTED, points + aside)
        numeric = (ahead - geometry.apply(TILTED, points - aside)) / (2 * step)
        np.testing.assert_allclose(
            geometry.jacobian(TILTED, points)[..., axis], numeric, rtol=1e-6, atol=1e-8
        )


def test_corners_are_centres_of_pixels() -> None:
    np.testing.assert_array_equal(geometry.corners(SIZE), [[0, 0], [6, 0], [6, 4], [0, 4]])


def test_pixel_grid_holds_x_then_y() -> None:
    grid = geometry.pixel_grid(SIZE)
    assert grid.shape == (5, 7, 2)
    np.testing.assert_array_equal(grid[3, 6], [6, 3])


def test_rigid_flow_points_where_the_object_goes() -> None:
    # The frame's pixel x shows the canvas at x - 2 t: the object moves to the right, and up.
    at = [geometry.translation(-2 * t, t) for t in range(2)]
    flow = geometry.rigid_flow(at[0], at[1], SIZE)
    assert flow.shape == (5, 7, 2) and flow.dtype == np.float32
    np.testing.assert_allclose(flow, np.broadcast_to([2, -1], flow.shape))


def test_rigid_flow_keeps_to_the_same_place_of_the_canvas() -> None:
    other = geometry.translation(2.5, 1) @ np.linalg.inv(TILTED)
    flow = geometry.rigid_flow(TILTED, other, SIZE)
    grid = geometry.pixel_grid(SIZE)
    landed = geometry.apply(other, grid + flow)
    np.testing.assert_allclose(landed, geometry.apply(TILTED, grid), atol=1e-4)


def test_resize_keeps_the_edges_of_pixels(points: np.ndarray) -> None:
    size_from, size_to = (40, 30), (80, 90)
    scale = np.array([2.0, 3.0])

    def resized(place: np.ndarray) -> np.ndarray:
        return (place + 0.5) * scale - 0.5

    large = geometry.resize_homography(TILTED, size_from, size_to)
    expected = resized(geometry.apply(TILTED, points))
    np.testing.assert_allclose(geometry.apply(large, resized(points)), expected)
    assert large[2, 2] == pytest.approx(1)
    many = geometry.resize_homography(np.stack([TILTED, large]), size_to, size_from)
    np.testing.assert_allclose(many[1], TILTED, atol=1e-12)
    identity = geometry.resize_homography(np.eye(3), size_from, size_to)
    np.testing.assert_allclose(identity, np.eye(3), atol=1e-12)


def test_largest_shift_is_that_of_the_farthest_corner() -> None:
    before = np.stack([geometry.translation(t, 0) for t in range(3)])
    assert geometry.largest_shift(before, before, SIZE) == 0
    after = before.copy()
    after[1] = geometry.translation(3, 4) @ after[1]
    assert geometry.largest_shift(before, after, SIZE) == pytest.approx(5)
    after[2] = after[2] @ np.diag([1.0, 4.0, 1.0])  # the lowest row goes from 4 to 16
    assert geometry.largest_shift(before, after, SIZE) == pytest.approx(12)


def test_a_motion_stays_still_unless_it_is_measured_to_move() -> None:
    still = np.repeat(geometry.translation(3, 2)[None], 4, axis=0)
    assert geometry.stands_still(still)
    for shift, stays in ((0.5 * geometry.MEASURABLE, True), (2 * geometry.MEASURABLE, False)):
        moved = still.copy()
        moved[2] = geometry.translation(3 + shift, 2)
        assert not geometry.stands_still(moved)
        result = geometry.still_unless_moved(still, moved, (20, 10))
        np.testing.assert_array_equal(result, still if stays else moved)
        np.testing.assert_array_equal(geometry.still_unless_moved(moved, still, (20, 10)), still)


def test_fit_canvas_holds_all_frames_with_a_margin_of_a_pixel() -> None:
    shifts = [(-10.25, 3.0), (0.0, 0.0), (30.5, -2.0)]
    frames = np.stack([geometry.translation(*s) for s in shifts])
    shifted, (width, height) = geometry.fit_canvas(frames, SIZE)
    landed = geometry.apply(shifted[:, None], geometry.corners(SIZE))
    least, most = landed.min(axis=(0, 1)), landed.max(axis=(0, 1))
    assert (least >= 1).all() and (least < 2).all()
    assert (most <= [width - 2, height - 2]).all() and (most > [width - 3, height - 3]).all()
    np.testing.assert_array_equal(shifted[1], geometry.translation(12, 3))  # the pixel grid stays
    between = np.linalg.inv(shifted[0]) @ shifted[2]
    np.testing.assert_allclose(between, np.linalg.inv(frames[0]) @ frames[2])


def test_a_horizon_in_a_frame_fits_on_no_canvas() -> None:
    tilted = np.eye(3)
    tilted[2, 0] = -2 / SIZE[0]  # w is 0 in the middle of the frame
    assert geometry.horizon_in_frame(tilted, SIZE) and geometry.horizon_in_frame(-tilted, SIZE)
    with pytest.raises(geometry.CanvasError, match="a horizon into frame 1, .* first_frame"):
        geometry.fit_canvas(np.stack([np.eye(3), tilted]), SIZE)
    tilted[2, 0] = -0.9 / SIZE[0]
    assert not geometry.horizon_in_frame(tilted, SIZE)
    assert geometry.fit_canvas(np.stack([np.eye(3), tilted]), SIZE)[1] > SIZE


@pytest.mark.parametrize("motion", [np.diag([3e3, 3e3, 1]), geometry.translation(40_000, 0)])
def test_a_canvas_that_nothing_can_hold_is_refused(motion: np.ndarray) -> None:
    with pytest.raises(geometry.CanvasError, match="more than can be held; take a part of the"):
        geometry.fit_canvas(np.stack([np.eye(3), motion]), SIZE)
    shifted = geometry.shift_to_origin(np.stack([np.eye(3), motion]), SIZE)
    np.testing.assert_array_equal(shifted[0], geometry.translation(1, 1))


def test_a_canvas_of_a_long_zoom_is_made_smaller() -> None:
    size = (1920, 1080)
    zoom = np.stack([np.diag([1.0, 1, 1]), np.diag([6.5, 6.5, 1])])
    motion, canvas = geometry.shift_to_origin(zoom, size), (12_500, 7_030)
    smaller, (width, height), factor = geometry.limit_canvas(motion, canvas)
    assert 0.8 < factor < 1 and 0.98 < width * height / geometry.LARGEST_CANVAS <= 1
    before, after = (geometry.apply(m[1], geometry.corners(size)) for m in (motion, smaller))
    np.testing.assert_allclose((after + 0.5) / (width, height), (before + 0.5) / canvas, atol=1e-9)
    assert geometry.limit_canvas(motion, (1000, 900))[1:] == ((1000, 900), 1.0)
    assert max(geometry.limit_canvas(motion, (200, 50_000))[1]) < geometry.WIDEST


def test_to_canvas_puts_the_pixels_where_the_homography_says(picture: np.ndarray) -> None:
    canvas = geometry.to_canvas(picture, geometry.translation(2, 1), (12, 8))
    assert canvas.shape == (8, 12, 3) and canvas.dtype == np.uint8
    np.testing.assert_array_equal(canvas[1:6, 2:9], picture)
    assert not canvas[0].any() and not canvas[:, :2].any() and not canvas[:, 9:].any()


def test_to_canvas_averages_between_pixels() -> None:
    row = np.array([[0, 10, 30, 30]], np.float32).repeat(3, axis=0)
    canvas = geometry.to_canvas(row, geometry.translation(0.5, 0), (4, 3))
    np.testing.assert_allclose(canvas[1, 1:], [5, 20, 30], atol=0.1)


def test_to_frame_looks_at_the_canvas_through_the_homography(picture: np.ndarray) -> None:
    found = geometry.to_frame(picture, geometry.translation(2, 1), (3, 2))
    np.testing.assert_array_equal(found, picture[1:3, 2:5])


def test_to_frame_repeats_the_edge(picture: np.ndarray) -> None:
    found = geometry.to_frame(picture, geometry.translation(-3, -2), (7, 5))
    np.testing.assert_array_equal(found[2:, 3:], picture[:3, :4])
    np.testing.assert_array_equal(found[:2, 3:], picture[[0, 0], :4])
    np.testing.assert_array_equal(found[2:, :3], picture[:3, [0, 0, 0]])


@pytest.mark.parametrize("warp", [geometry.to_canvas, geometry.to_frame])
def test_cubic_is_closer_to_a_smooth_picture(warp: object) -> None:
    size, shift = (40, 30), geometry.translation(0.5, 0.25)
    direction = 1 if warp is geometry.to_frame else -1

    def wave(grid: np.ndarray) -> np.ndarray:
        return (100 * np.sin(grid[..., 0]) * np.cos(0.7 * grid[..., 1])).astype(np.float32)

    grid = geometry.pixel_grid(size)
    expected = wave(grid + direction * np.array([0.5, 0.25]))
    inner = np.s_[4:-4, 4:-4]
    linear, cubic = (warp(wave(grid), shift, size, cubic=c) - expected for c in (False, True))
    assert 0 < np.abs(cubic[inner]).mean() < 0.5 * np.abs(linear[inner]).mean()


@pytest.mark.parametrize("kind", [np.float32, np.uint8])
def test_finer_canvas_keeps_detail_between_its_pixels(kind: type) -> None:
    size, shift = (48, 40), np.array([0.5, 0.25])

    def stripes(grid: np.ndarray) -> np.ndarray:  # three pixels wide
        waves = 128 + 100 * np.sin(2 * np.pi / 3 * (grid + [0, 0.3]))
        return np.dstack([waves, waves.sum(axis=-1) / 2])

    grid = geometry.pixel_grid(size)
    texture = np.round(stripes(grid)).astype(kind)
    place, inner = geometry.translation(*shift), np.s_[6:-6, 6:-6]
    fine, to_fine = geometry.finer(texture)
    assert fine.shape == (80, 96, 3) and fine.dtype == kind
    views = [
        geometry.to_frame(texture, place, size, cubic=True),
        geometry.to_frame(fine, to_fine @ place, size, cubic=True),
    ]
    plain, better = (np.abs(v - stripes(grid + shift))[inner].mean() for v in views)
    assert better < 0.5 * plain


def test_canvas_that_is_too_wide_for_more_pixels_stays() -> None:
    texture = np.zeros((2, geometry.WIDEST // 2 + 1, 3), np.uint8)
    fine, to_fine = geometry.finer(texture)
    assert fine.shape == texture.shape
    np.testing.assert_array_equal(to_fine, np.eye(3))
    fine += 7
    assert not texture.any(), "the result belongs to the caller"


def test_another_frame_is_looked_up_along_the_flow() -> None:
    image = np.arange(30, dtype=np.float32).reshape(5, 6)
    flow = np.zeros((5, 6, 2), np.float32)
    flow[..., 0] = 2
    found = geometry.along_flow(image, flow)
    np.testing.assert_allclose(found[:, :4], image[:, 2:])
    np.testing.assert_allclose(found[:, 4], image[:, 5])
    beyond = geometry.along_flow(image, flow, beyond=cv2.BORDER_CONSTANT, value=-1)
    assert (beyond[:, 4:] == -1).all() and (beyond[:, :4] == image[:, 2:]).all()


def test_shrunk_pixels_are_means() -> None:
    image = np.arange(24, dtype=np.float32).reshape(4, 6)
    small = geometry.shrink(image, 2)
    np.testing.assert_allclose(small, image.reshape(2, 2, 3, 2).mean(axis=(1, 3)))
    assert geometry.shrink(image, 100).shape == (1, 1)
