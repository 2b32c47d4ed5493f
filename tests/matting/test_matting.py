"""Plates and mattes at full resolution, each piece against a truth that is drawn here."""

import cv2
import numpy as np
import pytest

from toondecompose.core import geometry
from toondecompose.matting.alignment import align_planes, draft_size, enlarge_planes
from toondecompose.matting.cutting import clearance, enlarge_mask, free_of
from toondecompose.matting.exemplars import rebuild
from toondecompose.matting.extent import plane_masks, signed_distance
from toondecompose.matting.fill import push_pull
from toondecompose.matting.foreground_colour import BLEED, foreground_colour
from toondecompose.matting.gathering import gather_texture
from toondecompose.matting.held import Drawing, cut_drawing
from toondecompose.matting.hidden import rebuild_hidden, within_sight
from toondecompose.matting.known_background import estimate_alpha, nearest
from toondecompose.matting.outline import triangulate
from toondecompose.matting.plate_match import match_plate
from toondecompose.matting.plates import Box, Plate, View, gather_plates, look
from toondecompose.matting.sharpen import UNIT, sharpen
from toondecompose.matting.sights import owner
from toondecompose.matting.trimap import Colours, Trimap, compare, connected, decide, doubtful_holes
from toondecompose.planes.background import Plane
from toondecompose.planes.texture import Texture
from toondecompose.segmentation.evidence import colour_density
from toondecompose.segmentation.hinted import STRONG

SIZE = (96, 72)
INK, SKIN = np.array([30.0, 20.0, 40.0]), np.array([240.0, 190.0, 150.0])


def cut_sprites(
    frame: np.ndarray,
    view: View,
    labels: np.ndarray,
    colours: Colours,
    blur: float,
    reach: float,
) -> list[np.ndarray]:
    """Cut every sprite out of a drawing that one frame shows."""

    def see(_: int, box: Box) -> View:
        return View(*(getattr(view, name)[box] for name in View.__dataclass_fields__))

    still = np.eye(3)[None]
    return [
        cut_drawing(Drawing([frame], [labels], still, see, k), colours, blur, reach)[0][0]
        for k in range(len(labels))
    ]


def painting(size: tuple[int, int], seed: int = 0) -> np.ndarray:
    """A smooth, colourful picture (H, W, 3) float32."""
    noise = np.random.default_rng(seed).random((size[1], size[0], 3), dtype=np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 3)
    low, high = smooth.min(axis=(0, 1)), smooth.max(axis=(0, 1))
    return 60 + 160 * (smooth - low) / (high - low)


def disc(size: tuple[int, int], centre: tuple[float, float], radius: float) -> np.ndarray:
    """Coverage (H, W) float32 of a disc, exact to a sixteenth of a pixel's side."""
    grid = geometry.pixel_grid((size[0] * 8, size[1] * 8))
    inside = np.hypot(*((grid + 0.5) / 8 - 0.5 - np.array(centre)).transpose(2, 0, 1)) <= radius
    return cv2.resize(inside.astype(np.float32), size, interpolation=cv2.INTER_AREA)


def cel(size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """A disc of skin with an outline of ink: alpha (H, W), colour (H, W, 3), anti-aliased."""
    whole, inner = disc(size, (48, 36), 20), disc(size, (48, 36), 17.5)
    share = (inner / np.maximum(whole, 1e-6))[..., None]
    return whole, (share * SKIN + (1 - share) * INK).astype(np.float32)


def over(alpha: np.ndarray, colour: np.ndarray, plate: np.ndarray) -> np.ndarray:
    return np.round(alpha[..., None] * colour + (1 - alpha[..., None]) * plate).astype(np.uint8)


def view_of(plate: np.ndarray) -> View:
    shape = plate.shape[:2]
    return View(plate, np.ones(shape, bool), np.full(shape, 9, np.float32),
                np.zeros(shape, np.float32))  # fmt: skip


def colours_of(frame: np.ndarray, inside: np.ndarray) -> Colours:
    return Colours(colour_density(frame, inside), colour_density(frame, ~inside), 1.0)


def outline_of(
    frame: np.ndarray,
    plate: np.ndarray,
    label: np.ndarray,
    colours: Colours,
    reach: float,
    told: np.ndarray | None = None,
) -> np.ndarray:
    """Where a frame shows sprites, (H, W) bool, if labels are four pixels wrong."""
    away = signed_distance(label) < -4.0
    found = compare(frame, view_of(plate), away, colours, told)
    return decide(frame, found.evidence, label, 4.0, reach)[0]


@pytest.fixture
def scene() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Frame, plate, alpha and colour of a cel before a painting."""
    plate = painting(SIZE)
    alpha, colour = cel(SIZE)
    return over(alpha, colour, plate), plate, alpha, colour


def trimap_of(alpha: np.ndarray, plate: np.ndarray) -> Trimap:
    shown = alpha > 0.5
    depth = signed_distance(shown.astype(np.float32))
    return Trimap(shown, depth, plate, np.ones(alpha.shape, np.float32), shown | True)


def test_alpha_is_exact_where_colours_are_known(scene) -> None:
    frame, plate, alpha, _ = scene
    everywhere = [np.ones(alpha.shape, bool)]
    found, _ = estimate_alpha([frame.astype(np.float32)], [trimap_of(alpha, plate)], everywhere)
    edge = (alpha > 0) & (alpha < 1)
    assert np.abs(found - alpha)[edge].mean() < 0.04
    assert (found[cv2.erode(alpha, np.ones((7, 7))) == 1] == 1).all()
    assert (found[cv2.dilate(alpha, np.ones((9, 9))) == 0] == 0).all()


def test_cut_sprite_recomposes_and_has_no_background_in_its_colour(scene) -> None:
    frame, plate, alpha, _ = scene
    rough = cv2.dilate((alpha > 0.5).astype(np.float32), np.ones((3, 3)))
    (sprite,) = cut_sprites(
        frame, view_of(plate), rough[None], colours_of(frame, alpha > 0.5), 4.0, 12.0
    )
    again = over(sprite[..., 3] / 255, sprite[..., :3].astype(float), plate)
    assert np.abs(again.astype(int) - frame).max() <= 6
    solid = (sprite[..., 3] > 25) & (alpha < 1)
    assert np.abs(sprite[..., :3][solid] - INK).mean() < 12, "the edge is ink, not painting"
    assert np.abs(sprite[..., 3] / 255 - alpha).mean() < 0.002


def test_transparent_pixels_next_to_a_sprite_have_its_colour(scene) -> None:
    frame, plate, alpha, colour = scene
    level = np.round(alpha * 255).astype(np.uint8)
    result = foreground_colour(frame.astype(np.float32), plate, level, colour)
    distance = cv2.distanceTransform((level == 0).astype(np.uint8), cv2.DIST_L2, 5)
    near = (distance > 0) & (distance < BLEED - 1)
    assert np.abs(result[near] - INK).max() < 30
    assert (result[distance > 2 * BLEED] == 0).all()


def test_strand_outside_of_the_label_is_found(scene) -> None:
    _, plate, alpha, colour = scene
    strand = np.zeros(alpha.shape, np.uint8)
    cv2.line(strand, (60, 20), (88, 10), 255, 1, cv2.LINE_AA)
    alpha = np.maximum(alpha, strand / np.float32(255))
    frame = over(alpha, np.where((strand > 0)[..., None], INK, colour), plate)
    label = disc(SIZE, (48, 36), 20)
    shown = outline_of(frame, plate, label, colours_of(frame, alpha > 0.5), 40.0)
    there = (strand > 128) & (label == 0)
    assert shown[there].mean() > 0.9
    assert not shown[:, :20].any(), "no speckle elsewhere"


def test_closed_gap_is_opened_and_hole_of_equal_colour_stays_shut() -> None:
    plate = painting(SIZE)
    alpha = disc(SIZE, (48, 36), 26) - disc(SIZE, (48, 36), 12)
    frame = over(alpha, np.broadcast_to(SKIN, plate.shape), plate)
    label = disc(SIZE, (48, 36), 26)
    shown = outline_of(frame, plate, label, colours_of(frame, alpha > 0.5), 12.0)
    assert not shown[36, 48], "through the ring one sees the painting"
    wall = np.full_like(plate, 250)
    blouse = over(disc(SIZE, (48, 36), 26), np.full_like(plate, 249), wall)
    colours = colours_of(blouse, label > 0.5)
    assert outline_of(blouse, wall, label, colours, 12.0)[36, 48]


def test_hints_outweigh_colours() -> None:
    plate = painting(SIZE)
    alpha = disc(SIZE, (48, 36), 26) - disc(SIZE, (48, 36), 12)
    frame = over(alpha, np.broadcast_to(SKIN, plate.shape), plate)
    label = disc(SIZE, (48, 36), 26)
    colours = colours_of(frame, alpha > 0.5)
    told = STRONG * (disc(SIZE, (48, 36), 12) - disc(SIZE, (48, 15), 4)).astype(np.float32)
    shown = outline_of(frame, plate, label, colours, 12.0, told)
    assert shown[36, 48], "what one sees through the ring is the sprite's all the same"
    assert not shown[15, 48] and shown[15, 40]


def test_parts_that_hang_together() -> None:
    core = np.zeros((9, 30), bool)
    core[4, 2:6] = True
    shown = core.copy()
    shown[4, 8:12] = shown[4, 20:25] = True
    kept = connected(shown, core)
    assert kept[4, 8:12].all() and not kept[4, 20:25].any()
    mask = np.ones((20, 20), bool)
    mask[3, 3] = mask[8:16, 8:16] = False
    evidence = np.where(mask, 5.0, -8.0)
    assert np.argwhere(doubtful_holes(mask, evidence, 100)).tolist() == [[3, 3]]


def test_sprites_share_pixels_without_overlap(scene) -> None:
    frame, plate, alpha, _ = scene
    left = np.arange(SIZE[0]) < 48
    labels = np.stack([alpha * left, alpha * ~left])
    first, second = cut_sprites(
        frame, view_of(plate), labels, colours_of(frame, alpha > 0.5), 4.0, 12.0
    )
    assert not ((first[..., 3] > 0) & (second[..., 3] > 0)).any()
    whose = owner(labels)
    assert (whose[:, :40] == 0).all() and (whose[:, 56:] == 1).all()
    again = over(first[..., 3] / 255, first[..., :3].astype(float), plate)
    again = over(second[..., 3] / 255, second[..., :3].astype(float), again)
    assert np.abs(again.astype(int) - frame).max() <= 6


def test_no_sprite_no_cut(scene) -> None:
    frame, plate, _, _ = scene
    colours = Colours(*np.zeros((2, 32, 32, 32), np.float32), 1.0)
    empty = np.zeros((1, *frame.shape[:2]), np.float32)
    (sprite,) = cut_sprites(frame, view_of(plate), empty, colours, 4.0, 12.0)
    assert not sprite.any()
    assert cut_sprites(frame, view_of(plate), empty[:0], colours, 4.0, 12.0) == []


def test_plate_is_matched_to_the_light_of_the_frame() -> None:
    plate = painting(SIZE)
    background = np.ones(plate.shape[:2], bool)
    matched, sigma = match_plate(plate + 3, plate, background, np.full(plate.shape[:2], 2.0))
    assert np.abs(matched - plate - 3).max() < 0.5
    assert (sigma >= 2).all()


def test_triangulation_recovers_alpha_over_moving_backgrounds() -> None:
    rng = np.random.default_rng(0)
    alpha = rng.random(200).astype(np.float32)
    colour = rng.uniform(0, 255, (200, 3)).astype(np.float32)
    behind = rng.uniform(0, 255, (20, 200, 3)).astype(np.float32)
    image = alpha[:, None] * colour + (1 - alpha)[:, None] * behind
    image += rng.normal(0, 1, image.shape)
    image[3] = 255  # something passes by
    valid = np.ones(image.shape[:2], bool)
    found, paint = triangulate(image.astype(np.float32), behind, valid, np.full(200, 0.5), 1.0)
    assert np.abs(found - alpha).max() < 0.03
    assert np.abs(paint - alpha[:, None] * colour).mean() < 3
    still = np.repeat(behind[:1], 20, axis=0)
    found, _ = triangulate(still, still, valid, np.full(200, 0.7), 1.0)
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
    plates = gather_plates(list(frames), [free], planes, 3.0)
    alpha = plates[0].paint[..., 3]
    seen = plates[0].facts[..., 0] > 0
    edge = (cover > 0) & (cover < 1) & seen
    assert np.abs(alpha - cover)[edge].mean() < 0.06
    for t in (0, 7, 13):
        view = look(plates, t, SIZE)
        assert not view.observed[53:57].any(), "what is filled in is marked"
        assert view.observed[5:45, 5:-5].mean() > 0.95
        error = np.abs(view.colour - frames[t])[view.observed]
        assert error.mean() < 1.0
    picture = plates[0].picture()
    assert picture.shape == (80, 140, 4) and picture[60, 70, 3] == 255 and picture[5, 5, 3] == 0


def test_sights_near_a_sprite_serve_only_where_there_are_no_others() -> None:
    frames, planes, _ = two_layers(10)
    far = planes[1:]
    free = [np.ones(f.shape[:2], bool) for f in frames]
    street = gather_plates(list(frames), [free], far, 3.0)[0].paint
    near = [mask.copy() for mask in free]
    for t, mask in enumerate(near):
        left = round(40 - 1.4 * t)  # the same place of the plane in every frame
        mask[30:44, left : left + 20] = False
        frames[t][33:41, left + 3 : left + 17] = (255, 0, 255)  # a sprite, labelled too small
        free[t][34:40, left + 4 : left + 16] = False
    plate = gather_plates(list(frames), [near, free], far, 3.0)[0]
    assert plate.facts[42, 52, 0] == 1 and np.abs(plate.paint - street)[43, 45:60].mean() < 4
    assert plate.facts[39, 52, 0] == 0, "hidden in both"
    wide = gather_plates(list(frames), [near], far, 3.0)[0]
    seen = wide.facts[..., 0] > 0
    assert 0 < (plate.facts[..., 0] > 0).sum() - seen.sum() < 300
    np.testing.assert_array_equal(plate.facts[seen], wide.facts[seen])


def test_alignment_sharpens_motion() -> None:
    frames, planes, _ = two_layers(14)
    free = [np.ones(f.shape[:2], bool) for f in frames]
    rng = np.random.default_rng(4)
    shaken = [Plane(p.homographies + _shake(rng, 14), p.canvas, p.texture, p.alpha) for p in planes]
    aligned = align_planes(frames, free, tuple(shaken), 3.0)
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
    large = enlarge_planes(tuple(planes), SIZE, (192, 144))
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
    whole = enlarge_planes(tuple(planes), SIZE, (192, 144))
    monkeypatch.setattr(geometry, "LARGEST_CANVAS", 280 * 160 // 4)
    halved = enlarge_planes(tuple(planes), SIZE, (192, 144))
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
    found = rebuild(smooth, known, hole)
    assert np.array_equal(found[~hole], smooth[~hole])
    errors = [np.abs(one - picture)[hole].mean() for one in (smooth, found)]
    assert errors[1] < 0.15 * errors[0] and errors[0] > 30
    assert np.array_equal(rebuild(smooth, known, hole), found), "without chance"


def test_without_whole_patches_the_fill_stays_smooth() -> None:
    picture = railing((60, 40))
    known = np.zeros(picture.shape[:2], bool)
    known[::4] = True
    hole = ~known
    assert np.array_equal(rebuild(picture, known, hole), picture)
    assert rebuild(picture, hole, np.zeros_like(hole)) is picture


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
    seen = within_sight((front, back), (120, 90))
    assert not seen[:, :58].any() and seen[:90, 62:].all() and not seen[92:].any()
    new_front, new_back = rebuild_hidden((front, back), (120, 90))
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
    plates = gather_plates([frames[0]] * 14, [free], still, 3.0)
    view = look(plates, 0, SIZE)
    assert view.observed.mean() > 0.97, "within 3 pixels of the outline lies a tenth"
    assert np.abs(view.colour - frames[0])[view.observed].mean() < 2


def test_gaps_that_only_a_label_closes_open_last() -> None:
    shown, label, doubtful = (np.zeros((40, 80), bool) for _ in range(3))
    shown[:, 30:36] = shown[:, 44:60] = True  # two strands, with a gap of 8 pixels
    label[:, 30:60] = True
    doubtful[:, [10, 39]] = True
    steps = free_of(shown, label, doubtful, 2.0)
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
    assert all(mask.all() for mask in free_of(*np.zeros((3, 4, 4), bool), 2.0))


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
    blurred = gather_texture(frames, [masks], [masks], plain)
    known = blurred.seen > 0
    known[40:50, 40:50] = False
    sharp, detail = sharpen(frames, masks, motion, blurred.colour, known)
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
        assert error(sharp, t, detail / UNIT) < 0.8 * error(sharp, t)


def test_small_tools() -> None:
    mask = np.zeros((8, 8), bool)
    assert np.isinf(clearance(mask)).all() and not signed_distance(np.zeros((4, 4)))[0, 0] > 0
    mask[4, 4] = True
    assert (clearance(mask) <= 1).sum() == 5 and clearance(mask)[4, 7] == 3
    assert enlarge_mask(np.ones((4, 4), bool), (9, 9)).all()
    rows, columns = nearest(mask, np.array([0, 7]), np.array([0, 7]))
    assert rows.tolist() == [4, 4] and columns.tolist() == [4, 4]
