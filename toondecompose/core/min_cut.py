"""Binary labelling of a picture by a continuous minimum cut.

minimise over 0 <= u <= 1:  sum(cost * u) + smoothness * sum(g |grad u|)

The problem is convex, so the solution does not depend on the start, and thresholding it gives a
global minimum among binary labellings (Chan, Esedoglu and Nikolova, 2006). It is solved by the
primal-dual method of Chambolle and Pock (2011). g is small where the picture has an edge.
"""

from __future__ import annotations

import numpy as np

from toondecompose.core.reduction import largest_channel

STEP = 1 / np.sqrt(8.0)
"""Primal and dual step: the gradient's norm is at most the root of eight."""


def edge_weights(frame: np.ndarray, contrast: float) -> np.ndarray:
    """Return g (2, H, W) of a picture (H, W, 3): 1 in flat regions, near 0 across an edge.

    The first plane holds the weight between a pixel and its right neighbour, the second between
    a pixel and the one below. contrast, in grey levels, is the difference at which g is 1/e.
    """
    image = frame.astype(np.float32)
    weights = np.zeros((2, *image.shape[:2]), np.float32)
    for axis, plane in ((1, 0), (0, 1)):
        squared = largest_channel(np.diff(image, axis=axis) ** 2)
        g = np.exp(-squared / contrast**2)
        if axis == 1:
            weights[plane, :, :-1] = g
        else:
            weights[plane, :-1] = g
    return weights


def minimum_cut(
    cost: np.ndarray,
    weights: np.ndarray,
    smoothness: float,
    *,
    start: np.ndarray | None = None,
    iterations: int = 120,
) -> np.ndarray:
    """Label a picture.

    Parameters
    ----------
    cost : (H, W) float, cost of label 1 less that of label 0.
    weights : (2, H, W), see `edge_weights`.
    smoothness : weight of the boundary's length against the cost.
    start : (H, W) first guess; only saves iterations.

    Returns
    -------
    u, (H, W) float32 in 0..1; label 1 where it is above 0.5.
    """
    step = np.float32(STEP)
    height, width = cost.shape
    count = height * width
    # All arrays are rows of pixels end to end, for numpy is quickest at those. The links that would
    # lead from the end of a row to the start of the next are bound to zero.
    cost = step * cost.astype(np.float32).ravel()
    u = (cost < 0).astype(np.float32) if start is None else start.astype(np.float32).ravel()
    moved, extrapolated = np.empty_like(u), np.zeros(count + width, np.float32)
    extrapolated[:count] = u
    here, beside, below = extrapolated[:count], extrapolated[1 : count + 1], extrapolated[width:]
    # Dual variables and bounds on the links to the right and down; divided by the step.
    bound = smoothness / step * weights
    bound[0, :, -1] = bound[1, -1] = 0
    bound_right, bound_down = bound.astype(np.float32).reshape(2, count)
    low_right, low_down = -bound_right, -bound_down
    to_right, to_down = np.zeros(count + 1, np.float32), np.zeros(count + width, np.float32)
    right, from_left = to_right[1:], to_right[:-1]
    down, from_above = to_down[width:], to_down[:count]
    step_squared, zero, one = step * step, np.float32(0), np.float32(1)
    for _ in range(iterations):
        # Dual: move along the gradient, then back to |p| <= smoothness * g.
        right += beside
        right -= here
        down += below
        down -= here
        np.minimum(right, bound_right, out=right)
        np.maximum(right, low_right, out=right)
        np.minimum(down, bound_down, out=down)
        np.maximum(down, low_down, out=down)
        # Primal: move along the divergence and against the cost, then back to 0..1.
        np.subtract(right, from_left, out=moved)
        moved += down
        moved -= from_above
        moved *= step_squared
        moved -= cost
        moved += u
        np.clip(moved, zero, one, out=moved)  # six times quicker than minimum and maximum
        np.subtract(moved, u, out=here)
        here += moved
        u, moved = moved, u
    return u.reshape(height, width)
