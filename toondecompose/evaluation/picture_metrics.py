"""How far two pictures agree: PSNR, SSIM, MS-SSIM, FLIP, and PSNR near edges.

Pictures are RGB uint8 of equal shape. The libraries are imported when they are asked for: they
take seconds, and come with the extra ``evaluate``.
"""

from __future__ import annotations

import cv2
import numpy as np

WINDOW = 11
"""Width of the Gaussian window of SSIM and MS-SSIM in pixels; its standard deviation is 1.5."""

MS_SSIM_MIN_SIDE = 176
"""Shortest side in pixels of which MS-SSIM's five scales can be made."""

EDGE_REACH_PX = 8.0
"""Distance from an edge up to which a pixel counts for the edge PSNR."""

CANNY_LEVELS = (50, 150)
"""Thresholds of Canny's detector, in levels of the gradient."""


def psnr(picture: np.ndarray, truth: np.ndarray, mask: np.ndarray | None = None) -> float:
    """Peak signal to noise ratio, decibels; infinity for equal pictures.

    Parameters
    ----------
    picture, truth
        (..., 3) uint8 of equal shape.
    mask
        Bool, the shape without the channels: the pixels that count; default all.

    Raises
    ------
    ValueError
        If the shapes differ or no pixel counts.
    """
    import torch
    from kornia.metrics import psnr as kornia_psnr

    check_same_shape(picture, truth)
    if mask is not None:
        picture, truth = picture[mask], truth[mask]
    if picture.size == 0:
        raise ValueError("no pixel counts: the mask is empty")
    first, second = (torch.from_numpy(one.astype(np.float64)) for one in (picture, truth))
    return float(kornia_psnr(first, second, 255.0))


def decibels(mean_squared_error: float) -> float:
    """Give the PSNR of a mean squared error; infinity for 0."""
    return float(10 * np.log10(255.0**2 / mean_squared_error)) if mean_squared_error else np.inf


def ssim(picture: np.ndarray, truth: np.ndarray) -> float:
    """Structural similarity (Wang et al., 2004) of the luminance, mean over the picture.

    Gaussian window of sigma 1.5 (11 x 11), constants 0.01 and 0.03; (H, W, 3) uint8, at most 1.

    Raises
    ------
    ValueError
        If the shapes differ.
    """
    import torch
    from kornia.metrics import ssim as kornia_ssim

    first, second = (torch.from_numpy(one)[None, None] for one in _luminances(picture, truth))
    return float(kornia_ssim(first, second, WINDOW, 255.0).mean())


def ms_ssim(picture: np.ndarray, truth: np.ndarray) -> float | None:
    """SSIM of the luminance over five scales (Wang et al., 2003), at most 1.

    None where a side is shorter than `MS_SSIM_MIN_SIDE`.

    Raises
    ------
    ValueError
        If the shapes differ.
    """
    check_same_shape(picture, truth)
    if min(truth.shape[:2]) < MS_SSIM_MIN_SIDE:
        return None
    import torch
    from torchmetrics.functional.image import multiscale_structural_similarity_index_measure

    first, second = (torch.from_numpy(one)[None, None] for one in _luminances(picture, truth))
    # Negative terms, of pictures that are each other's reverse, have no power of 0.04.
    value = multiscale_structural_similarity_index_measure(
        first, second, data_range=255.0, normalize="relu"
    )
    return float(value)


def flip(picture: np.ndarray, truth: np.ndarray) -> float:
    """FLIP of pictures on a display (Andersson et al., 2020), 0 for equal ones, at most 1.

    Mean error that a viewer sees who alternates between the two, at 67 pixels a degree.

    Raises
    ------
    ValueError
        If the shapes differ.
    """
    from flip_evaluator import evaluate

    check_same_shape(picture, truth)
    real, test = (one.astype(np.float32) / 255 for one in (truth, picture))
    errors, _, _ = evaluate(real, test, "LDR", applyMagma=False, computeMeanError=False)
    # Its own mean depends on the threads that add it up.
    return float(np.mean(errors, dtype=np.float64))


def near_edges(truth: np.ndarray, *, reach: float = EDGE_REACH_PX) -> np.ndarray:
    """Find the pixels within ``reach`` pixels of an edge, which in a cartoon is mostly a line.

    Edges are those of Canny's detector in the luminance after a blur of 1 pixel.

    Returns
    -------
    (H, W) bool, all False where there is no edge.
    """
    grey = cv2.GaussianBlur(cv2.cvtColor(truth, cv2.COLOR_RGB2GRAY), (0, 0), 1.0)
    edges = cv2.Canny(grey, *CANNY_LEVELS, L2gradient=True)
    if not edges.any():
        return np.zeros(grey.shape, bool)
    return cv2.distanceTransform(255 - edges, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) <= reach


def edge_psnr(picture: np.ndarray, truth: np.ndarray) -> float | None:
    """PSNR of the pixels near the edges of the truth, see `near_edges`; None without edges."""
    check_same_shape(picture, truth)
    mask = near_edges(truth)
    return psnr(picture, truth, mask) if mask.any() else None


def flicker(pair: tuple[np.ndarray, np.ndarray], before: tuple[np.ndarray, np.ndarray]) -> float:
    """Mean difference of the changes from frame to frame, in levels.

    An error that stays does not count, one that comes and goes does.

    Parameters
    ----------
    pair, before
        Picture and truth of a frame, and of the frame before, (H, W, 3) uint8 each.
    """
    check_same_shape(*pair)
    change, true_change = (
        now.astype(np.int16) - then for now, then in zip(pair, before, strict=True)
    )
    return float(np.abs(change - true_change).mean(dtype=np.float64))


def check_same_shape(a: np.ndarray, b: np.ndarray) -> None:
    """Refuse arrays of different shapes."""
    if a.shape != b.shape:
        raise ValueError(f"shapes differ: {a.shape} and {b.shape}")


def _luminances(*pictures: np.ndarray) -> list[np.ndarray]:
    """Return (H, W) float64 luminances in 0..255 of pictures of one shape."""
    check_same_shape(*pictures)
    return [cv2.cvtColor(one, cv2.COLOR_RGB2GRAY).astype(np.float64) for one in pictures]
