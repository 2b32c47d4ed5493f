"""Pictures: known colours, shapes and refusals."""

import numpy as np
import pytest

from toondecompose.viz import pictures
from toondecompose.viz.contact_sheet import contact_sheet


def test_flow_picture_has_the_reference_colours() -> None:
    flow = np.array([[[0, 0], [32, 0], [0, 32], [-32, 0], [16, 0]]], np.float32)
    expected = [[127, 127, 255], [127, 255, 127], [255, 127, 127], [127, 0, 127], [127, 191, 237]]
    np.testing.assert_array_equal(pictures.flow_picture(flow)[0], expected)


def test_flow_picture_keeps_the_direction_of_a_flow_beyond_its_scale() -> None:
    flow = np.array([[[30, 40], [300, 400], [3000, 4000]]], np.float32)
    rim = pictures.flow_picture(flow)[0]
    np.testing.assert_array_equal(rim, [[229, 204, 127]] * 3)


def test_flow_picture_refuses_another_shape() -> None:
    with pytest.raises(ValueError, match=r"\(4, 4, 3\)"):
        pictures.flow_picture(np.zeros((4, 4, 3), np.float32))


def test_label_picture_of_two_objects_is_the_matte() -> None:
    matte = np.array([[0, 64, 255]], np.uint8)
    picture = pictures.label_picture(np.stack([255 - matte, matte]))
    np.testing.assert_array_equal(picture, np.repeat(matte[..., None], 3, axis=2))


def test_label_picture_mixes_the_colours_and_scales_the_sum() -> None:
    alphas = np.zeros((4, 1, 2), np.float32)
    alphas[2:] = 0.25  # Half and half of objects 2 and 3, with a sum of 0.5.
    mean = (pictures.OBJECT_COLOURS[2].astype(float) + pictures.OBJECT_COLOURS[3]) / 2
    np.testing.assert_array_equal(pictures.label_picture(alphas)[0], [mean, mean])


def test_label_picture_of_nothing_is_object_0() -> None:
    assert not pictures.label_picture(np.zeros((3, 2, 2), np.uint8)).any()


def test_label_colours_differ_and_repeat_without_the_background() -> None:
    alphas = np.eye(20, dtype=np.uint8).reshape(20, 1, 20) * 255
    colours = pictures.label_picture(alphas)[0].astype(int)
    distance = np.abs(colours[:10, None] - colours[None, :10]).sum(axis=-1)
    assert distance[~np.eye(10, dtype=bool)].min() > 100
    np.testing.assert_array_equal(colours[10:], [*colours[1:10], colours[1]])


def test_label_picture_refuses_a_lone_alpha() -> None:
    with pytest.raises(ValueError, match=r"\(4, 4\)"):
        pictures.label_picture(np.zeros((4, 4)))


def test_label_overlay_dims_the_background_only() -> None:
    frame = np.full((1, 2, 3), 200, np.uint8)
    alphas = np.array([[[255, 0]], [[0, 255]]], np.uint8)
    np.testing.assert_array_equal(pictures.label_overlay(frame, alphas)[0, :, 0], [60, 200])
    with pytest.raises(ValueError, match="differ in size"):
        pictures.label_overlay(frame[:, :1], alphas)


def test_stripes_stick_to_the_object() -> None:
    """What lies at x in one frame lies at x + shift in a frame that shows the object shifted."""
    at_rest = pictures.stripes(np.eye(3), (96, 64), index=1)
    shift = np.array([[1, 0, -7], [0, 1, -3], [0, 0, 1]], np.float64)
    moved = pictures.stripes(shift, (96, 64), index=1)
    assert at_rest.shape == (64, 96, 3)
    np.testing.assert_array_equal(moved[3:, 7:], at_rest[:-3, :-7])
    assert np.abs(moved.astype(int) - at_rest).mean() > 20


def test_stripes_do_not_depend_on_the_homographys_scale() -> None:
    homography = np.array([[1.1, 0.1, 5], [-0.1, 0.9, 3], [1e-4, 0, 1]])
    one = pictures.stripes(homography, (40, 30)).astype(int)
    other = pictures.stripes(-2.5 * homography, (40, 30))
    assert np.abs(one - other).max() <= 1


def test_checkerboard() -> None:
    board = pictures.checkerboard((5, 3), cell=2)
    assert board.shape == (3, 5, 3)
    np.testing.assert_array_equal(board[0, :, 0], [204, 204, 153, 153, 204])
    np.testing.assert_array_equal(board[:, 0, 0], [204, 204, 153])


def test_over_colour_takes_straight_alpha() -> None:
    rgba = np.array([[[100, 200, 0, 255], [100, 200, 0, 0], [100, 200, 0, 51]]], np.uint8)
    expected = [[100, 200, 0], [0, 0, 250], [20, 40, 200]]
    np.testing.assert_array_equal(pictures.over_colour(rgba, (0, 0, 250))[0], expected)
    below = np.full((1, 3, 3), (0, 0, 250), np.uint8)
    np.testing.assert_array_equal(pictures.over_colour(rgba, below)[0], expected)
    with pytest.raises(ValueError, match=r"\(1, 3, 3\)"):
        pictures.over_colour(rgba[..., :3], (0, 0, 0))


def test_lay_over_copies_or_mixes() -> None:
    random = np.random.default_rng(0)
    front, behind = random.integers(0, 256, (2, 16, 16, 3), np.uint8)
    alpha = np.arange(256, dtype=np.uint8).reshape(16, 16)
    before = behind.copy()
    share = alpha[..., None] / np.float32(255)
    expected = np.rint(share * front + (1 - share) * behind)
    np.testing.assert_array_equal(pictures.lay_over(front, alpha, behind), expected)
    np.testing.assert_array_equal(behind, before)


def test_contact_sheet_puts_scaled_pictures_into_cells() -> None:
    red = np.full((20, 40, 3), (255, 0, 0), np.uint8)
    small_green = np.full((10, 10, 3), (0, 255, 0), np.uint8)
    sheet = contact_sheet([[red, small_green], [red]], gap=4)
    assert sheet.shape == (2 * 20 + 3 * 4, 2 * 40 + 3 * 4, 3)
    np.testing.assert_array_equal(sheet[4:24, 4:44], red)
    np.testing.assert_array_equal(sheet[28:48, 4:44], red)
    upright = contact_sheet([[red]], cell=(40, 30), gap=0)
    np.testing.assert_array_equal(upright[5:25], red)
    # The square picture fills the height of its cell and is centred: columns 10 to 30 of 40.
    np.testing.assert_array_equal(sheet[4:24, 58:78], np.full((20, 20, 3), (0, 255, 0)))
    np.testing.assert_array_equal(sheet[4:24, 48:58], np.full((20, 10, 3), 32))


def test_contact_sheet_captions_leave_the_pictures_alone() -> None:
    gray = np.full((60, 120, 3), 128, np.uint8)
    sheet = contact_sheet([[gray, gray]], [["hello", ""]], gap=0)
    assert (sheet[:, :120] != 128).any()
    assert (sheet[:, 120:] == 128).all()
    assert (gray == 128).all()


@pytest.mark.parametrize(
    ("rows", "labels"),
    [([], None), ([[]], None), ([[np.zeros((4, 4, 3), np.uint8)]], [["a", "b"]])],
)
def test_contact_sheet_refuses_a_wrong_arrangement(rows: list, labels: list | None) -> None:
    with pytest.raises(ValueError, match="row"):
        contact_sheet(rows, labels)
