"""Sprites separated from the background over a whole clip."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import pytest
from scenes import Disc, Painting, Scene, bytes_of, camera, dis_flows, draw, path

from bench.metrics import alpha_iou
from toondecompose.core import geometry
from toondecompose.planes.background import compose_view, observation_count, opaque_plane
from toondecompose.segmentation.foreground import Separation, Separator, separate
from toondecompose.segmentation.parameters import Parameters
from toondecompose.segmentation.silhouettes import filled_silhouettes

SIZE = (120, 80)
USUAL = Parameters()
COUNT = 12
STILL = np.repeat(np.eye(3)[None], COUNT, axis=0)
PAN = camera(COUNT, (2.0, 0.3), SIZE)
GRID = geometry.pixel_grid(SIZE)
SMALL = (112, 72)
FAST = camera(COUNT, (3.0, 0.3), SMALL)
SKIN, LINE = np.array((225, 180, 150.0)), np.array((30, 25, 25.0))


def find(frames: np.ndarray, motion: np.ndarray) -> Separation:
    """Separate a clip whose camera is known."""
    trust = np.full(frames.shape[:3], 0.7, np.float32)
    return separate(
        frames, dis_flows(frames), trust, background=(opaque_plane(frames, None, motion),)
    )


def separator_of(frames: np.ndarray, motion: np.ndarray) -> Separator:
    """Return the rounds of a clip before the first."""
    trust = np.full(frames.shape[:3], 0.7, np.float32)
    return Separator(
        frames, dis_flows(frames), trust, background=(opaque_plane(frames, None, motion),)
    )


def ious(found: np.ndarray, truth: np.ndarray) -> list[float]:
    """Return the overlap with the truth frame by frame."""
    return [alpha_iou(a, b) for a, b in zip(found, truth, strict=True)]


def eroded(mask: np.ndarray, radius: int) -> np.ndarray:
    """Return a mask (H, W) bool without a rim of so many pixels."""
    return cv2.erode(mask.astype(np.uint8), np.ones((2 * radius + 1,) * 2, np.uint8)) > 0


def ellipse(own: np.ndarray, width: float, height: float) -> np.ndarray:
    """Return roughly how many pixels inside of an ellipse points (..., 2) about its middle lie."""
    return min(width, height) * (1 - np.hypot(own[..., 0] / width, own[..., 1] / height))


def flat_figure(own: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the colours (H, W, 3) and coverage (H, W) of a flat figure with an outline.

    A patch on its breast has the colour of the wall, and no outline of its own.
    """
    depth = ellipse(own, 19, 28)
    colour = np.where((depth > 2)[..., None], SKIN, LINE)
    patch = np.hypot(own[..., 0], own[..., 1] - 6) < 6
    colour = np.where(patch[..., None], 128.0, colour)
    return colour, np.clip(depth + 0.5, 0, 1)


@cache
def swaying(*, patches: bool) -> tuple[np.ndarray, np.ndarray, Separation]:
    """Return frames, truth and what is found of a figure that sways and never leaves its place.

    The wall behind is painted in flat patches, or has no flat place at all.
    """
    frames = Painting(1).seen(STILL, SIZE)
    frames = 40 * np.round(frames / 40) if patches else frames
    truth = np.zeros(frames.shape[:3])
    for t in range(COUNT):
        own = GRID - np.array([60 + 2.5 * np.sin(0.9 * t), 40 + np.cos(0.7 * t)])
        colour, truth[t] = flat_figure(own)
        frames[t] += truth[t][..., None] * (colour - frames[t])
    frames = bytes_of(frames)
    return frames, truth, find(frames, STILL)


# What is found in drawn clips


@pytest.fixture(scope="module")
def scene() -> Scene:
    disc = Disc(path(COUNT, (42, 34), (60, 40)), 15, (230, 60, 40))
    return draw(FAST, SMALL, discs=[disc])


@pytest.fixture(scope="module")
def separation(scene: Scene) -> Separation:
    """Separate from a plane that no mask has kept clean."""
    flows = dis_flows(scene.frames)
    trust = np.full(scene.frames.shape[:3], 0.7, np.float32)
    plane = opaque_plane(scene.frames, None, FAST)
    lines: list[str] = []
    found = separate(scene.frames, flows, trust, background=(plane,), say=lines.append)
    assert 2 <= len(lines) < USUAL.max_rounds, "settled labels are not decided again"
    assert lines[1].startswith("round 2: ") and lines[-1].startswith("with fine texture, ")
    return found


def test_a_disc_is_separated(scene: Scene, separation: Separation) -> None:
    found = separation.foreground
    assert found.shape == scene.frames.shape[:3] and found.dtype == np.float32
    assert found.min() >= 0 and found.max() <= 1
    assert min(alpha_iou(a, b) for a, b in zip(found, scene.alphas[0], strict=True)) > 0.9
    assert alpha_iou(found, scene.alphas[0]) > 0.95


def test_the_plate_loses_the_trace_of_the_disc(scene: Scene, separation: Separation) -> None:
    for t in (1, 6, 10):
        view = compose_view(separation.background, t, SMALL)
        assert np.abs(view - scene.plates[t])[:, 12:-12].mean() < 2
        hidden = scene.alphas[0, t] == 1
        assert np.quantile(np.abs(view - scene.plates[t])[hidden], 0.95) < 12


@pytest.mark.parametrize(
    "patches",
    [
        True,
        False,
    ],
    ids=["patches", "nothing flat"],
)
def test_a_flat_figure_that_sways_is_found_whole(patches: bool) -> None:
    _, truth, found = swaying(patches=patches)
    assert min(ious(found.foreground, truth)) > 0.9
    core = np.stack([eroded(alpha > 0.5, 3) for alpha in truth])
    assert found.foreground[core].mean() > 0.99


def test_the_plate_behind_a_figure_that_never_leaves_is_unobserved() -> None:
    _, truth, found = swaying(patches=True)
    always = eroded((truth > 0.5).all(axis=0), 1)
    assert always.sum() > 800
    for t in (0, 5, 11):
        assert not observation_count(found.background, t, SIZE)[always].any()
        around = observation_count(found.background, t, SIZE)[:, [5, 20, 100, 115]]
        np.testing.assert_array_equal(around, COUNT)


def test_what_looks_like_the_wall_in_a_figure_is_closed_where_nothing_shows_through() -> None:
    _, truth, found = swaying(patches=True)
    for t, alpha in enumerate(found.foreground):
        middle = np.array([60 + 2.5 * np.sin(0.9 * t), 46 + np.cos(0.7 * t)])
        patch = np.linalg.norm(GRID - middle, axis=-1) < 6
        assert (alpha[patch] > 0.5).all()


def test_a_hole_through_which_the_background_moves_stays_open() -> None:
    walker = Disc(path(COUNT, (40, 40), (78, 42)), 24, (230, 60, 40))
    frames, truth = Painting(1).seen(PAN, SIZE), np.zeros((COUNT, SIZE[1], SIZE[0]))
    for t in range(COUNT):
        distance = np.linalg.norm(GRID - walker.centres[t], axis=-1)
        truth[t] = walker.alpha(t, SIZE) * np.clip(distance - 10 + 0.5, 0, 1)
        frames[t] += truth[t][..., None] * (walker.painted(t, SIZE) - frames[t])
    found = find(bytes_of(frames), PAN).foreground
    assert min(ious(found, truth)) > 0.9
    for t in range(COUNT):
        hole = np.linalg.norm(GRID - walker.centres[t], axis=-1) < 8
        assert (found[t][hole] > 0.5).mean() < 0.1


@pytest.mark.parametrize("noise", [0, 3])
def test_a_passer_by_on_static_ground_leaves_no_halo(noise: float) -> None:
    walker = Disc(path(COUNT, (14, 40), (106, 42)), 14, (40, 70, 240))
    scene = draw(STILL, SIZE, discs=[walker])
    random = np.random.default_rng(0)
    frames = bytes_of(scene.frames + random.normal(0, noise, scene.frames.shape))
    found = find(frames, STILL).foreground
    assert min(ious(found, scene.alphas[0])) > 0.9
    for t in range(COUNT):
        beyond = np.linalg.norm(GRID - walker.centres[t], axis=-1) > 17
        assert not (found[t][beyond] > 0.5).any()


@pytest.mark.parametrize(
    "scale",
    [
        0.5,
        1,
    ],
)
def test_a_walker_before_an_even_ground_is_found(scale: float) -> None:
    frames, truth = np.full((COUNT, SIZE[1], SIZE[0], 3), 170.0), []
    for t, x in enumerate(np.linspace(20, 100, COUNT)):
        colour, alpha = flat_figure((GRID - np.array([x, 40])) / scale)
        frames[t] += alpha[..., None] * (colour - frames[t])
        truth.append(alpha)
    assert min(ious(find(bytes_of(frames), STILL).foreground, np.stack(truth))) > 0.9


@pytest.mark.parametrize("motion", [STILL, PAN], ids=["held", "pan"])
def test_nothing_is_found_where_nothing_moves_by_itself(motion: np.ndarray) -> None:
    noise = np.random.default_rng(0).normal(0, 2, (COUNT, SIZE[1], SIZE[0], 3))
    found = find(bytes_of(Painting(1).seen(motion, SIZE) + noise), motion)
    assert (found.foreground > 0.5).mean() < 0.002


def test_planes_are_gathered_and_votes_learnt_outside_of_filled_silhouettes() -> None:
    frames, truth, _ = swaying(patches=True)
    inside = truth > 0.5
    inside[:, 35:45, 56:64] = False  # the labels have a hole, and nothing shows through it
    separator = separator_of(frames, STILL)
    labels = separator.first_labels()
    (plane,) = separator.gather(inside.astype(np.float32), (opaque_plane(frames, None, STILL),))
    assert not plane.observation_count(5, SIZE)[36:44, 57:63].any()
    np.testing.assert_array_equal(
        separator.structure, separator.votes.learn(inside, filled_silhouettes(inside, 0 * labels))
    )


def test_labels_are_solid_and_without_small_things() -> None:
    frames, truth, found = swaying(patches=True)
    separator = separator_of(frames, STILL)
    separator.first_labels()
    background = separator.gather(found.foreground, found.background)
    hints = np.zeros(truth.shape, np.float32)
    hints[5, 28:31, 58:61] = -50  # a speck within the figure
    hints[5, 10:18, 5:13] = 50  # a small thing on the wall
    labels = separator.decide(found.foreground, background, hints=hints)
    assert labels.dtype == np.float32 and min(ious(labels, truth)) > 0.9
    np.testing.assert_array_equal(labels[5, 28:31, 58:61], 1)
    assert not labels[:, :20, :20].any()
