"""Structure that is found again where the camera says, and structure that is not."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import pytest
from scenes import Disc, Painting, Scene, bytes_of, camera, draw, path

from toondecompose.core import geometry
from toondecompose.segmentation.parameters import Parameters
from toondecompose.segmentation.persistence import Persistence, measure_persistence

USUAL = Parameters()
SIZE = (96, 64)
COUNT = 12
STILL = np.repeat(np.eye(3)[None], COUNT, axis=0)
PAN = camera(COUNT, (1.5, 0.0), SIZE)
GRID = geometry.pixel_grid(SIZE)
MOTIONS = pytest.mark.parametrize("motion", [STILL, PAN], ids=["held", "pan"])


def swaying(motion: np.ndarray, amount: float) -> tuple[np.ndarray, np.ndarray]:
    """Return frames of a figure that sways over the picture's middle, and its masks (T, H, W)."""
    frames = Painting(1).seen(motion, SIZE)
    masks = np.zeros(frames.shape[:3], bool)
    for t in range(COUNT):
        own = GRID - np.array([48 + amount * np.sin(2.1 * t), 32 + amount * np.cos(1.3 * t)])
        masks[t] = np.hypot(own[..., 0] / 20, own[..., 1] / 24) < 1
        frames[t][masks[t]] = Painting(5, shortest=8, longest=16).at(own)[masks[t]]
    return bytes_of(frames), masks


@cache
def passing() -> Scene:
    """A disc passes before a wall, the camera is held."""
    return draw(STILL, SIZE, discs=[Disc(path(COUNT, (0, 30), (96, 34)), 12, (230, 60, 40))])


def structured(found: Persistence) -> np.ndarray:
    """Return where there is structure, away from the rim, (T, H, W) bool."""
    mask = found.structure > 0.5
    mask[:, :2] = mask[:, -2:] = mask[:, :, :2] = mask[:, :, -2:] = False
    return mask


def widened(masks: np.ndarray) -> np.ndarray:
    """Return masks (T, H, W) with three pixels around, which the blur mixes, as uint8."""
    kernel = np.ones((7, 7), np.uint8)
    return np.stack([cv2.dilate(mask.astype(np.uint8), kernel) for mask in masks])


# How often structure is found again


@MOTIONS
@pytest.mark.parametrize("amount", [1.0, 2.5])
def test_background_persists_and_a_swaying_figure_does_not(
    motion: np.ndarray, amount: float
) -> None:
    frames, masks = swaying(motion, amount)
    found = measure_persistence(frames, [motion])
    assert found.moving == (motion is PAN)
    ever = masks.any(axis=0)
    kept = structured(found)
    share, count = found.share(widened(masks))
    near = np.zeros_like(ever)
    near[6:-6, 22:-22] = True  # the figure and what lies around it
    figure, wall = kept & masks, kept & ~near & (count > 6)
    assert figure.sum() > 5000 and wall.sum() > 5000
    assert share[wall].mean() > 0.98 and np.quantile(share[wall], 0.02) > 0.8
    usual, _ = found.share()
    assert usual[figure].mean() < 0.6


@MOTIONS
def test_noise_does_not_make_the_background_another(motion: np.ndarray) -> None:
    noise = np.random.default_rng(0).normal(0, 3, (COUNT, SIZE[1], SIZE[0], 3))
    found = measure_persistence(bytes_of(Painting(1).seen(motion, SIZE) + noise), [motion])
    assert found.share()[0][structured(found)].mean() > 0.98


def test_a_background_that_trembles_persists_and_a_swaying_figure_before_it_does_not() -> None:
    """As far as all of the picture is misaligned, structure may be."""
    trembling = PAN.copy()
    trembling[:, :2, 2] += 0.15 * np.array([(1, -1), (-1, 1), (-1, -1), (1, 1)] * 3)
    frames, masks = swaying(trembling, 2.5)
    found = measure_persistence(frames, [PAN])
    share, count = found.share(widened(masks))
    figure, wall = structured(found) & masks, structured(found) & (count > 6)
    wall[:, 2:-2, 20:-20] = False
    assert share[wall].mean() > 0.97
    assert found.share()[0][figure].mean() < 0.7


def test_a_frame_is_no_partner_of_itself() -> None:
    frames = bytes_of(Painting(1).seen(STILL, SIZE))
    share, count = measure_persistence(frames, [STILL]).share()
    np.testing.assert_array_equal(count, COUNT - 1)
    np.testing.assert_array_equal(share, 1)
    frames[4] = 255 - frames[4]  # like no other frame
    share, _ = measure_persistence(frames, [STILL]).share()
    found = measure_persistence(frames, [STILL])
    assert share[4][structured(found)[4]].mean() < 0.05
    np.testing.assert_allclose(share[5][structured(found)[5]].mean(), 1 - 1 / 11, atol=0.02)


def test_partners_that_a_cover_hides_do_not_count() -> None:
    scene = passing()
    found = measure_persistence(scene.frames, [STILL])
    wide = widened(scene.alphas[0] > 0)
    wall = structured(found) & (wide == 0) & (wide.sum(axis=0) > 2)
    assert wall.sum() > 2000
    usual, all_of_them = found.share()
    share, count = found.share(wide)
    assert usual[wall].mean() < 0.8 and share[wall].mean() > 0.99
    hidden = wide.sum(axis=0)[None] - wide
    np.testing.assert_array_equal(count, (COUNT - 1 - hidden).clip(0))
    np.testing.assert_array_equal(all_of_them, COUNT - 1)


def test_covers_are_looked_up_where_the_partner_shows_the_place() -> None:
    """A cover that lies on one place of the canvas hides it, wherever the frames show it."""
    frames = bytes_of(Painting(1).seen(PAN, SIZE))
    on_canvas = [geometry.apply(h, GRID) for h in PAN]
    cover = np.stack([(np.abs(p - [48, 32]) < 8).all(axis=-1) for p in on_canvas])
    cover[5] = False
    _, count = measure_persistence(frames, [PAN]).share(cover.astype(np.uint8))
    inner = (np.abs(on_canvas[5] - [48, 32]) < 6).all(axis=-1)
    np.testing.assert_array_equal(count[5][inner], 0)
    np.testing.assert_array_equal(count[5][:, 30:36][inner.sum(axis=1) == 0], COUNT - 1)


def test_partners_that_do_not_show_the_place_do_not_count() -> None:
    frames = bytes_of(Painting(1).seen(PAN, SIZE))
    found = measure_persistence(frames, [PAN])
    share, count = found.share()
    # Frame t shows the canvas from 1.5 t on: its left rim is shown by earlier frames only.
    assert not count[0, :, 0].any() and not count[-1, :, -1].any()
    np.testing.assert_array_equal(count[6, :, 0], 6)
    np.testing.assert_array_equal(count[0, :, 40], COUNT - 1)
    seen = structured(found) & (count > 3)
    assert share[seen].mean() > 0.98


def test_of_two_planes_the_better_one_counts() -> None:
    far = camera(COUNT, (0.5, 0.0), SIZE)
    scene = draw(PAN, SIZE, far=far)
    alone, both = (measure_persistence(scene.frames, motions) for motions in ([PAN], [PAN, far]))
    sky = structured(both) & (scene.near == 0)
    sky[:, :, :4] = sky[:, :, -4:] = False
    assert sky.sum() > 1000
    assert both.share()[0][sky].mean() > alone.share()[0][sky].mean() + 0.3
    ground = structured(both) & (scene.near == 1) & (GRID[..., 1] > 45)
    assert both.share()[0][ground].mean() > 0.98


# What a match tells


def bars(motion: np.ndarray) -> np.ndarray:
    """Return frames of a wall with one horizontal and two vertical bars."""
    frames = np.full((COUNT, SIZE[1], SIZE[0], 3), 200, np.uint8)
    for frame, homography in zip(frames, motion, strict=True):
        place = geometry.apply(homography, GRID)
        frame[np.abs(place[..., 1] - 16) < 4] = 60
        frame[(np.abs(place[..., 0] % 48 - 24) < 4) & (place[..., 1] > 32)] = 60
    return frames


def test_a_horizontal_line_tells_nothing_about_a_horizontal_pan() -> None:
    pan = camera(COUNT, (2.0, 0.0), SIZE)
    found = measure_persistence(bars(pan), [pan])
    line, upright = structured(found), structured(found)
    line[:, 26:], upright[:, :38] = False, False
    assert line.sum() > 1000 and upright.sum() > 1000
    assert found.across[line].max() < 0.05
    assert found.across[upright].mean() > 0.98
    assert found.share()[0][line].mean() > 0.98  # it is found again all the same
    assert found.near[line].max() < 0.05 and found.near[upright].mean() > 0.95


def test_before_a_held_camera_every_match_tells() -> None:
    found = measure_persistence(bars(STILL), [STILL])
    np.testing.assert_array_equal(found.across, 1)
    np.testing.assert_array_equal(found.near, 0)
    assert not found.moving


def test_a_figure_that_stays_on_the_screen_does_not_move_with_the_camera() -> None:
    pan = camera(COUNT, (2.0, 0.3), SIZE)
    frames, masks = swaying(pan, 0.0)
    found = measure_persistence(frames, [pan])
    inner = structured(found) & (np.hypot(*((GRID - [48, 32]) / [18, 22]).transpose(2, 0, 1)) < 1)
    wall = structured(found)
    wall[:, 2:-2, 18:-18] = False
    assert found.near[wall].mean() > 0.9
    assert found.near[inner].mean() < 0.3
    assert not (inner & ~masks).any()


def test_a_zoom_about_the_middle_moves_although_its_middle_does_not() -> None:
    width, height = 96, 64
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    scales = 1.01 ** np.arange(12)
    zoom = np.stack(
        [geometry.translation(*middle) @ np.diag([s, s, 1]) @ geometry.translation(*-middle)
         for s in scales]
    )  # fmt: skip
    frames = np.zeros((12, height, width, 3), np.uint8)
    found = measure_persistence(frames, [zoom])
    assert found.moving
    assert found.travel == 0, "flat insides grow along with their outlines"
    assert not measure_persistence(frames, [np.repeat(np.eye(3)[None], 12, axis=0)]).moving


def test_the_rival_is_what_a_place_shows_most_often_besides() -> None:
    frames = np.repeat(bytes_of(Painting(1).seen(STILL[:1], SIZE)), COUNT, axis=0)
    shown = np.array([0, 0, 0, 1, 1, 0, 2, 0, 0, 1, 0, 0])
    pictures = bytes_of(np.stack([Painting(k).seen(STILL[:1], SIZE)[0] for k in (1, 2, 3)]))
    frames[:, 20:44, 30:66] = pictures[shown][:, 20:44, 30:66]
    found = measure_persistence(frames, [STILL])
    share, _, rival = found.share_and_rival()
    inner = np.s_[:, 24:40, 34:62]
    often, seldom = (float(np.median(share[shown == k][inner])) for k in (0, 1))
    assert often > 2 * seldom
    assert np.median(rival[shown == 0][inner]) == pytest.approx(seldom)
    for other in (1, 2):
        assert np.median(rival[shown == other][inner]) == pytest.approx(often)
    assert not rival[:, 4:14, 4:-4].any(), "what never changes has no rival"
