"""Holes of one colour deep inside a label: closed, unless something is seen through them."""

import numpy as np

from toondecompose.labelling.evidence import colour_density
from toondecompose.matting.flat_holes import flat_holes
from toondecompose.matting.trimap import Colours

SHAPE = (90, 120)
BLUR, NOISE = 4.0, 1.5
HOLE = (slice(40, 52), slice(50, 64))


def closed(**changes: np.ndarray) -> np.ndarray:
    """Return what is closed of a patch of skin inside a face, something being as changed."""
    random = np.random.default_rng(2)
    label = np.zeros(SHAPE, np.float32)
    label[8:82, 10:110] = 1
    picture = 150 + random.normal(0, NOISE, (*SHAPE, 3))
    facts = {
        "shown": label > 0.5,
        "picture": np.round(picture).astype(np.uint8),
        "variance": np.full(SHAPE, NOISE**2, np.float32),
        "label": label,
    }
    facts["shown"][HOLE] = False
    inside = facts["label"] > 0.5
    density = colour_density(facts["picture"][None], inside[None])
    facts["colours"] = Colours(density, density, NOISE)
    facts |= changes
    varies = facts.pop("variance")
    return flat_holes(**facts, variance=lambda: varies, blur=BLUR)


def test_skin_of_the_colour_of_the_wall_is_no_hole() -> None:
    expected = np.zeros(SHAPE, bool)
    expected[HOLE] = True
    np.testing.assert_array_equal(closed(), expected)
    # A label that has opened a few pixels of it by the same chance says nothing else.
    label = np.zeros(SHAPE, np.float32)
    label[8:82, 10:110], label[44:48, 54:60] = 1, 0
    np.testing.assert_array_equal(closed(label=label), expected)


def test_what_varies_in_a_hole_is_seen_through_it() -> None:
    slope = np.broadcast_to(100 + np.arange(SHAPE[1])[:, None], (*SHAPE, 3)).astype(np.uint8)
    assert not closed(picture=slope).any()
    assert not closed(variance=np.full(SHAPE, 40, np.float32)).any()


def test_label_knows_gaps_and_strands_part_at_its_outline() -> None:
    label = np.zeros(SHAPE, np.float32)
    label[8:82, 10:110], label[HOLE] = 1, 0
    assert not closed(label=label).any()
    label[HOLE] = 1
    label[:37] = 0
    assert not closed(label=label).any()


def test_a_colour_that_sprites_hardly_have_is_seen_through_a_gap() -> None:
    skin = np.full((1, *SHAPE, 3), 220, np.uint8)
    skin[:, :1] = 150  # a seam has the wall's colour
    density = colour_density(skin, np.ones(skin.shape[:3], bool))
    assert not closed(colours=Colours(density, density, NOISE)).any()
    skin[:, :20] = 150
    density = colour_density(skin, np.ones(skin.shape[:3], bool))
    assert closed(colours=Colours(density, density, NOISE)).any()


def test_a_gap_that_half_of_the_labels_know_is_none() -> None:
    label = np.zeros(SHAPE, np.float32)
    label[8:82, 10:110], label[HOLE] = 1, 0.5
    assert closed(label=label).any()
    label[HOLE] = 0.1
    assert not closed(label=label).any()


def test_nothing_shown_nothing_closed() -> None:
    nothing = np.zeros(SHAPE, bool)
    assert not closed(shown=nothing).any()
    assert not closed(shown=~nothing).any()
