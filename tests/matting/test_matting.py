"""Plates and mattes at full resolution, each piece against a truth that is drawn here."""

import cv2
import numpy as np
import pytest

from toondecompose.core import geometry
from toondecompose.core.masks import signed_distance
from toondecompose.matting.foreground_colour import COLOUR_MARGIN_PX, foreground_colour
from toondecompose.matting.held_drawings import Drawing, matte_drawing
from toondecompose.matting.known_background import estimate_alpha
from toondecompose.matting.observations import nearest_label
from toondecompose.matting.plate_match import match_plate
from toondecompose.matting.trimap import (
    Colours,
    Trimap,
    compare_with_plate,
    doubtful_holes,
    find_mask,
    keep_connected,
)
from toondecompose.plates.plates import Box, View
from toondecompose.segmentation.colour_model import colour_density
from toondecompose.segmentation.parameters import Parameters as SegmentationParameters

SIZE = (96, 72)
INK, SKIN = np.array([30.0, 20.0, 40.0]), np.array([240.0, 190.0, 150.0])


def cut_sprites(
    frame: np.ndarray,
    view: View,
    labels: np.ndarray,
    colours: Colours,
    outline_error: float,
    search_radius: float,
) -> list[np.ndarray]:
    """Cut every sprite out of a drawing that one frame shows."""

    def render_view(_: int, box: Box) -> View:
        return View(*(getattr(view, name)[box] for name in View.__dataclass_fields__))

    still = np.eye(3)[None]
    return [
        matte_drawing(
            Drawing([frame], [labels], still, render_view, k),
            colours,
            outline_error,
            search_radius=search_radius,
        )[0][0]
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
    search_radius: float,
    hint_evidence: np.ndarray | None = None,
) -> np.ndarray:
    """Where a frame shows sprites, (H, W) bool, if labels are four pixels wrong."""
    away = signed_distance(label) < -4.0
    found = compare_with_plate(
        frame, view_of(plate), away, colours=colours, hint_evidence=hint_evidence
    )
    return find_mask(frame, found.evidence, label, outline_error=4.0, search_radius=search_radius)[
        0
    ]


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
    result = foreground_colour(frame.astype(np.float32), plate, level, expected=colour)
    distance = cv2.distanceTransform((level == 0).astype(np.uint8), cv2.DIST_L2, 5)
    near = (distance > 0) & (distance < COLOUR_MARGIN_PX - 1)
    assert np.abs(result[near] - INK).max() < 30
    assert (result[distance > 2 * COLOUR_MARGIN_PX] == 0).all()


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
    strength = disc(SIZE, (48, 36), 12) - disc(SIZE, (48, 15), 4)
    hint_evidence = SegmentationParameters().hint_log_odds * strength.astype(np.float32)
    shown = outline_of(frame, plate, label, colours, 12.0, hint_evidence)
    assert shown[36, 48], "what one sees through the ring is the sprite's all the same"
    assert not shown[15, 48] and shown[15, 40]


def test_parts_that_hang_together() -> None:
    core = np.zeros((9, 30), bool)
    core[4, 2:6] = True
    shown = core.copy()
    shown[4, 8:12] = shown[4, 20:25] = True
    kept = keep_connected(shown, core)
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
    whose = nearest_label(labels)
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
    matched, sigma = match_plate(plate + 3, plate, background, sigma=np.full(plate.shape[:2], 2.0))
    assert np.abs(matched - plate - 3).max() < 0.5
    assert (sigma >= 2).all()
