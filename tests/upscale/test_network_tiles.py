"""Tiles make no seams, and the runtimes agree."""

from __future__ import annotations

import numpy as np
import pytest
from upscale.tiny import drawn, tiny_animevideo, tiny_upconv

from toondecompose.upscale.networks import Network
from toondecompose.upscale.runtime import Runtime
from toondecompose.upscale.tiles import NetworkEngine, best_side

NETWORKS = [tiny_upconv(), *(tiny_animevideo(factor) for factor in (2, 3, 4))]


@pytest.mark.parametrize("network", NETWORKS)
def test_tiled_is_as_untiled(network: Network) -> None:
    picture = drawn((75, 61))
    whole = NetworkEngine(network, Runtime(), sides=(128,))(picture)
    tiled = NetworkEngine(network, Runtime(), sides=(32,))(picture)
    assert whole.shape == (61 * network.scale, 75 * network.scale, 3)
    assert np.ptp(whole) > 50
    assert np.abs(whole.astype(int) - tiled).max() <= 1


@pytest.mark.parametrize("network", NETWORKS)
def test_each_pixel_lies_where_it_was(network: Network) -> None:
    """A change of one pixel changes the result around its enlarged place, evenly on all sides."""
    picture = np.full((21, 25, 3), 128, np.uint8)
    changed = picture.copy()
    changed[4, 16] = 255
    engine = NetworkEngine(network, Runtime())
    difference = np.abs(engine(changed).astype(float) - engine(picture)).sum(axis=2)
    rows, columns = (np.flatnonzero(difference.any(axis=one)) for one in (1, 0))
    reach = network.scale * (network.context + 1)
    for found, place in ((rows, 4), (columns, 16)):
        centre = network.scale * (place + 0.5) - 0.5
        assert np.abs(found - centre).max() <= reach
        assert abs(found.mean() - centre) < network.scale * 2.5 or place == 4  # cut by the border


def test_tiles_that_nobody_sees_are_interpolated() -> None:
    network = tiny_upconv()
    picture, needed = drawn((60, 40)), np.zeros((40, 60), bool)
    needed[30, 50] = True
    engine = NetworkEngine(network, Runtime(), sides=(32,))
    calls = []
    run = engine.run
    engine.run = lambda tile: calls.append(1) or run(tile)
    part, whole = engine(picture, needed), engine(picture)
    assert calls.__len__() == 1 + 3 * 4
    np.testing.assert_array_equal(part[60, 100], whole[60, 100])


@pytest.mark.parametrize(("half", "most"), [(False, 1e-4), (True, 2e-3)])
@pytest.mark.parametrize("network", NETWORKS)
def test_onnxruntime_agrees_with_torch(network: Network, half: bool, most: float) -> None:
    pytest.importorskip("onnxruntime")
    tile = (drawn((40, 36))[None].transpose(0, 3, 1, 2) / 255).astype(np.float32)
    expected = Runtime("torch").open(network)(tile)
    found = Runtime("onnxruntime", half=half).open(network)(tile)
    assert found.shape == expected.shape
    # Random networks leave the range of pictures; the bound is relative there.
    assert np.abs(found - expected).max() <= most * max(1, np.abs(expected).max())


@pytest.mark.parametrize("name", ["torch", "onnxruntime"])
def test_twice_is_equal(name: str) -> None:
    if name == "onnxruntime":
        pytest.importorskip("onnxruntime")
    picture = drawn((70, 50))
    engines = [NetworkEngine(tiny_animevideo(2), Runtime(name)) for _ in range(2)]
    np.testing.assert_array_equal(engines[0](picture), engines[1](picture))


def test_best_side_reads_few_pixels() -> None:
    assert best_side(10, 19, (64, 96, 512)) == 64
    assert best_side(474, 19, (64, 96, 512)) == 512
