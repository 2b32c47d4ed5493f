"""The exposure sheet of drawn clips: holds, slides, small changes and drawings that come back."""

import cv2
import numpy as np
import pytest
from scenes import Painting, bytes_of, camera

from bench.metrics import exposure_accuracy
from toondecompose.core import geometry
from toondecompose.exposure.alignment import align, make_template, simplest, soften
from toondecompose.exposure.change import largest_change, make_observation
from toondecompose.exposure.objects import expose
from toondecompose.exposure.sheet import Exposure, find_exposure
from toondecompose.planes.background import opaque_plane

SIZE = (160, 96)
CENTRE = np.array([80.0, 48.0])
SHEET = [0, 0, 1, 1, 1, 2, 2, 0, 0, 3, 3, 3]
"""Drawing 1 differs from 0 by an open mouth; 0 comes back; 2 and 3 are others."""

PANS = camera(len(SHEET), (2.3, 0.0), SIZE)


def similarity(shift: tuple[float, float], degrees: float = 0.0, scale: float = 1.0) -> np.ndarray:
    """A motion about the middle of the picture, (3, 3)."""
    matrix = np.vstack([cv2.getRotationMatrix2D(tuple(CENTRE), degrees, scale), [0, 0, 1]])
    return geometry.translation(*shift) @ matrix


def poses() -> np.ndarray:
    """Frame pixel to drawing pixel: some holds slide, one turns and grows."""
    still, result = similarity((0, 0)), []
    for t, drawing in enumerate(SHEET):
        slide = {1: similarity((0.7 * (t - 2), 0.3 * (t - 2))), 0: similarity((-0.4 * t, 0))}
        turn = similarity((0, 0), 1.5 * (t - 9), 1 + 0.01 * (t - 9))
        result.append({**slide, 3: turn}.get(drawing, still))
    return np.stack(result)


def cel(drawing: int, to_drawing: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coverage (H, W) and colours (H, W, 3) of a drawing seen through a motion."""
    points = geometry.apply(to_drawing, geometry.pixel_grid(SIZE))
    radius = {2: 24.0, 3: 30.0}.get(drawing, 27.0)
    own = points - CENTRE
    cover = np.clip(radius - np.linalg.norm(own, axis=-1) + 0.5, 0, 1)
    seed = {0: 5, 1: 5, 2: 6, 3: 7}[drawing]
    colour = 0.75 * Painting(seed, shortest=9, longest=30).at(points)
    mouth = np.clip(3.0 - np.hypot(own[..., 0] / 1.4, own[..., 1] - 9), 0, 1) * (drawing == 1)
    return cover, colour + mouth[..., None] * (np.array([150, 20, 30]) - colour)


def clip(
    pans: np.ndarray = PANS, grain: float = 0.0, quality: int = 0, opacity: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """Frames (T, H, W, 3) and masks (T, H, W), with grain, JPEG's blocks and a translucent side."""
    plates, rng = Painting(1).seen(pans, SIZE), np.random.default_rng(2)
    grid, frames, masks = geometry.pixel_grid(SIZE), [], []
    for plate, drawing, pose in zip(plates, SHEET, poses(), strict=True):
        cover, colour = cel(drawing, pose)
        alpha = (cover * np.where(grid[..., 0] > CENTRE[0] + 14, opacity, 1))[..., None]
        frame = plate + alpha * (colour - plate)
        frame = bytes_of(frame + rng.normal(0, grain, plate.shape))
        if quality:
            code = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
            frame = cv2.imdecode(code, cv2.IMREAD_COLOR)
        frames.append(frame)
        masks.append(cover > 0.5)
    return np.stack(frames), np.stack(masks)


def found(frames: np.ndarray, masks: np.ndarray, pans: np.ndarray = PANS) -> Exposure:
    plane = opaque_plane(frames, ~np.stack([grow(m) for m in masks]), pans)
    (exposure,) = expose(frames, (plane,), masks[None], flows={})
    return exposure


def grow(mask: np.ndarray) -> np.ndarray:
    return cv2.dilate(mask.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0


@pytest.mark.parametrize(("grain", "quality"), [(0, 0), (6, 0), (3, 60)])
def test_drawings_and_their_motion(grain: float, quality: int) -> None:
    exposure = found(*clip(grain=grain, quality=quality))
    assert exposure.shown.tolist() == SHEET
    assert exposure.drawings == [[0, 1, 7, 8], [2, 3, 4], [5, 6], [9, 10, 11]]
    first = [SHEET.index(drawing) for drawing in SHEET]
    box = geometry.corners((41, 41)) + CENTRE - 20
    for t, (pose, found_pose) in enumerate(zip(poses(), exposure.motion, strict=True)):
        true = np.linalg.inv(poses()[first[t]]) @ pose
        away = geometry.apply(true, box) - geometry.apply(found_pose, box)
        assert np.abs(away).max() < (0.06 if not grain else 0.15), t
    for t in (0, 2, 5, 6, 9):
        assert np.array_equal(exposure.motion[t], np.eye(3)), "what stands still is not resampled"


def test_background_that_shines_through_changes_nothing() -> None:
    pans = camera(len(SHEET), (9.0, 0.0), SIZE)  # so that every place is seen without the object
    frames, masks = clip(pans, opacity=0.5)
    assert exposure_accuracy(found(frames, masks, pans).shown, np.array(SHEET)) == 1


def test_label_that_takes_background_along_changes_nothing() -> None:
    frames, masks = clip()
    masks[:, 20:34, 30:60] = True
    masks[3::2, 60:70, 100:112] = True
    assert exposure_accuracy(found(frames, masks).shown, np.array(SHEET)) == 1


def test_still_background() -> None:
    pans = np.repeat(np.eye(3)[None], len(SHEET), axis=0)
    frames, masks = clip(pans)
    assert found(frames, masks, pans).shown.tolist() == SHEET


def test_frames_without_the_object_show_no_drawing() -> None:
    frames, masks = clip()
    plates = bytes_of(Painting(1).seen(PANS, SIZE))
    frames[[0, 5]], masks[[0, 5]] = plates[[0, 5]], False
    exposure = found(frames, masks)
    assert exposure.shown.tolist() == [-1, 0, 1, 1, 1, -1, 2, 0, 0, 3, 3, 3]
    assert exposure.drawings == [[1, 7, 8], [2, 3, 4], [6], [9, 10, 11]]
    nothing = found(plates, np.zeros_like(masks))
    assert nothing.drawings == [] and (nothing.motion == np.eye(3)).all()


def test_what_another_object_hides_is_not_compared() -> None:
    frames, masks = clip()
    other = np.zeros_like(masks)
    for t in range(len(frames)):
        other[t, 40:56, 60 + 3 * t : 72 + 3 * t] = True
        frames[t][other[t]] = (10, 200, 30)
    masks &= ~other
    plane = opaque_plane(frames, ~(masks | other), PANS)
    first, second = expose(frames, (plane,), np.stack([masks, other]), flows={})
    assert exposure_accuracy(first.shown, np.array(SHEET)) == 1
    assert len(second.drawings) == 1, "it slides, but stays the same"


def test_alignment_to_a_hundredth_of_a_pixel() -> None:
    true = similarity((1.3, -0.6), 1.2, 1.01)
    grid = geometry.pixel_grid(SIZE)
    painting = Painting(3, shortest=9, longest=40)
    first = soften(bytes_of(painting.at(grid)))
    second = soften(bytes_of(painting.at(geometry.apply(true, grid))))
    mask = np.zeros(SIZE[::-1], bool)
    mask[20:76, 40:120] = True
    template = make_template(second, mask, 1.0)
    motion, cost = align(template, first, np.eye(3), turns=True)
    error = geometry.apply(motion, template.places) - geometry.apply(true, template.places)
    assert np.abs(error).max() < 0.02 and cost < 1
    flat = make_template(np.full_like(second, 90), mask, 1.0)
    assert np.array_equal(align(flat, first, true, turns=True)[0], true), "nothing to go by"
    near = geometry.translation(0.01, 0.02)
    assert np.array_equal(simplest(near, near, template.places), np.eye(3))
    assert simplest(true, near, template.places) is true
    moved = geometry.translation(0.5, 0)
    turned = similarity((0.5, 0), 0.01)
    assert simplest(turned, moved, template.places) is moved


def test_change_is_measured_in_units_of_noise() -> None:
    frames, masks = clip()
    known, nowhere = np.ones(masks.shape[1:], bool), np.zeros(masks.shape[1:], bool)
    plates = Painting(1).seen(PANS, SIZE).astype(np.float32)
    observations = [
        make_observation(
            frames[t], plates[t], known, spread=np.zeros(known.shape), mask=masks[t], others=nowhere
        )
        for t in (0, 1, 7, 2, 5)
    ]
    still, plane = np.eye(3), np.linalg.inv(PANS[0]) @ PANS[1]
    slid = np.linalg.inv(poses()[0]) @ poses()[1]
    held = largest_change(observations[0], observations[1], slid, planes=[plane], noise=1.0)
    mouth = largest_change(
        observations[0], observations[3], still, planes=[plane @ plane], noise=1.0
    )
    assert held < 2 < 50 < mouth
    assert (
        largest_change(observations[0], observations[3], still, planes=[plane @ plane], noise=10.0)
        < mouth / 4
    )
    assert largest_change(observations[0], observations[4], still, planes=[], noise=1.0) > mouth
    empty = make_observation(
        frames[0], plates[0], known, spread=np.zeros(known.shape), mask=nowhere, others=nowhere
    )
    assert np.isinf(largest_change(empty, observations[0], still, planes=[], noise=1.0))
    assert find_exposure([empty, empty], {}, [], noise=1.0).drawings == []


@pytest.mark.parametrize("sheet", [[0] * 12, list(range(12))], ids=["held", "on ones"])
def test_a_sliver_at_the_edge_goes_as_the_frames_beside_it(sheet: list[int]) -> None:
    """A disc slides in; of the first frame two columns show, which tell nothing."""
    grid, frames, masks = geometry.pixel_grid(SIZE), [], []
    for t, plate in enumerate(Painting(1).seen(PANS, SIZE)):
        own = grid - (SIZE[0] + 24.5 - 6 * t, 48)
        cover = np.clip(27 - np.linalg.norm(own, axis=-1) + 0.5, 0, 1)
        colour = 0.75 * Painting(5 + sheet[t], shortest=9, longest=30).at(own)
        frames.append(bytes_of(plate + cover[..., None] * (colour - plate)))
        masks.append(cover > 0.5)
    assert 0 < masks[0].sum() < 60
    exposure = found(np.stack(frames), np.stack(masks))
    assert exposure.shown.tolist() == sheet
    if not any(sheet):
        np.testing.assert_allclose(exposure.motion[1], geometry.translation(6, 0), atol=0.1)


def test_what_rain_covered_is_not_compared() -> None:
    frames, masks = clip()
    streaks = np.zeros(masks.shape, bool)
    x, y = (int(side) for side in CENTRE)
    frames[1, y - 12 : y - 4, x - 1 : x + 2] = 235  # what is left of a streak
    streaks[1, y - 12 : y - 4, x - 1 : x + 2] = True
    plane = opaque_plane(frames, ~np.stack([grow(mask) for mask in masks]), PANS)
    (split,) = expose(frames, (plane,), masks[None], flows={})
    (whole,) = expose(frames, (plane,), masks[None], flows={}, streaks=streaks)
    assert split.shown.tolist() != SHEET and whole.shown.tolist() == SHEET
