"""Alignment of a held drawing: how it slides, turns or grows from one frame to another.

Robust Gauss-Newton on the images (Lucas and Kanade, 1981), in the inverse compositional form of
Baker and Matthews (2004): only one image needs gradients, and they are computed once.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from toondecompose.core import geometry
from toondecompose.core.reduction import dot
from toondecompose.core.sampling import sample
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.exposure.parameters import Parameters


@dataclass(frozen=True)
class Template:
    """One image, prepared for comparison with others.

    Attributes
    ----------
    places : (N, 2), pixels with structure.
    colour : (N, 3) float32.
    gradient : (N, 3, 2) float32, change of each channel per pixel in x and y.
    """

    places: np.ndarray
    colour: np.ndarray
    gradient: np.ndarray


def soften(picture: np.ndarray, *, tuning: Tuning = DEFAULT) -> np.ndarray:
    """Blur an image (H, W, 3) slightly, float32, so that resampling changes little."""
    parameters = tuning[Parameters]
    return cv2.GaussianBlur(picture.astype(np.float32), (0, 0), parameters.softening_sigma_px)


def make_template(
    picture: np.ndarray, mask: np.ndarray, noise: float, *, tuning: Tuning = DEFAULT
) -> Template:
    """Select the pixels of a softened image (H, W, 3) float32 inside a mask (H, W) bool."""
    parameters = tuning[Parameters]
    along = [cv2.Sobel(picture, cv2.CV_32F, *order, scale=1 / 8) for order in ((1, 0), (0, 1))]
    squared = along[0] ** 2 + along[1] ** 2
    strong = (
        squared[..., 0] + squared[..., 1] + squared[..., 2]
        > (parameters.min_gradient_sigmas * noise) ** 2
    )
    rows, columns = np.nonzero(mask & strong)
    step = -(-len(rows) // parameters.max_points) or 1
    rows, columns = rows[::step], columns[::step]
    gradient = np.stack([part[rows, columns] for part in along], axis=-1)
    places = np.stack([columns, rows], axis=-1).astype(np.float64)
    return Template(places, picture[rows, columns], gradient)


def align(
    template: Template,
    other: np.ndarray,
    start: np.ndarray,
    *,
    turns: bool,
    tuning: Tuning = DEFAULT,
) -> tuple[np.ndarray, float]:
    """Correct the motion from the pixels of the template to those of another image.

    Parameters
    ----------
    template : of the image that the motion starts from.
    other : (H, W, 3) float32, softened.
    start : (3, 3), correct up to about a pixel.
    turns : solve a similarity instead of a translation.

    Returns
    -------
    (3, 3), pixel of the template's image to pixel of the other, and the median squared difference
    after alignment; infinity where too few pixels overlap.
    """
    parameters = tuning[Parameters]
    places = template.places
    size = np.array([other.shape[1], other.shape[0]])
    if len(places) < parameters.min_points:
        return start, np.inf
    centre = places.mean(axis=0)
    radius = max(1.0, float(np.sqrt(((places - centre) ** 2).sum(axis=1).mean())))
    x, y = ((places - centre) / radius).T[..., None]
    gx, gy = template.gradient[..., 0], template.gradient[..., 1]
    # I(x + u) = I(x) + g u  with  u = (p0 + p2 x - p3 y, p1 + p2 y + p3 x).
    slopes = [gx, gy] + ([gx * x + gy * y, gy * x - gx * y] if turns else [])
    steepest = np.stack(slopes, axis=-1).astype(np.float64)
    motion, cost = start, np.inf
    for _ in range(parameters.max_steps):
        at = geometry.apply(motion, places)
        inside = ((at >= 0) & (at <= size - 1)).all(axis=1)
        if inside.sum() < parameters.min_points:
            return start, np.inf
        error = sample(other, at) - template.colour
        squared = dot(error, error)
        cost = float(np.median(squared[inside]))
        weight = inside / (1 + squared / (parameters.outlier_medians**2 * cost + 1e-6)) ** 2
        weighted = (steepest * weight[:, None, None]).reshape(-1, len(slopes))
        normal = weighted.T @ steepest.reshape(-1, len(slopes))
        normal += 1e-6 * np.trace(normal) * np.eye(len(slopes)) + 1e-9 * np.eye(len(slopes))
        step = np.linalg.solve(normal, weighted.T @ error.ravel())
        motion = geometry.normalised(motion @ np.linalg.inv(_warp(step, centre, radius)))
        if np.abs(step).max() < parameters.last_step_px:
            break
    return motion, cost


def simplest(
    motion: np.ndarray, poorer: np.ndarray, places: np.ndarray, *, tuning: Tuning = DEFAULT
) -> np.ndarray:
    """Return the simplest motion (3, 3) that moves the places (N, 2) as far as the given one.

    In this order: none, a shift by whole pixels, which needs no resampling, the poorer motion, the
    given one.
    """
    parameters = tuning[Parameters]
    if len(places) == 0:
        return motion
    ends = np.stack([places.min(axis=0), places.max(axis=0)])
    box = np.array([(x, y) for x in ends[:, 0] for y in ends[:, 1]], dtype=float)
    shift = np.round((geometry.apply(motion, box) - box).mean(axis=0))
    for model in (np.eye(3), geometry.translation(*shift), poorer):
        away = geometry.apply(model, box) - geometry.apply(motion, box)
        if np.linalg.norm(away, axis=1).max() < parameters.same_motion_px:
            return model
    return motion


def _warp(step: np.ndarray, centre: np.ndarray, radius: float) -> np.ndarray:
    """Return the similarity (3, 3) that moves points by the displacement `u` of a step."""
    grow, turn = step[2:] / radius if len(step) > 2 else (0.0, 0.0)
    linear = np.array([[1 + grow, -turn], [turn, 1 + grow]])
    warp = np.eye(3)
    warp[:2, :2] = linear
    warp[:2, 2] = step[:2] + centre - linear @ centre
    return warp
