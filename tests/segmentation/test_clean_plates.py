"""Planes gathered from what the labels leave free."""

from __future__ import annotations

import numpy as np
from scenes import Disc, camera, draw, path

from toondecompose.planes.background import opaque_plane
from toondecompose.segmentation.clean_plates import (
    gather,
    gather_textures,
    moving_regions,
    widened,
)


def test_regions_that_move_by_themselves_are_told_from_those_that_do_not() -> None:
    u, own = np.zeros((2, 20, 40), np.float32), np.zeros((2, 20, 40), np.float32)
    u[:, 3:18, 3:18] = 1
    own[:, 3:10, 3:18] = 0.8  # flat clothes below: their flow is not trusted
    u[:, :6, 24:] = 1  # a strip of sky
    own[:, :6, 24:] = 0.02
    expected = u > 0
    expected[:, :6, 24:] = False
    np.testing.assert_array_equal(moving_regions(u, own), expected)
    assert not moving_regions(0 * u, own).any()


def test_a_sprite_that_stands_still_for_a_while_is_no_background() -> None:
    u = np.zeros((6, 20, 40), np.float32)
    u[:, 4:14, 5:15] = 1  # a sprite
    u[:, 2:5, 25:38] = 1  # a strip of sky
    own = np.zeros(u.shape, np.float32)
    own[1:3, 4:14, 5:15] = 1
    u[5, 4:14, 5:15], u[5, 4:14, 11:21] = 0, 1  # another drawing stands elsewhere
    found = moving_regions(u, own)
    np.testing.assert_array_equal(found[:5, 4:14, 5:15], True)
    assert not found[5].any() and not found[:, 2:5, 25:38].any()


def test_planes_are_gathered_outside_of_objects_and_a_margin() -> None:
    size, count = (64, 48), 6
    motion = camera(count, (0.0, 0.0), size)
    scene = draw(motion, size, discs=[Disc(path(count, (30, 24), (32, 24)), 10, (230, 60, 40))])
    inside = (scene.alphas[0] > 0.5).astype(np.float32)
    plane = opaque_plane(scene.frames, None, motion)
    (found,) = gather(scene.frames, 0 * inside, inside, background=(plane,))
    wide = widened(inside > 0.5)
    assert (wide.sum(axis=(1, 2)) > (inside > 0.5).sum(axis=(1, 2)) + 60).all()
    np.testing.assert_array_equal(found.observation_count(0, size), (~wide).sum(axis=0))
    seen = found.observation_count(0, size) > 0
    assert (~seen).sum() > 200 and not found.view(0, size)[~seen].any()
    assert np.abs(found.view(0, size) - scene.plates[0])[seen].max() < 2


def test_outlines_of_planes_stay_as_they_were_cut() -> None:
    size, count = (48, 32), 5
    near, far = camera(count, (2.0, 0.0), size), camera(count, (1.0, 0.0), size)
    scene = draw(near, size, far=far)
    nothing = np.zeros(scene.frames.shape[:3], np.float32)
    front, back = opaque_plane(scene.frames, None, near), opaque_plane(scene.frames, None, far)
    front.alpha[:10] = 0
    for new, old in zip(
        gather_textures(scene.frames, nothing, nothing, background=(front, back)),
        (front, back),
        strict=True,
    ):
        np.testing.assert_array_equal(new.alpha, old.alpha)
        assert new.texture.seen.shape == old.alpha.shape
