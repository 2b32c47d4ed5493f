"""The background in torch: its parameters, and how they render a pixel."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import torch

from toondecompose.core import geometry
from toondecompose.core.geometry import Size
from toondecompose.core.tuning import DEFAULT, Tuning
from toondecompose.planes.background import Background, Plane
from toondecompose.planes.texture import Texture
from toondecompose.sprites.light import upsampling
from toondecompose.sprites.parameters import Parameters
from toondecompose.sprites.sampling import corrections, project, sample

MOTION_PARAMETERS = 6
"""Parameters of the correction of every frame's motion: affine."""


class PlaneModel(torch.nn.Module):
    """One plane: texture (H, W, 3), correction (T, P) of its motion, and the logit of its alpha.

    The correction is zero in the frame in the middle of the clip, which fixes the canvas, and in
    all frames of a plane that stands still.
    """

    start: torch.Tensor
    free: torch.Tensor

    def __init__(self, *, plane: Plane, size: Size, opaque: bool, tuning: Tuning = DEFAULT) -> None:
        super().__init__()
        self.tuning = tuning
        self.size = size
        count = len(plane.homographies)
        self.texture = torch.nn.Parameter(torch.from_numpy(filled(plane.texture)))
        self.motion = torch.nn.Parameter(torch.zeros(count, MOTION_PARAMETERS, dtype=torch.float64))
        self.register_buffer("start", torch.from_numpy(geometry.normalised(plane.homographies)))
        free = torch.ones(count, 1, dtype=torch.float64)
        free[slice(None) if geometry.stands_still(plane.homographies) else count // 2] = 0
        self.register_buffer("free", free)
        self.logit = None if opaque else torch.nn.Parameter(_logit(plane.alpha, tuning=tuning))

    def homographies(self) -> torch.Tensor:
        """Return the corrected motion, (T, 3, 3) float64, frame pixel to canvas pixel."""
        return self.start @ corrections(self.motion * self.free, self.size)

    def render(self, t: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
        """Return colour and alpha, (N, 4), as frames t (N,) see them at points (N, 2)."""
        place = project(self.homographies().to(points.dtype), t, points)
        if self.logit is None:
            colour = sample(self.texture, place)
            return torch.cat([colour, torch.ones_like(colour[:, :1])], dim=1)
        both = torch.cat([self.texture, torch.sigmoid(self.logit)[..., None]], dim=-1)
        return sample(both, place)

    def result(self, plane: Plane) -> Plane:
        """Return the learnt plane."""
        parameters = self.tuning[Parameters]
        colour = np.clip(self.texture.detach().cpu().numpy(), 0, 255)
        alpha = plane.alpha
        if self.logit is not None:
            learnt = torch.sigmoid(self.logit.detach()).cpu().numpy().astype(np.float32)
            alpha = np.clip(
                (learnt - parameters.end_alpha_margin) / (1 - 2 * parameters.end_alpha_margin), 0, 1
            )
        motion = geometry.normalised(self.homographies().detach().cpu().numpy())
        texture = replace(plane.texture, colour=colour)
        return replace(plane, homographies=motion, texture=texture, alpha=alpha)


class BackgroundModel(torch.nn.Module):
    """Planes from front to back, the last one opaque, and the light on a grid (9, 16, 3)."""

    def __init__(
        self, *, background: Background, light: np.ndarray, size: Size, tuning: Tuning = DEFAULT
    ) -> None:
        super().__init__()
        self.tuning = tuning
        last = len(background) - 1
        self.planes = torch.nn.ModuleList(
            PlaneModel(plane=plane, size=size, opaque=i == last, tuning=tuning)
            for i, plane in enumerate(background)
        )
        self.size = size
        self.grid = torch.nn.Parameter(torch.from_numpy(light).float())
        rows = upsampling(light.shape[0], size[1]), upsampling(light.shape[1], size[0])
        self.register_buffer("down", torch.from_numpy(rows[0]).float())
        self.register_buffer("across", torch.from_numpy(rows[1]).float())

    def plane_models(self) -> list[PlaneModel]:
        """Return the planes from front to back."""
        return [plane for plane in self.planes if isinstance(plane, PlaneModel)]

    def light(self) -> torch.Tensor:
        """Return the light at every pixel, (H, W, 3), in grey levels; its mean is zero."""
        field = torch.einsum("yi,ijc,xj->yxc", self.down, self.grid, self.across)
        return field - field.mean(dim=(0, 1))

    def forward(self, t: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
        """Return what frames t (N,) see at whole pixels (N, 2) without objects, (N, 3)."""
        *others, last = self.plane_models()
        colour = last.render(t, points)[:, :3]
        for plane in reversed(others):
            own = plane.render(t, points)
            colour = colour + own[:, 3:] * (own[:, :3] - colour)
        pixel = points[:, 1].long() * self.size[0] + points[:, 0].long()
        return colour + self.light().reshape(-1, 3).index_select(0, pixel)


def filled(texture: Texture) -> np.ndarray:
    """Return the colours (H, W, 3) float32; unobserved places get the nearest observed colour."""
    return geometry.nearest_of(texture.colour, texture.seen > 0).copy()


def _logit(alpha: np.ndarray, *, tuning: Tuning = DEFAULT) -> torch.Tensor:
    """Return logits of an alpha (H, W) whose outline has been softened."""
    parameters = tuning[Parameters]
    soft = np.clip(
        cv2.GaussianBlur(alpha, (0, 0), parameters.outline_sigma_texels),
        parameters.start_alpha_margin,
        1 - parameters.start_alpha_margin,
    )
    return torch.from_numpy(np.log(soft / (1 - soft)).astype(np.float32))
