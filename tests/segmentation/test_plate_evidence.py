"""Evidence from the comparison with plates."""

from __future__ import annotations

import numpy as np
from scenes import Disc, Painting, bytes_of, draw, path

from toondecompose.core import geometry
from toondecompose.planes.background import Plane, opaque_plane
from toondecompose.planes.texture import Texture
from toondecompose.segmentation.plate_evidence import plate_evidence, possible_observations

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
