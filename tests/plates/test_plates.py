"""Clean plates at full resolution, each piece against a truth that is drawn here."""

import cv2
import numpy as np
import pytest

from tests.matting.test_matting import (
    SIZE,
    disc,
    painting,
)
from toondecompose.core import geometry
from toondecompose.planes.background import Plane
from toondecompose.planes.texture import Texture
from toondecompose.plates.gathering import gather_texture
from toondecompose.plates.inpainting import inpaint_hidden, visible_canvas
from toondecompose.plates.label_upsampling import background_masks, upsample_mask
from toondecompose.plates.patch_inpainting import inpaint_patches
from toondecompose.plates.plates import Plate, gather_plates, render_plates
from toondecompose.plates.push_pull import push_pull
from toondecompose.plates.registration import draft_size, register_planes, upscale_planes
from toondecompose.plates.super_resolution import DETAIL_STEPS, super_resolve
from toondecompose.plates.triangulation import triangulate
from toondecompose.plates.visibility import plane_masks


def test_triangulation_recovers_alpha_over_moving_backgrounds() -> None:
    rng = np.random.default_rng(0)
    alpha = rng.random(200).astype(np.float32)
    colour = rng.uniform(0, 255, (200, 3)).astype(np.float32)
    behind = rng.uniform(0, 255, (20, 200, 3)).astype(np.float32)
    image = alpha[:, None] * colour + (1 - alpha)[:, None] * behind
    image += rng.normal(0, 1, image.shape)
    image[3] = 255  # something passes by
    valid = np.ones(image.shape[:2], bool)
    found, paint = triangulate(
        image.astype(np.float32), behind, valid, prior=np.full(200, 0.5), noise=1.0
    )
    assert np.abs(found - alpha).max() < 0.03
    assert np.abs(paint - alpha[:, None] * colour).mean() < 3
    still = np.repeat(behind[:1], 20, axis=0)
    found, _ = triangulate(still, still, valid, prior=np.full(200, 0.7), noise=1.0)
    assert np.allclose(found, 0.7, atol=1e-3), "without evidence it is what was expected"


def two_layers(count: int) -> tuple[np.ndarray, list[Plane], np.ndarray]:
    """Frames of a house before a sky, their planes, and the house's alpha on its canvas."""
    house, sky = painting((140, 80), 1), painting((130, 80), 2)
    cover = disc((140, 80), (70, 60), 30)
    motions = [np.stack([geometry.translation(step * t + 2, 2) for t in range(count)])
               for step in (3.3, 1.4)]  # fmt: skip
    paint = np.dstack([house * cover[..., None], cover])
    frames = []
    for near, far in zip(*motions, strict=True):
        front = geometry.to_frame(paint, near, SIZE, cubic=True)
        back = geometry.to_frame(sky, far, SIZE, cubic=True)
        frames.append(np.round(front[..., :3] + (1 - front[..., 3:]) * back))
    blank = Texture(*(np.zeros((1, 1)) for _ in range(3)))
    planes = [
        Plane(motions[0], (140, 80), blank, (cover > 0.5).astype(np.float32)),
        Plane(motions[1], (130, 80), blank, np.ones((80, 130), np.float32)),
    ]
    return np.clip(frames, 0, 255).astype(np.uint8), planes, cover


def test_plates_with_soft_outline_and_marked_fill() -> None:
    frames, planes, cover = two_layers(14)
    free = [np.ones(f.shape[:2], bool) for f in frames]
    for mask in free:
        mask[50:60, :] = False  # hidden in every frame
    plates = gather_plates(list(frames), [free], planes, outline_error=3.0)
    alpha = plates[0].paint[..., 3]
    seen = plates[0].facts[..., 0] > 0
    edge = (cover > 0) & (cover < 1) & seen
    assert np.abs(alpha - cover)[edge].mean() < 0.06
    for t in (0, 7, 13):
        view = render_plates(plates, t, SIZE)
        assert not view.observed[53:57].any(), "what is filled in is marked"
        assert view.observed[5:45, 5:-5].mean() > 0.95
        error = np.abs(view.colour - frames[t])[view.observed]
        assert error.mean() < 1.0
    picture = plates[0].picture()
    assert picture.shape == (80, 140, 4) and picture[60, 70, 3] == 255 and picture[5, 5, 3] == 0


def test_observations_near_a_sprite_serve_only_where_there_are_no_others() -> None:
    frames, planes, _ = two_layers(10)
    far = planes[1:]
    free = [np.ones(f.shape[:2], bool) for f in frames]
    behind_plate = gather_plates(list(frames), [free], far, outline_error=3.0)[0].paint
    near = [mask.copy() for mask in free]
    for t, mask in enumerate(near):
        left = round(40 - 1.4 * t)  # the same place of the plane in every frame
        mask[30:44, left : left + 20] = False
        frames[t][33:41, left + 3 : left + 17] = (255, 0, 255)  # a sprite, labelled too small
        free[t][34:40, left + 4 : left + 16] = False
    plate = gather_plates(list(frames), [near, free], far, outline_error=3.0)[0]
    assert plate.facts[42, 52, 0] == 1 and np.abs(plate.paint - behind_plate)[43, 45:60].mean() < 4
    assert plate.facts[39, 52, 0] == 0, "hidden in both"
    wide = gather_plates(list(frames), [near], far, outline_error=3.0)[0]
    seen = wide.facts[..., 0] > 0
    assert 0 < (plate.facts[..., 0] > 0).sum() - seen.sum() < 300
    np.testing.assert_array_equal(plate.facts[seen], wide.facts[seen])


def test_alignment_sharpens_motion() -> None:
    frames, planes, _ = two_layers(14)
    free = [np.ones(f.shape[:2], bool) for f in frames]
    rng = np.random.default_rng(4)
    shaken = [Plane(p.homographies + _shake(rng, 14), p.canvas, p.texture, p.alpha) for p in planes]
    aligned = register_planes(frames, free, tuple(shaken), outline_error=3.0)
    for true, before, after in zip(planes, shaken, aligned, strict=True):
        assert _error(after, true) < 0.5 * _error(before, true)
        assert _error(after, true) < 0.2


def _shake(rng: np.random.Generator, count: int) -> np.ndarray:
    shift = np.zeros((count, 3, 3))
    shift[:, :2, 2] = rng.normal(0, 0.4, (count, 2))
    return shift


def _error(plane: Plane, true: Plane) -> float:
    shift = (plane.homographies - true.homographies)[:, :2, 2]
    return float(np.hypot(*(shift - shift.mean(axis=0)).T).mean())


def test_planes_grow_and_hide_each_other() -> None:
    _, planes, _ = two_layers(4)
    large = upscale_planes(tuple(planes), SIZE, (192, 144))
    assert large[0].canvas == (280, 160) and large[0].alpha.shape == (160, 280)
    free = [np.ones((144, 192), bool)] * 4
    near, far = plane_masks(large, free, 4.0)
    for own, other in zip(near, far, strict=True):
        assert not (own & other).any()
        assert 0.5 < (own | other).mean() < 1
    assert draft_size((1920, 1080)) == (960, 540)


def test_a_canvas_too_large_to_hold_is_made_smaller(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    _, planes, _ = two_layers(4)
    whole = upscale_planes(tuple(planes), SIZE, (192, 144))
    monkeypatch.setattr(geometry, "LARGEST_CANVAS", 280 * 160 // 4)
    halved = upscale_planes(tuple(planes), SIZE, (192, 144))
    assert halved[0].canvas == (140, 80) and halved[0].alpha.shape == (80, 140)
    assert "a canvas of 280x160 pixels is too large" in caplog.text
    for one, other in zip(whole[0].homographies, halved[0].homographies, strict=True):
        ends = [geometry.apply(h, geometry.corners((192, 144))) for h in (one, other)]
        apart = (ends[0] + 0.5) / 2 - (ends[1] + 0.5)
        np.testing.assert_allclose(apart, np.broadcast_to(apart[:1], apart.shape), atol=1e-9)
        assert np.abs(apart).max() < 0.75, "either keeps the pixel grid of the middle frame"


def test_fill_keeps_the_known_and_spreads_it() -> None:
    picture = painting(SIZE)
    weight = np.ones(picture.shape[:2], np.float32)
    weight[30:40, 30:60] = 0
    filled = push_pull(picture, weight)
    assert np.array_equal(filled[weight == 1], picture[weight == 1])
    assert np.abs(filled - picture)[weight == 0].mean() < 25
    assert not push_pull(picture, np.zeros_like(weight)).any()
    flat = push_pull(np.full_like(picture, 7), weight)
    assert np.allclose(flat, 7, atol=1e-3)


def railing(size: tuple[int, int]) -> np.ndarray:
    """Bars that repeat every 11 pixels, under a rail, before a wall that changes its tone."""
    x, y = np.meshgrid(np.arange(size[0]), np.arange(size[1]))
    bars = np.where((x % 11 < 4) & (y > size[1] // 3), 40.0, 200.0)
    bars[(y > size[1] // 3 - 4) & (y <= size[1] // 3)] = 90
    return np.dstack([bars, bars * 0.9, 0.5 * bars + 0.3 * y]).astype(np.float32)


def test_structure_is_rebuilt_from_what_repeats() -> None:
    picture = railing((160, 96))
    hole = np.zeros(picture.shape[:2], bool)
    hole[20:75, 60:95] = True
    known = ~hole
    known[:, 150:] = False  # outside of all frames: neither copied nor rebuilt
    smooth = push_pull(picture * known[..., None], known.astype(np.float32))
    found = inpaint_patches(smooth, known, hole)
    assert np.array_equal(found[~hole], smooth[~hole])
    errors = [np.abs(one - picture)[hole].mean() for one in (smooth, found)]
    assert errors[1] < 0.15 * errors[0] and errors[0] > 30
    assert np.array_equal(inpaint_patches(smooth, known, hole), found), "without chance"


def test_without_whole_patches_the_fill_stays_smooth() -> None:
    picture = railing((60, 40))
    known = np.zeros(picture.shape[:2], bool)
    known[::4] = True
    hole = ~known
    assert np.array_equal(inpaint_patches(picture, known, hole), picture)
    assert inpaint_patches(picture, hole, np.zeros_like(hole)) is picture


def test_only_hidden_places_in_sight_are_rebuilt() -> None:
    near, far = railing((120, 96)), railing((120, 96))
    cover = np.zeros((96, 120), np.float32)
    cover[:, :60] = 1
    still = np.repeat(np.eye(3)[None], 2, axis=0)
    facts = np.ones((96, 120, 3), np.float32)
    hidden = np.zeros((96, 120), bool)
    hidden[40:60, 10:30] = hidden[40:60, 75:95] = True
    facts[hidden] = 0
    far[hidden] = near[hidden] = 128
    front = Plate(still, np.dstack([near * cover[..., None], cover]), facts)
    back = Plate(still, np.dstack([far, np.ones_like(cover)]), facts)
    seen = visible_canvas((front, back), (120, 90))
    assert not seen[:, :58].any() and seen[:90, 62:].all() and not seen[92:].any()
    new_front, new_back = inpaint_hidden((front, back), (120, 90))
    truth, left = railing((120, 96)), np.arange(120) < 60
    for old, new, side in ((front, new_front, left), (back, new_back, ~left)):
        inside = hidden & side
        assert np.abs(new.paint[..., :3] - truth)[inside].mean() < 12
        assert np.array_equal(new.paint[~inside], old.paint[~inside])
        assert np.array_equal(new.facts, old.facts), "what is invented stays marked"


def test_places_beside_an_outline_are_seen_where_nothing_else_shows_them() -> None:
    frames, planes, _ = two_layers(14)
    still = [Plane(np.repeat(p.homographies[:1], 14, axis=0), p.canvas, p.texture, p.alpha)
             for p in planes]  # fmt: skip
    free = [np.ones(f.shape[:2], bool) for f in frames]
    plates = gather_plates([frames[0]] * 14, [free], still, outline_error=3.0)
    view = render_plates(plates, 0, SIZE)
    assert view.observed.mean() > 0.97, "within 3 pixels of the outline lies a tenth"
    assert np.abs(view.colour - frames[0])[view.observed].mean() < 2


def test_gaps_that_only_a_label_closes_open_last() -> None:
    shown, label, doubtful = (np.zeros((40, 80), bool) for _ in range(3))
    shown[:, 30:36] = shown[:, 44:60] = True  # two strands, with a gap of 8 pixels
    label[:, 30:60] = True
    doubtful[:, [10, 39]] = True
    steps = background_masks(shown, label, doubtful, scale=2.0)
    columns = [mask[20].nonzero()[0].tolist() for mask in steps]
    assert columns[0] == [*range(10), *range(11, 24), *range(66, 80)]
    assert columns[1] == [*range(10), *range(11, 29), *range(61, 80)]
    assert columns[2] == [*range(10), *range(11, 29), 37, 38, *range(40, 43), *range(61, 80)]
    assert columns[3] == [
        *range(10),
        *range(11, 30),
        *range(36, 39),
        *range(40, 44),
        *range(60, 80),
    ]
    assert all(mask.all() for mask in background_masks(*np.zeros((3, 4, 4), bool), scale=2.0))


def test_a_plate_is_as_sharp_as_its_frames() -> None:
    canvas, count = (120, 90), 20
    fine = np.random.default_rng(5).uniform(40, 210, (180, 240, 3)).astype(np.float32)
    sheet = 125 + 4 * (cv2.GaussianBlur(fine, (0, 0), 1.4) - 125)
    to_sheet = np.diag([2.0, 2.0, 1.0])
    motion = np.stack([geometry.translation(2 + 0.7 * t, 3 + 0.45 * t) for t in range(count)])
    frames = [
        np.round(geometry.to_frame(sheet, to_sheet @ h, SIZE, cubic=True)).clip(0, 255)
        .astype(np.uint8) for h in motion
    ]  # fmt: skip
    masks = [np.ones(f.shape[:2], bool) for f in frames]
    for frame in frames[::3]:
        frame[20:30, 20:30] = 255  # something passes by
    plain = Plane(motion, canvas, Texture(*(np.zeros((1, 1)) for _ in range(3))),
                  np.ones(canvas[::-1], np.float32))  # fmt: skip
    blurred = gather_texture(frames, [masks], [masks], plane=plain)
    known = blurred.seen > 0
    known[40:50, 40:50] = False
    sharp, detail = super_resolve(frames, masks, motion, colour=blurred.colour, known=known)
    assert np.array_equal(sharp[~known], blurred.colour[~known])
    assert not detail[::2, ::2][~known].any() and not detail[1::2, 1::2][~known].any()

    def error(texture: np.ndarray, t: int, more: np.ndarray | float = 0.0) -> float:
        fine, to_fine = geometry.finer(texture)
        view = geometry.to_frame(fine + more, to_fine @ motion[t], SIZE, cubic=True)
        return float(np.abs(view - frames[t])[50:-5, 5:-5].mean())

    for t in (0, 7, 14):
        assert error(sharp, t) < 0.85 * error(blurred.colour, t)
        # Frames show what no texture of their own size holds: at some places between its pixels
        # they are softer than at others.
        assert error(sharp, t, detail / DETAIL_STEPS) < 0.8 * error(sharp, t)


def test_an_enlarged_mask_is_true_where_all_that_contributes_is() -> None:
    assert upsample_mask(np.ones((4, 4), bool), (9, 9)).all()
    half = upsample_mask(np.arange(4) < np.full((4, 1), 2), (8, 8))
    assert half[:, :3].all() and not half[:, 3:].any()
