"""The camera: what the widest spread of the picture does, whatever moves most."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scenes import Disc, Painting, bytes_of, camera, dis_flows, draw, path

from bench.metrics import corner_error
from toondecompose.core import geometry
from toondecompose.motion.camera import (
    Proposal,
    camera_motion,
    cells_of,
    chain_camera,
    coverage,
    near_motion,
    never,
    propose,
    smoothest_path,
    solve_parts,
    spanned_share,
    spread_evenly,
    unchanged_cells,
)
from toondecompose.motion.matches import Flows, draw_pairs, gradient_weight
from toondecompose.motion.parameters import Parameters
from toondecompose.motion.solve import Pairs
from toondecompose.optical_flow import pairs as listed_pairs

CELLS, RIM, UNCHANGED = (
    Parameters().cells,
    Parameters().border_cell_weight,
    Parameters().unchanged_cells,
)
SIZE = (128, 72)
"""Cells of eight by eight pixels."""

CENTRE = np.array([63.5, 35.5])
COUNT = 12
STILL = np.repeat(np.eye(3)[None], COUNT, axis=0)
NOTHING_STAYS = np.zeros(CELLS[::-1], bool)


def matches_of(shifts: np.ndarray, a: int = 0, each: int = 8) -> Pairs:
    """Return matches from frame a to the next: in each cell so many, moved by its shift.

    shifts is (rows, columns, 2), NaN for cells without matches.
    """
    random = np.random.default_rng(a)
    width, height = SIZE[0] / CELLS[0], SIZE[1] / CELLS[1]
    rows, columns = np.nonzero(~np.isnan(shifts[..., 0]))
    corner = np.stack([columns * width, rows * height], axis=-1)
    xa = (corner[:, None] + random.uniform(0, (width, height), (len(rows), each, 2))).reshape(-1, 2)
    moved = shifts[rows, columns].repeat(each, axis=0)
    number = np.full(len(xa), 1)
    xb = xa + moved + random.normal(0, 0.05, xa.shape)
    return Pairs(a * number, (a + 1) * number, xa, xb, np.ones(len(xa)))


def cells_with(shift: tuple[float, float]) -> np.ndarray:
    """Return the shifts (rows, columns, 2) of cells that all move alike."""
    return np.tile(np.array(shift, float), (*CELLS[::-1], 1))


def inner() -> np.ndarray:
    """Return which cells do not lie at the rim, (rows, columns) bool."""
    mask = np.zeros(CELLS[::-1], bool)
    mask[1:-1, 1:-1] = True
    return mask


def find(
    frames: np.ndarray, flows: Flows | None = None, *, before: Callable[..., bool] = never
) -> np.ndarray:
    """Find the camera as the stages do, from flows or, without any, from estimated ones."""
    flows = dis_flows(frames) if flows is None else flows
    weights = np.stack([gradient_weight(frame) for frame in frames])
    random = np.random.default_rng(0)
    adjacent = {(a, b): flow for (a, b), flow in flows.items() if b == a + 1}
    neighbours = draw_pairs(adjacent, weights, 3000, rng=random)
    pairs = draw_pairs(flows, weights, 600, rng=random)
    return camera_motion(frames, neighbours, pairs, before=before)


# Proposals


def test_standing_still_and_the_strongest_motions_are_proposed() -> None:
    shifts = cells_with((3, -1))
    shifts[:, 10:] = (-4, 2)
    shifts[4, 4] = np.nan
    still, first, second = propose(matches_of(shifts), SIZE, NOTHING_STAYS)
    np.testing.assert_array_equal(still.motion, np.eye(3))
    moved = [geometry.apply(p.motion, CENTRE) - CENTRE for p in (first, second)]
    np.testing.assert_allclose(moved, [[3, -1], [-4, 2]], atol=0.2)
    # 46 of the 144 cells lie at the rim and count twice: 28 in the first 10 columns, 18 beyond.
    supports = [(90 + 28 - 1) / 190, (54 + 18) / 190]
    np.testing.assert_allclose([first.support, second.support], supports, atol=0.03)
    assert still.support == 0


def test_few_matches_propose_nothing_but_standing_still() -> None:
    shifts = np.full((*CELLS[::-1], 2), np.nan)
    shifts[4, 4] = (3, -1)
    (still,) = propose(matches_of(shifts, each=11), SIZE, NOTHING_STAYS)
    np.testing.assert_array_equal(still.motion, np.eye(3))
    assert len(propose(matches_of(shifts, each=12), SIZE, NOTHING_STAYS)) == 2


def test_cells_at_the_rim_count_twice() -> None:
    shifts = cells_with((3, 0))
    shifts[inner()] = (0, 3)
    motions = [np.eye(3), geometry.translation(3, 0), geometry.translation(0, 3)]
    still, outer, middle = coverage(motions, matches_of(shifts), SIZE, unchanged=NOTHING_STAYS)
    total = RIM * 46 + 98
    np.testing.assert_allclose([outer, middle], [RIM * 46 / total, 98 / total], rtol=0.05)
    assert still == 0


def test_what_reaches_the_rim_wins_against_what_fills_more_of_the_middle() -> None:
    shifts = cells_with((3, 0))
    shifts[1:8, 2:14] = (0, 3)  # 84 cells of 144
    proposals = propose(matches_of(shifts), SIZE, NOTHING_STAYS)
    support = {tuple(p.motion[:2, 2].round()): p.support for p in proposals}
    assert support[3, 0] > support[0, 3] + 0.05


def test_much_structure_in_one_cell_is_still_one_cell() -> None:
    shifts = cells_with((3, 0))
    shifts[4, 4] = np.nan
    few = matches_of(shifts, each=4)
    crowd = np.full_like(shifts, np.nan)
    crowd[4, 4] = (0, 3)
    many = matches_of(crowd, each=2000)
    assert len(many.a) > 3 * len(few.a)
    motions = [np.eye(3), geometry.translation(3, 0), geometry.translation(0, 3)]
    _, wide, narrow = coverage(
        motions, Pairs.concatenate([few, many]), SIZE, unchanged=NOTHING_STAYS
    )
    assert wide > 0.9 and narrow < 0.01


def test_even_cells_that_do_not_change_support_standing_still_only() -> None:
    shifts = np.full((*CELLS[::-1], 2), np.nan)
    shifts[inner()] = (3, 0)
    motions = [np.eye(3), geometry.translation(3, 0)]
    still, moving = coverage(motions, matches_of(shifts), SIZE, unchanged=~NOTHING_STAYS)
    total = RIM * 46 + 98
    assert still == pytest.approx(UNCHANGED[2] * RIM * 46 / total)
    assert moving == pytest.approx(98 / total, rel=0.05)


def test_points_lie_in_cells_row_by_row() -> None:
    points = np.array([[0, 0], [7.9, 7.9], [8, 0], [0, 8], [127.9, 71.9], [128, 72]])
    np.testing.assert_array_equal(cells_of(points, SIZE), [0, 0, 1, 16, 143, 143])


def test_spanned_share_is_that_of_a_rectangle_and_a_mean_over_frames() -> None:
    ends = np.full_like(cells_with((1, 0)), np.nan)
    ends[0, 0] = ends[-1, 7] = (1, 0)
    quarter = cells_with((1, 0))
    quarter[:, 4:] = np.nan
    both = Pairs.concatenate([matches_of(ends, 0), matches_of(quarter, 1)])
    assert spanned_share(both, SIZE, 2) == pytest.approx((0.5 + 0.25) / 2)
    assert spanned_share(matches_of(ends, each=3), SIZE, 1) == 0
    assert spanned_share(both.where(np.zeros(len(both.a), bool)), SIZE, 2) == 0


def test_a_cell_is_unchanged_if_nearly_all_of_it_is() -> None:
    frame = np.full((SIZE[1], SIZE[0], 3), 100, np.uint8)
    other = frame.copy()
    other[:8, :8, 1] += UNCHANGED[0] - 1
    other[:8, 8:16, 2] += UNCHANGED[0]
    other[8:10, 0:2] = 200  # four pixels of 64
    other[8:10, 8:9] = 200  # two of 64
    same = unchanged_cells(frame, other)
    assert same.shape == CELLS[::-1]
    np.testing.assert_array_equal(same[:2, :2], [[True, False], [False, True]])
    assert same.sum() == same.size - 2


# The path through the proposals


def test_the_smooth_motion_wins_against_a_jumping_drawing() -> None:
    jumps = [(0.0, 0.0), (6.0, 2.0), (0.0, 0.0), (0.0, 0.0), (-6.0, 0.0)]
    proposals = [
        [Proposal(geometry.translation(*jump), 0.5), Proposal(geometry.translation(-2, 0), 0.45)]
        for jump in jumps
    ]
    found = smoothest_path(proposals, SIZE)
    np.testing.assert_array_equal(found, [geometry.translation(-2, 0)] * len(jumps))


def test_a_camera_that_starts_and_stops_is_followed() -> None:
    speeds = [0, 0, 0, 9, 9, 9, 9, 0, 0, 0]
    proposals = [
        [
            Proposal(np.eye(3), 0.6 if speed == 0 else 0.2),
            Proposal(geometry.translation(9, 0), 0.6 if speed else 0.2),
        ]
        for speed in speeds
    ]
    shifts = [motion[0, 2] for motion in smoothest_path(proposals, SIZE)]
    assert shifts == speeds


def test_one_pair_of_frames_takes_the_best_supported_motion() -> None:
    moving = geometry.translation(2, 1)
    (found,) = smoothest_path([[Proposal(np.eye(3), 0.3), Proposal(moving, 0.4)]], SIZE)
    np.testing.assert_array_equal(found, moving)


def test_the_camera_is_chained_about_the_middle() -> None:
    # What stands on the canvas moves by (-3, 1) from frame to frame: the camera by (3, -1).
    parts = []
    for t in range(5):
        shifts = cells_with((-3, 1))
        shifts[2:8, 3:12] = (5 * (-1) ** t, 0)
        parts.append(matches_of(shifts, a=t))
    frames = np.random.default_rng(0).integers(0, 255, (6, SIZE[1], SIZE[0], 3), np.uint8)
    (found, rival), lost = chain_camera(Pairs.concatenate(parts), frames)
    assert lost == []
    expected = np.stack([geometry.translation(3 * t, -t) for t in np.arange(6) - 3])
    np.testing.assert_array_equal(found[3], np.eye(3))
    assert corner_error(found, expected, SIZE).max < 0.5
    landed = geometry.apply(found, CENTRE)
    np.testing.assert_allclose(landed, geometry.apply(expected, CENTRE), atol=0.3)
    nothing = parts[0].where(np.zeros(len(parts[0].a), bool))
    np.testing.assert_array_equal(chain_camera(nothing, frames[:1])[0][0], np.eye(3)[None])


def test_figures_with_most_matches_weigh_as_little_as_they_cover() -> None:
    figure = np.where(inner()[..., None], cells_with((2, 0)), np.nan)
    few, many = matches_of(cells_with((1, 0)), each=4), matches_of(figure, each=40)
    spread = spread_evenly(Pairs.concatenate([few, many]), SIZE)
    cell = cells_of(spread.xa, SIZE)
    totals = np.bincount(cell, spread.weight)
    np.testing.assert_allclose(totals, totals[0])
    one = spread_evenly(few.where(np.arange(len(few.a)) == 0), SIZE)
    assert one.weight[0] == 1, "a cell with few matches is not made more of"


# Drawn clips


def close_up(motion: np.ndarray, sway: float) -> tuple[np.ndarray, np.ndarray]:
    """Return frames (T, H, W, 3) and masks (T, H, W) of a large, richly drawn figure.

    It moves by `sway` pixels a frame before a wall that shows little.
    """
    grid = geometry.pixel_grid(SIZE)
    pattern = Painting(4, shortest=5, longest=9)
    frames, masks = [], []
    for t, homography in enumerate(motion):
        wall = 128 + 0.35 * (Painting(1).at(geometry.apply(homography, grid)) - 128)
        own = grid - np.array([62 + sway * (t - COUNT // 2), 34])
        mask = np.hypot(own[..., 0] / 42, own[..., 1] / 27) < 1
        frames.append(bytes_of(np.where(mask[..., None], pattern.at(own), wall)))
        masks.append(mask)
    return np.stack(frames), np.stack(masks)


@pytest.mark.parametrize("sway", [0.5, 0.8, 1.8])
@pytest.mark.parametrize("step", [(0.0, 0.0), (1.2, 0.2)], ids=["held", "pan"])
def test_a_close_up_with_most_structure_is_not_the_camera(
    step: tuple[float, float], sway: float
) -> None:
    motion = camera(COUNT, step, SIZE)
    frames, masks = close_up(motion, sway)
    weights = np.stack([gradient_weight(frame) for frame in frames])
    assert weights[masks].sum() > 1.5 * weights[~masks].sum()
    flows = {}
    for a, b in listed_pairs(COUNT):
        flows[a, b] = geometry.rigid_flow(motion[a], motion[b], SIZE)
        flows[a, b][masks[a]] = ((b - a) * sway, 0)
    found = find(frames, flows)
    if step == (0.0, 0.0):
        np.testing.assert_array_equal(found, STILL)
    assert corner_error(found, motion, SIZE).max < 0.05


@pytest.mark.parametrize("speed", [0.3, 1.0, 7.0])
def test_a_walker_before_an_even_ground_is_not_the_camera(speed: float) -> None:
    way = speed * (COUNT - 1)
    walker = Disc(path(COUNT, (64 - way / 2, 36), (64 + way / 2, 38)), 19, (230, 60, 40))
    frames = np.full((COUNT, SIZE[1], SIZE[0], 3), 170, np.uint8)
    for t in range(COUNT):
        cover = walker.alpha(t, SIZE)[..., None]
        frames[t] = bytes_of(cover * walker.painted(t, SIZE) + (1 - cover) * frames[t])
    np.testing.assert_array_equal(find(frames), STILL)


def test_noise_does_not_move_a_held_camera() -> None:
    noise = np.random.default_rng(0).normal(0, 3, (COUNT, SIZE[1], SIZE[0], 3))
    np.testing.assert_array_equal(find(bytes_of(draw(STILL, SIZE).plates + noise)), STILL)


def test_a_pan_is_found_behind_a_walker() -> None:
    pan = camera(COUNT, (2.6, 0.25), SIZE)
    walker = Disc(path(COUNT, (30, 40), (96, 36)), 13, (40, 70, 240))
    found = find(draw(pan, SIZE, discs=[walker]).frames)
    assert corner_error(found, pan, SIZE).max < 0.3


@pytest.mark.parametrize("ratio", [0.25, 2.5], ids=["slower", "faster"])
def test_only_what_moves_farther_than_a_motion_before_it_is_the_camera(ratio: float) -> None:
    """The upper third moves by a share of the pan: a far plane, or a wall above a close-up."""
    pan, other = (camera(COUNT, (share * 2.0, 0.0), SIZE) for share in (1.0, ratio))
    frames, above = draw(pan, SIZE).frames, SIZE[1] // 3
    frames[:, :above] = draw(other, SIZE).frames[:, :above]
    flows = {}
    for a, b in listed_pairs(COUNT):
        flows[a, b] = geometry.rigid_flow(pan[a], pan[b], SIZE)
        flows[a, b][:above] = geometry.rigid_flow(other[a], other[b], SIZE)[:above]
    found = find(frames, flows, before=lambda motion, rival: True)
    assert corner_error(found, pan if ratio < 1 else other, SIZE).max < 0.3


def test_a_slow_zoom_is_found() -> None:
    zoom = camera(COUNT, (0.0, 0.0), SIZE, zoom=0.08)
    assert corner_error(find(draw(zoom, SIZE).frames), zoom, SIZE).max < 0.3


def test_a_slow_turn_is_found_behind_a_figure_with_most_structure() -> None:
    """A figure slides a little before a turning wall: its flow agrees to two pixels."""
    angles = np.linspace(-0.02, 0.02, COUNT)
    turns = np.stack(
        [
            [[c, -s, 0], [s, c, 0], [0, 0, 1]]
            for c, s in zip(np.cos(angles), np.sin(angles), strict=True)
        ]
    )
    motion = geometry.translation(*CENTRE) @ turns @ geometry.translation(*-CENTRE)
    frames, masks = close_up(motion, 0.3)
    weights = np.stack([gradient_weight(frame) for frame in frames])
    flows = {}
    for a, b in listed_pairs(COUNT):
        flows[a, b] = geometry.rigid_flow(motion[a], motion[b], SIZE)
        flows[a, b][masks[a]] = ((b - a) * 0.3, 0)
    pairs = draw_pairs(flows, weights, 600, rng=np.random.default_rng(0))
    even = near_motion(spread_evenly(pairs, SIZE), STILL)
    found = solve_parts(STILL, even, [0, COUNT], size=SIZE)
    assert corner_error(found, motion, SIZE).max < 0.5
