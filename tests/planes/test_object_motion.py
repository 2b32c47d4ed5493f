"""The motion of planes and sprites over a whole clip."""

from __future__ import annotations

import numpy as np
import pytest
from scenes import Disc, camera, dis_flows, draw, exact_flows, path

from bench.metrics import corner_error
from toondecompose.core import geometry
from toondecompose.core.tuning import Tuning
from toondecompose.motion.matches import gradient_weight
from toondecompose.motion.parameters import Parameters
from toondecompose.motion.solve import Pairs, solve_motion
from toondecompose.planes import object_motion
from toondecompose.planes.background import opaque_plane
from toondecompose.planes.object_motion import solve_plane, solve_sprite

SIZE = (96, 64)


def test_the_motion_of_a_plane_is_found_behind_a_disc() -> None:
    few = Tuning.of(Parameters(solve_points=6_000))  # the small pictures hold no more
    count = 10
    motion = camera(count, (2.6, 0.5), SIZE, zoom=0.05)
    disc = Disc(path(count, (20, 30), (70, 36)), 14, (230, 60, 40))
    scene = draw(motion, SIZE, discs=[disc])
    masks = scene.alphas[0] == 0
    weights = np.stack([gradient_weight(f) for f in scene.frames])
    start = camera(count, (2.6, 0.5), SIZE)  # of the zoom it knows nothing
    assert corner_error(start, motion, SIZE).max > 2
    plane, flows = opaque_plane(scene.frames, masks, start), dis_flows(scene.frames)
    random = np.random.default_rng(0)
    _, found = solve_plane(
        scene.frames, flows, weights, plane=plane, masks=masks, rng=random, tuning=few
    )
    error = corner_error(found, motion, SIZE)
    assert error.mean < 0.2 and error.max < 0.5


def test_a_plane_without_structure_stays_where_it_was() -> None:
    frames = np.full((3, SIZE[1], SIZE[0], 3), 90, np.uint8)
    masks = np.ones(frames.shape[:3], bool)
    plane = opaque_plane(frames, masks, camera(3, (2, 0), SIZE))
    flows = {(0, 1): np.zeros((SIZE[1], SIZE[0], 2), np.float32)}
    name, found = solve_plane(
        frames, flows, np.zeros(masks.shape), plane=plane, masks=masks, rng=np.random.default_rng(0)
    )
    assert name == "translation"
    np.testing.assert_array_equal(found, plane.homographies)


def test_the_motion_of_a_sprite_is_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    solved: list[Pairs] = []

    def spy(start: np.ndarray, pairs: Pairs, *rest: object, **more: object) -> np.ndarray:
        solved.append(pairs)
        return solve_motion(start, pairs, *rest, **more)

    monkeypatch.setattr(object_motion, "solve_motion", spy)
    count = 8
    motion = camera(count, (3, 0), SIZE)
    disc = Disc(path(count, (25, 25), (46, 39)), 16, (230, 60, 40))
    scene = draw(motion, SIZE, discs=[disc])
    masks = scene.alphas[0] > 0.5
    flows = exact_flows(motion, SIZE, [disc], scene.alphas)
    flows[2, 3] = flows[2, 3] + 40  # leads out of the sprite: no match
    weights = np.ones(masks.shape)
    name, found = solve_sprite(flows, weights, masks, rng=np.random.default_rng(0))
    expected = np.stack([geometry.translation(*-c) for c in disc.centres])
    assert name == "translation"
    assert corner_error(found, expected, SIZE).max < 0.05
    pairs = set(zip(solved[-1].a.tolist(), solved[-1].b.tolist(), strict=True))
    assert (3, 2) in pairs and (2, 3) not in pairs
    assert geometry.apply(found[:, None], geometry.corners(SIZE)).min() >= 1


def test_a_sprite_that_nobody_sees_stands_still() -> None:
    flows = {(0, 1): np.zeros((SIZE[1], SIZE[0], 2), np.float32)}
    masks = np.zeros((2, SIZE[1], SIZE[0]), bool)
    name, found = solve_sprite(flows, np.ones(masks.shape), masks, rng=np.random.default_rng(0))
    assert name == "translation"
    np.testing.assert_array_equal(found, np.repeat(np.eye(3)[None], 2, axis=0))
