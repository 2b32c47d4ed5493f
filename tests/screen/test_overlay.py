"""Overlays that stand still on the screen are found, solved for, taken out and kept."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from scenes import Disc, Scene, camera, dis_flows, draw, path

from toondecompose.screen.overlay import (
    Overlay,
    Region,
    overlay_layer,
    remove_overlays,
    solve_overlays,
    triangulate,
)
from toondecompose.screen.overlay_search import (
    before_motion,
    find_overlays,
    is_surrounded,
    longest_stand,
    may_be_overlay,
    separate_parts,
)
from toondecompose.screen.search import find_screen_layers
from toondecompose.store.artifacts import ClipFolder
from toondecompose.store.screen import (
    read_clean_source,
    read_lighting,
    read_overlays,
    write_overlays,
    write_screen,
)

SIZE, COUNT = (240, 136), 20
CAMERA = camera(COUNT, (4.0, 0.3), SIZE)
LOGO = (250.0, 240.0, 90.0)
SHOWN = np.arange(COUNT) >= 5


def mark() -> np.ndarray:
    """Alpha (H, W) of a logo at the upper right: a ring with a soft rim, 0.7 opaque."""
    large = np.zeros((SIZE[1] * 4, SIZE[0] * 4), np.uint8)
    cv2.circle(large, (212 * 4, 22 * 4), 12 * 4, 255, 5 * 4)
    return 0.7 * cv2.resize(large, SIZE, interpolation=cv2.INTER_AREA) / 255.0


def words() -> np.ndarray:
    """Alpha (H, W) of a subtitle at the foot."""
    large = np.zeros((SIZE[1] * 4, SIZE[0] * 4), np.uint8)
    cv2.putText(large, "HOME", (80 * 4, 124 * 4), cv2.FONT_HERSHEY_DUPLEX, 2.4, 255, 16)
    return cv2.resize(large, SIZE, interpolation=cv2.INTER_AREA) / 255.0


@pytest.fixture(scope="module")
def scene() -> Scene:
    # The disc stands still on the screen as well: the camera goes with it.
    discs = [Disc(path(COUNT, (120, 60), (120, 60)), 18, (200, 60, 40))]
    return draw(CAMERA, SIZE, discs=discs)


@pytest.fixture(scope="module")
def frames(scene: Scene) -> np.ndarray:
    """The scene with a logo throughout, and a subtitle from frame 5 on."""
    picture = scene.frames.astype(float)
    for alpha, colour, shown in (
        (mark(), LOGO, np.ones(COUNT, bool)),
        (words(), (250, 250, 250), SHOWN),
    ):
        share = alpha[..., None]
        picture[shown] = (1 - share) * picture[shown] + share * np.array(colour)
    return np.round(picture).astype(np.uint8)


def test_logo_and_subtitle_are_found(frames: np.ndarray) -> None:
    regions = find_overlays(frames, CAMERA)
    assert len(regions) == 2
    logo, subtitle = sorted(regions, key=lambda r: np.nonzero(r.mask)[0].mean())
    assert logo.shown.all()
    np.testing.assert_array_equal(subtitle.shown, SHOWN)
    for region, alpha in ((logo, mark()), (subtitle, words())):
        assert region.mask[alpha > 0.6].mean() > 0.8
        # Gaps of letters that are narrower than the camera's step belong to it; alpha tells.
        near = cv2.dilate((alpha > 0).astype(np.uint8), np.ones((5, 5))) > 0
        assert not (region.mask & ~near).any()


def test_a_figure_that_the_camera_goes_with_is_none(scene: Scene) -> None:
    assert find_overlays(scene.frames, CAMERA) == []


def test_before_a_still_camera_nothing_is_an_overlay(frames: np.ndarray) -> None:
    still = np.repeat(np.eye(3)[None], COUNT, axis=0)
    assert find_overlays(np.repeat(frames[:1], COUNT, axis=0), still) == []


def test_colour_and_alpha_are_those_of_the_overlay(frames: np.ndarray) -> None:
    overlays, _ = solve_overlays(frames, CAMERA, find_overlays(frames, CAMERA))
    layer = overlay_layer(overlays, COUNT - 1)
    alpha = layer[..., 3] / 255
    error = np.abs(alpha - np.maximum(mark(), words()))
    assert error[mark() > 0].mean() < 0.06 and error.mean() < 0.01
    solid = mark() > 0.65
    np.testing.assert_allclose(np.median(layer[solid][:, :3], axis=0), LOGO, atol=8)
    assert not overlay_layer(overlays, 0)[100:, :, 3].any()


def test_what_is_behind_is_restored(frames: np.ndarray, scene: Scene) -> None:
    overlays, behind = solve_overlays(frames, CAMERA, find_overlays(frames, CAMERA))
    clean = remove_overlays(frames, behind, overlays)
    covered = np.maximum(mark(), words()) > 0.1
    before = np.abs(frames.astype(float) - scene.frames)[SHOWN][:, covered].mean()
    after = np.abs(np.stack(clean).astype(float) - scene.frames)[SHOWN][:, covered].mean()
    assert after < 0.15 * before
    untouched = ~(cv2.dilate(covered.astype(np.uint8), np.ones((13, 13))) > 0)
    np.testing.assert_array_equal(np.stack(clean)[:, untouched], frames[:, untouched])


def test_an_overlay_before_a_sprite_is_not_filled_with_the_background() -> None:
    # A flat disc behind an opaque bar: the bar's place becomes disc, not background.
    flat = np.full((40, 60, 3), 60, np.uint8)
    frame = flat.copy()
    frame[8:32, 15:45] = (200, 40, 40)
    bar = np.zeros((40, 60, 4), np.uint8)
    bar[18:22, 20:40] = 255
    frame[18:22, 20:40] = 255

    class Known:
        def view(self, t: int) -> tuple[np.ndarray, np.ndarray]:
            return flat.astype(np.float32), np.ones(flat.shape[:2], bool)

    overlay = Overlay(bar, np.ones(1, bool))
    (clean,) = remove_overlays([frame], Known(), [overlay])  # type: ignore[arg-type]
    np.testing.assert_allclose(clean[19:21, 22:38], np.full((2, 16, 3), (200, 40, 40)), atol=3)


def test_triangulation_needs_a_background_that_changes() -> None:
    random = np.random.default_rng(0)
    plates = random.uniform(0, 255, (30, 1, 3)).astype(np.float32)
    own = np.array([200.0, 100.0, 20.0])
    around = random.uniform(0, 255, (30, 8, 3)).astype(np.float32)
    known, unknown = np.ones((30, 1)), np.zeros((30, 1))
    for share in (0.2, 0.6, 1.0):
        pixels = share * own + (1 - share) * plates
        colour, alpha = triangulate(pixels, plates, known, around=around)
        assert abs(alpha[0] - share) < 0.03
        np.testing.assert_allclose(colour[0], own, atol=6)
        _, alpha = triangulate(pixels, plates, unknown, around=around)
        assert abs(alpha[0] - share) < 0.2
    flat = np.full_like(plates, 80)
    assert triangulate(flat, flat, known, around=around)[1][0] == 0
    assert triangulate(flat + 60, flat, known, around=around)[1][0] > 0.9


def test_the_longest_stand_ends_where_votes_turn() -> None:
    votes = np.array([-2, 1, 0, 1, 1, -2, -2, 1], np.float32)[:, None, None]
    best, first, last = longest_stand(votes)
    assert (best[0, 0], first[0, 0], last[0, 0]) == (3, 1, 5)


def test_only_small_things_in_the_outer_part_may_be_overlays() -> None:
    mask = np.zeros((100, 200), bool)
    mask[88:94, 40:160] = True
    assert may_be_overlay(mask, (200, 100))
    middle = np.roll(mask, -40, axis=0)
    assert not may_be_overlay(middle, (200, 100))
    cut_off = np.roll(mask, 6, axis=0)
    assert not may_be_overlay(cut_off, (200, 100))
    tall = np.zeros_like(mask)
    tall[60:99, 1:11] = True
    assert not may_be_overlay(tall, (200, 100))


def test_a_part_of_a_figure_that_fills_the_picture_is_none() -> None:
    # A highlight on flat hair: the plate is hair as well, but nothing around moves.
    still = np.zeros((5, 40, 60), np.float32)
    still[:, 12:20, 20:40] = 1
    mask = still[0] > 0
    region = Region(mask, np.ones(6, bool))
    assert not before_motion(still, region)
    street = np.where(still > 0, still, -4)
    assert before_motion(street, region)


def test_scattered_pixels_are_no_part() -> None:
    still = np.zeros((60, 120), bool)
    still[10:16, 10:40] = True
    still[30:58:6, 10:110:12] = True
    parts = separate_parts(still)
    assert len(parts) == 1 and parts[0][12, 20]


def test_sprites_around_a_region_speak_against_it(frames: np.ndarray) -> None:
    regions = find_overlays(frames, CAMERA)
    _, behind = solve_overlays(frames, CAMERA, regions)
    assert all(is_surrounded(frames, behind, one) for one in regions)
    inside = np.zeros(SIZE[::-1], bool)
    inside[58:62, 118:122] = True
    assert not is_surrounded(frames, behind, Region(inside, SHOWN))


def test_the_clip_folder_holds_overlays_and_frames_without_them(
    frames: np.ndarray, scene: Scene, tmp_path: Path
) -> None:
    clip = ClipFolder(root=tmp_path)
    clip.write_npy("frame/gain.npy", np.ones(COUNT, np.float32))
    source = (2 * SIZE[0], 2 * SIZE[1])
    info = {"frames": COUNT, "working_size": list(SIZE), "source_size": list(source)}
    clip.write_json("frame/info.json", info)
    for t, frame in enumerate(frames):
        clip.write_png(f"source/{t}.png", cv2.resize(frame, source))
    trust = np.ones(frames.shape[:3], np.float32)
    layers = find_screen_layers(frames, CAMERA, dis_flows(frames), trust=trust)
    assert layers and layers.light is None and len(layers.lines()) == 2
    assert not layers.uncovered()[-1][mark() > 0.6].any()
    assert read_overlays(clip, COUNT) == []
    write_screen(clip, layers)
    write_overlays(clip, layers, {})
    overlays = read_overlays(clip, COUNT)
    assert overlays[0].picture.shape == (*source[::-1], 4)
    shown = sorted(int(one.shown.sum()) for one in overlays)
    assert shown == [int(SHOWN.sum()), COUNT]
    clean = read_clean_source(clip, read_lighting(clip), COUNT - 1)
    covered = cv2.resize(words(), source) > 0.5
    wanted = cv2.resize(scene.frames[-1], source).astype(float)
    assert np.abs(clean - wanted)[covered].mean() < 0.2 * np.abs(250 - wanted)[covered].mean()
