"""The engine ``rife``: strict loading, what it gives, checkpoints that are none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from toondecompose.core.errors import UserError
from toondecompose.inbetween.engine import open_engine
from toondecompose.inbetween.rife_network import IFNet, fetched


@pytest.fixture(scope="module")
def weights() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    return IFNet().state_dict()


def test_names_are_those_of_the_release(weights: dict[str, torch.Tensor]) -> None:
    shapes = {name: tuple(value.shape) for name, value in weights.items()}
    assert shapes["block0.conv0.0.0.weight"] == (96, 7, 3, 3)
    assert shapes["block1.conv0.0.0.weight"] == (64, 12, 3, 3)
    assert shapes["block2.convblock.7.beta"] == (1, 96, 1, 1)
    assert shapes["block3.convblock.0.conv.bias"] == (64,)
    assert shapes["block3.lastconv.0.weight"] == (64, 24, 4, 4)
    assert len(shapes) == 4 * (4 + 8 * 3 + 2)


def test_fetched_follows_the_flow() -> None:
    picture = torch.rand(1, 3, 8, 12, generator=torch.Generator().manual_seed(0))
    flow = torch.zeros(1, 2, 8, 12)
    flow[:, 0], flow[:, 1] = 2, -1
    moved = fetched(picture, flow)
    torch.testing.assert_close(moved[..., 1:, :-2], picture[..., :-1, 2:], atol=1e-5, rtol=0)


@pytest.mark.slow
def test_a_checkpoint_gives_fields(tmp_path: Path, weights: dict[str, torch.Tensor]) -> None:
    path = tmp_path / "flownet.pkl"
    torch.save({f"module.{name}": value for name, value in weights.items()}, path)
    engine = open_engine("rife", checkpoint=str(path))
    first, second = np.random.default_rng(0).uniform(0, 255, (2, 40, 50, 4)).astype(np.float32)
    fields = engine(first, second).fields(0.5)
    assert fields.to_first.shape == fields.to_second.shape == (40, 50, 2)
    assert fields.first_share.shape == (40, 50)
    assert 0 < fields.first_share.min() <= fields.first_share.max() < 1
    again = engine(first, second).fields(0.5)
    assert fields.to_first.tobytes() == again.to_first.tobytes()
    assert not np.array_equal(engine(first, second).fields(0.25).to_first, fields.to_first)


def test_checkpoints_that_are_none(tmp_path: Path, weights: dict[str, torch.Tensor]) -> None:
    with pytest.raises(UserError, match="rife needs the weights .* as inbetween.checkpoint$"):
        open_engine("rife")
    path = tmp_path / "flownet.pkl"
    with pytest.raises(UserError, match="no such file; give"):
        open_engine("rife", checkpoint=str(path))
    path.write_bytes(b"no checkpoint")
    with pytest.raises(UserError, match="cannot be read as a checkpoint .*; give"):
        open_engine("rife", checkpoint=str(path))
    torch.save({k: v for k, v in weights.items() if k != "block2.convblock.0.beta"}, path)
    with pytest.raises(UserError, match=r"no weights of RIFE 4.6 \(Missing key.*; give"):
        open_engine("rife", checkpoint=str(path))
    torch.save(weights | {"encode.cnn0.weight": torch.zeros(1)}, path)
    with pytest.raises(UserError, match=r"no weights of RIFE 4.6 \(Unexpected key.*; give"):
        open_engine("rife", checkpoint=str(path))
