"""RAFT (Teed and Deng, 2020) from torchvision's modules, without the work it would do twice.

torchvision's ``RAFT.forward`` takes one pair. A clip has four pairs or more per frame, so here
everything that depends on one frame alone is computed once for the frame (``encode``):

- its features, at every level of the correlation pyramid, which serve every pair the frame is
  in (the mean of correlations is the correlation with the mean, so features are pooled once
  instead of every pair's volume);
- its context, and the share of every recurrent convolution that only sees the context. The
  convolutions see [hidden, context, motion]; they are linear before their nonlinearity, so the
  context's share is the same in all updates of all pairs of the frame.

Only the last update's flow is upsampled. The numbers are those of ``RAFT.forward`` up to the
rounding of sums taken in another order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models.optical_flow.raft import RAFT, ConvGRU

SCALE = 8
"""Pixels of the frame along a side of one cell of the network's maps."""


@dataclass(frozen=True)
class Encoded:
    """What the network knows of one frame; every tensor is (1, C, H / 8, W / 8) but the pooled."""

    features: Tensor
    pooled: tuple[Tensor, ...]
    """The features and their means over 2 x 2, 4 x 4, ... cells: the levels of the pyramid."""
    hidden: Tensor
    context: tuple[Tensor, ...]
    """Of every recurrent unit the context's share of its convolutions: of z, r and q."""


class RaftNetwork:
    """A RAFT whose work is split in a part per frame and a part per pair.

    Parameters
    ----------
    model
        torchvision's network with its weights; it is moved to the device.
    device
        Where to compute.
    half
        Whether convolutions run in half precision (a GPU's only); correlations and coordinates
        stay in single precision.
    """

    def __init__(self, model: RAFT, device: torch.device, *, half: bool = False) -> None:
        self.device = device
        self.half = half
        self.model = model.eval().to(device)
        block = model.update_block
        # The layout in which these convolutions are fastest; the encoders' norms are slower in it.
        for module in (block, model.mask_predictor):
            if module is not None:
                module.to(memory_format=torch.channels_last)
        self.hidden_size = block.hidden_state_size
        gates = (block.recurrent_block.convgru1, block.recurrent_block.convgru2)
        units = [gate for gate in gates if isinstance(gate, ConvGRU)]
        motion_size = block.motion_encoder.out_channels
        self.units = [_Unit(unit, self.hidden_size, motion_size) for unit in units]

    def encode(self, image: Tensor) -> Encoded:
        """Encode a frame, (1, 3, H, W) float32 in -1..1 on the device, sides multiples of 8."""
        with torch.inference_mode(), self._precision():
            features = self.model.feature_encoder(image).float()
            state = self.model.context_encoder(image)
            hidden = torch.tanh(state[:, : self.hidden_size])
            context = F.relu(state[:, self.hidden_size :])
            hidden, context = (
                part.contiguous(memory_format=torch.channels_last) for part in (hidden, context)
            )
            context = tuple(unit.context(context) for unit in self.units)
            return Encoded(features, self._pooled(features), hidden, context)

    def flow(self, first: Sequence[Encoded], second: Sequence[Encoded], updates: int) -> Tensor:
        """Return the flows (B, 2, H, W) float32 of B pairs of encoded frames, x then y, pixels."""
        with torch.inference_mode():
            block = self.model.update_block
            features = torch.cat([encoded.features for encoded in first])
            levels = [
                Correlation.of(features, torch.cat(level))
                for level in zip(*(encoded.pooled for encoded in second), strict=True)
            ]
            hidden = torch.cat([encoded.hidden for encoded in first])
            context = [
                torch.cat([encoded.context[i] for encoded in first]) for i in range(len(self.units))
            ]
            count, _, height, width = hidden.shape
            origin = _coordinates(height, width, self.device).expand(count, -1, -1, -1)
            position = origin
            for _ in range(updates):
                seen = self._look_up(levels, position)
                with self._precision():
                    motion = block.motion_encoder(position - origin, seen)
                    for unit, share in zip(self.units, context, strict=True):
                        hidden = unit(hidden, share, motion)
                    step = block.flow_head(hidden)
                position = position + step.float()
            return self._upsample(position - origin, hidden)

    def _pooled(self, features: Tensor) -> tuple[Tensor, ...]:
        levels = [features]
        for _ in range(self.model.corr_block.num_levels - 1):
            levels.append(F.avg_pool2d(levels[-1], kernel_size=2))
        return tuple(levels)

    def _look_up(self, levels: Sequence[Correlation], position: Tensor) -> Tensor:
        count, _, height, width = position.shape
        radius = self.model.corr_block.radius
        seen = [level.around(position / 2**i, radius) for i, level in enumerate(levels)]
        # The layout of the sum is the convolutions' own, channels last: nothing is copied.
        return torch.cat(seen, dim=1).reshape(count, height, width, -1).permute(0, 3, 1, 2)

    def _upsample(self, flow: Tensor, hidden: Tensor) -> Tensor:
        count, _, height, width = flow.shape
        flow = SCALE * flow
        if self.model.mask_predictor is None:
            size = (SCALE * height, SCALE * width)
            return F.interpolate(flow, size=size, mode="bilinear", align_corners=True)
        with self._precision():
            weights = self.model.mask_predictor(hidden)
        # Each fine pixel is a convex combination of the nine coarse flows around it.
        weights = weights.float().reshape(count, 1, 9, SCALE, SCALE, height, width).softmax(dim=2)
        around = F.unfold(flow, kernel_size=3, padding=1).reshape(count, 2, 9, 1, 1, height, width)
        fine = (weights * around).sum(dim=2)
        return fine.permute(0, 1, 4, 2, 5, 3).reshape(count, 2, SCALE * height, SCALE * width)

    def _precision(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.float16, enabled=self.half)


@dataclass(frozen=True)
class Correlation:
    """How well every cell of the first frame fits every cell of the second, at one level.

    ``volume`` is (B h w, H W): one row for each cell of the first frame; ``height`` and ``width``
    are the second frame's at this level.
    """

    volume: Tensor
    height: int
    width: int

    @classmethod
    def of(cls, first: Tensor, second: Tensor) -> Correlation:
        """Correlate features (B, C, h, w) with features (B, C, H, W) of a level."""
        channels = first.shape[1]
        rows = first.flatten(2).transpose(1, 2) / channels**0.5
        volume = torch.bmm(rows, second.flatten(2))
        return cls(volume.flatten(0, 1), *second.shape[-2:])

    def around(self, position: Tensor, radius: int) -> Tensor:
        """Return the correlations about a position of every cell, bilinear, zero outside.

        ``position`` is (B, 2, h, w), x then y, cells of this level. The window is the square of
        the integer steps -radius..radius; all its points lie equally far from the grid, so four
        weights serve them all. Returns (B h w, (2 radius + 1)^2), the step in x the slower.
        """
        side = 2 * radius + 2
        x, first_x, next_x = self._along(position[:, 0], radius, self.width)
        y, first_y, next_y = self._along(position[:, 1], radius, self.height)
        cells = (x[:, :, None] + self.width * y[:, None, :]).flatten(1)
        window = self.volume.gather(1, cells).reshape(-1, side, side)
        window = window[:, :-1] * first_x[:, :, None] + window[:, 1:] * next_x[:, :, None]
        window = window[..., :-1] * first_y[:, None, :] + window[..., 1:] * next_y[:, None, :]
        return window.flatten(1)

    @staticmethod
    def _along(position: Tensor, radius: int, size: int) -> tuple[Tensor, Tensor, Tensor]:
        """Along one axis: the cells of the windows, and the weights of their neighbours."""
        position = position.reshape(-1, 1)
        whole = torch.floor(position)
        share = position - whole
        steps = torch.arange(-radius, radius + 2, device=position.device)
        cells = whole + steps
        inside = ((cells >= 0) & (cells < size)).float()
        near, far = (1 - share) * inside[:, :-1], share * inside[:, 1:]
        return cells.clamp(0, size - 1).long(), near, far


class _Unit:
    """A recurrent unit (gated, convolutional) whose context is taken in beforehand.

    z = sigmoid(Z [h, c, m]), r = sigmoid(R [h, c, m]), q = tanh(Q [r h, c, m]),
    h' = (1 - z) h + z q, with hidden state h, context c and motion m.
    """

    def __init__(self, unit: ConvGRU, hidden: int, motion: int) -> None:
        self.padding = unit.convz.padding
        convolutions: tuple[nn.Conv2d, ...] = (unit.convz, unit.convr, unit.convq)

        def weights(of: Sequence[nn.Conv2d], *channels: slice) -> Tensor:
            parts = [torch.cat([c.weight[:, s] for s in channels], dim=1) for c in of]
            return torch.cat(parts).detach().contiguous(memory_format=torch.channels_last)

        end = unit.convz.in_channels
        of_hidden, of_motion = slice(0, hidden), slice(end - motion, end)
        self.of_context = weights(convolutions, slice(hidden, end - motion))
        self.bias = torch.cat([c.bias for c in convolutions if c.bias is not None]).detach()
        self.gates = weights(convolutions[:2], of_hidden, of_motion)
        self.candidate = weights(convolutions[2:], of_hidden, of_motion)

    def context(self, context: Tensor) -> Tensor:
        """Return the context's share of z, r and q before their nonlinearity, biases included."""
        return F.conv2d(context, self.of_context, self.bias, padding=self.padding)

    def __call__(self, hidden: Tensor, context: Tensor, motion: Tensor) -> Tensor:
        """Return the next hidden state."""
        of_gates, of_candidate = context.split([len(self.gates), len(self.candidate)], dim=1)
        seen = torch.cat([hidden, motion], dim=1)
        gates = torch.sigmoid(F.conv2d(seen, self.gates, padding=self.padding) + of_gates)
        z, r = gates.chunk(2, dim=1)
        seen = torch.cat([r * hidden, motion], dim=1)
        q = torch.tanh(F.conv2d(seen, self.candidate, padding=self.padding) + of_candidate)
        return (1 - z) * hidden + z * q


def _coordinates(height: int, width: int, device: torch.device) -> Tensor:
    y, x = torch.meshgrid(
        torch.arange(height, dtype=torch.float32, device=device),
        torch.arange(width, dtype=torch.float32, device=device),
        indexing="ij",
    )
    return torch.stack([x, y])[None]
