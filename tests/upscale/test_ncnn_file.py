"""The reader of ncnn's files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from upscale.tiny import CHANNELS, tiny_upconv, write_upconv

from toondecompose.core.errors import UserError
from toondecompose.upscale.ncnn_file import read_ncnn
from toondecompose.upscale.networks import UpConv7, take_weights


def test_a_written_network_is_read(tmp_path: Path) -> None:
    own = tiny_upconv()
    path = write_upconv(tmp_path, own)
    read = take_weights(UpConv7(CHANNELS), read_ncnn(path), path.name)
    picture = torch.rand(1, 3, 20, 22, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(read(picture), own(picture), rtol=0, atol=0)


def test_other_weights_are_refused(tmp_path: Path) -> None:
    path = write_upconv(tmp_path, tiny_upconv())
    with pytest.raises(ValueError, match=r"tiny.param has a layer of shapes"):
        take_weights(UpConv7((8, *CHANNELS[1:])), read_ncnn(path), path.name)


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda data: data[:-8], "ends too early"),
        (lambda data: data + b"0000", "is longer than tiny.param says"),
        (lambda data: np.uint32(0x000D4B38).tobytes() + data[4:], r"flag 0x000d4b38"),
    ],
)
def test_damaged_numbers_are_refused(tmp_path: Path, damage, sentence: str) -> None:
    path = write_upconv(tmp_path, tiny_upconv())
    numbers = path.with_suffix(".bin")
    numbers.write_bytes(damage(numbers.read_bytes()))
    with pytest.raises(UserError, match=sentence):
        read_ncnn(path)


def test_another_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.param"
    path.write_text("hello\n")
    with pytest.raises(UserError, match="is no network of ncnn"):
        read_ncnn(path)
