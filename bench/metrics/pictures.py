"""How far pictures agree."""

import cv2
import numpy as np

from bench.metrics.units import same_shape


def psnr(picture: np.ndarray, truth: np.ndarray, mask: np.ndarray | None = None) -> float:
    """Peak signal to noise ratio, decibels.

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
    same_shape(picture, truth)
    squared = (picture.astype(np.float32) - truth.astype(np.float32)) ** 2
    if mask is not None:
        squared = squared[mask]
    if squared.size == 0:
        raise ValueError("no pixel counts: the mask is empty")
    return decibels(float(squared.mean(dtype=np.float64)))


def decibels(mean_squared_error: float) -> float:
    """Give the PSNR of a mean squared error; infinity for 0."""
    return float(10 * np.log10(255.0**2 / mean_squared_error)) if mean_squared_error else np.inf


def plate_psnr(plate: np.ndarray, truth: np.ndarray, observed: np.ndarray) -> float:
    """PSNR of the plate over the pixels that some frame shows; see :func:`psnr`.

    The *hidden PSNR* is the same with ``~observed``.
    """
    return psnr(plate, truth, observed.astype(bool))


def ssim(picture: np.ndarray, truth: np.ndarray) -> float:
    """Structural similarity (Wang et al., 2004) of the luminance, mean over the picture.

    Gaussian window of sigma 1.5 (11 x 11), constants 0.01 and 0.03; (H, W, 3) uint8, at most 1.
    """
    same_shape(picture, truth)
    x, y = (cv2.cvtColor(p, cv2.COLOR_RGB2GRAY).astype(np.float64) for p in (picture, truth))

    def local(values: np.ndarray) -> np.ndarray:
        return cv2.GaussianBlur(values, (11, 11), 1.5)

    mean_x, mean_y = local(x), local(y)
    var_x, var_y = local(x * x) - mean_x**2, local(y * y) - mean_y**2
    covariance = local(x * y) - mean_x * mean_y
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    structure = (2 * covariance + c2) / (var_x + var_y + c2)
    return float(((2 * mean_x * mean_y + c1) / (mean_x**2 + mean_y**2 + c1) * structure).mean())
