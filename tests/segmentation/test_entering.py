"""Sprites that enter the frame: their first pixels cover background that one frame shows."""

import cv2
import numpy as np
import pytest

from bench.metrics import alpha_iou
from toondecompose.core import geometry
from toondecompose.planes.background import Background, opaque_plane
from toondecompose.segmentation.clean_plates import gather
from toondecompose.segmentation.entering import find_motion, recover_entering_pixels

SIZE, COUNT, STEP, PAN = (150, 100), 12, 12, 3
RUNNER = (60, 60, 90)


class Clip:
    """A runner who comes in from the left before a wall that a camera follows to the right."""

    def __init__(self, first: int = -38) -> None:
        rng = np.random.default_rng(0)
        width = SIZE[0] + PAN * COUNT
        tiles = rng.uniform(120, 230, (SIZE[1] // 10, width // 10 + 1, 3)).astype(np.float32)
        wall = cv2.resize(tiles, (width, SIZE[1]), interpolation=cv2.INTER_CUBIC)
        body = np.zeros((60, 44), np.uint8)
        cv2.ellipse(body, (22, 30), (21, 28), 0, 0, 360, 1, -1)
        cloth = RUNNER + cv2.resize(rng.uniform(-40, 40, (15, 11, 3)), (44, 60))
        frames, masks = [], []
        for t in range(COUNT):
            shift = np.array([[1, 0, first + STEP * t], [0, 1, 20]], np.float32)
            masks.append(cv2.warpAffine(body, shift, SIZE) > 0)
            seen = wall[:, PAN * t : PAN * t + SIZE[0]]
            paint = cv2.warpAffine(cloth, shift, SIZE)
            frames.append(np.where(masks[t][..., None], paint, seen))
        noisy = np.stack(frames) + rng.normal(0, 1.5, (COUNT, SIZE[1], SIZE[0], 3))
        self.frames = np.clip(np.rint(noisy), 0, 255).astype(np.uint8)
        self.masks = np.stack(masks)

    def background(self, labels: np.ndarray) -> Background:
        """Gather the wall where labels (T, H, W) float32 leave it free."""
        motion = np.stack([geometry.translation(PAN * t, 0) for t in range(COUNT)])
        plane = opaque_plane(self.frames, labels <= 0.5, motion)
        return gather(self.frames, np.zeros(labels.shape, np.float32), labels, background=(plane,))


@pytest.fixture(scope="module")
def clip() -> Clip:
    return Clip()


def test_the_first_pixels_are_the_sprites(clip: Clip) -> None:
    labels = clip.masks.astype(np.float32)
    labels[0] = 0  # and so they are in the plate
    assert 60 < clip.masks[0].sum() < 400
    found = recover_entering_pixels(clip.frames, labels, clip.background(labels))
    assert alpha_iou(found[0], clip.masks[0]) > 0.9
    np.testing.assert_array_equal(found[1:], labels[1:])


def test_the_last_pixels_are_the_sprites(clip: Clip) -> None:
    frames, labels = clip.frames[::-1].copy(), clip.masks[::-1].astype(np.float32)
    labels[-1] = 0
    motion = np.stack([geometry.translation(-PAN * t, 0) for t in range(COUNT)])
    found = recover_entering_pixels(frames, labels, (opaque_plane(frames, labels <= 0.5, motion),))
    assert alpha_iou(found[-1], clip.masks[0]) > 0.9


def test_nothing_is_added_where_nothing_enters() -> None:
    clip = Clip(first=-50)  # still outside in the first frame
    assert not clip.masks[0].any()
    labels = clip.masks.astype(np.float32)
    np.testing.assert_array_equal(
        recover_entering_pixels(clip.frames, labels, clip.background(labels)), labels
    )


def test_a_part_is_found_again(clip: Clip) -> None:
    motion = find_motion(clip.frames[1], clip.masks[1], clip.frames[2])
    np.testing.assert_allclose(motion, [STEP, 0], atol=1)
    assert np.abs(find_motion(clip.frames[4], clip.masks[4], clip.frames[4])).max() == 0
