"""Views that are wrong where a plane ends, corrected by what other frames show there."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from toondecompose.core import geometry
from toondecompose.plates.plates import Plate, render_plates
from toondecompose.plates.view_correction import ViewCorrector, make_view_corrector, slope_at

SIZE, COUNT = (120, 80), 24
WHOLE = (slice(0, SIZE[1]), slice(0, SIZE[0]))
HOUSE, SKY = np.array([90, 110, 130], np.float32), np.array([235, 240, 245], np.float32)
LIGHT = np.zeros((SIZE[1], SIZE[0], 3), np.float32)


def shifts(step: float) -> np.ndarray:
    """A steady pan, (COUNT, 3, 3)."""
    return np.stack([geometry.translation(step * t + 4, 4) for t in range(COUNT)])


NEAR, FAR, STILL = shifts(2.0), shifts(1.0), shifts(0.0)


def plates(cover: np.ndarray) -> tuple[Plate, Plate]:
    """A house of one colour with an alpha (90, 180) before a sky of one colour."""
    known = np.dstack([np.ones(cover.shape), np.full(cover.shape, 9), np.zeros(cover.shape)])
    paint = np.dstack([HOUSE * cover[..., None], cover])
    sky = np.dstack([np.broadcast_to(SKY, paint[..., :3].shape), np.ones(cover.shape)])
    return tuple(
        Plate(motion, image.astype(np.float32), known.astype(np.float32))
        for motion, image in ((NEAR, paint), (FAR, sky))
    )


@pytest.fixture
def scene() -> tuple[list[np.ndarray], np.ndarray, list[np.ndarray], tuple[Plate, Plate]]:
    """Frames with a disc that stands still on the screen, its labels, truth, and thin plates."""
    cover = np.zeros((90, 180), np.float32)
    cv2.rectangle(cover, (0, 50), (180, 90), 1.0, -1)
    cover = cv2.GaussianBlur(cover, (0, 0), 3)
    truth = [render_plates(plates(cover), t, SIZE).colour for t in range(COUNT)]
    label = np.zeros(SIZE[::-1], np.uint8)
    cv2.circle(label, (90, 40), 14, 255, -1)
    frames = [np.where(label[..., None] > 0, (200, 60, 60), x).astype(np.uint8) for x in truth]
    return frames, np.repeat(label[None], COUNT, axis=0), truth, plates(cover**2)


def corrector(
    frames: list[np.ndarray], labels: np.ndarray, wrong: tuple[Plate, ...]
) -> ViewCorrector:
    return make_view_corrector(
        frames,
        [labels],
        wrong,
        sprites=[STILL],
        light=LIGHT,
        noise=1.0,
        scale=1.0,
        outline_error=4.0,
    )


def missed(found: np.ndarray, expected: np.ndarray, where: np.ndarray) -> float:
    return float(np.abs(found - expected)[where].mean())


def test_an_outline_known_too_thin_is_corrected_where_frames_agree(scene) -> None:
    frames, labels, truth, wrong = scene
    before = render_plates(wrong, 12, SIZE).colour
    after = (
        corrector(frames, labels, wrong)
        .correct_view(render_plates(wrong, 12, SIZE), 12, WHOLE)
        .colour
    )
    outline = (np.abs(before - truth[12]).max(axis=-1) > 12) & (labels[12] == 0)
    assert outline.sum() > 200
    assert missed(after, truth[12], outline) < 0.4 * missed(before, truth[12], outline)
    inside = labels[12] > 0
    np.testing.assert_array_equal(after[inside], before[inside])


def test_a_box_is_corrected_like_the_whole_frame(scene) -> None:
    frames, labels, _, wrong = scene
    box = (slice(20, 70), slice(30, 110))
    whole = (
        corrector(frames, labels, wrong)
        .correct_view(render_plates(wrong, 9, SIZE), 9, WHOLE)
        .colour
    )
    part = render_plates(wrong, 9, (80, 50), grid=geometry.translation(30, 20))
    part = corrector(frames, labels, wrong).correct_view(part, 9, box).colour
    inner = np.s_[4:-4, 4:-4]  # Most of the pixels around are another matter at the rim.
    np.testing.assert_allclose(part[inner], whole[box][inner], atol=0.5)


def test_the_light_stays_on_the_screen(scene) -> None:
    frames, labels, truth, wrong = scene
    x = np.arange(SIZE[0], dtype=np.float32)
    light = np.repeat(np.repeat(20 * np.sin(x / 5)[None, :, None] - 20, SIZE[1], 0), 3, 2)
    lit = [np.clip(np.round(f + light), 0, 255).astype(np.uint8) for f in frames]
    correction = replace(corrector(lit, labels, wrong), light=light)
    before = render_plates(wrong, 12, SIZE, light=light).colour
    after = correction.correct_view(render_plates(wrong, 12, SIZE, light=light), 12, WHOLE).colour
    outline = (np.abs(before - truth[12] - light).max(axis=-1) > 12) & (labels[12] == 0)
    assert missed(after, truth[12] + light, outline) < 0.4 * missed(
        before, truth[12] + light, outline
    )


def test_what_moves_with_the_sprite_is_no_background(scene) -> None:
    frames, labels, _, wrong = scene
    strand = np.s_[46:56, 64:69]  # Beside the label, and still on the screen as the sprite is.
    for frame in frames:
        frame[strand] = (60, 160, 60)
    stands = (
        corrector(frames, labels, wrong)
        .correct_view(render_plates(wrong, 12, SIZE), 12, WHOLE)
        .colour
    )
    assert np.abs(stands[strand] - (60, 160, 60)).max(axis=-1).min() > 20
    # Now it moves as the house does: it is the house's, unless the sprite moves so as well.
    for t, frame in enumerate(frames):
        frame[46:56] = render_plates(wrong, t, SIZE).colour[46:56]
        frame[46:56, 92 - 2 * t : 104 - 2 * t] = (60, 160, 60)
    there = np.s_[46:56, 68:80]
    parted = corrector(frames, labels, wrong)
    along = replace(parted, sprites=[NEAR])
    corrected = [
        m.correct_view(render_plates(wrong, 12, SIZE), 12, WHOLE).colour for m in (parted, along)
    ]
    assert np.abs(corrected[0][there] - (60, 160, 60)).mean() < 12
    assert np.abs(corrected[1][there] - (60, 160, 60)).max(axis=-1).min() > 20


def test_what_two_other_frames_show_is_not_taken(scene) -> None:
    frames, labels, _, wrong = scene
    for t in (9, 12, 15):
        frames[t][46:56, 44 - 2 * t : 64 - 2 * t] = (60, 160, 60)
    after = (
        corrector(frames, labels, wrong)
        .correct_view(render_plates(wrong, 12, SIZE), 12, WHOLE)
        .colour
    )
    assert np.abs(after[46:56, 20:40] - (60, 160, 60)).max(axis=-1).min() > 20


def test_single_pixels_and_the_inside_of_sprites_are_not_corrected(scene) -> None:
    frames, labels, truth, wrong = scene
    frames[12][38:52, 20:40][(np.indices((14, 20)).sum(axis=0) % 3) > 0] = (60, 160, 60)
    frames[12][44:50, 84:96] = truth[12][44:50, 84:96]  # By chance it looks like the background.
    before = render_plates(wrong, 12, SIZE).colour
    after = (
        corrector(frames, labels, wrong)
        .correct_view(render_plates(wrong, 12, SIZE), 12, WHOLE)
        .colour
    )
    for place in (np.s_[42:48, 22:38], np.s_[44:50, 84:96]):
        np.testing.assert_array_equal(after[place], before[place])


@pytest.mark.parametrize("observation_count", [3, 9])
def test_a_badly_known_sky_goes_on_into_the_label(scene, observation_count) -> None:
    frames, labels, _, wrong = scene
    wide = cv2.dilate(labels[12], np.ones((13, 13), np.uint8))
    facts = wrong[1].facts * (1, observation_count / 9, 1)
    behind = replace(wrong[1], paint=wrong[1].paint - 10, facts=facts.astype(np.float32))
    correction = corrector(frames, np.repeat(wide[None], COUNT, axis=0), (wrong[0], behind))
    after = correction.correct_view(render_plates((wrong[0], behind), 12, SIZE), 12, WHOLE).colour
    ring = (wide > 0) & (cv2.dilate(labels[12], np.ones((5, 5), np.uint8)) == 0)
    ring[34:] = False  # Only the sky.
    off = np.abs(after - frames[12])[ring]
    assert off.max() == 0 if observation_count < 8 else off.min() > 5


def test_a_single_plane_is_left_as_it_is(scene) -> None:
    frames, labels, _, wrong = scene
    view = render_plates(wrong[1:], 12, SIZE)
    before = view.colour.copy()
    after = corrector(frames, labels, wrong[1:]).correct_view(view, 12, WHOLE).colour
    np.testing.assert_array_equal(after, before)


def test_without_sprites_the_plates_are_all_there_is(scene) -> None:
    frames, _, _, wrong = scene
    before = render_plates(wrong, 12, SIZE).colour
    correction = make_view_corrector(
        frames, [], wrong, sprites=[], light=LIGHT, noise=1.0, scale=1.0, outline_error=4.0
    )
    after = correction.correct_view(render_plates(wrong, 12, SIZE), 12, WHOLE).colour
    np.testing.assert_array_equal(after, before)


def test_the_slope_is_that_of_the_steepest_channel() -> None:
    y, x = np.mgrid[:9, :9].astype(np.float32)
    image = np.dstack([3 * x + 4 * y, x, y])
    np.testing.assert_allclose(slope_at(image, np.array([4]), np.array([4])), 5)
