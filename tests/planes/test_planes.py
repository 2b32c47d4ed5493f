"""Planes: textures, the background that they form, the sweep for more of them, storage."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from scenes import (
    Disc,
    Painting,
    Scene,
    below_skyline,
    bytes_of,
    camera,
    dis_flows,
    draw,
    path,
)

from bench.metrics import alpha_iou, corner_error
from toondecompose.core import geometry
from toondecompose.core.tuning import Tuning
from toondecompose.motion.matches import gradient_weight
from toondecompose.planes import background, cutting, estimate, tiles
from toondecompose.planes.background import Plane, opaque_plane
from toondecompose.planes.cutting import gather_planes
from toondecompose.planes.gaps import add_flat_bays, changing_places
from toondecompose.planes.parameters import Parameters
from toondecompose.planes.sweep import RATIOS, flow_ratios, parallax_ratios, peaks, share_of_motion
from toondecompose.planes.texture import Texture, masked_median, robust_texture, summarise

SIZE = (128, 80)
COUNT = 14
NEAR = camera(COUNT, (2.6, 0.25), SIZE)
FAR = camera(COUNT, (1.3, 0.125), SIZE)
STILL = np.repeat(np.eye(3)[None], COUNT, axis=0)
PASSING = Disc(path(COUNT, (20, 50), (110, 46)), 13, (230, 60, 40))
STAYING = Disc(path(COUNT, (60, 50), (66, 48)), 13, (230, 60, 40))


@pytest.fixture(scope="module")
def one() -> Scene:
    return draw(NEAR, SIZE, discs=[PASSING])


@pytest.fixture(scope="module")
def two() -> Scene:
    return draw(NEAR, SIZE, discs=[PASSING], far=FAR)


def flat(colour: tuple[int, int, int], alpha: float = 1.0, shift: float = 0.0) -> Plane:
    """Return a plane of 12 x 10 pixels in one colour, seen twice, that moves by `shift`."""
    painted = np.tile(np.array(colour, np.float32), (10, 12, 1))
    own = Texture(
        painted, np.full((10, 12), 2, np.uint16), np.full((10, 12), colour[0], np.float32)
    )
    moves = np.stack([geometry.translation(t * shift, 0) for t in range(2)])
    return Plane(moves, (12, 10), own, np.full((10, 12), alpha, np.float32))


# Textures


@pytest.mark.parametrize("count", [1, 2, 5, 8, 300])
def test_masked_median_is_the_lower_median(count: int) -> None:
    random = np.random.default_rng(count)
    stack = random.integers(0, 256, (count, 6, 7, 3), np.uint8)
    valid = random.random((count, 6, 7)) < 0.7
    valid[:, 0, 0], valid[:, 1, 1] = False, True
    median = masked_median(stack, valid)
    assert median.dtype == np.uint8
    for row, column in np.ndindex(6, 7):
        seen = np.sort(stack[valid[:, row, column], row, column], axis=0)
        expected = seen[(len(seen) - 1) // 2] if len(seen) else np.zeros(3)
        np.testing.assert_array_equal(median[row, column], expected)


def test_summary_is_the_mean_of_the_sights_near_the_median() -> None:
    red = np.array([100, 102, 101, 200, 7], np.uint8)
    stack = np.zeros((5, 1, 2, 3), np.uint8)
    stack[:, 0, 0, 0] = red
    valid = np.ones((5, 1, 2), bool)
    valid[4, 0, 0] = valid[:, 0, 1] = False
    colour, seen, spread = summarise(stack, valid)
    np.testing.assert_allclose(colour[0], [[101, 0, 0], [0, 0, 0]])
    np.testing.assert_array_equal(seen, [[4, 0]])
    np.testing.assert_allclose(spread, [[(1 + 1 + 0 + 99) / 4, 0]])
    assert (colour.dtype, seen.dtype) == (np.float32, np.uint16)


def check_painting(found: Texture, homographies: np.ndarray, seed: int = 1) -> None:
    """Compare a texture with the painting, which homographies (T, 3, 3) map to its canvas."""
    height, width = found.seen.shape
    middle = homographies[COUNT // 2]
    place = geometry.apply(np.linalg.inv(middle), geometry.pixel_grid((width, height)))
    error = np.abs(found.colour - Painting(seed).at(place)).max(axis=-1)
    assert np.median(error[found.seen >= 3]) < 1.5
    assert np.quantile(error[found.seen >= 6], 0.99) < 6


def test_the_median_refuses_a_disc_that_passes(one: Scene) -> None:
    shifted, canvas = geometry.fit_canvas(NEAR, SIZE)
    check_painting(robust_texture(one.frames, None, shifted, canvas=canvas), shifted)
    check_painting(robust_texture(one.frames, None, shifted, canvas=canvas, cubic=True), shifted)


def test_frames_a_half_pixel_apart_are_aligned() -> None:
    motion = camera(COUNT, (0.5, -0.5), SIZE, zoom=0.05)
    shifted, canvas = geometry.fit_canvas(motion, SIZE)
    frames = bytes_of(Painting(1).seen(motion, SIZE))
    found = robust_texture(frames, None, shifted, canvas=canvas)
    check_painting(found, shifted)
    assert np.median(found.spread[found.seen > 9]) < 4


def test_the_outermost_pixels_of_a_frame_are_seen() -> None:
    motion = np.stack([geometry.translation(0.5, 0.4), geometry.translation(7.3, 3.6)])
    frames = bytes_of(Painting(1).seen(motion, SIZE))
    shifted, canvas = geometry.fit_canvas(motion, SIZE)
    found = robust_texture(frames, None, shifted, canvas=canvas)
    for frame, place in zip(frames, shifted, strict=True):
        assert geometry.to_frame((found.seen > 0).astype(np.float32), place, SIZE).min() == 1
        error = np.abs(geometry.to_frame(found.colour, place, SIZE) - frame)
        assert max(error[:, [0, -1]].max(), error[[0, -1]].max()) < 12
    assert not found.seen[-4:, :5].any()


def test_masks_keep_a_disc_out_that_stays(one: Scene) -> None:
    frames = draw(STILL, SIZE, discs=[STAYING]).frames
    masks = np.ones(frames.shape[:3], bool)
    masks[:, 33:67, 40:90] = False
    masks[:4, :20] = False
    found = robust_texture(frames, masks, STILL, canvas=SIZE)
    expected = np.full(SIZE[::-1], COUNT)
    expected[33:67, 40:90] = 0
    expected[:20] = COUNT - 4
    np.testing.assert_array_equal(found.seen, expected)
    assert not found.colour[33:67, 40:90].any()
    check_painting(found, STILL)


def test_tiles_of_the_canvas_do_not_show(one: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    shifted, canvas = geometry.fit_canvas(NEAR, SIZE)
    masks = one.alphas[0] < 0.1
    whole = robust_texture(one.frames, masks, shifted, canvas=canvas)
    monkeypatch.setattr(tiles, "TILE_BYTES", 1)
    monkeypatch.setattr(tiles, "TILE_WIDTH", 40)
    tiled = robust_texture(one.frames, masks, shifted, canvas=canvas)
    np.testing.assert_array_equal(tiled.seen, whole.seen)
    # Places are rounded to a part of a pixel, which depends on where a tile begins.
    np.testing.assert_allclose(tiled.colour, whole.colour, atol=2)
    assert np.abs(tiled.colour - whole.colour).mean() < 0.01


# The background


def test_an_opaque_plane_shows_what_the_frames_show(one: Scene) -> None:
    plane = opaque_plane(one.frames, one.alphas[0] < 0.01, NEAR)
    assert plane.alpha.shape == plane.canvas[::-1] and (plane.alpha == 1).all()
    for t in (0, 7, 13):
        known = plane.observation_count(t, SIZE) >= 4
        error = np.abs(plane.view(t, SIZE) - one.plates[t])[known]
        assert error.mean() < 1.5
        assert (plane.coverage(t, SIZE) == 1).all()
    assert plane.observation_count(7, SIZE)[60, 60] == pytest.approx(
        np.sum([inside(NEAR[7], NEAR[t], one.alphas[0, t], (60, 60)) for t in range(COUNT)]), abs=1
    )


def inside(of: np.ndarray, other: np.ndarray, cover: np.ndarray, point: tuple[int, int]) -> bool:
    """Whether another frame shows, uncovered, a point of the frame with homography `of`."""
    x, y = geometry.apply(np.linalg.inv(other) @ of, np.array(point, float)).round().astype(int)
    return 0 <= x < SIZE[0] and 0 <= y < SIZE[1] and cover[y, x] == 0


def test_planes_hide_each_other_from_front_to_back() -> None:
    planes = (flat((200, 0, 0), alpha=0.25), flat((0, 100, 0), alpha=0.5), flat((0, 0, 40)))
    size = (12, 10)
    expected = 0.25 * np.array([200, 0, 0]) + 0.75 * (
        0.5 * np.array([0, 100, 0]) + 0.5 * np.array([0, 0, 40])
    )
    view = background.compose_view(planes, 1, size)
    np.testing.assert_allclose(view, np.broadcast_to(expected, (10, 12, 3)))
    assert background.observation_count(planes, 0, size) == pytest.approx(2)
    assert background.spread(planes, 0, size) == pytest.approx(0.25 * 200)
    np.testing.assert_array_equal(
        background.compose_view(planes[2:], 0, size), planes[2].view(0, size)
    )


def test_plane_masks_show_each_plane_where_nothing_hides_it() -> None:
    front = flat((200, 0, 0), shift=3.0)
    front.alpha[:, :6] = 0
    free = np.ones((2, 10, 12), bool)
    free[:, 0] = False
    near, far = background.plane_masks((front, flat((0, 0, 40))), free)
    assert near.dtype == bool
    # In the second frame the front plane's outline lies three pixels further to the left.
    for t, outline in enumerate((6, 3)):
        np.testing.assert_array_equal(near[t, 1:, outline:], True)
        np.testing.assert_array_equal(far[t, 1:, :outline], True)
        assert not near[t, :, :outline].any() and not far[t, :, outline:].any()
    assert not near[:, 0].any() and not far[:, 0].any()


def test_local_residual_is_large_at_objects_only(one: Scene) -> None:
    plane = opaque_plane(one.frames, one.alphas[0] < 0.01, NEAR)
    residual = cutting.local_residual(one.frames, (plane,))
    assert residual.shape == one.frames.shape[:3]
    inner = np.s_[4:-4, :, 20:-20]  # elsewhere the plane is seen too rarely
    assert np.median(residual[inner][one.alphas[0][inner] == 1]) > 40
    assert np.quantile(residual[inner][one.alphas[0][inner] == 0], 0.8) < 5


def test_two_planes_are_cut_apart_at_the_skyline(two: Scene) -> None:
    front, back = gather_planes(two.frames, two.alphas[0] < 0.01, (NEAR, FAR))
    found = np.stack([front.coverage(t, SIZE) for t in range(COUNT)])
    assert alpha_iou(found, two.near) > 0.96
    assert (back.alpha == 1).all()
    # No frame sees the rim of the canvas: no outline there, which would hide the far plane.
    assert (front.alpha[0] != front.alpha[3]).mean() < 0.02
    for t in (2, 7, 11):
        error = np.abs(background.compose_view((front, back), t, SIZE) - two.plates[t])
        assert error.mean() < 4
    np.testing.assert_allclose(front.homographies[3] @ np.linalg.inv(front.homographies[7]),
                               NEAR[3] @ np.linalg.inv(NEAR[7]), atol=1e-9)  # fmt: skip


def test_plain_sky_between_roofs_goes_with_the_clouds_above() -> None:
    """It stands still with the roofs, but no edge parts it from the clouds."""
    size = (128, 90)
    near, far = camera(COUNT, (2.6, 0.0), size), camera(COUNT, (1.3, 0.0), size)
    x, y = np.moveaxis(
        np.stack([geometry.apply(h, geometry.pixel_grid(size)) for h in near]), -1, 0
    )
    court = (np.abs((x + 30) % 60 - 30) < 16) & (y < 62)
    roofs = (y >= 42) & ~court
    cloudy = np.clip((40 - y) / 8, 0, 1)[..., None]
    sky = np.array((150, 190, 230.0)) + cloudy * (Painting(2).seen(far, size) - 128)
    frames = bytes_of(np.where(roofs[..., None], 0.6 * Painting(1).seen(near, size), sky))
    free = np.ones(roofs.shape, bool)
    first = gather_planes(frames, free, (near, far))[0].alpha < 0.5
    front, _ = gather_planes(frames, free, (near, far), gaps=[first])
    found = np.stack([front.coverage(t, size) for t in range(COUNT)])
    inner = np.s_[:, :, 12:-12]
    assert found[inner][roofs[inner]].mean() > 0.97
    assert found[inner][court[inner] & (y[inner] > 44)].mean() < 0.1


def test_edges_of_the_front_plane_that_do_not_fit_are_not_painted_behind_it(two: Scene) -> None:
    shaken = NEAR.copy()
    shaken[::2, 0, 2] += 1.2
    free = two.alphas[0] < 0.01
    gap = gather_planes(two.frames, free, (shaken, FAR))[0].alpha < 0.5
    _, back = gather_planes(two.frames, free, (shaken, FAR), gaps=[gap])
    seen = back.texture.seen > 0
    to_far = FAR[COUNT // 2] @ np.linalg.inv(back.homographies[COUNT // 2])
    points = geometry.apply(to_far, geometry.pixel_grid(back.canvas))
    wrong = np.abs(
        back.texture.colour - (0.7 * Painting(2, shortest=8, longest=30).at(points) + 75)
    )
    assert seen.mean() > 0.25 and (wrong.max(axis=-1)[seen] > 25).mean() < 0.01


def test_objects_do_not_vote_for_a_plane_behind_that_is_painted_with_them(two: Scene) -> None:
    # It moves with the far plane, before the houses, where nobody ever sees the far plane.
    at = geometry.apply(np.linalg.inv(FAR)[:, None], np.array([[[75.0, 62.0]]]))[:, 0]
    held = Disc(at, 13, (230, 60, 40))
    alpha = np.stack([held.alpha(t, SIZE) for t in range(COUNT)])
    frames = np.where(alpha[..., None] > 0, held.colour, two.frames).astype(np.uint8)
    free = (two.alphas[0] < 0.01) & (alpha == 0)
    free[::5] |= alpha[::5] > 0  # the labels lose it in these frames
    found = [
        gather_planes(frames, free, (NEAR, FAR), objects=objects)[0]
        for objects in (None, alpha > 0)
    ]
    lost, kept = (
        np.stack([plane.coverage(t, SIZE) for t in range(COUNT)])[alpha > 0.9] for plane in found
    )
    assert lost.mean() < 0.9  # else this test shows nothing
    assert kept.mean() > 0.99


def test_places_that_change_are_unsteady() -> None:
    colour = np.zeros((40, 50, 3), np.float32)
    spread = np.ones((40, 50), np.float32)
    spread[10:30, 10:30] = 20
    seen = np.full((40, 50), 5, np.uint16)
    spread[35, 45] = 20  # too small for a gap
    unsteady = changing_places(Texture(colour, seen, spread), 2000)
    assert (unsteady[12:28, 12:28] == 1).all() and not unsteady[:, 40:].any()
    assert not changing_places(Texture(colour, 0 * seen, spread), 2000).any()


# The sweep for more planes


def test_share_of_motion_scales_the_shift_and_keeps_the_zoom() -> None:
    motion = camera(9, (3.0, -1.0), SIZE, zoom=0.1)
    other = geometry.translation(40, 7) @ motion  # on any canvas
    for ratio in (0.5, 1.0, 1.6):
        expected = camera(9, (3.0 * ratio, -1.0 * ratio), SIZE, zoom=0.1)
        np.testing.assert_allclose(share_of_motion(other, ratio, SIZE), expected, atol=1e-9)


def sweep(scene: Scene, motion: np.ndarray, proposed: Sequence[float] = ()) -> list[float]:
    """Sweep what the plane with this motion leaves unexplained; return the ratios."""
    plane = opaque_plane(scene.frames, None, motion)
    off = cutting.local_residual(scene.frames, (plane,)) > Parameters().max_residual_levels
    return parallax_ratios(scene.frames, off, motion, proposed=proposed)


def test_sweep_finds_a_distant_plane(two: Scene) -> None:
    assert sweep(two, NEAR) == pytest.approx([0.5], abs=0.05)


def test_sweep_finds_a_nearer_plane() -> None:
    far, near = camera(COUNT, (1.7, 0.0), SIZE), camera(COUNT, (2.72, 0.0), SIZE)
    assert sweep(draw(near, SIZE, far=far), far) == pytest.approx([1.6], abs=0.08)


def test_sweep_tries_what_is_proposed() -> None:
    """A ratio between those of the series, which a long pan would pass over."""
    far, near = camera(COUNT, (3.0, 0.0), SIZE), camera(COUNT, (7.2, 0.0), SIZE)
    scene = draw(near, SIZE, far=far)
    assert sweep(scene, far, [2.4]) == pytest.approx([2.4], abs=0.03)


def test_sweep_finds_nothing_in_a_single_plane(one: Scene) -> None:
    assert not sweep(one, NEAR)
    assert not sweep(draw(NEAR, SIZE), NEAR)
    assert not sweep(draw(NEAR, SIZE, discs=[STAYING]), NEAR)


def test_sweep_takes_no_held_character_for_a_plane() -> None:
    """Nor one that slides: votes that fall from standing still on are those of one thing."""
    ratios, support = np.array(RATIOS), np.zeros(len(RATIOS))
    support[:5] = 0.13, 0.11, 0.04, 0.02, 0.001
    assert peaks(ratios, support) == []
    assert peaks(ratios, 0 * support) == []
    support[RATIOS.index(1.0)] = 0.05  # the main plane itself
    assert peaks(ratios, support) == []
    support[RATIOS.index(0.5)], support[RATIOS.index(1.8)] = 0.02, 0.03
    assert peaks(ratios, support) == [RATIOS.index(1.8), RATIOS.index(0.5)]


def test_sweep_takes_no_wide_sprite_that_slides_for_a_plane() -> None:
    """It moves by 1.6 times the pan, as a nearer plane would, and spreads over half of a frame."""
    size, count = (200, 96), 20
    pan = camera(count, (2.0, 0.0), size)
    start = np.array([132.0, 48.0])
    sprite = Disc(start - np.outer(np.arange(count), (3.2, 0.0)), 44, (230, 60, 40))
    assert sweep(draw(pan, size, discs=[sprite]), pan) == []


def hills(foreground: np.ndarray) -> np.ndarray:
    """Return frames of hills that pan by 2 pixels a frame before a foreground (T, H, W, 3)."""
    size = foreground.shape[2:0:-1]
    motion = camera(len(foreground), (2.0, 0.0), size)
    place = np.stack([geometry.apply(h, geometry.pixel_grid(size)) for h in motion])
    ridge = 48 + 6 * np.sin(2 * np.pi * place[..., 0] / 70)
    painted = Painting(3, shortest=6, longest=14).seen(motion, size)
    return bytes_of(np.where((place[..., 1] > ridge)[..., None], painted, foreground))


def test_sweep_finds_a_still_sky_of_soft_clouds_behind_hills_that_pan() -> None:
    sky = 0.15 * Painting(2, shortest=60, longest=120).seen(np.eye(3)[None], (160, 96)) + 150
    frames = hills(np.repeat(sky, 20, axis=0))
    motion = camera(20, (2.0, 0.0), (160, 96))
    off = np.zeros(frames.shape[:3], bool)
    off[:, :50] = True
    assert parallax_ratios(frames, off, motion) == [0.0]


def test_soft_places_that_do_not_reach_across_are_no_plane() -> None:
    """A character in soft colours, which the camera follows, before hills that pan."""
    motion = camera(20, (2.0, 0.0), (160, 96))
    frames = hills(np.full((20, 96, 160, 3), 200.0))
    grid = geometry.pixel_grid((160, 96))
    held = np.hypot((grid[..., 0] - 80) / 40, (grid[..., 1] - 40) / 34) < 1
    soft = 0.15 * Painting(2, shortest=60, longest=120).at(grid) + 100
    frames = np.where(held[..., None], bytes_of(soft), frames)
    off = np.repeat(held[None], 20, axis=0)
    assert parallax_ratios(frames, off, motion) == []


def test_flows_propose_the_planes_ratios() -> None:
    motion = camera(COUNT, (3.0, 0.0), SIZE)
    other = share_of_motion(motion, 0.46, SIZE)
    upper = np.arange(SIZE[1])[:, None, None] < SIZE[1] / 2
    flows = {
        (a, b): np.where(
            upper,
            geometry.rigid_flow(other[a], other[b], SIZE),
            geometry.rigid_flow(motion[a], motion[b], SIZE),
        )
        for a in range(COUNT)
        for b in (a - 1, a + 1)
        if 0 <= b < COUNT
    }
    weights = np.ones((COUNT, SIZE[1], SIZE[0]), np.float32)
    assert flow_ratios(flows, weights, motion) == pytest.approx([0.46, 1.0], abs=0.011)


def test_sweep_finds_nothing_when_the_camera_hardly_moves() -> None:
    assert not sweep(draw(STILL, SIZE, discs=[PASSING]), STILL)
    slow = camera(COUNT, (0.5, 0.0), SIZE)
    assert not sweep(draw(slow, SIZE, far=camera(COUNT, (0.25, 0.0), SIZE)), slow)


# From flows to planes


def test_slow_motion_must_be_met_closely_and_fast_motion_by_its_share() -> None:
    deviation = np.array([0.25, 0.35, 0.65, 0.75, 0.75, 0.9])
    length = np.array([0.0, 0.0, 2.0, 2.0, 9.0, 9.0])
    expected = [True, False, True, False, True, False]
    np.testing.assert_array_equal(estimate.agrees(deviation, length), expected)
    fast = estimate.agrees(deviation, length, fast_only=True)
    np.testing.assert_array_equal(fast, [False, False, True, False, True, False])


def test_deviation_is_the_median_over_the_pairs_of_a_frame() -> None:
    shape = (4, 6, 2)
    moves = {(0, 1): (3, 4), (0, 2): (0, 1), (0, 3): (9, 0), (1, 0): (1, 0), (1, 1): (50, 50)}
    flows = {pair: np.broadcast_to(np.array(m, np.float32), shape) for pair, m in moves.items()}
    distance, length = estimate.flow_deviation(
        flows, 2, lambda a, b: np.broadcast_to(np.array([0.0, 2.0 * b]), shape)
    )
    assert distance.shape == (2, 4, 6) and distance.dtype == np.float32
    np.testing.assert_allclose(distance[0], np.median([np.hypot(3, 2), 3, np.hypot(9, 6)]))
    np.testing.assert_allclose(length[0], 4)
    np.testing.assert_allclose(distance[1], 1)


def find(scene: Scene, pair_points: int = 10_000) -> background.Background:
    flows = dis_flows(scene.frames)
    weights = np.stack([gradient_weight(f) for f in scene.frames])
    few = Tuning.of(Parameters(pair_points=pair_points))  # the small pictures hold no more
    rng = np.random.default_rng(0)
    return estimate.find_planes(scene.frames, flows, weights, rng=rng, tuning=few)


def test_planes_are_found_front_to_back(two: Scene) -> None:
    front, back = find(two)
    assert corner_error(front.homographies, NEAR, SIZE).max < 1
    assert corner_error(back.homographies, FAR, SIZE).max < 1.5
    found = np.stack([front.coverage(t, SIZE) for t in range(COUNT)])
    assert alpha_iou(found, two.near) > 0.94


def test_three_planes_are_found_and_cut_apart() -> None:
    tall = (128, 120)
    motions = [camera(COUNT, (step, 0.1 * step), tall) for step in (2.6, 1.56, 0.78)]
    scene = draw(motions[0], tall, discs=[PASSING], far=motions[1], sky=motions[2])
    planes = find(scene)
    assert len(planes) == 3
    for plane, motion, bound in zip(planes, motions, (1, 1.5, 2.5), strict=True):
        assert corner_error(plane.homographies, motion, tall).max < bound
    roofs = (1 - scene.near) * below_skyline(motions[1], tall, 0)
    free = scene.alphas[0] < 0.01
    masks = background.plane_masks(planes, free)
    for found, true in zip(masks, (scene.near, roofs, 1 - scene.near - roofs), strict=True):
        assert alpha_iou(found, np.where(free, true, 0)) > 0.87


def test_a_held_character_is_no_third_plane() -> None:
    assert len(find(draw(NEAR, SIZE, discs=[STAYING], far=FAR))) == 2


def test_a_single_plane_is_found_alone(one: Scene) -> None:
    (plane,) = find(one, pair_points=12_000)
    assert corner_error(plane.homographies, NEAR, SIZE).max < 0.5


def test_flat_patches_go_with_what_surrounds_them() -> None:
    """Plain sky between clouds is sky; a plain wall beside it, with an edge around, is none."""
    colour = np.full((60, 80, 3), 200, np.float32)
    colour[30:, :, :] = 90  # the wall below
    unsteady = np.zeros((60, 80), np.float32)
    unsteady[:28] = 1
    unsteady[8:18, 20:60] = 0  # a patch of plain sky, the sky all around it
    texture = Texture(colour, np.full((60, 80), 9, np.uint16), np.zeros((60, 80), np.float32))
    found = add_flat_bays(unsteady, texture)
    assert (found[:28] == 1).all()
    assert not found[33:].any()
    np.testing.assert_array_equal(add_flat_bays(0 * unsteady, texture), 0 * unsteady)
