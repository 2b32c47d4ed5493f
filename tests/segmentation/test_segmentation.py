"""Labels: the cut, the evidence, which sprite is which."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import pytest
from scenes import Disc, camera, draw, exact_flows, path

from bench.metrics import alpha_iou
from toondecompose.core.gradients import steepest_slope
from toondecompose.core.min_cut import edge_weights, minimum_cut
from toondecompose.core.statistics import residual_noise
from toondecompose.core.tuning import Tuning
from toondecompose.segmentation import instances
from toondecompose.segmentation.colour_model import colour_density, colour_log_odds, lookup
from toondecompose.segmentation.instances import HintedForeground, split_sprites
from toondecompose.segmentation.owner_smoothing import unify_regions
from toondecompose.segmentation.parameters import Parameters
from toondecompose.segmentation.point_tracks import Tracks, track_points
from toondecompose.segmentation.sprite_count import count_large_regions, count_separate_sprites
from toondecompose.segmentation.track_affinities import cluster_similarity
from toondecompose.segmentation.track_clustering import cluster_trajectories

SIZE = (112, 72)
COUNT = 12
CAMERA = camera(COUNT, (3.0, 0.3), SIZE)
RED, BLUE = (230, 60, 40), (40, 70, 240)

# The cut


def energy(u: np.ndarray, cost: np.ndarray, weights: np.ndarray, smoothness: float) -> float:
    """Return what the cut minimises, of a labelling (H, W) of zeros and ones."""
    right = weights[0, :, :-1] * np.abs(u[:, 1:] - u[:, :-1])
    down = weights[1, :-1] * np.abs(u[1:] - u[:-1])
    return float((cost * u).sum() + smoothness * (right.sum() + down.sum()))


@pytest.mark.parametrize("shape", [(3, 3), (2, 4)])
def test_cut_is_the_best_of_all_labellings(shape: tuple[int, int]) -> None:
    random = np.random.default_rng(0)
    every = [np.reshape(u, shape) for u in itertools.product((0.0, 1.0), repeat=np.prod(shape))]
    changed = 0
    for _ in range(12):
        cost = random.normal(0, 1, shape)
        weights = random.uniform(0.05, 1, (2, *shape))
        best = min(every, key=lambda u: energy(u, cost, weights, 0.8))
        found = minimum_cut(cost, weights, 0.8, iterations=600)
        assert found.dtype == np.float32 and found.min() >= 0 and found.max() <= 1
        np.testing.assert_array_equal(found > 0.5, best > 0.5)
        changed += int(((best > 0.5) != (cost < 0)).any())
    assert changed > 5  # that is, the cost of single pixels alone says something else


def test_start_of_the_cut_saves_iterations_only() -> None:
    random = np.random.default_rng(1)
    cost = cv2.GaussianBlur(random.normal(0, 4, (20, 30)), (0, 0), 1.5)
    weights = np.ones((2, 20, 30))
    kept = cost.copy()
    far = minimum_cut(cost, weights, 0.3, start=(cost > 0).astype(float), iterations=400)
    near = minimum_cut(cost, weights, 0.3, iterations=400)
    np.testing.assert_array_equal(far > 0.5, near > 0.5)
    again = minimum_cut(cost, weights, 0.3, start=near, iterations=1)
    np.testing.assert_array_equal(again > 0.5, near > 0.5)
    np.testing.assert_array_equal(cost, kept)


def test_without_smoothness_every_pixel_decides_for_itself() -> None:
    cost = np.array([[-1.0, 2.0], [0.5, -3.0]])
    found = minimum_cut(cost, np.ones((2, 2, 2)), 0.0)
    np.testing.assert_array_equal(found, [[1, 0], [0, 1]])


def test_outline_follows_the_edge_of_the_picture() -> None:
    frame = np.full((20, 30, 3), 80, np.uint8)
    frame[:, 15:, 1] = 160
    cost = np.zeros((20, 30))
    cost[:, 4], cost[:, 25] = 5, -5
    found = minimum_cut(cost, edge_weights(frame, 25), 1.0, iterations=800) > 0.5
    assert not found[:, :15].any() and found[:, 15:].all()


def test_edge_weights_lie_between_a_pixel_and_the_next() -> None:
    frame = np.full((4, 6, 3), 100, np.uint8)
    frame[:, 3:, 2] = 130  # between columns 2 and 3 one channel steps by 30
    frame[2:, :, 0] = 40  # between rows 1 and 2 another one by 60
    g = edge_weights(frame, 30)
    assert g.shape == (2, 4, 6) and g.dtype == np.float32
    np.testing.assert_allclose(g[0, :, 2], np.exp(-1), rtol=1e-5)
    np.testing.assert_allclose(g[1, 1], np.exp(-4), rtol=1e-5)
    np.testing.assert_array_equal(g[0][:, [0, 1, 3, 4]], 1)
    np.testing.assert_array_equal(g[1][[0, 2]], 1)


# Evidence


def test_noise_of_the_plate_is_its_deviation_without_outliers() -> None:
    random = np.random.default_rng(0)
    residual = random.normal(0, 4, (40, 50, 3))
    background = np.ones((40, 50), bool)
    residual[:8] = 200  # a fifth are outliers
    assert residual_noise(residual, background) == pytest.approx(4, rel=0.4)
    background[:8] = False
    assert residual_noise(residual, background) == pytest.approx(4, rel=0.05)
    assert residual_noise(0.1 * residual, background) == 1
    assert residual_noise(residual, np.zeros((40, 50), bool)) > 0


def test_density_of_colours_is_a_density() -> None:
    frames = np.zeros((2, 6, 8, 3), np.uint8)
    frames[..., :4, :] = (200, 16, 80)
    mask = np.ones(frames.shape[:3], bool)
    mask[:, :, 6:] = False  # two thirds are the one colour, one third black
    density = colour_density(frames, mask, tuning=Tuning.of(Parameters(colour_smoothing_bins=0)))
    assert density.shape == (32, 32, 32)
    assert density.sum() * 8**3 == pytest.approx(1)
    np.testing.assert_allclose(density[25, 2, 10], 2 / 3 / 8**3)
    np.testing.assert_allclose(lookup(density, frames[0])[0, [0, 7]] * 8**3, [2 / 3, 1 / 3])
    smooth = colour_density(frames, mask)
    assert smooth.sum() * 8**3 == pytest.approx(1, rel=1e-3)
    assert density[25, 2, 10] > smooth[25, 2, 10] > smooth[26, 2, 10] > smooth[29, 2, 10]
    nothing = colour_density(frames, np.zeros(mask.shape, bool))
    assert not nothing.any()


def colours(*names: tuple[int, int, int]) -> np.ndarray:
    """Return the density of a few colours, as often each."""
    frames = np.array(names, np.uint8).reshape(1, 1, -1, 3)
    return colour_density(frames, np.ones(frames.shape[:3], bool))


def test_colours_are_evidence_for_plate_or_sprite() -> None:
    white, grey = (240, 240, 240), (120, 120, 120)

    def picture(*row: tuple[int, int, int]) -> np.ndarray:
        return np.array([row], np.float32).repeat(5, axis=1).repeat(9, axis=0)

    frame = picture(white, grey, RED, white, RED, white).astype(np.uint8)
    plate = picture(white, grey, grey, grey, grey, grey)
    observations = np.full((9, 30), 20.0)
    observations[:, 20:] = 0
    found = colour_log_odds(
        frame,
        plate,
        np.full((9, 30), 3.0),
        observation_count=observations,
        sprite_density=colours(RED, white),
        background_density=colours(grey, white),
    )[4, 2::5]
    same_white, same_grey, red, white_before_grey, red_before_unknown, white_before_unknown = found
    assert np.abs(found).max() <= Parameters().max_colour_log_odds
    assert same_grey < -4 and red > 4 and white_before_grey > 2
    # A white blouse before a white wall stays closer to undecided than grey on grey.
    assert same_grey < same_white - 2 and same_white < 0
    assert red_before_unknown > 1  # not the background's colour, wherever it is
    assert abs(white_before_unknown) < 1  # either could be white


def test_steep_plates_forgive_differences() -> None:
    plate = np.zeros((9, 9, 3), np.float32) + 30 * np.arange(9, dtype=np.float32)[:, None]
    frame = np.clip(plate + 9, 0, 255).astype(np.uint8)
    flat = np.full_like(plate, plate[4, 4, 0])
    # Both may have the colour: only the plate decides.
    density = colours((129,) * 3)
    steep, even = (
        colour_log_odds(
            frame,
            p,
            np.full((9, 9), 2.0),
            observation_count=np.full((9, 9), 20.0),
            sprite_density=density,
            background_density=density,
        )[4, 4]
        for p in (plate, flat)
    )
    assert even - steep > 1


def test_slope_is_in_grey_levels_per_pixel() -> None:
    ramp = np.zeros((8, 9, 3), np.float32)
    ramp[..., 1] = 5 * np.arange(9)
    ramp[..., 2] = -12 * np.arange(8)[:, None]
    np.testing.assert_allclose(steepest_slope(ramp)[2:-2, 2:-2], 12, rtol=1e-5)


# Sprites


def test_one_sprite_is_all_foreground() -> None:
    u = np.random.default_rng(0).random((2, 30, 40)).astype(np.float32)
    frames = np.zeros((2, 30, 40, 3), np.uint8)
    np.testing.assert_array_equal(split_sprites(frames, u, {}, wanted=1, noise=1.0).alphas, u[None])
    empty = split_sprites(frames, 0 * u, {}, wanted=3, noise=1.0)
    assert not empty.alphas.any() and empty.order.tolist() == [[0, 1, 2]] * 2


def test_missing_sprites_stay_empty_and_are_told() -> None:
    lines: list[str] = []
    motion = np.repeat(np.eye(3)[None], 6, axis=0)
    discs = (Disc(path(6, (40, 40), (60, 40)), 17, RED),)
    scene = draw(motion, SIZE, discs=discs)
    flows = exact_flows(motion, SIZE, discs, scene.alphas)
    u = scene.alphas[0].astype(np.float32)
    split = split_sprites(scene.frames, u, flows, wanted=3, noise=1.0, say=lines.append)
    alphas = split.alphas
    np.testing.assert_array_equal(alphas[0], u)
    assert not alphas[1:].any()
    assert split.order.tolist() == [[0, 1, 2]] * 6
    assert lines == ["3 sprites asked for, 1 found: the others stay empty"]


@pytest.mark.parametrize("apart", [30, 26], ids=["touching", "overlapping"])
def test_sprites_keep_their_numbers_through_a_crossing(apart: int) -> None:
    motion = camera(20, (2.0, 0.2), SIZE)
    high = 33 - apart / 2
    discs = (
        Disc(path(20, (24, high), (88, high + 4)), 13, RED),
        Disc(path(20, (86, high + apart), (26, high + apart - 2)), 17, BLUE),
    )
    scene = draw(motion, SIZE, discs=discs)
    flows = exact_flows(motion, SIZE, discs, scene.alphas)
    lines: list[str] = []
    union = scene.alphas.sum(axis=0).clip(0, 1).astype(np.float32)
    split = split_sprites(scene.frames, union, flows, wanted=2, noise=1.0, say=lines.append)
    alphas = split.alphas
    assert alphas.shape == (2, 20, SIZE[1], SIZE[0]) and not lines
    np.testing.assert_allclose(alphas.sum(axis=0), union, atol=1e-6)
    # The larger one, the second that was drawn, comes first.
    for found, true in ((alphas[0], scene.alphas[1]), (alphas[1], scene.alphas[0])):
        per_frame = [alpha_iou(a, b) for a, b in zip(found, true, strict=True)]
        assert min(per_frame[:5] + per_frame[-5:]) > 0.97  # apart, before and after
        assert min(per_frame) > (0.97 if apart < 30 else 0.7)
    if apart < 30:
        assert split.order.tolist() == [[1, 0]] * 20  # the second that was drawn is in front


def test_a_sprite_that_was_hidden_is_known_again() -> None:
    """A disc passes behind a larger one and comes out on the other side."""
    motion = np.repeat(np.eye(3)[None], 24, axis=0)
    discs = (
        Disc(path(24, (14, 40), (112, 40)), 9, RED),
        Disc(path(24, (66, 40), (60, 40)), 20, BLUE),
    )
    scene = draw(motion, SIZE, discs=discs)
    hidden = [t for t in range(24) if not scene.alphas[0][t].any()]
    assert hidden and 5 < hidden[0] < hidden[-1] < 18
    flows = exact_flows(motion, SIZE, discs, scene.alphas)
    union = scene.alphas.sum(axis=0).clip(0, 1).astype(np.float32)
    alphas = split_sprites(scene.frames, union, flows, wanted=2, noise=1.0).alphas
    for t in (*range(5), *range(19, 24)):
        assert alpha_iou(alphas[1][t], scene.alphas[0][t]) > 0.95
    assert not alphas[1][hidden[0] + 1 : hidden[-1]].any()


def test_sprites_are_counted_where_they_stand_apart_often() -> None:
    mask = np.zeros((20, 40, 60), bool)
    assert count_separate_sprites(mask) == 0
    mask[:, 10:30, 5:30] = True
    mask[3, 35, 2] = True  # a speck
    assert count_separate_sprites(mask) == 1
    mask[4:6, 5:35, 40:50] = True  # for two frames only: some part of it
    assert count_separate_sprites(mask) == 1
    mask[4:8, 5:35, 40:50] = True
    assert count_separate_sprites(mask) == 2


def test_regions_above_each_other_are_one_sprite() -> None:
    """A head and legs, parted by a shirt in the colour of the wall, and somebody beside them."""
    picture = np.zeros((100, 120), bool)
    picture[10:40, 20:50] = picture[60:90, 25:45] = True
    assert count_large_regions(picture) == 1
    picture[10:90, 70:100] = True
    assert count_large_regions(picture) == 2


def test_regions_that_nearly_agree_take_one_number() -> None:
    mask = np.zeros((20, 44), bool)
    mask[5:15, 2:12] = mask[5:15, 20:40] = True
    owners = np.zeros(mask.shape, np.uint8)
    owners[5:15, 2:12], owners[5, 2:12] = 1, 2  # one tenth disagrees
    owners[5:15, 20:28], owners[5:15, 28:40] = 1, 2  # two sprites touch
    settled = unify_regions(mask, owners)
    assert (settled[5:15, 2:12] == 1).all()
    np.testing.assert_array_equal(settled[5:15, 20:40], owners[5:15, 20:40])


# Trajectories


def test_points_are_followed_while_the_flow_returns() -> None:
    motion = np.repeat(np.eye(3)[None], 8, axis=0)
    discs = (Disc(path(8, (30, 40), (58, 44)), 16, RED),)
    scene = draw(motion, SIZE, discs=discs)
    flows = exact_flows(motion, SIZE, discs, scene.alphas)
    flows[5, 6] = flows[5, 6] + 3  # does not lead back
    points = track_points(scene.frames, scene.alphas[0] > 0.5, flows)
    assert len(points.places) > 5
    assert not (points.present[:, 5] & points.present[:, 6]).any()
    first = points.places[points.present[:, 0]]
    steps = np.diff(first[:, :6], axis=1)
    steps = steps[~np.isnan(steps[..., 0])]
    np.testing.assert_allclose(steps, np.tile([4, 4 / 7], (len(steps), 1)), atol=0.6)
    # The disc is lit unevenly, but red all over.
    shares = points.colours / points.colours[:, :1]
    np.testing.assert_allclose(shares, np.tile(np.array(RED) / RED[0], (len(shares), 1)), atol=0.03)


def test_what_moves_together_is_one_group() -> None:
    random = np.random.default_rng(0)
    times = np.arange(12)
    places = np.zeros((40, 12, 2), np.float32)
    places[:, 0] = random.uniform(0, 60, (40, 2))
    places[:, :, 0] = places[:, :1, 0] + np.where(np.arange(40)[:, None] < 20, 3, -2) * times
    places[:, :, 1] = places[:, :1, 1]
    colours = np.full((40, 3), 100, np.float32)
    points = Tracks(places, colours)
    groups = cluster_trajectories(points, 2)
    assert len(set(groups[:20])) == len(set(groups[20:])) == 1 and groups[0] != groups[-1]
    assert not cluster_trajectories(points, 1).any()


def test_pieces_in_time_are_merged_by_their_colours() -> None:
    """Two things of two colours, each hidden for a while: four pieces, two groups."""
    random = np.random.default_rng(0)
    places = np.full((80, 30, 2), np.nan, np.float32)
    colours = np.repeat([[200, 40, 40], [40, 40, 200]], 40, axis=0).astype(np.float32)
    for i in range(80):
        thing, late = i // 40, i % 2
        start = random.uniform(0, 25, 2) + [120 * thing, 0]
        own = slice(18, 30) if late else slice(0, 12)
        places[i, own] = start + np.outer(np.arange(30)[own], [2 - 3 * thing, 0])
    points = Tracks(places, colours + random.normal(0, 4, (80, 3)))
    groups = cluster_trajectories(points, 2)
    assert len(set(groups[:40])) == len(set(groups[40:])) == 1 and groups[0] != groups[-1]


def test_shoes_that_look_alike_go_with_those_who_wear_them() -> None:
    """Two walkers, and shoes whose points live for one drawing: many look alike, few are near."""
    random = np.random.default_rng(0)
    count, hold = 96, 4
    times = np.arange(count)
    walkers = [30 + 2.0 * times, 330 - 2.0 * times]
    places, colours, owner = [], [], []
    for k, x in enumerate(walkers):
        for _ in range(8):
            start = random.uniform(-10, 10, 2)
            places.append(np.stack([x + start[0], np.full(count, 100 + start[1])], axis=-1))
            colours.append([200, 40, 40] if k else [40, 40, 200])
            owner.append(k)
        for first in range(0, count, hold):
            for side in (-6, 6):
                own = np.full((count, 2), np.nan)
                held = slice(first, first + hold)
                own[held, 0], own[held, 1] = x[held] + side, 120 + random.uniform(-2, 2)
                places.append(own)
                colours.append([90, 80, 80])
                owner.append(k)
    colours = np.array(colours, np.float32) + random.normal(0, 3, (len(colours), 3))
    points = Tracks(np.array(places, np.float32), colours.astype(np.float32))
    groups, owner = cluster_trajectories(points, 2), np.array(owner)
    assert (groups == owner).all() or (groups != owner).all()


def test_two_who_stand_still_between_drawings_are_told_apart() -> None:
    """Points live as long as a drawing, and stand still: only where the groups are tells."""
    random = np.random.default_rng(0)
    places = np.full((160, 24, 2), np.nan, np.float32)
    for i in range(160):
        thing, start = i % 2, 6 * (i // 40)
        x = 40 + 4 * start if thing == 0 else 200 - 4 * start
        places[i, start : start + 6] = random.uniform(-12, 12, 2) + [x, 60]
    colours = np.full((160, 3), 90, np.float32)
    points = Tracks(places, colours)
    first = np.arange(160) % 2 == 0
    assert cluster_similarity(points, first, ~first) < 0.1
    half = np.arange(160) // 2 % 2 == 0
    assert cluster_similarity(points, first & half, first & ~half) > 0.5


@pytest.mark.parametrize("there", [True, False], ids=["too short to follow", "only hints know"])
def test_sprites_without_followed_points_are_split_all_the_same(there: bool) -> None:
    frames = np.zeros((3, 40, 60, 3), np.uint8)
    u = np.zeros((3, 40, 60), np.float32)
    u[:, 10:30, 10:20] = u[:, 10:30, 40:50] = 1
    hints = np.zeros((2, 3, 40, 60), np.float32)
    hints[0, ..., 10:20], hints[1, ..., 40:50] = 100, 100
    still = np.zeros((40, 60, 2), np.float32)
    flows = {(a, b): still for a in range(3) for b in range(3) if a != b}
    split = split_sprites(
        frames,
        u * there,
        flows,
        wanted=2,
        noise=1.0,
        hinted=None if there else HintedForeground(u, hints),
    )
    np.testing.assert_allclose(split.alphas.sum(axis=0), u, atol=1e-6)


def test_frames_that_hints_do_not_reach_keep_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hint in the first frames gives some of the blue disc to the red one."""
    motion = camera(20, (2.0, 0.2), SIZE)
    discs = (
        Disc(path(20, (24, 20), (88, 24)), 13, RED),
        Disc(path(20, (86, 46), (26, 44)), 17, BLUE),
    )
    scene = draw(motion, SIZE, discs=discs)
    flows = exact_flows(motion, SIZE, discs, scene.alphas)
    union = scene.alphas.sum(axis=0).clip(0, 1).astype(np.float32)
    before = split_sprites(scene.frames, union, flows, wanted=2, noise=1.0)
    solve = instances.separate_sprites

    def reversed_by_hints(*arguments: object, **more: object) -> tuple[np.ndarray, np.ndarray]:
        owners, order = solve(*arguments, **more)
        return owners, order[:, ::-1] if len(arguments) == 6 else order

    monkeypatch.setattr(instances, "separate_sprites", reversed_by_hints)
    hints = np.zeros((2, 20, *SIZE[::-1]), np.float32)
    x, y = discs[1].centres[1].round().astype(int)
    hints[1, :3, y - 9 : y + 9, x - 9 : x + 9] = 100
    hints[0] = -hints[1]
    after = split_sprites(
        scene.frames, union, flows, wanted=2, noise=1.0, hinted=HintedForeground(union, hints)
    )
    changed = (after.alphas != before.alphas).any(axis=(0, 2, 3))
    assert changed[:3].any() and not changed[8:].any()
    np.testing.assert_array_equal(after.order[~changed], before.order[~changed])
    np.testing.assert_array_equal(after.order[changed], before.order[changed][:, ::-1])
