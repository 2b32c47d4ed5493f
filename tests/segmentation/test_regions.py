"""Regions that lines bound, and what they agree on."""

from __future__ import annotations

import numpy as np
from scenes import Painting, bytes_of

from toondecompose.core import geometry
from toondecompose.core.gradients import steepest_gradient
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.segmentation.parameters import Parameters
from toondecompose.segmentation.regions import RegionGraph, line_bounded_regions

SIZE = (80, 60)
GRID = geometry.pixel_grid(SIZE)
GROUND, FILL, LINE = (200, 190, 170), (120, 160, 90), (25, 25, 25)


def distance_to(x: float, y: float) -> np.ndarray:
    return np.linalg.norm(GRID - np.array([x, y]), axis=-1)


def drawn(
    x: float = 40, y: float = 30, *, fill: tuple[int, int, int] = FILL, gap: float = 0
) -> np.ndarray:
    """Draw a disc with an outline of two pixels; `gap` pixels of that are missing at its right."""
    frame = np.full((SIZE[1], SIZE[0], 3), GROUND, float)
    distance = distance_to(x, y)[..., None]
    open_ = (np.abs(GRID[..., 1] - y) < gap / 2) & (GRID[..., 0] > x)
    inside = np.clip(17 - distance + 0.5, 0, 1)
    frame = inside * np.array(fill) + (1 - inside) * frame
    line = np.clip(1.5 - np.abs(distance - 17), 0, 1) * ~open_[..., None]
    return bytes_of(line * np.array(LINE) + (1 - line) * frame)


def graph_of(
    *frames: np.ndarray, flow: tuple[float, float] = (0, 0), tuning: Tuning = DEFAULT
) -> RegionGraph:
    """Return the graph of frames between which everything moves by `flow`."""
    stack = np.stack(frames)
    moved = np.broadcast_to(np.array(flow, np.float32), (SIZE[1], SIZE[0], 2))
    flows = {(t, t + 1): moved for t in range(len(stack) - 1)}
    slope = np.stack([steepest_gradient(frame)[2] for frame in stack])
    return RegionGraph(stack, flows, slope, tuning=tuning)


# Regions


def test_a_flat_disc_with_an_outline_is_one_region() -> None:
    numbers = line_bounded_regions(drawn())
    assert numbers.shape == (SIZE[1], SIZE[0]) and numbers.dtype == np.int32
    assert set(np.unique(numbers)) == set(range(numbers.max() + 1))
    inner, outer = distance_to(40, 30) < 14, distance_to(40, 30) > 20
    (own,), (ground,) = np.unique(numbers[inner]), np.unique(numbers[outer])
    assert own != ground


def test_a_region_does_not_leak_through_a_gap_in_its_outline() -> None:
    # Of one colour: only the line parts them.
    numbers = line_bounded_regions(drawn(fill=GROUND, gap=4))
    inner, outer = distance_to(40, 30) < 12, distance_to(40, 30) > 22
    (own,), (ground,) = np.unique(numbers[inner]), np.unique(numbers[outer])
    assert own != ground
    wide = line_bounded_regions(drawn(fill=GROUND, gap=14))
    assert wide[30, 40] == wide[2, 2]


def test_narrow_stripes_are_regions_of_their_own() -> None:
    frame = drawn()
    frame[:, 6:10] = FILL  # narrower than what starts a region by its width
    frame[:, [5, 10]] = LINE
    numbers = line_bounded_regions(frame)
    stripe = np.unique(numbers[4:-4, 7:9])
    assert len(stripe) == 1 and stripe[0] not in numbers[:, [0, 1, 14, 15]]


def test_a_picture_with_nothing_flat_is_divided_as_well() -> None:
    frame = bytes_of(Painting(1).seen(np.eye(3)[None], SIZE)[0])
    numbers = line_bounded_regions(frame)
    assert numbers.min() == 0 and set(np.unique(numbers)) == set(range(numbers.max() + 1))
    steep = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    steep[...] = (3 * np.arange(SIZE[0]))[:, None]
    assert len(np.unique(line_bounded_regions(steep)[3:-3, 3:-3])) >= 10


def test_a_flat_figure_is_parted_from_a_wall_without_flat_places() -> None:
    wall = np.repeat(3.0 * np.arange(SIZE[0])[None, :, None], SIZE[1], axis=0)
    figure = np.abs(drawn().astype(float) - GROUND).max(axis=-1) > 0
    numbers = line_bounded_regions(bytes_of(np.where(figure[..., None], drawn(), wall)))
    assert not set(numbers[distance_to(40, 30) < 14]) & set(numbers[distance_to(40, 30) > 20])


def test_one_colour_is_one_region() -> None:
    numbers = line_bounded_regions(np.full((SIZE[1], SIZE[0], 3), 90, np.uint8))
    np.testing.assert_array_equal(numbers, 0)


# What they agree on


def ring(x: float = 40, y: float = 30) -> np.ndarray:
    return np.abs(distance_to(x, y) - 17) < 1.5


def test_evidence_on_an_outline_fills_the_disc_and_no_more() -> None:
    evidence = np.where(ring(), 1.5, 0).astype(np.float32)[None]
    found = graph_of(drawn()).solve(evidence)
    assert found.shape == evidence.shape and found.dtype == np.float32
    assert np.abs(found).max() <= 1.001
    assert found[0][distance_to(40, 30) < 14].min() > 0.2
    assert found[0][distance_to(40, 30) > 20].max() < -0.2
    other = graph_of(drawn()).solve(-evidence)
    assert other.max() < 0


def test_without_evidence_the_rim_makes_all_of_it_background() -> None:
    even = np.full((SIZE[1], SIZE[0], 3), 90, np.uint8)
    nothing = np.zeros((1, SIZE[1], SIZE[0]), np.float32)
    agreed = graph_of(even).solve(nothing)
    assert agreed.max() < -0.8 and agreed.min() > -1.001
    found = graph_of(drawn()).solve(nothing)[0]
    assert found[distance_to(40, 30) > 20].max() < -0.7 and found.max() < 0


def test_the_rim_outweighs_weak_evidence() -> None:
    even = np.full((SIZE[1], SIZE[0], 3), 90, np.uint8)
    evidence = np.zeros((1, SIZE[1], SIZE[0]), np.float32)
    evidence[0, 20:30, 20:30] = 1.5  # noise, on an even ground: less than the rim holds
    assert graph_of(even).solve(evidence).max() < 0
    without = Tuning.of(Parameters(rim_log_odds=(0.0, 0.0)))
    assert graph_of(even, tuning=without).solve(evidence).min() > 0


def test_a_figure_may_reach_the_bottom_rather_than_the_top() -> None:
    """A figure that the rim cuts off, with as much evidence at either rim."""
    values = []
    for y in (-1, SIZE[1]):
        evidence = np.where(ring(40, y) & (GRID[..., 1] % 2 == 0), 0.9, 0).astype(np.float32)
        inner = distance_to(40, y) < 14
        values.append(graph_of(drawn(40, y)).solve(evidence[None])[0][inner].mean())
    assert values[1] > values[0] + 0.3


def test_an_edge_parts_regions() -> None:
    """Three parts, evidence in the middle one: the fainter the lines, the more it spreads."""
    evidence = np.zeros((1, SIZE[1], SIZE[0]), np.float32)
    evidence[0, :, 32:48] = 2
    spread = []
    for level in (205, 160, 25):
        frame = np.full((SIZE[1], SIZE[0], 3), 215, np.uint8)
        frame[:, 25:27] = frame[:, 53:55] = level
        graph = graph_of(frame)
        assert len({graph.numbers[0, 30, x] for x in (10, 40, 70)}) == 3
        spread.append(float(graph.solve(evidence)[0, 30, 70]))
    assert spread[0] > spread[2] + 0.05 and spread == sorted(spread, reverse=True)


def test_evidence_is_handed_on_along_the_flow() -> None:
    """Only the first frame shows its outline; the disc moves on, and its region with it."""
    places = [(24, 30), (34, 32), (44, 34)]
    evidence = np.zeros((3, SIZE[1], SIZE[0]), np.float32)
    evidence[0][ring(*places[0])] = 6
    frames = [drawn(*place) for place in places]
    found = graph_of(*frames, flow=(10, 2)).solve(evidence)
    astray = graph_of(*frames, flow=(-36, 0)).solve(evidence)
    for t in (1, 2):
        inner, outer = distance_to(*places[t]) < 14, distance_to(*places[t]) > 20
        assert found[t][inner].mean() > 0.2
        assert found[t][outer].mean() < -0.3
        assert astray[t][inner].mean() < 0


def test_a_change_of_colour_ends_what_the_flow_hands_on() -> None:
    evidence = np.zeros((2, SIZE[1], SIZE[0]), np.float32)
    evidence[0][ring()] = 6
    inner = distance_to(40, 30) < 14
    same = graph_of(drawn(), drawn()).solve(evidence)[1][inner].mean()
    other = graph_of(drawn(), drawn(fill=(60, 60, 200))).solve(evidence)[1][inner].mean()
    assert same > 0.8 and other < same - 0.5  # the outlines are of one colour still


def test_flows_that_are_missing_are_no_links() -> None:
    frames = np.stack([drawn(), drawn()])
    slope = np.stack([steepest_gradient(frame)[2] for frame in frames])
    graph = RegionGraph(frames, {}, slope)
    evidence = np.zeros((2, SIZE[1], SIZE[0]), np.float32)
    evidence[0][ring()] = 6
    found = graph.solve(evidence)
    assert found[0, 30, 40] > 0.3 and found[1, 30, 40] < 0


def test_a_solution_does_not_depend_on_the_last_one() -> None:
    evidence = np.where(ring(), 1.5, 0).astype(np.float32)[None]
    graph = graph_of(drawn())
    first = graph.solve(evidence)
    graph.solve(-evidence)
    np.testing.assert_allclose(graph.solve(evidence), first, atol=0.01)


def test_what_holds_most_of_the_rim_is_the_ground() -> None:
    """Half of a figure's outline lies on the ground's side, however long it is."""
    frame = drawn(40, 30)
    evidence = np.where(distance_to(40, 30) > 12, 3.0, 0).astype(np.float32)
    graph = graph_of(frame)
    assert graph.solve(evidence[None])[0][distance_to(40, 30) > 24].max() < 0
