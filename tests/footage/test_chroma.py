"""Stray chroma: measured where a codec smeared it, nothing where none did, and then outweighed."""

import cv2
import numpy as np
import pytest

from toondecompose.footage import chroma
from toondecompose.footage.parameters import Parameters
from toondecompose.matting.trimap import Colours, compare_with_plate
from toondecompose.plates.plates import View

USUAL = Parameters()
SIZE = (160, 120)
SKY, HAIR = np.float32([236, 245, 251]), np.float32([214, 196, 150])


def draw() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A head before a sky: the frame and its plate (H, W, 3) float32, and the head's mask."""
    width, height = SIZE
    y, x = np.mgrid[:height, :width]
    head = np.hypot(x - 80, y - 70) < 36
    shade = np.random.default_rng(0).normal(0, 8, (height // 8, width // 8)).astype(np.float32)
    shade = cv2.resize(shade, SIZE, interpolation=cv2.INTER_CUBIC)[..., None]
    plate = SKY + shade * np.float32([0.3, 0.1, -0.1])
    return np.where(head[..., None], HAIR + shade, plate), plate, head


def stored(picture: np.ndarray) -> np.ndarray:
    """The picture as a codec keeps it: its chroma as means of 8 x 8 pixels, (H, W, 3) uint8."""
    light = chroma.lightness(picture)[..., None]
    few = cv2.resize(picture - light, None, fx=1 / 8, fy=1 / 8, interpolation=cv2.INTER_AREA)
    smeared = light + cv2.resize(few, SIZE, interpolation=cv2.INTER_LINEAR)
    noise = np.random.default_rng(1).normal(0, 0.7, picture.shape[:2])[..., None]
    return np.clip(np.rint(smeared + noise), 0, 255).astype(np.uint8)


def beside(head: np.ndarray) -> np.ndarray:
    away = cv2.distanceTransform((~head).astype(np.uint8), cv2.DIST_L2, 5)
    return (away > USUAL.soft_edge_px) & (away <= USUAL.chroma_block_px)


def test_what_strays_is_measured() -> None:
    frame, plate, head = draw()
    strays = [chroma.stray_chroma(stored(frame), plate, beside(head))]
    assert 0.3 < chroma.share_astray(strays) < 0.9


def test_nothing_strays_in_a_picture_of_full_chroma() -> None:
    frame, plate, head = draw()
    noise = np.random.default_rng(1).normal(0, 0.7, frame.shape)
    whole = np.clip(np.rint(frame + noise), 0, 255).astype(np.uint8)
    assert chroma.share_astray([chroma.stray_chroma(whole, plate, beside(head))]) < 0.05
    assert chroma.chroma_trust(whole, 0.0, 1.0) is None


def test_mistakes_of_labels_are_no_stray_chroma() -> None:
    frame, plate, head = draw()
    whole = np.rint(frame).astype(np.uint8)
    missed = beside(head) & (np.arange(SIZE[0]) > 100)
    whole[missed] = HAIR
    assert chroma.share_astray([chroma.stray_chroma(whole, plate, beside(head))]) < 0.05


def test_too_few_pixels_tell_nothing() -> None:
    frame, plate, _ = draw()
    nowhere = np.zeros(SIZE[::-1], bool)
    assert chroma.share_astray([chroma.stray_chroma(stored(frame), plate, nowhere)]) == 0


def test_weighing_keeps_lightness_and_differences() -> None:
    colours = np.random.default_rng(2).uniform(0, 255, (5, 4, 3)).astype(np.float32)
    trust = np.linspace(0, 1, 20, dtype=np.float32).reshape(5, 4)
    found = chroma.weighed(colours, trust)
    np.testing.assert_allclose(chroma.lightness(found), chroma.lightness(colours), rtol=1e-5)
    np.testing.assert_allclose(found[-1, -1], colours[-1, -1], rtol=1e-6)
    np.testing.assert_allclose(found[0, 0], chroma.lightness(colours)[0, 0], rtol=1e-5)
    assert chroma.weighed(colours, None) is colours


@pytest.mark.parametrize("heeded", [False, True])
def test_the_sky_beside_a_head_is_sky(heeded: bool) -> None:
    frame, plate, head = draw()
    seen = stored(frame)
    known = np.ones(head.shape, bool)
    view = View(plate, known, np.full(head.shape, 8.0, np.float32), np.zeros(head.shape))
    anything = np.full((32, 32, 32), 1 / 256**3, np.float32)
    strays = [chroma.stray_chroma(seen, plate, beside(head))]
    share = chroma.share_astray(strays) if heeded else 0.0
    away = cv2.dilate(head.astype(np.uint8), np.ones((15, 15))) == 0
    colours = Colours(anything, anything, 1.0, share)
    found = compare_with_plate(seen, view, away, colours=colours).evidence
    taken = (found[beside(head)] > 0).mean()
    assert taken < 0.03 if heeded else taken > 0.2
    assert (found[head] > 0).mean() > 0.97
