"""The two networks, in torch, with the weights of their ncnn files.

Both take (N, 3, H, W) float RGB, 0..1, and give (N, 3, h, w), not clipped. Pixels near the border
depend on what is taken to lie beyond it; ``context`` says how near. Callers pad by as much and
cut it off, so that the result of a pixel depends on its surroundings only.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from toondecompose.upscale.ncnn_file import NcnnLayer


class UpConv7(nn.Module):
    """UpConv7 of waifu2x, twice the size: six convolutions without padding, one transposed.

    Its output is that of the input without `context` pixels at each border.
    """

    scale = 2
    context = 7
    lost = 14
    """Pixels by which the result is of a smaller input, in width and in height."""

    def __init__(self, channels: Sequence[int] = (16, 32, 64, 128, 128, 256)) -> None:
        super().__init__()
        sizes = (3, *channels)
        self.convolutions = nn.ModuleList(
            nn.Conv2d(a, b, 3) for a, b in zip(sizes, channels, strict=False)
        )
        self.last = nn.ConvTranspose2d(sizes[-1], 3, 4, stride=2, padding=3)

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        """Return (N, 3, 2 (H - 14), 2 (W - 14))."""
        for convolution in self.convolutions:
            picture = functional.leaky_relu(convolution(picture), 0.1)
        return self.last(picture)


class AnimeVideo(nn.Module):
    """The compact network of Real-ESRGAN AnimeVideo-v3: a residual on the repeated pixels.

    It enlarges four times; twice and three times as large are that result, made smaller.
    """

    lost = 0
    inner = 4
    """How many times larger it makes pictures inside."""

    def __init__(self, scale: int, *, channels: int = 64, convolutions: int = 18) -> None:
        super().__init__()
        self.scale = scale
        self.context = convolutions + 1
        sizes = [3, *[channels] * (convolutions - 1), 3 * self.inner**2]
        self.convolutions = nn.ModuleList(
            nn.Conv2d(a, b, 3, padding=1) for a, b in zip(sizes, sizes[1:], strict=False)
        )
        self.slopes = nn.ModuleList(nn.PReLU(size) for size in sizes[1:-1])

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        """Return (N, 3, scale H, scale W)."""
        inside = picture
        for convolution, slope in zip(self.convolutions, self.slopes, strict=False):
            inside = slope(convolution(inside))
        residual = functional.pixel_shuffle(self.convolutions[-1](inside), self.inner)
        large = functional.interpolate(picture, scale_factor=self.inner, mode="nearest") + residual
        if self.inner == self.scale:
            return large
        factor = self.scale / self.inner
        return functional.interpolate(large, scale_factor=factor, mode="bicubic")


Network = UpConv7 | AnimeVideo


def take_weights(network: Network, layers: Sequence[NcnnLayer], name: str) -> Network:
    """Put the weights of an ncnn file into a network; return it, ready to be run.

    Raises
    ------
    ValueError
        When the layers are not those of the network.
    """
    own = [one for one in network.modules() if isinstance(one, nn.Conv2d | nn.ConvTranspose2d)]
    _fill(own, [one for one in layers if "onvolution" in one.kind], name)
    slopes = [one for one in network.modules() if isinstance(one, nn.PReLU)]
    _fill(slopes, [one for one in layers if one.kind == "PReLU"], name)
    return network.eval().requires_grad_(False)


def _fill(own: Sequence[nn.Module], layers: Sequence[NcnnLayer], name: str) -> None:
    if len(own) != len(layers):
        raise ValueError(f"{name} has {len(layers)} layers of a kind, the network {len(own)}")
    for module, layer in zip(own, layers, strict=True):
        weight = np.asarray(layer.weight)
        if isinstance(module, nn.ConvTranspose2d):
            weight = weight.transpose(1, 0, 2, 3)  # ncnn stores (out, in), torch (in, out)
        state = {"weight": weight} | ({} if layer.bias is None else {"bias": layer.bias})
        shapes = {key: tuple(one.shape) for key, one in module.state_dict().items()}
        if shapes != {key: one.shape for key, one in state.items()}:
            found = {key: one.shape for key, one in state.items()}
            raise ValueError(f"{name} has a layer of shapes {found}, the network {shapes}")
        module.load_state_dict({key: torch.from_numpy(one.copy()) for key, one in state.items()})
