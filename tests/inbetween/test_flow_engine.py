"""The engine ``flow``: drawings that move, alpha, drawings that do not correspond."""

from __future__ import annotations

import cv2
import numpy as np

from toondecompose.inbetween.composition import between
from toondecompose.inbetween.engine import open_engine, premultiplied, straight
from toondecompose.inbetween.flow_engine import grey_codes, match_by_flow
from toondecompose.inbetween.tracks import MIN_CONFIDENCE, Pair

SIZE = (96, 80)


def figure(x: float, *, seed: int = 3) -> np.ndarray:
    """Draw a patterned disc with an outline at (x, 40), straight RGBA."""
    noise = np.random.default_rng(seed).integers(60, 250, (12, 12, 3), dtype=np.uint8)
    picture = cv2.resize(noise, (50, 50), interpolation=cv2.INTER_CUBIC)
    alpha = np.zeros((50, 50), np.uint8)
    cv2.circle(alpha, (25, 25), 20, 255, -1, cv2.LINE_AA)
    cv2.circle(picture, (25, 25), 19, (20, 20, 30), 2, cv2.LINE_AA)
    whole = premultiplied(np.dstack([picture, alpha]))
    matrix = np.array([[1, 0, x - 25], [0, 1, 15.0]])
    return straight(cv2.warpAffine(whole, matrix, SIZE, flags=cv2.INTER_CUBIC).clip(0, 255))


def halfway(first: np.ndarray, second: np.ndarray, share: float = 0.5) -> np.ndarray:
    """Return the in-between, premultiplied."""
    pair = Pair((first, second), (0, 0), SIZE, (np.eye(3), np.eye(3)), (1, 1))
    match = pair.match(open_engine("flow"))
    return between(pair, match, share, canvas=np.eye(3), size=SIZE)


def test_a_figure_is_on_its_way() -> None:
    first, second = figure(40), figure(46)
    for share in (0.25, 0.5, 0.75):
        truth = premultiplied(figure(40 + 6 * share))
        error = np.abs(halfway(first, second, share) - truth)
        # Mixing the two, as a fade does, is several times as far from it.
        mixed = (1 - share) * premultiplied(first) + share * premultiplied(second)
        assert error.mean() < 0.35 * np.abs(mixed - truth).mean()
        assert error[..., 3].mean() < 1.5


def test_no_fringe_on_magenta() -> None:
    made = halfway(figure(40), figure(46))
    assert (made[..., :3] <= made[..., 3:] + 1e-3).all()
    truth = premultiplied(figure(43))
    magenta = np.float32([255, 0, 255])
    shown, real = (p[..., :3] + (1 - p[..., 3:] / 255) * magenta for p in (made, truth))
    rim = cv2.dilate((truth[..., 3] > 5).astype(np.uint8), np.ones((5, 5))) > 0
    assert np.abs(shown - real)[rim].mean() < 6


def test_what_stays_stays() -> None:
    first = figure(40)
    assert np.abs(halfway(first, first) - premultiplied(first)).max() < 1.5


def test_confidence_tells_drawings_that_correspond() -> None:
    one, moved = (premultiplied(p) for p in (figure(40), figure(44)))
    other = np.zeros_like(one)  # another pose: an upright bar, with another pattern
    other[5:75, 45:57] = premultiplied(figure(40, seed=9))[30:42, 10:80].transpose(1, 0, 2)
    assert match_by_flow(one, one).confidence > 0.95
    assert match_by_flow(one, moved).confidence > 0.5
    assert match_by_flow(one, other).confidence < MIN_CONFIDENCE


def test_the_same_bytes_again() -> None:
    first, second = figure(40), figure(46)
    assert halfway(first, second).tobytes() == halfway(first, second).tobytes()


def test_greys_have_a_ground_far_from_the_drawing() -> None:
    dark = premultiplied(np.full((4, 4, 4), (30, 30, 30, 255), np.uint8))
    dark[0] = 0
    (grey,) = grey_codes(dark)
    assert (grey[0] == 255).all() and (grey[1:] == 30).all()
    (grey,) = grey_codes(255 - 0 * dark)
    assert (grey == 255).all()
    assert (grey_codes(np.zeros((3, 3, 4), np.float32))[0] == 255).all()
