"""Evidence from the comparison with plates."""

from __future__ import annotations

import numpy as np
from scenes import Disc, Painting, bytes_of, draw, path

from toondecompose.core import geometry
from toondecompose.planes.background import Plane, opaque_plane
from toondecompose.planes.texture import Texture
from toondecompose.segmentation.plate_evidence import (
    learn_palettes,
    palette_log_odds,
    plate_evidence,
    possible_observations,
    surroundings,
    without_background,
)

SIZE = (120, 80)
COUNT = 12
STILL = np.repeat(np.eye(3)[None], COUNT, axis=0)


def test_a_frame_that_was_gathered_says_nothing_about_its_own_plate() -> None:
    """A place that one frame alone shows outside of the labels."""
    frames = np.repeat(bytes_of(Painting(1).seen(STILL[:1], SIZE)), COUNT, axis=0)
    inside = np.zeros(frames.shape[:3], bool)
    inside[:, 30:60, 40:80] = True
    frames[inside] = (230, 60, 40)
    inside[3, 30:60, 40:80] = False  # the labels lose the figure here: its plate is painted with it
    plane = opaque_plane(frames, ~inside, STILL)
    core = np.s_[34:56, 44:76]
    np.testing.assert_array_equal(plane.texture.seen[core], 1)
    chances = possible_observations((plane,), SIZE)
    found = plate_evidence(frames, inside, (plane,), chances=chances, travel=0, local=False)
    colour, known = found.log_odds, found.known
    assert colour.dtype == known.dtype == np.float32
    assert not known[3][core].any()
    assert (known[4][core] > 0).all()
    assert colour[3][core].min() > 0, "its colour is that of a figure elsewhere"
    assert (known[:, :20, :20] > 0).all()


def test_a_plate_that_was_never_covered_says_little() -> None:
    """What lies on a place that figures cover now and then differs from the plate in vain."""
    scene = draw(STILL, SIZE, discs=[Disc(path(COUNT, (0, 40), (120, 40)), 14, (230, 60, 40))])
    inside = scene.alphas[0] > 0
    plane = opaque_plane(scene.frames, ~inside, STILL)
    chances = possible_observations((plane,), SIZE)
    found = plate_evidence(scene.frames, inside, (plane,), chances=chances, travel=0, local=False)
    colour, known = found.log_odds, found.known
    free = ~inside & (inside.sum(axis=0) >= 2)
    never = np.broadcast_to(~inside.any(axis=0), inside.shape)
    assert colour[inside & (scene.alphas[0] == 1)].mean() > 2
    assert colour[free].mean() < 2 * colour[never].mean() < 0
    assert known[free].min() > 2 * known[never].max()


def test_possible_observations_count_the_frames_that_could_have_shown_a_place() -> None:
    moves = np.stack([geometry.translation(t, 0) for t in range(3)])
    blank = Texture(
        np.zeros((6, 14, 3), np.float32),
        np.zeros((6, 14), np.uint16),
        np.zeros((6, 14), np.float32),
    )
    front_alpha = np.zeros((6, 14), np.float32)
    front_alpha[:, :4] = 1
    still = np.repeat(np.eye(3)[None], 3, axis=0)
    front, back = (
        Plane(still, (14, 6), blank, front_alpha),
        Plane(moves, (14, 6), blank, 1 + 0 * front_alpha),
    )
    chances = possible_observations((front, back), (10, 6))
    # The first four columns of every frame show the front plane; frame t lies t to the right.
    np.testing.assert_allclose(chances[0, 3], [3, 3, 3, 3, 1, 2, 3, 3, 3, 3])
    np.testing.assert_allclose(chances[2, 3], [3, 3, 3, 3, 3, 3, 3, 3, 2, 1])


def test_colours_of_the_background_among_labels_are_taken_off() -> None:
    random = np.random.default_rng(0)
    wall, sprite = np.zeros((2, 32, 32, 32))
    wall[4:12, 4:12, 10] = random.uniform(0.5, 1.5, (8, 8))
    sprite[20:24, 4:8, 4] = 1
    sprite[6, 6, 10] = 2  # a colour of both
    wall, sprite = wall / wall.sum(), sprite / sprite.sum()
    found = without_background(0.6 * wall + 0.4 * sprite, wall)
    np.testing.assert_allclose(found, sprite, atol=1e-9)
    np.testing.assert_allclose(without_background(sprite, wall), sprite)


def test_a_sprite_may_have_all_colours_of_an_even_background() -> None:
    wall, labels = np.zeros((2, 32, 32, 32))
    wall[31, 31, 31] = 1
    labels[31, 31, 31], labels[3, 3, 3] = 0.7, 0.3
    np.testing.assert_array_equal(without_background(labels, wall), labels)


def test_labels_that_hold_much_background_do_not_take_its_colours() -> None:
    """A red figure on the spot, with labels as wide again."""
    grass = Painting(1, shortest=5, longest=10).seen(STILL[:1], SIZE)
    frames = np.repeat(bytes_of(grass), COUNT, axis=0)
    figure = np.zeros(frames.shape[:3], bool)
    figure[:, 20:60, 50:70] = True
    frames[figure] = (230, 30, 40)
    labels = np.zeros_like(figure)
    labels[:, 16:64, 40:80] = True
    found = palette_log_odds(frames[0], learn_palettes(frames, labels, labels & False))
    assert np.median(found[figure[0]]) > 1
    assert np.median(found[labels[0] & ~figure[0]]) < -0.6


def test_surroundings_are_near_the_labels_of_all_frames_and_outside_of_them() -> None:
    labels = np.zeros((2, 60, 90), bool)
    labels[0, 25:35, 30:40], labels[1, 25:35, 36:46] = True, True
    found = surroundings(labels)
    assert not found[0, 23:37, 30:40].any()
    assert found[0, 30, 44], "a place that another frame covers"
    assert not found[:, :, 70:].any()


def test_colours_at_places_that_no_other_frame_shows_are_no_evidence_for_sprites() -> None:
    """A camera that jumps once shows a strip of road, in a colour of the red figure."""
    motion = STILL.copy()
    motion[5] = geometry.translation(0, 10)
    wall = Painting(1).seen(motion, SIZE)
    wall[5, -10:] = (228, 60, 40)
    frames = bytes_of(wall)
    inside = np.zeros(frames.shape[:3], bool)
    inside[:, 20:50, 40:60] = True
    frames[inside] = (230, 60, 40)
    plane = opaque_plane(frames, ~inside, motion)
    chances = possible_observations((plane,), SIZE)
    found = plate_evidence(frames, inside, (plane,), chances=chances, travel=0, local=False)
    assert found.log_odds[5, -8:].max() <= 0
    assert found.log_odds[5, 24:46, 44:56].min() > 0
