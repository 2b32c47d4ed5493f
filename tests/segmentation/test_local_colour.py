"""Colours near by: a ribbon before a bar of its own colour, and before what no frame has shown."""

import cv2
import numpy as np
import pytest

from toondecompose.core.min_cut import edge_weights, minimum_cut
from toondecompose.segmentation.colour_model import colour_density, colour_log_odds
from toondecompose.segmentation.local_colour import (
    local_density,
    spread_disc,
    with_local_colours,
)
from toondecompose.segmentation.parameters import Parameters

USUAL = Parameters()
RADIUS, SAMPLES = USUAL.local_colour_radius_px, USUAL.local_colour_samples
SIZE = (120, 80)
NOISE = 1.5
WALL, DARK, CLOTH = (200, 190, 170), (62, 60, 66), (90, 120, 190)
BAR, RIBBON = slice(30, 36), slice(40, 64)
"""Rows of the bar; columns of the ribbon, which hangs down before it."""


class Picture:
    """A dark ribbon before a wall with a dark bar, and what is known of it."""

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        self.plate = np.full((SIZE[1], SIZE[0], 3), WALL, np.float32)
        self.plate[BAR] = DARK
        self.plate = cv2.GaussianBlur(self.plate, (0, 0), 1.0)
        self.shown = np.zeros((SIZE[1], SIZE[0]), bool)
        self.shown[:, RIBBON] = True
        clean = self.plate.copy()
        clean[self.shown] = DARK
        clean[60:, 50:56] = CLOTH
        noisy = clean + rng.normal(0, NOISE, clean.shape)
        self.frame = np.clip(np.rint(noisy), 0, 255).astype(np.uint8)
        self.observations = np.full(self.shown.shape, 9.0, np.float32)
        frames = self.frame[None]
        self.densities = (
            colour_density(frames, self.shown[None]),
            colour_density(frames, ~self.shown[None]),
        )

    def colour(self) -> np.ndarray:
        """Evidence by what is usual in the picture."""
        sigma = np.full(self.shown.shape, NOISE, np.float32)
        return colour_log_odds(
            self.frame,
            self.plate,
            sigma,
            observation_count=self.observations,
            sprite_density=self.densities[0],
            background_density=self.densities[1],
        )

    def local(self, inside: np.ndarray, **more: object) -> np.ndarray:
        """Evidence by what is usual near by."""
        return with_local_colours(
            self.colour(),
            self.frame,
            inside,
            observation_count=self.observations,
            sprite_density=self.densities[0],
            noise=NOISE,
            **more,
        )

    def cut(self, colour: np.ndarray) -> np.ndarray:
        """Label the picture."""
        weights = edge_weights(self.frame, USUAL.edge_contrast_levels)
        cost = -(USUAL.prior_log_odds + colour)
        return minimum_cut(cost, weights, USUAL.outline_cost, iterations=400) > 0.5


@pytest.fixture(scope="module")
def picture() -> Picture:
    return Picture()


@pytest.mark.parametrize("patch", [0, 4])
def test_cloth_of_the_colour_of_a_bar_is_not_torn(picture: Picture, patch: int) -> None:
    torn = picture.cut(picture.colour())
    assert not torn[32:34, 44:60].any()
    corrected = picture.cut(picture.local(torn, patch_radius=patch))
    assert corrected[:, 42:62].all()
    assert not corrected[:, :38].any() and not corrected[:, 66:].any()


def test_log_odds_stay_far_from_sprites(picture: Picture) -> None:
    plain, raised = picture.colour(), picture.local(picture.shown)
    far = np.s_[:, : RIBBON.start - round(RADIUS) - 2]
    np.testing.assert_array_equal(raised[far], plain[far])
    assert np.abs(raised).max() <= USUAL.max_colour_log_odds
    assert (raised[picture.shown] >= plain[picture.shown]).all()


def test_only_candidates_change(picture: Picture) -> None:
    plain = picture.colour()
    raised = picture.local(picture.shown, candidates=np.zeros(picture.shown.shape, bool))
    np.testing.assert_array_equal(raised, plain)
    nothing = np.zeros(picture.shown.shape, bool)
    np.testing.assert_array_equal(picture.local(nothing), plain)


def test_before_an_unknown_wall_a_sprite_is_found_by_its_local_colours() -> None:
    picture = Picture()
    hole = np.s_[4:24, 52:76]
    picture.observations[hole] = 0
    inside = picture.shown.copy()
    inside[hole] = True  # The label has taken the unknown wall for the ribbon.
    plain, raised = picture.colour(), picture.local(inside)
    wall, ribbon = np.s_[6:22, 66:75], np.s_[6:22, 54:62]
    np.testing.assert_array_equal(raised[wall], plain[wall])
    assert np.median(raised[ribbon]) > np.median(plain[ribbon]) + 1


def test_background_that_differs_a_little_from_its_plate_does_not_confirm_itself() -> None:
    """A gap that the label has closed, in which a third of the columns misses the plate."""
    picture = Picture()
    gap = np.s_[8:26, 44:60]
    picture.frame[gap] = picture.frame[8:26, 4:20]
    picture.densities = tuple(
        colour_density(picture.frame[None], mask[None]) for mask in (picture.shown, ~picture.shown)
    )
    for column in range(44, 60, 8):
        picture.plate[8:26, column : column + 3] += 12
    plain = picture.colour()
    wrong = plain[gap] > 0
    assert 0.25 < wrong.mean() < 0.5
    alone, patches = (
        np.median((picture.local(picture.shown, patch_radius=patch) - plain)[gap][~wrong])
        for patch in (0, 4)
    )
    assert alone > 3 and patches < alone / 2


def test_density_is_that_of_one_colour(picture: Picture) -> None:
    flat = np.full((40, 40, 3), 100, np.uint8)
    sure = np.ones((40, 40), bool)
    place = np.array([20 * 40 + 20])
    same = local_density(flat, sure, place, noise=NOISE, radius=RADIUS)
    assert same == pytest.approx(1 / ((4 * np.pi) ** 1.5 * NOISE**3), rel=1e-5)
    flat[20, 20] += 12
    assert local_density(flat, sure, place, noise=NOISE, radius=RADIUS) < 1e-6 * same
    corner = local_density(
        np.full((40, 40, 3), 9, np.uint8), sure, place * 0, noise=NOISE, radius=RADIUS
    )
    assert corner == pytest.approx(same, rel=1e-5)  # a quarter of the disc is enough


def test_samples_fill_the_disc_evenly() -> None:
    dy, dx = spread_disc(20.0, SAMPLES)
    assert len(dy) == len(dx) == SAMPLES
    distance = np.hypot(dy, dx)
    assert distance.max() <= 21
    assert np.mean(distance < 20 / np.sqrt(2)) == pytest.approx(0.5, abs=0.05)
    assert np.abs(dy.mean()) < 1 and np.abs(dx.mean()) < 1
