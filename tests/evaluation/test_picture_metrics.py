"""Figures of pictures: values known by hand, and what each must not depend on."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from toondecompose.evaluation import picture_metrics


def noise(size: tuple[int, int] = (40, 50), *, seed: int = 0) -> np.ndarray:
    """Return a soft random picture, (H, W, 3) uint8."""
    random = np.random.default_rng(seed)
    return cv2.GaussianBlur(random.integers(0, 256, (*size, 3), dtype=np.uint8), (0, 0), 1.5)


def test_psnr_counts_the_mask_only() -> None:
    truth = np.full((4, 4, 3), 100, np.uint8)
    picture = truth.copy()
    picture[0] = 90
    picture[1] = 0
    mask = np.ones((4, 4), bool)
    mask[1] = False
    expected = 10 * np.log10(255**2 / (100 / 3))
    assert picture_metrics.psnr(picture, truth, mask) == pytest.approx(expected)
    assert picture_metrics.psnr(truth, truth) == float("inf")
    assert picture_metrics.psnr(picture, truth) == picture_metrics.psnr(truth, picture)
    with pytest.raises(ValueError, match="mask is empty"):
        picture_metrics.psnr(picture, truth, np.zeros((4, 4), bool))
    with pytest.raises(ValueError, match=r"\(4, 4, 3\) and \(4, 5, 3\)"):
        picture_metrics.psnr(truth, np.zeros((4, 5, 3), np.uint8))


def test_psnr_is_that_of_its_mean_squared_error() -> None:
    a, b = noise(), noise(seed=1)
    error = float(((a.astype(float) - b) ** 2).mean())
    assert picture_metrics.psnr(a, b) == pytest.approx(picture_metrics.decibels(error))


def test_ssim() -> None:
    picture = noise()
    assert picture_metrics.ssim(picture, picture) == pytest.approx(1.0)
    flat, brighter = np.full((20, 20, 3), 100, np.uint8), np.full((20, 20, 3), 120, np.uint8)
    c1 = 2.55**2
    expected = (2 * 100 * 120 + c1) / (100**2 + 120**2 + c1)
    assert picture_metrics.ssim(flat, brighter) == pytest.approx(expected)
    assert picture_metrics.ssim(picture, cv2.GaussianBlur(picture, (0, 0), 2)) < 0.9
    assert picture_metrics.ssim(picture, 255 - picture) < 0


def test_ms_ssim() -> None:
    picture = noise((176, 180))
    assert picture_metrics.ms_ssim(picture, picture) == pytest.approx(1.0)
    # A small blur is lost in the coarse scales, which weigh most.
    blurred = cv2.GaussianBlur(picture, (0, 0), 1)
    found = picture_metrics.ms_ssim(picture, blurred)
    assert found is not None and picture_metrics.ssim(picture, blurred) < found < 1
    assert picture_metrics.ms_ssim(picture, 255 - picture) == 0
    assert picture_metrics.ms_ssim(picture[:175], picture[:175]) is None


def test_flip() -> None:
    black, white = np.zeros((30, 30, 3), np.uint8), np.full((30, 30, 3), 255, np.uint8)
    assert picture_metrics.flip(black, black) == 0
    assert picture_metrics.flip(black, white) > 0.9
    picture = noise()
    near, far = (cv2.GaussianBlur(picture, (0, 0), s) for s in (0.5, 2))
    assert 0 < picture_metrics.flip(near, picture) < picture_metrics.flip(far, picture)


def test_near_edges_reaches_eight_pixels() -> None:
    picture = np.full((40, 60, 3), 255, np.uint8)
    picture[:, 30:] = 0
    near = picture_metrics.near_edges(picture)
    assert near[20, 24:36].all() and not near[20, :20].any() and not near[20, 40:].any()
    assert not picture_metrics.near_edges(np.full((9, 9, 3), 70, np.uint8)).any()


def test_edge_psnr_counts_only_what_is_near_an_edge() -> None:
    truth = np.full((40, 60, 3), 255, np.uint8)
    truth[:, 30:] = 0
    far, near = truth.copy(), truth.copy()
    far[:, :10] = 200
    near[:, 28:30] = 200
    assert picture_metrics.edge_psnr(far, truth) == float("inf")
    found = picture_metrics.edge_psnr(near, truth)
    assert found is not None and found < picture_metrics.psnr(near, truth)
    assert picture_metrics.edge_psnr(truth[:, :20], truth[:, :20]) is None


def test_flicker_counts_what_comes_and_goes() -> None:
    truth = noise()
    moved = np.roll(truth, 3, axis=1)
    wrong = np.clip(truth.astype(int) + 0, 0, 245).astype(np.uint8)
    assert picture_metrics.flicker((moved, moved), (truth, truth)) == 0
    assert picture_metrics.flicker((wrong + 10, truth), (wrong + 10, truth)) == 0
    assert picture_metrics.flicker((wrong + 10, truth), (wrong, truth)) == 10
