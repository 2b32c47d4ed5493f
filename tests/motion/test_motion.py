"""Motion: matches, the global solve, the choice of a model, texture links."""

from __future__ import annotations

import numpy as np
import pytest
from scenes import Painting, bytes_of, camera

from bench.metrics import corner_error
from toondecompose.core import geometry
from toondecompose.motion import select, solve
from toondecompose.motion.links import texture_links
from toondecompose.motion.matches import draw_pairs, gradient_weight
from toondecompose.motion.parameters import Parameters
from toondecompose.motion.select import select_model
from toondecompose.motion.solve import PARAMETERS, Links, Pairs, solve_motion
from toondecompose.optical_flow import pairs as listed_pairs

SIZE = (96, 64)
CENTRE = np.array([47.5, 31.5])
MODELS = list(PARAMETERS)


def truth(model: str, count: int) -> np.ndarray:
    """Draw a smooth motion (T, 3, 3) of the model; the frame in the middle is the identity."""
    random = np.random.default_rng(MODELS.index(model))
    speed = random.uniform(0.15, 0.3, PARAMETERS[model]) * random.choice((-1, 1))
    speed[:2] *= 8
    speed[6:] *= 2.5
    return solve.correction(model, (np.arange(count) - count // 2)[:, None] * speed, SIZE)


def draw_matches(
    motion: np.ndarray, *, each: int = 60, noise: float = 0.2, outliers: float = 0.4, seed: int = 0
) -> Pairs:
    """Match points over one and three frames; outliers are off by up to 20 pixels."""
    random = np.random.default_rng(seed)
    parts = []
    for a, b in listed_pairs(len(motion)):
        xa = random.uniform(0, SIZE, (each, 2))
        xb = geometry.apply(np.linalg.inv(motion[b]) @ motion[a], xa)
        xb += random.normal(0, noise, xb.shape)
        wrong = random.random(each) < outliers
        xb[wrong] += random.uniform(-20, 20, (int(wrong.sum()), 2))
        number = np.full(each, 1)
        parts.append(Pairs(a * number, b * number, xa, xb, np.ones(each)))
    return Pairs.concatenate(parts)


def draw_links(motion: np.ndarray, *, each: int = 80, outliers: float = 0.4) -> Links:
    """Match points of every frame to the canvas, with noise and outliers."""
    random = np.random.default_rng(9)
    parts = []
    for t, homography in enumerate(motion):
        x = random.uniform(0, SIZE, (each, 2))
        place = geometry.apply(homography, x) + random.normal(0, 0.2, (each, 2))
        wrong = random.random(each) < outliers
        place[wrong] += random.uniform(-20, 20, (int(wrong.sum()), 2))
        parts.append(Links(np.full(each, t), x, place, np.ones(each)))
    return Links.concatenate(parts)


def disturbed(motion: np.ndarray, amount: float = 1.0) -> np.ndarray:
    """Shift every frame but the middle one by up to `amount` pixels."""
    shifts = np.random.default_rng(3).uniform(-amount, amount, (len(motion), 2))
    shifts[len(motion) // 2] = 0
    return np.stack([geometry.translation(*s) for s in shifts]) @ motion


# The global solve


@pytest.mark.parametrize("model", MODELS)
def test_basis_is_the_derivative_of_the_correction(model: str) -> None:
    points = np.random.default_rng(0).uniform(0, SIZE, (5, 2))
    basis = solve.motion_basis(model, points, SIZE)
    assert basis.shape == (5, 2, PARAMETERS[model])
    step = 1e-4
    for k, parameters in enumerate(np.eye(PARAMETERS[model]) * step):
        ahead, behind = solve.correction(model, np.stack([parameters, -parameters]), SIZE)
        numeric = (geometry.apply(ahead, points) - geometry.apply(behind, points)) / (2 * step)
        np.testing.assert_allclose(basis[..., k], numeric, atol=1e-5)


def test_parameters_are_pixels_at_the_border() -> None:
    border = np.array([[SIZE[0] - 0.5, (SIZE[1] - 1) / 2]])
    basis = solve.motion_basis("similarity", border, SIZE)[0]
    np.testing.assert_allclose(basis, [[1, 0, 1, 0], [0, 1, 0, 1]], atol=1e-12)


def test_residuals_are_distances_on_the_canvas() -> None:
    motion = np.stack([geometry.translation(0, 0), geometry.translation(5, 1)])
    one = np.ones(1)
    pairs = Pairs(np.array([0]), np.array([1]), np.array([[9.0, 4.0]]), np.array([[3.0, 3.0]]), one)
    links = Links(np.array([1]), np.array([[3.0, 3.0]]), np.array([[6.0, 6.0]]), one)
    np.testing.assert_allclose(solve.pair_residuals(motion, pairs), [[1, 0]])
    np.testing.assert_allclose(solve.link_residuals(motion, links), [[2, -2]])


def test_matches_can_be_chosen_and_joined() -> None:
    pairs, links = draw_matches(truth("affine", 4), each=5), draw_links(truth("affine", 4), each=5)
    for matches, frames in ((pairs, "a"), (links, "t")):
        early = getattr(matches, frames) < 2
        joined = type(matches).concatenate([matches.where(early), matches.where(~early)])
        order = np.argsort(~early, kind="stable")
        for name, values in vars(joined).items():
            np.testing.assert_array_equal(values, getattr(matches, name)[order])


@pytest.mark.parametrize("model", ["translation", "similarity", "affine"])
def test_solve_finds_the_motion_among_outliers(model: str) -> None:
    motion = truth(model, 9)
    assert corner_error(np.repeat(np.eye(3)[None], 9, axis=0), motion, SIZE).max > 8
    start = disturbed(motion)
    found = solve_motion(start, draw_matches(motion), None, model=model, size=SIZE)
    assert found.shape == (9, 3, 3)
    np.testing.assert_array_equal(found[:, 2, 2], 1)
    assert corner_error(found, motion, SIZE).max < 0.2
    np.testing.assert_allclose(found[4], start[4], atol=1e-9)  # without links it stays


def test_solve_finds_a_homography_with_links() -> None:
    motion = truth("homography", 9)
    found = solve_motion(
        disturbed(motion), draw_matches(motion), draw_links(motion), model="homography", size=SIZE
    )
    landed, expected = (geometry.apply(h[:, None], geometry.corners(SIZE)) for h in (found, motion))
    assert np.linalg.norm(landed - expected, axis=-1).max() < 0.4


def test_a_long_chain_does_not_drift() -> None:
    motion = truth("similarity", 60) * [[[1.0, 1.0, 0.3], [1.0, 1.0, 0.3], [1.0, 1.0, 1.0]]]
    matches = draw_matches(motion, each=40)
    found = solve_motion(disturbed(motion), matches, None, model="similarity", size=SIZE)
    error = corner_error(found[[0, 59]], motion[[0, 59]], SIZE)
    assert error.max < 0.35


def test_links_hold_against_matches_that_all_lean_to_one_side() -> None:
    count = 30
    motion = truth("translation", count)
    pairs = draw_matches(motion, each=30, outliers=0)
    lean = np.stack([0.05 * (pairs.b - pairs.a), np.zeros(len(pairs.a))], axis=-1)
    leaning = Pairs(pairs.a, pairs.b, pairs.xa, pairs.xb + lean, pairs.weight)
    free = solve_motion(motion, leaning, None, model="translation", size=SIZE)
    held = solve_motion(motion, leaning, draw_links(motion), model="translation", size=SIZE)
    assert corner_error(free, motion, SIZE).max > 1.2
    assert corner_error(held, motion, SIZE).max < 0.45


def test_weights_decide_between_two_motions() -> None:
    motion, other = truth("translation", 6), np.repeat(np.eye(3)[None], 6, axis=0)
    right = draw_matches(motion, each=20, outliers=0)
    wrong = draw_matches(other, each=60, outliers=0)
    light = Pairs(wrong.a, wrong.b, wrong.xa, wrong.xb, np.full(len(wrong.a), 1e-4))
    between = np.stack([geometry.translation(*h[:2, 2] / 2) for h in motion])
    found = solve_motion(
        between, Pairs.concatenate([right, light]), None, model="translation", size=SIZE
    )
    assert corner_error(found, motion, SIZE).max < 0.2
    held = draw_links(motion, each=20, outliers=0)
    astray = draw_links(other, each=60, outliers=0)
    faint = Links(astray.t, astray.x, astray.canvas, np.full(len(astray.t), 1e-4))
    nothing = right.where(np.zeros(len(right.a), bool))
    links = Links.concatenate([held, faint])
    found = solve_motion(between, nothing, links, model="translation", size=SIZE)
    assert corner_error(found, motion, SIZE).max < 0.2


def test_a_frame_without_matches_goes_with_its_neighbours() -> None:
    motion = truth("translation", 9)
    pairs = draw_matches(motion, outliers=0)
    blind = pairs.where((pairs.a != 6) & (pairs.b != 6))
    shift = geometry.translation(2, -1)
    start = np.concatenate([motion[:5], shift @ motion[5:]])  # every later frame is off by as much
    found = solve_motion(start, blind, None, model="translation", size=SIZE)
    assert corner_error(found, motion, SIZE).max < 0.8


@pytest.mark.parametrize("count", [1, 2])
def test_short_clips_are_solved(count: int) -> None:
    motion = truth("translation", count)
    found = solve_motion(
        disturbed(motion), draw_matches(motion), None, model="translation", size=SIZE
    )
    landed, expected = (geometry.apply(h, np.array([9.0, 9.0])) for h in (found, motion))
    np.testing.assert_allclose(landed, expected, atol=0.2)


def test_unknown_model_is_refused() -> None:
    motion = truth("translation", 3)
    with pytest.raises(ValueError, match="model is 'rigid', not one of translation, similarity"):
        solve_motion(motion, draw_matches(motion), None, model="rigid", size=SIZE)


# The choice of a model


@pytest.mark.parametrize("model", MODELS)
def test_the_simplest_sufficient_model_is_chosen(model: str) -> None:
    motion = truth(model, 7)
    moved = geometry.apply(motion, CENTRE) - CENTRE
    start = np.stack([geometry.translation(*shift) for shift in moved])
    name = select_model(
        start, draw_matches(motion), draw_links(motion), size=SIZE, rng=np.random.default_rng(0)
    )
    assert name == model


def test_no_richer_model_than_allowed_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    def spy(start, pairs, links, model, size, **more):
        tried.append(model)
        return solve_motion(start, pairs, links, model=model, size=size, **more)

    monkeypatch.setattr(select, "solve_motion", spy)
    motion, random = truth("homography", 7), np.random.default_rng(0)
    pairs, links = draw_matches(motion), draw_links(motion)
    select_model(motion, pairs, links, size=SIZE, rng=random)
    assert tried == MODELS
    tried.clear()
    select_model(motion, pairs, None, size=SIZE, rng=random)
    assert tried == ["translation", "similarity", "affine"]
    tried.clear()
    name = select_model(motion, pairs, links, size=SIZE, rng=random, richest="similarity")
    assert tried == ["translation", "similarity"] and name in tried


# Matches


def test_gradient_weight_is_high_at_edges_of_either_direction() -> None:
    frame = np.full((20, 24, 3), 60, np.uint8)
    frame[:, 12:] = 160
    weight = gradient_weight(frame)
    assert weight.shape == (20, 24) and weight.max() == 1
    assert (weight[:, 11:13] == 1).all() and not weight[:, :10].any() and not weight[:, 14:].any()
    turned = gradient_weight(np.ascontiguousarray(frame.transpose(1, 0, 2)))
    np.testing.assert_array_equal(turned, weight.T)
    faint = gradient_weight(np.where(frame > 100, 63, frame).astype(np.uint8))
    assert 0 < faint[5, 12] < 0.5


def test_points_are_drawn_by_weight_and_follow_the_flow() -> None:
    flow = geometry.rigid_flow(geometry.translation(2, 1), np.eye(3), SIZE)
    weights = np.zeros((4, SIZE[1], SIZE[0]), np.float32)
    weights[0, 10:40, 10:20] = 1
    weights[0, 10:40, 60:70] = 0.2
    weights[2, 30:50, 90:] = 1  # the flow leads half of these out of the picture
    flows = {(0, 1): flow, (0, 0): np.zeros_like(flow), (2, 1): 2 * flow, (3, 2): flow}
    pairs = draw_pairs(flows, weights, 100, rng=np.random.default_rng(0))
    assert set(zip(pairs.a, pairs.b, strict=True)) == {(0, 1), (2, 1)}
    first = pairs.where(pairs.a == 0)
    assert 60 < len(first.a) <= 100
    np.testing.assert_allclose(first.xb, first.xa + [2, 1], atol=1e-5)
    x, y = first.xa.T.astype(int)
    assert (weights[0, y, x] > 0).all()
    assert 3 < np.sum(x < 20) / np.sum(x >= 60) < 9
    second = pairs.where(pairs.a == 2)
    assert len(second.a) > 20 and second.xb.max() <= SIZE[0] - 1
    again = draw_pairs(flows, weights, 100, rng=np.random.default_rng(0))
    np.testing.assert_array_equal(again.xa, pairs.xa)
    assert (pairs.weight == 1).all()


def test_nothing_to_draw_gives_no_matches() -> None:
    flows = {(0, 1): np.zeros((SIZE[1], SIZE[0], 2), np.float32)}
    pairs = draw_pairs(flows, np.zeros((2, SIZE[1], SIZE[0])), 10, rng=np.random.default_rng(0))
    assert len(pairs.a) == 0 and pairs.xa.shape == (0, 2) and pairs.a.dtype == int


# Links to the texture


def test_links_lead_to_the_place_that_the_frame_shows() -> None:
    motion = camera(4, (2.3, -0.6), SIZE)
    start = disturbed(motion, 1.5)
    frames = bytes_of(Painting(1).seen(motion, SIZE))
    expected = Painting(1).seen(start, SIZE).astype(np.float32)
    masks = np.ones(frames.shape[:3], bool)
    masks[:, :, :30] = False
    counts = np.full(frames.shape[1:3], 9, np.float32)
    counts[:12] = 1
    links = texture_links(
        frames, masks, start, view=lambda t: (expected[t], counts), rng=np.random.default_rng(0)
    )
    assert set(links.t) == {0, 1, 2, 3}
    assert 100 < np.sum(links.t == 0) <= Parameters().link_points
    assert links.x[:, 0].min() >= 30 and links.x[:, 1].min() >= 12
    off = links.canvas - geometry.apply(motion[links.t], links.x)
    assert np.median(np.linalg.norm(off, axis=1)) < 0.15
    assert np.abs(np.median(off, axis=0)).max() < 0.05


def test_a_hidden_plane_has_no_links() -> None:
    frames = np.zeros((2, SIZE[1], SIZE[0], 3), np.uint8)
    hidden = np.zeros(frames.shape[:3], bool)
    start, random = np.repeat(np.eye(3)[None], 2, axis=0), np.random.default_rng(0)
    view = (frames[0].astype(np.float32), np.full(hidden.shape[1:], 9, np.float32))
    links = texture_links(frames, hidden, start, view=lambda t: view, rng=random)
    assert len(links.t) == 0 and links.canvas.shape == (0, 2)
