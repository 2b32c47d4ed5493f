"""What structure says for and against figures, learnt from the clip."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import pytest
from scenes import Disc, Painting, Scene, bytes_of, camera, draw, path

from toondecompose.core import geometry
from toondecompose.segmentation.parameters import Parameters
from toondecompose.segmentation.persistence import measure_persistence
from toondecompose.segmentation.structure_votes import (
    StructureVotes,
    learn_log_odds,
    seed_persistence,
    weigh_background,
    without_holes,
)

SIZE = (96, 64)
USUAL = Parameters()
BINS = USUAL.persistence_bins
CENTRES = (np.arange(BINS) + 0.5) / BINS
COUNT = 16
STILL = np.repeat(np.eye(3)[None], COUNT, axis=0)
PAN = camera(COUNT, (1.5, 0.3), SIZE)
GRID = geometry.pixel_grid(SIZE)
PRIOR = 1.5 - 3 * CENTRES
MOTIONS = pytest.mark.parametrize("motion", [STILL, PAN], ids=["held", "pan"])


@cache
def walk(pans: bool) -> tuple[Scene, StructureVotes]:
    """A disc walks before a wall; returns the votes as well."""
    motion = PAN if pans else STILL
    scene = draw(motion, SIZE, discs=[Disc(path(COUNT, (20, 30), (76, 34)), 13, (230, 60, 40))])
    return scene, StructureVotes(measure_persistence(scene.frames, [motion]))


def clear(votes: StructureVotes) -> np.ndarray:
    """Return where there surely is structure, away from the rim, (T, H, W) bool."""
    mask = votes.structure > 0.9
    mask[:, :3] = mask[:, -3:] = mask[:, :, :3] = mask[:, :, -3:] = False
    return mask


def near(scene: Scene) -> np.ndarray:
    """Return the disc and what its blur reaches, (T, H, W) bool."""
    kernel = np.ones((7, 7), np.uint8)
    return np.stack([cv2.dilate(alpha, kernel) for alpha in scene.alphas[0]]) > 0


# Learning


def shares_of(figure: float, wall: float, number: int = 40_000) -> tuple[np.ndarray, np.ndarray]:
    """Return shares (1, 1, N) about two means, and which of them are of a figure, a fifth."""
    random = np.random.default_rng(0)
    inside = np.arange(number) < number // 5
    share = np.where(inside, figure, wall) + random.normal(0, 0.08, number)
    return np.clip(share, 0, 1)[None, None], inside[None, None]


@pytest.mark.parametrize("figure", [0.1, 0.5, 0.8])
def test_learnt_shares_fall_monotonically(figure: float) -> None:
    share, inside = shares_of(figure, 0.95)
    found = learn_log_odds(share, np.ones_like(share), inside, prior=PRIOR)
    assert found.shape == (BINS,)
    assert (np.diff(found) <= 1e-9).all() and np.abs(found).max() <= USUAL.max_persistence_log_odds
    assert found[int(figure * BINS)] > 0.5 and found[-1] < -1


def test_shares_that_contradict_are_evened_out() -> None:
    """A figure at rest is found again more often than a wall that others pass: no matter."""
    share, inside = shares_of(0.9, 0.4)
    found = learn_log_odds(share, np.ones_like(share), inside, prior=0 * PRIOR)
    assert (np.diff(found) <= 1e-9).all()


def test_few_pixels_leave_the_prior_in_force() -> None:
    share, inside = shares_of(0.8, 0.95, number=50)
    few = learn_log_odds(share, np.ones_like(share), inside, prior=PRIOR)
    assert few[0] > 0.8 and few[-1] < -0.8 and few[0] == few.max()
    assert np.abs(few[BINS // 2 - 1 : BINS // 2 + 1]).max() < 0.6
    many, labels = shares_of(0.8, 0.95)
    learnt = learn_log_odds(many, np.ones_like(many), labels, prior=PRIOR)
    # The prior would say that what is found again in 80 % of the frames is background.
    assert PRIOR[16] < -0.5 and few[16] < 0 and learnt[16] > 0.5


def test_that_a_place_has_structure_is_evidence_as_well() -> None:
    """Of two clips with the same shares: in one of them the ground is even."""
    share, inside = shares_of(0.5, 0.5)
    rich = learn_log_odds(share, np.ones_like(share), inside, prior=0 * PRIOR)
    weight = np.where(inside, 1, 0.05)
    even = learn_log_odds(share, weight, inside, prior=0 * PRIOR)
    assert abs(rich[10]) < 0.5 and even[10] > 1.5


def test_the_clip_tells_which_share_surely_belongs_to_a_figure() -> None:
    structure = np.ones((1, 50, 100))
    share = np.full(structure.shape, 0.95)
    assert seed_persistence(share, structure) == pytest.approx(0.4), "nothing changes"
    share[0, :20] = np.linspace(0.1, 0.6, 2000).reshape(20, 100)
    assert seed_persistence(share, structure) == pytest.approx(0.16, abs=0.01)
    share[0, :20] = 0.01
    assert seed_persistence(share, structure) == USUAL.seed_persistence_range[0]
    share[0, :20] = 0.7
    assert seed_persistence(share, structure) == USUAL.seed_persistence_range[1]
    assert seed_persistence(share, 0 * structure) == pytest.approx(0.4)


def test_holes_are_filled_and_bays_are_not() -> None:
    mask = np.zeros((20, 30), bool)
    mask[4:14, 4:14] = True
    filled = mask.copy()
    mask[7:10, 7:10] = False
    mask[4:16, 20:28] = True
    mask[8:12, 23:] = False  # open to the right
    mask[0:3, 0:3] = True
    mask[0, 0] = False  # a corner of the picture: diagonal neighbours enclose nothing
    filled |= mask
    np.testing.assert_array_equal(without_holes(mask), filled)
    np.testing.assert_array_equal(without_holes(np.zeros((4, 5), bool)), np.zeros((4, 5), bool))
    assert without_holes(np.ones((4, 5), bool)).all()


# On drawn clips


@MOTIONS
def test_a_walker_is_told_from_the_wall_before_anything_is_learnt(motion: np.ndarray) -> None:
    scene, votes = walk(motion is PAN)
    first, disc = votes.first(), scene.alphas[0] > 0.9
    assert first.shape == disc.shape
    assert first[clear(votes) & disc].mean() > 1
    wall = clear(votes) & ~near(scene)
    assert first[wall].mean() < 0 and (first[wall] > 0.5).mean() < 0.05


@MOTIONS
def test_learning_makes_evidence_clearer(motion: np.ndarray) -> None:
    scene, votes = walk(motion is PAN)
    disc = scene.alphas[0] > 0.5
    learnt = votes.learn(disc, disc)
    assert learnt.dtype == np.float32 and np.isfinite(learnt).all()
    own, wall = learnt[clear(votes) & disc], learnt[clear(votes) & ~near(scene)]
    assert np.quantile(own, 0.1) > 1
    assert wall.mean() < (-1.5 if motion is PAN else -0.4) and (wall > 0.5).mean() < 0.02


def test_places_that_figures_often_cover_are_background_once_the_cover_is_known() -> None:
    """Two discs pass one behind the other: the wall in their way is hidden half of the time."""
    discs = [Disc(path(COUNT, (x, 32), (x + 50, 32)), 16, (230, 60, 40)) for x in (0, 45)]
    scene = draw(STILL, SIZE, discs=discs)
    votes = StructureVotes(measure_persistence(scene.frames, [STILL]))
    cover = scene.alphas.sum(axis=0) > 0
    way = clear(votes) & ~cover & (cover.mean(axis=0) > 0.5)
    assert way.sum() > 500 and votes.share[way].mean() < 0.5
    blind = votes.learn(cover, np.zeros_like(cover))
    known = votes.learn(cover, cover)
    assert known[way].mean() < 0 < blind[way].mean()


def test_flat_places_say_nothing() -> None:
    frames = np.full((COUNT, SIZE[1], SIZE[0], 3), 150, np.uint8)
    for t, frame in enumerate(frames):
        frame[20:44, 10 + 3 * t : 30 + 3 * t] = (230, 60, 40)
    votes = StructureVotes(measure_persistence(frames, [STILL]))
    learnt = votes.learn((frames == (230, 60, 40)).all(axis=-1), np.zeros(frames.shape[:3], bool))
    for evidence in (votes.first(), learnt):
        np.testing.assert_allclose(evidence[:, :16], 0, atol=1e-6)
        np.testing.assert_allclose(evidence[5, 26:38, 30:40], 0, atol=1e-6)
    assert votes.first()[5, 22:42, 25].min() > 1  # the edge that moves


def test_a_line_along_the_pan_is_no_evidence_for_the_background() -> None:
    pan = camera(COUNT, (2.0, 0.0), SIZE)
    frames = np.full((COUNT, SIZE[1], SIZE[0], 3), 200, np.uint8)
    for frame, homography in zip(frames, pan, strict=True):
        place = geometry.apply(homography, GRID)
        frame[np.abs(place[..., 1] - 16) < 4] = 60
        frame[(np.abs(place[..., 0] % 48 - 24) < 4) & (place[..., 1] > 32)] = 60
    votes = StructureVotes(measure_persistence(frames, [pan]))
    nothing = np.zeros(frames.shape[:3], bool)
    for evidence in (votes.first(), votes.learn(nothing, nothing)):
        line, upright = clear(votes), clear(votes)
        line[:, 26:], upright[:, :38] = False, False
        assert np.abs(evidence[line]).max() < 0.1
        assert evidence[upright].mean() < -1


def test_a_figure_that_returns_to_its_place_is_learnt() -> None:
    """It sways to and fro between two drawings: each is found again in half of the frames."""
    frames = np.repeat(Painting(1).seen(STILL[:1], SIZE), COUNT, axis=0)
    masks = np.zeros(frames.shape[:3], bool)
    for t in range(COUNT):
        own = GRID - np.array([48 + 4 * (t % 2), 32])
        masks[t] = np.hypot(own[..., 0] / 18, own[..., 1] / 24) < 1
        frames[t][masks[t]] = Painting(5, shortest=8, longest=16).at(own)[masks[t]]
    votes = StructureVotes(measure_persistence(bytes_of(frames), [STILL]))
    assert 0.35 < votes.share[clear(votes) & masks].mean() < 0.65
    learnt = votes.learn(masks, masks)
    assert learnt[clear(votes) & masks].mean() > 1
    far = clear(votes) & ~masks & (GRID[..., 0] < 20)
    assert learnt[far].mean() < 0


def test_what_moves_with_the_camera_to_the_next_frame_is_background_however_rarely_it_is_seen() -> (
    None
):
    """Half way through the clip the wall is painted over."""
    wall = Painting(1).seen(PAN, SIZE)
    wall[COUNT // 2 :] = Painting(2).seen(PAN[COUNT // 2 :], SIZE)
    votes = StructureVotes(measure_persistence(bytes_of(wall), [PAN]))
    assert votes.share[clear(votes)].mean() < 0.7
    assert votes.near[clear(votes)].mean() < -1
    nothing = np.zeros(wall.shape[:3], bool)
    assert votes.learn(nothing, nothing)[clear(votes)].mean() < -1


def test_of_two_things_at_one_place_the_one_that_lasts_is_background() -> None:
    """A figure enters and stays for most of the clip: frames before it show background there."""
    count, still = 30, np.repeat(np.eye(3)[None], 30, axis=0)
    x = np.minimum(6 + 6.0 * np.arange(count), 66)
    sway = 1.5 * np.sin(np.arange(count))
    scene = draw(
        still, (120, 80), discs=[Disc(np.stack([x + sway, 0 * x + 40], -1), 14, (230, 60, 40))]
    )
    votes = StructureVotes(measure_persistence(scene.frames, [still]))
    figure = scene.alphas[0] > 0.5
    ghost = np.zeros_like(figure)
    ghost[:6] = figure[-1] & ~figure[:6]
    inside = figure | ghost
    evidence = votes.learn(inside, inside)
    shown = votes.structure > 0.5
    assert evidence[ghost & shown].mean() < 0.3
    assert evidence[figure & shown].mean() > 1


def test_only_evidence_for_the_background_is_weighted() -> None:
    log_odds = np.array([[-2.0, 3.0]])
    np.testing.assert_array_equal(weigh_background(log_odds, np.full((1, 2), 0.25)), [[-0.5, 3]])
