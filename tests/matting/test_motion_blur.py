"""Motion blur found and taken apart: truth is drawn here."""

import cv2
import numpy as np
import pytest

from toondecompose.matting.motion_blur import blurred_alpha, find_motion_blur, solve_motion_blur

SIZE = (200, 160)
BLUR_VECTORS = [(13.0, 0.0), (9.0, 6.0), (0.0, 16.0), (-8.0, 12.0), (20.0, 5.0)]


def background(seed: int = 5) -> np.ndarray:
    """A wall of many boards, (H, W, 3) float32."""
    random = np.random.default_rng(seed)
    picture = np.full((SIZE[1], SIZE[0], 3), 170, np.float32)
    for _ in range(160):
        corner, size = random.integers((0, 0), SIZE), random.integers(4, 24, 2)
        colour = random.uniform(40, 250, 3).tolist()
        cv2.rectangle(picture, corner.tolist(), (corner + size).tolist(), colour, cv2.FILLED)
    return cv2.GaussianBlur(picture, (0, 0), 0.7)


def runner(blur_vector: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Alpha (H, W) and premultiplied colour (H, W, 3) of a figure blurred by its motion."""
    count = 64
    alpha, paint = np.zeros(SIZE[::-1], np.float32), np.zeros((SIZE[1], SIZE[0], 3), np.float32)
    for share in (np.arange(count) + 0.5) / count - 0.5:
        cover, colour = figure(share * blur_vector[0], share * blur_vector[1])
        alpha += cover / count
        paint += cover[..., None] * colour / count
    return alpha, paint


def figure(dx: float, dy: float) -> tuple[np.ndarray, np.ndarray]:
    """Cover (H, W) in 0..1 and colour (H, W, 3) of a sharp figure, moved by parts of a pixel."""
    cover, colour = np.zeros(SIZE[::-1], np.uint8), np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    ink, coat, skin = (40, 30, 50), (60, 130, 110), (240, 190, 160)
    at = [round((c + d) * 16) for c, d in zip((100, 62), (dx, dy), strict=True)]
    for radius, tone in ((26, ink), (24, skin)):
        cv2.circle(colour, at, radius * 16, tone, cv2.FILLED, cv2.LINE_AA, 4)
    cv2.circle(cover, at, 26 * 16, 255, cv2.FILLED, cv2.LINE_AA, 4)
    body = [round(at[0] - 22 * 16), round(at[1] + 22 * 16)]
    end = [body[0] + 44 * 16, body[1] + 44 * 16]
    cv2.rectangle(colour, body, end, coat, cv2.FILLED, cv2.LINE_AA, 4)
    cv2.rectangle(cover, body, end, 255, cv2.FILLED, cv2.LINE_AA, 4)
    return cover.astype(np.float32) / 255, colour.astype(np.float32)


def shot(blur_vector: tuple[float, float]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Frame, plate, what is seen of the sprite and true alpha; noise of one grey level."""
    alpha, paint = runner(blur_vector)
    plate = background()
    noise = np.random.default_rng(1).normal(0, 1, plate.shape).astype(np.float32)
    frame = np.clip(paint + (1 - alpha)[..., None] * plate + noise, 0, 255)
    return frame, plate, alpha > 0.2, alpha


@pytest.mark.parametrize("blur_vector", BLUR_VECTORS)
def test_motion_blur_is_found(blur_vector: tuple[float, float]) -> None:
    frame, plate, shown, _ = shot(blur_vector)
    found = find_motion_blur(frame, plate, shown)
    found *= np.sign(found @ blur_vector)
    assert np.linalg.norm(found - blur_vector) < 2


@pytest.mark.parametrize("blur_vector", [(0.0, 0.0), (0.5, 0.0)])
def test_sharp_sprite_has_no_motion_blur(blur_vector: tuple[float, float]) -> None:
    frame, plate, shown, _ = shot(blur_vector)
    assert not find_motion_blur(frame, plate, shown).any()


def test_motion_blur_in_smaller_pictures() -> None:
    frame, plate, shown, _ = shot((20.0, 0.0))
    found = find_motion_blur(frame, plate, shown, reduction=2)
    assert abs(abs(found[0]) - 20) < 3 and abs(found[1]) < 3


def test_nothing_shown() -> None:
    frame, plate, shown, _ = shot((13.0, 0.0))
    assert not find_motion_blur(frame, plate, np.zeros_like(shown)).any()


@pytest.mark.parametrize("blur_vector", BLUR_VECTORS)
def test_alpha_and_colour_of_a_blurred_drawing(blur_vector: tuple[float, float]) -> None:
    frame, plate, shown, truth = shot(blur_vector)
    sigma = np.ones(shown.shape, np.float32)
    alpha, colour = solve_motion_blur(
        [frame],
        [plate],
        [sigma],
        usable=[np.ones_like(shown)],
        shown=shown,
        blur_vector=np.array(blur_vector),
    )
    soft = (truth > 0.02) & (truth < 0.98)
    opaque = np.abs(shown - truth)[soft].mean()
    assert np.abs(alpha - truth)[soft].mean() < opaque / 4
    assert alpha[truth < 0.001].max() < 0.2 and alpha[truth > 0.999].min() > 0.8
    _, paint = runner(blur_vector)
    solid = truth > 0.3
    error = np.abs(alpha[..., None] * colour - paint)[solid].mean()
    assert error < 12  # grey levels; the plate differs by some eighty


def test_frame_that_shows_only_a_part_says_nothing_elsewhere() -> None:
    blur_vector = np.array((13.0, 0.0))
    frame, plate, shown, truth = shot((13.0, 0.0))
    sigma = np.ones(shown.shape, np.float32)
    whole, cropped = np.ones_like(shown), np.ones_like(shown)
    cropped[:, 100:] = False
    # Beyond its border a picture repeats, and so does the plate behind it.
    part, behind = frame.copy(), plate.copy()
    part[:, 100:], behind[:, 100:] = frame[:, 99:100], plate[:, 99:100]
    alone = solve_motion_blur(
        [frame], [plate], [sigma], usable=[whole], shown=shown, blur_vector=blur_vector
    )[0]
    both = solve_motion_blur(
        [frame, part],
        [plate, behind],
        [sigma] * 2,
        usable=[whole, cropped],
        shown=shown,
        blur_vector=blur_vector,
    )
    soft = (truth > 0.02) & (truth < 0.98)
    errors = [np.abs(alpha - truth)[soft].mean() for alpha in (alone, both[0])]
    assert errors[1] < 1.1 * errors[0]


def test_length_zero_is_what_is_seen() -> None:
    shown = np.zeros((9, 9), bool)
    shown[3:6, 3:6] = True
    np.testing.assert_allclose(blurred_alpha(shown, np.zeros(2)), shown, atol=1e-6)
