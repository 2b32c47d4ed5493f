"""Background that goes on without an edge beside a sprite, and what is not taken for it."""

import cv2
import numpy as np
import pytest

from toondecompose.plates.region_growing import grow_background

SHAPE, NOISE = (120, 160), 1.0
SKIN, LINE = (230, 200, 170), (70, 60, 60)


@pytest.fixture
def picture() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A face with an outline before a sky that darkens to the right, the sky, and the face."""
    across = np.linspace(0, 12, SHAPE[1], dtype=np.float32)
    sky = np.clip(np.round(np.broadcast_to(240 - across[:, None], (*SHAPE, 3))), 0, 255)
    sky = sky + np.random.default_rng(0).integers(-1, 2, (*SHAPE, 3))
    face = np.zeros(SHAPE, np.uint8)
    cv2.circle(face, (150, 60), 40, 1, -1)
    frame = sky.astype(np.uint8)
    cv2.circle(frame, (150, 60), 40, SKIN, -1)
    cv2.circle(frame, (150, 60), 40, LINE, 2)
    frame[face] = cv2.GaussianBlur(frame, (3, 3), 0.6)[face]
    frame[:, :120] = cv2.GaussianBlur(frame, (3, 3), 0.6)[:, :120]
    return frame, sky.astype(np.float32), face > 0


def beside(face: np.ndarray, far: int) -> np.ndarray:
    """Where a label is wide of the face by so many pixels: not there."""
    return cv2.dilate(face.view(np.uint8), np.ones((2 * far + 1,) * 2, np.uint8)) == 0


def test_a_sky_in_the_label_is_the_sky_up_to_the_outline(picture) -> None:
    frame, sky, face = picture
    clear = beside(face, 20)
    plate = sky + 30 * ~clear[..., None]  # wrong where the label is
    found = grow_background(frame, plate, clear, noise=NOISE, scale=2.0)
    outside = (np.abs(frame - sky) <= 3).all(axis=-1) & ~clear & ~face
    assert found[outside].all()
    assert not found[face & (frame == SKIN).all(axis=-1)].any()
    assert not found[clear].any()


def test_a_face_with_a_gap_in_its_outline_keeps_its_colours(picture) -> None:
    frame, sky, face = picture
    frame[55:65, 100:118] = SKIN
    cv2.GaussianBlur(frame[50:70, 90:130], (0, 0), 6, dst=frame[50:70, 90:130])
    found = grow_background(frame, sky, beside(face, 20), noise=NOISE, scale=2.0)
    assert not found[face & (frame == SKIN).all(axis=-1)].any()


def test_a_piece_that_the_label_has_missed_is_no_background(picture) -> None:
    frame, sky, face = picture
    cut_off = face & (np.arange(SHAPE[0]) > 40)[:, None]
    clear = beside(face & ~cut_off, 4)
    found = grow_background(frame, sky, clear, noise=NOISE, scale=2.0)
    assert not found[(frame == SKIN).all(axis=-1)].any()
    # Were the plate to show it, it would be.
    plate = np.where((frame == SKIN).all(axis=-1)[..., None], frame, sky).astype(np.float32)
    assert grow_background(frame, plate, clear, noise=NOISE, scale=2.0)[
        (frame == SKIN).all(axis=-1)
    ].any()


def test_colours_that_the_background_lacks_nearby_are_not_taken(picture) -> None:
    frame, sky, face = picture
    frame[:, 60:] = np.linspace(frame[:, 60], (200, 180, 160), 100, axis=1).astype(np.uint8)
    clear = np.zeros(SHAPE, bool)
    clear[:, :81] = True
    found = grow_background(frame, frame.astype(np.float32), clear, noise=NOISE, scale=1.0)
    assert found[:, 81:83].all()
    assert not found[:, 100:].any()


def test_what_has_structure_or_lies_mostly_in_the_label_does_not_go_on(picture) -> None:
    frame, sky, face = picture
    clear = beside(face, 20)
    rough = frame + np.random.default_rng(1).integers(0, 14, frame.shape).astype(np.uint8)
    assert not grow_background(rough, rough.astype(np.float32), clear, noise=NOISE, scale=2.0).any()
    frame[:, :30], clear[:, :] = SKIN, False
    frame[:, 28:30] = LINE
    clear[:, :8] = True
    found = grow_background(frame, frame.astype(np.float32), clear, noise=NOISE, scale=2.0)
    assert not found.any()
