"""What every stage shares: the device."""

from __future__ import annotations

import pytest
import torch

from toondecompose.core.errors import UserError
from toondecompose.pipeline.stage import choose_device


def test_missing_gpu_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_device("auto") == choose_device("cpu") == "cpu"
    with pytest.raises(UserError, match="device is cuda"):
        choose_device("cuda")


def test_auto_takes_the_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert (choose_device("auto"), choose_device("cuda"), choose_device("cpu")) == (
        "cuda",
        "cuda",
        "cpu",
    )
