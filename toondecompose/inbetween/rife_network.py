"""The network of RIFE 4.6 (Huang et al., 2022): IFNet with four blocks, from coarse to fine.

The names of its parameters are those of the published checkpoints, so that these load strictly.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import grid_sample, interpolate

WIDTHS = (192, 128, 96, 64)
"""Channels of the blocks, from the coarsest."""

SCALES = (8, 4, 2, 1)
"""How much smaller than the picture each block's input is."""

LAYERS = 8
"""Residual layers of a block."""

FRAME = 3
"""Channels of a picture."""

FLOW = 4
"""Channels of the flows: to the first picture, x and y, then to the second."""


class ResidualLayer(nn.Module):
    """A convolution whose result, scaled by channel, is added to its input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)
        self.beta = nn.Parameter(torch.ones(1, channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, h, w) to the same shape."""
        return leaky(self.conv(x) * self.beta + x)


class Block(nn.Module):
    """Estimates flows and mask, or corrections of them, at one scale."""

    def __init__(self, inputs: int, channels: int) -> None:
        super().__init__()
        halves = (inputs, channels // 2, channels)
        self.conv0 = nn.Sequential(
            *(
                nn.Sequential(nn.Conv2d(a, b, 3, stride=2, padding=1), nn.LeakyReLU(0.2))
                for a, b in zip(halves, halves[1:], strict=False)
            )
        )
        self.convblock = nn.Sequential(*(ResidualLayer(channels) for _ in range(LAYERS)))
        self.lastconv = nn.Sequential(
            nn.ConvTranspose2d(channels, 4 * (FLOW + 2), 4, stride=2, padding=1), nn.PixelShuffle(2)
        )

    def forward(self, x: Tensor, flow: Tensor | None, scale: int) -> tuple[Tensor, Tensor]:
        """Return flows (N, 4, H, W) in pixels and mask (N, 1, H, W), from (N, C, H, W)."""
        x = resized(x, 1 / scale)
        if flow is not None:
            x = torch.cat((x, resized(flow, 1 / scale) / scale), 1)
        found = resized(self.lastconv(self.convblock(self.conv0(x))), scale)
        # The sixth channel is of no use.
        return found[:, :FLOW] * scale, found[:, FLOW : FLOW + 1]


class IFNet(nn.Module):
    """Flows from an in-between to two pictures, and the mask that mixes them."""

    def __init__(self) -> None:
        super().__init__()
        for n, channels in enumerate(WIDTHS):
            # The first has two pictures and the time, the others also the mask and the flows.
            inputs = 2 * FRAME + 1 + (1 + FLOW if n else 0)
            setattr(self, f"block{n}", Block(inputs, channels))

    def forward(self, first: Tensor, second: Tensor, share: float) -> tuple[Tensor, Tensor]:
        """Estimate where an in-between comes from.

        Parameters
        ----------
        first, second : (N, 3, H, W) RGB in 0..1; sides are multiples of 32.
        share : how far the in-between is from the first to the second, 0..1.

        Returns
        -------
        Flows (N, 4, H, W) in pixels, to the first and to the second; and the share of the first,
        (N, 1, H, W), 0..1.
        """
        time = torch.full_like(first[:, :1], share)
        known = (first, second)
        flow, mask = None, None
        for n, scale in enumerate(SCALES):
            block = getattr(self, f"block{n}")
            if flow is None or mask is None:
                flow, mask = block(torch.cat((*known, time), 1), None, scale)
            else:
                more, mask_more = block(torch.cat((*known, time, mask), 1), flow, scale)
                flow, mask = flow + more, mask + mask_more
            known = fetched(first, flow[:, :2]), fetched(second, flow[:, 2:])
        assert flow is not None and mask is not None  # there are blocks
        return flow, torch.sigmoid(mask)


def leaky(x: Tensor) -> Tensor:
    """Rectify, with a slope of 0.2 below zero."""
    return nn.functional.leaky_relu(x, 0.2)


def resized(x: Tensor, factor: float) -> Tensor:
    """Resize (N, C, H, W) bilinearly by a factor."""
    return interpolate(x, scale_factor=factor, mode="bilinear", align_corners=False)


def fetched(picture: Tensor, flow: Tensor) -> Tensor:
    """Sample a picture (N, C, H, W) where a flow (N, 2, H, W), x first, leads from each pixel."""
    height, width = picture.shape[2:]
    flow = flow.float()  # half precision knows no halves of pixels from 1024 on
    x = torch.arange(width, device=flow.device) + flow[:, 0]
    y = torch.arange(height, device=flow.device)[:, None] + flow[:, 1]
    at = torch.stack((2 * x / (width - 1) - 1, 2 * y / (height - 1) - 1), -1)
    result = grid_sample(
        picture.float(), at, mode="bilinear", padding_mode="border", align_corners=True
    )
    return result.to(picture.dtype)
