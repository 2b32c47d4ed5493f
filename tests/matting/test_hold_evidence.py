"""What holds still is of the drawing: two frames of a hold before a wall that slides."""

import numpy as np

from tests.matting.test_motion_blur import SIZE, background
from toondecompose.matting.hold_evidence import hold_evidence

SPRITE = np.zeros(SIZE[::-1], bool)
SPRITE[20:140, 40:140] = True
SURE = np.zeros_like(SPRITE)
SURE[30:130, 50:130] = True
HIGHLIGHT = (slice(60, 80), slice(70, 110))
"""A part of the sprite that a label has missed."""
FAR = ~SPRITE
FAR[10:150, 30:150] = False
NOISE = np.full(SPRITE.shape, 2.0, np.float32)


def hold(slide: int, count: int = 3) -> list[np.ndarray]:
    """Frames (H, W, 3) uint8 of a drawing before a wall that slides by so many pixels a frame."""
    drawing = background(seed=8)
    random = np.random.default_rng(4)
    frames = []
    for t in range(count):
        picture = np.where(SPRITE[..., None], drawing, np.roll(background(), slide * t, axis=1))
        picture = picture + random.normal(0, 2, picture.shape)
        frames.append(np.clip(np.round(picture), 0, 255).astype(np.uint8))
    return frames


def seen(frames: list[np.ndarray], **more: np.ndarray) -> np.ndarray:
    usable = [np.ones_like(SPRITE)] * len(frames)
    inside = SURE.copy()
    inside[HIGHLIGHT] = False
    facts = {"usable": usable, "inside": inside, "outside": FAR} | more
    return hold_evidence(
        frames, facts["usable"], NOISE, inside=facts["inside"], outside=facts["outside"]
    )


def test_what_holds_still_is_of_the_sprite() -> None:
    evidence = seen(hold(7))
    assert np.median(evidence[HIGHLIGHT]) > 0.5
    assert evidence[FAR].mean() < -1
    assert np.mean(evidence[HIGHLIGHT] > 0) > 0.95


def test_camera_that_stands_still_says_nothing() -> None:
    assert np.abs(seen(hold(0))).max() < 0.5


def test_one_frame_says_nothing() -> None:
    assert not seen(hold(7, 1)).any()


def test_frames_that_hide_the_drawing_do_not_count() -> None:
    frames = hold(7)
    nowhere = [np.ones_like(SPRITE), np.zeros_like(SPRITE), np.zeros_like(SPRITE)]
    assert not seen(frames, usable=nowhere).any()


def test_no_sample_no_evidence() -> None:
    assert not seen(hold(7), outside=np.zeros_like(SPRITE)).any()
