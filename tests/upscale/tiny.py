"""Tiny networks of random weights, and their files in the format of ncnn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from toondecompose.upscale.ncnn_file import HALF, MAGIC
from toondecompose.upscale.networks import AnimeVideo, Network, UpConv7

CHANNELS = (4, 6, 6, 8, 8, 10)
"""Of the tiny UpConv7."""


def tiny_upconv(seed: int = 0) -> UpConv7:
    return _randomised(UpConv7(CHANNELS), seed)  # type: ignore[return-value]


def tiny_animevideo(factor: int, seed: int = 0) -> AnimeVideo:
    return _randomised(AnimeVideo(factor, channels=6, convolutions=4), seed)  # type: ignore[return-value]


def write_upconv(folder: Path, network: UpConv7, *, flag: int = HALF) -> Path:
    """Write a network as ncnn does; return its ``.param``. The weights are rounded to float16."""
    lines, data = [], b""
    modules = [*network.convolutions, network.last]
    for n, module in enumerate(modules):
        kind = "Deconvolution" if module is network.last else "Convolution"
        weight = module.weight.detach().numpy().astype(np.float16)
        module.weight.data = torch.from_numpy(weight.astype(np.float32))
        if module is network.last:
            weight = weight.transpose(1, 0, 2, 3)
        out, _, side, _ = weight.shape
        lines.append(f"{kind} c{n} 1 1 v{n} v{n + 1} 0={out} 1={side} 5=1 6={weight.size}")
        raw = weight.tobytes()
        data += np.uint32(flag).tobytes() + raw + bytes(-len(raw) % 4)
        data += module.bias.detach().numpy().tobytes()
    path = folder / "tiny.param"
    head = [MAGIC, f"{len(lines) + 1} {len(lines) + 1}", "Input in 0 1 v0 0=16 1=16 2=3"]
    path.write_text("\n".join([*head, *lines]) + "\n")
    path.with_suffix(".bin").write_bytes(data)
    return path


def drawn(size: tuple[int, int], seed: int = 0) -> np.ndarray:
    """Draw a picture with lines and flat colours, (H, W, 3) uint8."""
    import cv2

    random = np.random.default_rng(seed)
    picture = np.full((size[1], size[0], 3), 200, np.uint8)
    for _ in range(6):
        ends = random.integers(0, min(size), (2, 2)).tolist()
        colour = random.integers(0, 255, 3).tolist()
        cv2.circle(picture, ends[0], int(random.integers(4, 20)), colour, -1, cv2.LINE_AA)
        cv2.line(picture, ends[0], ends[1], (20, 15, 30), 2, cv2.LINE_AA)
    return picture


def _randomised(network: Network, seed: int) -> Network:
    random = torch.Generator().manual_seed(seed)
    for one in network.parameters():
        fan = one[0].numel() if one.ndim > 1 else 4
        one.data = torch.randn(one.shape, generator=random) / fan**0.5
    return network.eval().requires_grad_(False)
