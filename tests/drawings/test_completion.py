"""Whole drawings from frames in which others hide parts of them."""

import numpy as np
import pytest

from toondecompose.core import geometry
from toondecompose.drawings.completion import (
    FROM_SIMILAR,
    OBSERVED,
    DrawingObservation,
    WholeDrawing,
    complete_drawing,
)
from toondecompose.drawings.similar_drawings import complete_from_similar
from toondecompose.drawings.whole_drawings import SpriteLayers, place_in_frames, put_together
from toondecompose.screen.lighting import Lighting

SIZE = (120, 80)


def texture(points: np.ndarray) -> np.ndarray:
    """Colours (..., 3) of a cel at points (..., 2) of its own."""
    x, y = points[..., 0], points[..., 1]
    waves = [np.sin(x / 2.3) * np.cos(y / 3.1), np.sin((x + y) / 4.0), np.cos(x / 5 - y / 2.7)]
    return 128 + 90 * np.stack(waves, axis=-1)


def cel(to_own: np.ndarray, mouth: bool = False) -> np.ndarray:
    """A layer (H, W, 4) uint8 of a disc of radius 24 seen through a motion (3, 3)."""
    own = geometry.apply(to_own, geometry.pixel_grid(SIZE))
    alpha = np.clip(24.5 - np.linalg.norm(own, axis=-1), 0, 1)
    colour = texture(own)
    if mouth:
        colour[np.hypot(own[..., 0], own[..., 1] - 8) < 2.5] = (250, 20, 20)
    colour = np.where(alpha[..., None] > 0, colour, 0)
    return np.dstack([np.clip(colour, 0, 255), 255 * alpha]).round().astype(np.uint8)


def bar(left: int, right: int) -> np.ndarray:
    """Where a post stands, (H, W) bool."""
    mask = np.zeros(SIZE[::-1], bool)
    mask[:, left:right] = True
    return mask


def view(
    to_own: np.ndarray, post: np.ndarray, *, front: bool = True, mouth: bool = False
) -> DrawingObservation:
    """A frame in which a post stands in front of the disc or behind it."""
    layer = cel(to_own, mouth)
    if front:
        layer[post] = 0
    none = np.zeros_like(post)
    sides = (post, none) if front else (none, post)
    return DrawingObservation(layer[..., 3], *sides, to_own, lambda: layer)


def compared(whole: WholeDrawing, mouth: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """The true layer on a whole drawing's pixels, and the absolute error there where it is solid.

    The disc's own coordinates are the grid, so `place` takes them to pixels of the picture.
    """
    height, width = whole.observed.shape
    own = geometry.apply(np.linalg.inv(whole.place), geometry.pixel_grid((width, height)))
    alpha = np.clip(24.5 - np.linalg.norm(own, axis=-1), 0, 1) * 255
    colour = texture(own)
    if mouth:
        colour[np.hypot(own[..., 0], own[..., 1] - 8) < 2.5] = (250, 20, 20)
    error = np.abs(np.dstack([np.clip(colour, 0, 255), alpha]) - whole.picture).max(axis=-1)
    return alpha, np.where(alpha == 255, error, np.abs(alpha - whole.picture[..., 3]))


def at(x: float, y: float) -> np.ndarray:
    """The motion of a disc that stands at (x, y)."""
    return geometry.translation(-x, -y)


def test_what_one_frame_hides_another_shows() -> None:
    views = [view(at(50, 40), bar(40, 60)), view(at(50, 40), bar(66, 80))]
    whole = complete_drawing(views, 2)
    assert whole is not None and (whole.observed == OBSERVED).all()
    _, error = compared(whole)
    assert error.max() <= 1, "frames that lie on the same pixels need no resampling"


def test_a_frame_that_shows_all_is_taken_as_it_is() -> None:
    alone = view(at(55.3, 41.2), bar(0, 0))
    whole = complete_drawing([view(at(50, 40), bar(40, 60)), alone], 2)
    shift = np.round(whole.place @ alone.motion).astype(int)
    x, y = -shift[0, 2], -shift[1, 2]
    height, width = whole.observed.shape
    np.testing.assert_array_equal(whole.picture, alone.read()[y : y + height, x : x + width])


def test_frames_that_slide_and_turn() -> None:
    turn = np.array([[0.995, -0.0998, 0], [0.0998, 0.995, 0], [0, 0, 1.0]])
    views = [view(at(50, 40), bar(42, 60)), view(turn @ at(62.4, 38.7), bar(80, 95))]
    whole = complete_drawing(views, 2)
    alpha, error = compared(whole)
    assert (whole.observed == OBSERVED).all()
    assert np.quantile(error[alpha > 0], 0.95) < 8


def test_what_is_behind_hides_nothing() -> None:
    whole = complete_drawing([view(at(50, 40), bar(40, 60), front=False)], 2)
    assert (whole.observed == OBSERVED).all()
    assert compared(whole)[1].max() <= 1


def test_what_nobody_has_seen_is_left_out() -> None:
    whole = complete_drawing([view(at(50, 40), bar(44, 60))], 2)
    unseen = whole.observed == 0
    assert 44 * 20 * 0.7 < unseen.sum() and not whole.picture[unseen].any()
    assert compared(whole)[1][~unseen].max() <= 1


def test_an_enclosed_gap_is_made_up_and_marked() -> None:
    post = np.zeros(SIZE[::-1], bool)
    post[36:44, 46:54] = True
    whole = complete_drawing([view(at(50, 40), post)], 2)
    alpha, error = compared(whole)
    gap = whole.observed == 0
    assert gap.any() and (whole.picture[gap, 3] == 255).all()
    assert error[~gap].max() <= 1


def test_the_border_of_the_frame_hides_too() -> None:
    whole = complete_drawing([view(at(10, 40), bar(0, 0)), view(at(110, 40), bar(0, 0))], 2)
    alpha, error = compared(whole)
    known = whole.observed == OBSERVED
    assert (alpha > 0).sum() > 1700 and known[alpha > 0].mean() > 0.9
    assert error[known].max() <= 1


def test_a_drawing_that_no_frame_shows() -> None:
    assert complete_drawing([], 2) is None
    assert complete_drawing([view(at(50, 40), bar(0, 120))], 2) is None


@pytest.mark.parametrize(("tint", "lends"), [(0, True), (70, False)])
def test_only_a_drawing_that_looks_the_same_lends(tint: int, lends: bool) -> None:
    half = complete_drawing([view(at(50, 40), bar(40, 58))], 2)
    other = complete_drawing([view(at(70, 45), bar(0, 0), mouth=True)], 2)
    other.picture[..., :3] -= np.minimum(other.picture[..., :3], tint)
    filled, same = complete_from_similar([half, other])
    assert same is other, "it is whole already"
    assert (filled.observed == FROM_SIMILAR).any() == lends
    if lends:
        assert (filled.observed > 0).all()
        alpha, error = compared(filled, mouth=True)
        taken = filled.observed == FROM_SIMILAR
        assert np.quantile(error[taken], 0.95) < 4
    assert complete_from_similar([None, half])[0] is None


def layers_of(
    layers: dict[tuple[int, int], np.ndarray],
    order: np.ndarray,
    motion: np.ndarray,
    gains: np.ndarray,
) -> SpriteLayers:
    """The layers of sprite 1, among those (H, W, 4) uint8 of all sprites by (sprite, frame)."""
    lighting = Lighting(gains)

    def read(t: int) -> np.ndarray:
        own = layers[1, t]
        return np.dstack([lighting.remove(own[..., :3], t), own[..., 3]])

    alphas = {key: one[..., 3] for key, one in layers.items()}
    return SpriteLayers(number=1, motion=motion, alphas=alphas, order=order, gains=gains, read=read)


def test_drawings_of_two_sprites_and_where_they_lie() -> None:
    """Two sprites in three frames, the second in front of the first in two of them."""
    motion = np.stack([at(40, 40), at(40, 40), at(72, 40)])
    order = np.array([[0, 1, 2], [0, 1, 2], [0, 2, 1]], np.uint8)
    posts = [bar(34, 46), bar(54, 62), bar(64, 70)]
    layers = {}
    for t in range(3):
        layer = cel(motion[t])
        post = np.zeros((*SIZE[::-1], 4), np.uint8)
        if order[t, 2] == 2:
            layer[posts[t]] = 0
            post[posts[t]] = 255
        else:
            post[posts[t] & (layer[..., 3] == 0)] = 255
        layer[..., :3] = layer[..., :3] // (1 + (t == 1))  # a fade
        layers[1, t], layers[2, t] = layer, post
    still, gains = np.stack([np.eye(3)] * 3), np.array([1, 0.5, 1])
    sprite = layers_of(layers, order, still, gains)
    assert not sprite.is_alone
    drawings = [[0, 1], [2]]
    wholes = complete_from_similar([put_together(sprite, times, 2) for times in drawings])
    places = place_in_frames([whole.place for whole in wholes], drawings, still)
    for d, t in ((0, 0), (0, 1), (1, 2)):
        seen = geometry.to_frame(wholes[d].picture.astype(np.float32), places[t], SIZE)
        inside = np.linalg.norm(geometry.apply(motion[t], geometry.pixel_grid(SIZE)), axis=-1) < 22
        assert (wholes[d].observed == OBSERVED).all()
        np.testing.assert_allclose(seen[inside], cel(motion[t])[inside], atol=2)


def test_frames_of_a_drawing_that_is_not_known_keep_their_place() -> None:
    motion = np.stack([at(1, 2), at(3, 4), at(5, 6)])
    places = place_in_frames([None, at(7, 8)], [[0], [2]], motion)
    np.testing.assert_array_equal(places[:2], np.stack([np.eye(3)] * 2))
    np.testing.assert_allclose(places[2], at(7, 8) @ at(5, 6))


@pytest.mark.parametrize("count", [3, 30], ids=["few", "more frames than are looked at"])
def test_a_drawing_in_a_fade_comes_from_its_lightest_frame(count: int) -> None:
    """A held drawing fades in: its darkest frame has 26 grey levels of 256."""
    gains = np.linspace(0.1, 1, count)
    layer, layers = cel(at(50, 40)), {}
    for t, gain in enumerate(gains):
        dark = np.dstack([np.round(layer[..., :3] * gain), layer[..., 3]]).astype(np.uint8)
        if t == 0:
            dark[10:12, 50] = 255  # a speck: the darkest frame shows a little more than the others
        layers[1, t] = dark
    motion, order = np.stack([np.eye(3)] * count), np.tile([0, 1], (count, 1))
    sprite = layers_of(layers, order, motion, gains)
    assert sprite.is_alone
    whole = put_together(sprite, range(count), 2)
    x, y = np.round(whole.place[:2, 2]).astype(int)
    found = np.zeros_like(layer)
    found[-y : whole.picture.shape[0] - y, -x : whole.picture.shape[1] - x] = whole.picture
    solid = layer[..., 3] == 255
    assert np.abs(found[solid].astype(int) - layer[solid]).max() <= 1
