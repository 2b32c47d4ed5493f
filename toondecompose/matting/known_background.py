"""Alpha before a known background.

Where a pixel shows the colour F of a sprite over the known plate B, I = a F + (1 - a) B. F is
looked for among the sprite's pixels around: the outline's ink, the skin inside, the strand itself.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from toondecompose.matting.plate_match import squared_length
from toondecompose.matting.trimap import Trimap

TOLERANCE = 3.0
"""A colour explains a pixel when it is off by so many standard deviations or less."""

EXTREME = 3.0
"""Preference for the purer of two colours that explain a pixel: a mixed neighbour explains it as
well, with alpha near 1. In the units of the squared, normalised residual."""

UNDECIDED = 4.0
"""Where F and B differ by fewer standard deviations than this, the outline decides alpha."""

NOISE = 2.0
"""Standard deviations from the plate at which a pixel outside keeps half of its alpha."""

NEIGHBOURS = [(dx, dy) for dy in range(-2, 3) for dx in range(-2, 3) if (dx, dy) != (0, 0)] + [
    (4, 0),
    (-4, 0),
    (0, 4),
    (0, -4),
    (3, 3),
    (-3, 3),
    (3, -3),
    (-3, -3),
]
"""Where colours of the sprite are taken from, in pixels (x, y) from the pixel in question."""


def estimate_alpha(frame: np.ndarray, trimap: Trimap) -> tuple[np.ndarray, np.ndarray]:
    """Find alpha and the colour of the sprite near its outline.

    Parameters
    ----------
    frame : (H, W, 3) float32.
    trimap : where the outline is, and the plate behind it.

    Returns
    -------
    alpha (H, W) float32 in 0..1, exactly 1 inside and 0 outside of the band, and the colour
    (H, W, 3) float32 that explains the pixel best; the frame's own inside.
    """
    alpha = (trimap.depth > 0).astype(np.float32)
    colour = frame.copy()
    rows, columns = np.nonzero(trimap.unknown)
    if rows.size == 0:
        return alpha, colour
    found, purest = _explain(frame, trimap, rows, columns)
    alpha[rows, columns] = found
    colour[rows, columns] = purest
    return _opaque_inwards(alpha, trimap.depth), colour


def _explain(
    frame: np.ndarray, trimap: Trimap, rows: np.ndarray, columns: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Try every candidate for F at N pixels; return alpha (N,) and F (N, 3)."""
    image, behind = frame[rows, columns], trimap.plate[rows, columns]
    variance = trimap.sigma[rows, columns] ** 2
    outline = cv2.GaussianBlur(trimap.shown.astype(np.float32), (0, 0), 0.7)[rows, columns]
    best = np.full(rows.size, np.inf, np.float32)
    alpha, colour = outline.copy(), image.copy()
    for y, x, valid in _candidates(trimap, rows, columns):
        candidate = frame[y, x]
        contrast = candidate - behind
        squared = squared_length(contrast)
        # a = (<I - B, F - B> + l a0) / (|F - B|^2 + l): least squares with the outline a0 as prior.
        prior = UNDECIDED**2 * variance
        share = np.einsum("nc,nc->n", image - behind, contrast) + prior * outline
        share = np.clip(share / (squared + prior), 0, 1)
        residual = image - behind - share[:, None] * contrast
        cost = squared_length(residual) / (TOLERANCE**2 * variance) + EXTREME * share
        better = valid & (cost < best)
        best = np.where(better, cost, best)
        alpha = np.where(better, share, alpha)
        colour = np.where(better[:, None], candidate, colour)
    # What lies outside and differs from the plate by noise only is the plate.
    squared = squared_length(image - behind) / (3 * variance)
    outside = trimap.depth[rows, columns] < 0
    return alpha * np.where(outside, squared / (squared + NOISE**2), 1), colour


def _candidates(
    trimap: Trimap, rows: np.ndarray, columns: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Yield rows, columns and validity (N,) of the pixels whose colours are tried."""
    height, width = trimap.shown.shape
    yield (*nearest(trimap.depth > 2, rows, columns), np.full(rows.size, True))
    for dx, dy in NEIGHBOURS:
        y, x = np.clip(rows + dy, 0, height - 1), np.clip(columns + dx, 0, width - 1)
        yield y, x, trimap.shown[y, x]


def nearest(
    mask: np.ndarray, rows: np.ndarray, columns: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return row and column of the pixel of the mask nearest to each of N pixels.

    Without any pixel in the mask the pixels themselves are returned.
    """
    if not mask.any():
        return rows, columns
    _, index = cv2.distanceTransformWithLabels(
        (~mask).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    y, x = np.nonzero(mask)
    position = np.zeros(index.max() + 1, np.int64)
    position[index[y, x]] = np.arange(len(y))
    chosen = position[index[rows, columns]]
    return y[chosen], x[chosen]


def _opaque_inwards(alpha: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """Let alpha never fall on the way from the outline inwards: behind ink there is no window."""
    result = alpha.copy()
    for least in (1.0, 1.8):
        rows, columns = np.nonzero((depth >= least) & (depth <= 3))
        own = depth[rows, columns]
        highest = result[rows, columns]
        for dy in (-1, 0, 1):
            for dx in (-1, 0, 1):
                y = np.clip(rows + dy, 0, alpha.shape[0] - 1)
                x = np.clip(columns + dx, 0, alpha.shape[1] - 1)
                outer = (depth[y, x] < own - 0.4) & (depth[y, x] > 0)
                highest = np.where(outer, np.maximum(highest, result[y, x]), highest)
        result[rows, columns] = highest
    return result
