"""The camera's light: a smooth field fixed to the screen, added to the background.

A lens darkens corners, a composite adds a glow: both are fixed to the frame while the painting
moves. A texture gathered from all frames absorbs part of the light, so both are solved together:
the light on a coarse grid of the frame, and the texture's share of it on a coarse grid of the
canvas.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from toondecompose.core import geometry
from toondecompose.core.geometry import Size
from toondecompose.core.reduction import sum_of_channels
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.planes.background import Background
from toondecompose.sprites.parameters import Parameters

GRID: Size = (16, 9)
"""Nodes of the light, across and down."""


def upsampling(count: int, length: int) -> np.ndarray:
    """Return the matrix (length, count) that interpolates pixels from nodes, cubically.

    The first and last node lie on the first and last pixel; Keys' kernel with a = -1/2, the ends
    continued in a straight line, so that constants and ramps are kept exactly.
    """
    place = np.linspace(0, count - 1, length)
    left = np.minimum(np.floor(place).astype(int), count - 2)
    f = place - left
    kernel = np.stack(
        [
            -0.5 * f + f**2 - 0.5 * f**3,
            1 - 2.5 * f**2 + 1.5 * f**3,
            0.5 * f + 2 * f**2 - 1.5 * f**3,
            -0.5 * f**2 + 0.5 * f**3,
        ]
    )
    padded = np.zeros((length, count + 2))
    for k, weight in enumerate(kernel):
        padded[np.arange(length), left + k] += weight
    matrix = padded[:, 1:-1].copy()
    # The node before the first continues the line through the first two, and so at the end.
    matrix[:, 0] += 2 * padded[:, 0]
    matrix[:, 1] -= padded[:, 0]
    matrix[:, -1] += 2 * padded[:, -1]
    matrix[:, -2] -= padded[:, -1]
    return matrix


def upsample(grid: np.ndarray, size: Size) -> np.ndarray:
    """Return the light (H, W, 3) float32 of a grid (9, 16, 3)."""
    down, across = upsampling(grid.shape[0], size[1]), upsampling(grid.shape[1], size[0])
    return np.einsum("yi,ijc,xj->yxc", down, grid, across, optimize=True).astype(np.float32)


def solve_light(
    residuals: np.ndarray,
    masks: list[np.ndarray],
    background: Background,
    *,
    rng: np.random.Generator,
    rounds: int = 4,
    tuning: Tuning = DEFAULT,
) -> np.ndarray:
    """Find the light that the background's textures cannot explain.

    Parameters
    ----------
    residuals : (T, H, W, 3) float, frames less what the planes show.
    masks : (T, H, W) bool of each plane, where the frames show it.
    rng : draws the pixels.

    Returns
    -------
    The light's grid (9, 16, 3), to be given to `upsample`, of mean zero over the frame.
    """
    parameters = tuning[Parameters]
    count, height, width = residuals.shape[:3]
    size = (width, height)
    down, across = upsampling(GRID[1], height), upsampling(GRID[0], width)
    nodes = GRID[0] * GRID[1]
    blocks, values, first = [], [], nodes
    for plane, mask in zip(background, masks, strict=True):
        cells = (
            plane.canvas[0] // parameters.texture_share_cell_px + 2,
            plane.canvas[1] // parameters.texture_share_cell_px + 2,
        )
        drawn = _draw(mask, rng, parameters.light_points)
        t, y, x = drawn
        point = np.stack([x, y], axis=-1).astype(float)
        place = geometry.apply(plane.homographies[t], point) / parameters.texture_share_cell_px
        own = (down[y][:, :, None] * across[x][:, None, :]).reshape(len(t), nodes)
        blocks.append((own, _bilinear(place, cells) + np.array([first, 0])[:, None, None]))
        values.append(residuals[t, y, x].astype(float))
        first += cells[0] * cells[1]
    if not sum(map(len, values)):
        return np.zeros((GRID[1], GRID[0], 3))
    rows = sparse.vstack([_rows(own, shares, first) for own, shares in blocks]).tocsr()
    right = np.concatenate(values)
    prior = _priors(first, len(right), tuning=tuning)
    solution = np.zeros((first, 3))
    for _ in range(rounds):
        error = right - rows @ solution
        weight = 1 / (1 + sum_of_channels(error**2) / parameters.light_outlier_levels**2) ** 2
        weighted = sparse.diags_array(weight) @ rows
        normal = splu((rows.T @ weighted + prior).tocsc())
        solution = normal.solve(weighted.T @ right)
    grid = solution[:nodes].reshape(GRID[1], GRID[0], 3)
    return grid - upsample(grid, size).mean(axis=(0, 1))


def _draw(mask: np.ndarray, rng: np.random.Generator, points: int) -> tuple[np.ndarray, ...]:
    """Draw pixels of the mask, at most so many per frame on average; return their t, y, x."""
    flat = np.flatnonzero(mask)
    chosen = rng.integers(0, max(flat.size, 1), min(flat.size, points * len(mask)))
    return np.unravel_index(np.sort(flat[chosen]), mask.shape)


def _bilinear(place: np.ndarray, cells: Size) -> np.ndarray:
    """Return numbers and shares, (2, N, 4), of the cells around places (N, 2)."""
    low = np.clip(np.floor(place), 0, np.array(cells) - 2)
    (u, v), (i, j) = np.clip(place - low, 0, 1).T, low.T
    number = j * cells[0] + i
    numbers = np.stack([number, number + 1, number + cells[0], number + cells[0] + 1], axis=-1)
    shares = np.stack([(1 - u) * (1 - v), u * (1 - v), (1 - u) * v, u * v], axis=-1)
    return np.stack([numbers, shares])


def _rows(own: np.ndarray, shares: np.ndarray, unknowns: int) -> sparse.csr_array:
    """Return one equation per pixel: light + the texture's share = residual."""
    light = sparse.csr_array(np.where(np.abs(own) > 1e-9, own, 0))
    light.resize(own.shape[0], unknowns)
    pointer = np.arange(len(own) + 1) * 4
    values = (shares[1].ravel(), shares[0].ravel().astype(int), pointer)
    return light + sparse.csr_array(values, shape=(len(own), unknowns))


def _priors(unknowns: int, equations: int, *, tuning: Tuning = DEFAULT) -> sparse.csc_array:
    """Return the priors: a stiff light, and zero everywhere without observations."""
    parameters = tuning[Parameters]
    one, other = (sparse.eye_array(n) for n in GRID)
    second = [
        sparse.diags_array(
            [1.0, -2.0, 1.0],
            offsets=[0, 1, 2],  # pyright: ignore[reportArgumentType]  its default is one number
            shape=(n - 2, n),
        )
        for n in GRID
    ]
    bends = sparse.vstack([sparse.kron(other, second[0]), sparse.kron(second[1], one)]).tocsr()
    bends.resize(bends.shape[0], unknowns)  # pyright: ignore[reportOptionalSubscript]
    per_node = equations / (GRID[0] * GRID[1])
    small = 1e-3 * per_node * sparse.eye_array(unknowns)
    return (parameters.light_stiffness * per_node * (bends.T @ bends) + small).tocsc()
