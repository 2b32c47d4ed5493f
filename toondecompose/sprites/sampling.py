"""The bilinear sampler with a gradient, and the motion of the points that it samples.

It is written with gathers of whole texels. Its gradient is a scatter that adds in a fixed order, so
it is the same in every run on every device, unlike that of torch's grid_sample on CUDA.
"""

from __future__ import annotations

import torch

from toondecompose.core.geometry import Size


def sample(texture: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
    """Sample a texture between its texels.

    Parameters
    ----------
    texture : (H, W, C), pixel centres at integers; beyond the border its edge repeats.
    points : (N, 2), x to the right and y down, in texels.

    Returns
    -------
    (N, C), differentiable in both arguments.

    Raises
    ------
    ValueError
        If the shapes are others.
    """
    if texture.ndim != 3 or points.ndim != 2 or points.shape[1] != 2:
        shapes = f"{tuple(texture.shape)} and {tuple(points.shape)}"
        raise ValueError(f"sample takes a texture (H, W, C) and points (N, 2), not {shapes}")
    height, width, channels = texture.shape
    flat = texture.reshape(-1, channels)
    x, y = points[:, 0].clamp(0, width - 1), points[:, 1].clamp(0, height - 1)
    left = x.detach().floor().clamp(0, max(width - 2, 0))
    top = y.detach().floor().clamp(0, max(height - 2, 0))
    u, v = (x - left)[:, None], (y - top)[:, None]
    corner = top.long() * width + left.long()
    right, below = min(width - 1, 1), min(height - 1, 1) * width
    upper = _between(flat, corner, right, share=u)
    lower = _between(flat, corner + below, right, share=u)
    return upper + v * (lower - upper)


def _between(
    flat: torch.Tensor, index: torch.Tensor, step: int, *, share: torch.Tensor
) -> torch.Tensor:
    """Return texels of flat (M, C), mixed with those one step further."""
    first = flat.index_select(0, index)
    return first + share * (flat.index_select(0, index + step) - first)


def corrections(parameters: torch.Tensor, size: Size) -> torch.Tensor:
    """Return the homographies (T, 3, 3) of small motions in the frame.

    parameters is (T, P), P = 2, 6 or 8, in pixels at the frame's border: the translation, affine
    and homography of `toondecompose.motion.solve.correction`, of which this is the version with
    a gradient.
    """
    half = size[0] / 2
    p = torch.nn.functional.pad(parameters, (0, 8 - parameters.shape[1])) / half
    one = torch.ones_like(p[:, 0])
    rows = [1 + p[:, 2], p[:, 3], p[:, 0], p[:, 4], 1 + p[:, 5], p[:, 1], -p[:, 6], -p[:, 7], one]
    matrix = torch.stack(rows, dim=-1).reshape(-1, 3, 3)
    x, y = (size[0] - 1) / 2, (size[1] - 1) / 2
    normal = p.new_tensor([[1 / half, 0, -x / half], [0, 1 / half, -y / half], [0, 0, 1]])
    return torch.linalg.inv(normal) @ matrix @ normal


def project(homographies: torch.Tensor, t: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
    """Map points (N, 2) of the frames t (N,) by homographies (T, 3, 3); returns (N, 2)."""
    h = homographies.reshape(-1, 9).index_select(0, t)
    x, y = points[:, 0], points[:, 1]
    depth = h[:, 6] * x + h[:, 7] * y + h[:, 8]
    u = (h[:, 0] * x + h[:, 1] * y + h[:, 2]) / depth
    v = (h[:, 3] * x + h[:, 4] * y + h[:, 5]) / depth
    return torch.stack([u, v], dim=-1)
