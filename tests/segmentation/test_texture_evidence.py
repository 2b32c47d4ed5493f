"""Fine texture: the background's is given back to it, whatever its light."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from scenes import Disc, Scene, camera, draw, path

from toondecompose.planes.background import Background, opaque_plane
from toondecompose.planes.cutting import gather_planes
from toondecompose.segmentation.clean_plates import gather_textures
from toondecompose.segmentation.parameters import Parameters
from toondecompose.segmentation.texture_evidence import (
    class_log_odds,
    texture_log_odds,
    unexplained_share,
)

LIMIT = Parameters().max_texture_log_odds
SIZE = (160, 100)
COUNT = 14
CAMERA = camera(COUNT, (3.0, 0.3), SIZE)
BRIGHT = (slice(6, 30), slice(70, 110))
"""A corner of the picture in which the screen is brighter."""
NOISE = 2.0


@pytest.fixture(scope="module")
def scene() -> Scene:
    disc = Disc(path(COUNT, (40, 60), (120, 50)), 26, (230, 60, 40))
    return draw(CAMERA, SIZE, discs=[disc])


@pytest.fixture(scope="module")
def background(scene: Scene) -> Background:
    return (opaque_plane(scene.frames, scene.alphas[0] < 0.01, CAMERA),)


def inner(scene: Scene) -> np.ndarray:
    return (
        np.stack([cv2.erode((a > 0.9).astype(np.uint8), np.ones((9, 9))) for a in scene.alphas[0]])
        > 0
    )


def brighter(scene: Scene, t: int) -> np.ndarray:
    frames = scene.frames.copy()
    frames[t][BRIGHT] = np.minimum(frames[t][BRIGHT].astype(int) + 18, 255)
    return frames


def test_background_in_another_light_is_background(scene: Scene, background: Background) -> None:
    frames, inside = brighter(scene, 2), scene.alphas[0] > 0.5
    inside[2][BRIGHT] = True  # by its colour
    found = texture_log_odds(frames, background, inside, noise=NOISE)
    assert found.shape == inside.shape and found.dtype == np.float32
    assert found.min() >= -LIMIT and found.max() <= 0
    assert np.median(found[2][14:22, 78:102]) < -1.5  # beside its border windows see the step
    assert (found[inner(scene)] < -1).mean() < 0.02


def test_a_plate_with_few_observations_is_not_trusted(scene: Scene, background: Background) -> None:
    plane = background[0]
    texture = replace(plane.texture, seen=np.minimum(plane.texture.seen, 1))
    frames, inside = brighter(scene, 2), scene.alphas[0] > 0.5
    found = texture_log_odds(frames, (replace(plane, texture=texture),), inside, noise=NOISE)
    assert found.min() >= -LIMIT / Parameters().trusted_observations - 1e-3


def test_texture_before_an_unsteady_plate_is_compared_with_other_frames(
    scene: Scene, background: Background
) -> None:
    """What stands there is not what the plate shows, and moves with it all the same."""
    frames, inside = scene.frames.copy(), scene.alphas[0] > 0.5
    other = draw(CAMERA, SIZE).frames[:, ::-1]
    roof = (slice(4, 24), slice(100, 140))
    view = np.zeros(SIZE[::-1], np.uint8)
    view[roof] = 1
    for t in range(8, COUNT):
        dx = round(3.0 * (t - 8))
        place = np.roll(view, -dx, axis=1) > 0
        picture = np.roll(other[8], -dx, axis=1)
        frames[t][place] = picture[place]
        inside[t][place] = True
    plane = background[0]
    unsteady = replace(plane.texture, spread=np.full_like(plane.texture.spread, 30))
    blind = texture_log_odds(frames, background, inside, noise=NOISE)
    asking = texture_log_odds(frames, (replace(plane, texture=unsteady),), inside, noise=NOISE)
    middle = (slice(10, 18), slice(108, 130))
    assert np.median(blind[9][middle]) > -0.5
    assert np.median(asking[9][middle]) < -1.5
    assert (asking[inner(scene)] < -1).mean() < 0.05


def test_flat_windows_say_nothing() -> None:
    flat = np.full((20, 30), 90, np.float32)
    np.testing.assert_allclose(unexplained_share(flat, flat), 0, atol=0.01)
    waves = flat + 40 * np.sin(np.arange(30, dtype=np.float32))
    assert unexplained_share(waves, waves + 25).max() < -5
    assert unexplained_share(waves, flat).min() > -0.1


def test_no_sample_no_evidence() -> None:
    left = np.full((2, 40, 40), -6, np.float32)
    inside = np.zeros(left.shape, bool)
    assert not class_log_odds(left, inside).any()


def test_planes_gathered_last_keep_their_outlines() -> None:
    far = camera(COUNT, (1.2, 0.1), SIZE)
    two = draw(CAMERA, SIZE, far=far)
    free = np.ones(two.near.shape, bool)
    front, back = gather_planes(two.frames, free, (CAMERA, far))
    front = replace(front, alpha=np.roll(front.alpha, 3, axis=0))
    blank = replace(back.texture, colour=np.zeros_like(back.texture.colour))
    nothing = np.zeros(free.shape, np.float32)
    planes = (front, replace(back, texture=blank))
    found = gather_textures(two.frames, nothing, nothing, background=planes)
    np.testing.assert_array_equal(found[0].alpha, front.alpha)
    assert found[1].texture.colour.max() > 100


def test_structure_that_is_half_explained_says_nothing() -> None:
    inside = np.zeros((2, 80, 80), bool)
    inside[:, :, :40] = True
    left = np.where(inside, 0, -5).astype(np.float32)
    left[0, :10, :10], left[0, 20:30, :10] = -1, -5
    left[:, 40:, 60:] = -1  # as the background's often is
    found = class_log_odds(left, inside)
    assert not found[0, :10, :10].any()
    assert (found[0, 20:30, :10] < -2).all()
    assert not found[1, :, :40].any()
