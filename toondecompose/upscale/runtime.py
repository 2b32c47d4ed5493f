"""What runs a network: torch or onnxruntime, on the processor or on a device that they offer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np

from toondecompose.core.errors import UserError
from toondecompose.core.parallel import NUMERIC_THREADS
from toondecompose.upscale.model_packages import INSTALL

if TYPE_CHECKING:
    from toondecompose.upscale.networks import Network

Run = Callable[[np.ndarray], np.ndarray]
"""From (1, 3, H, W) float32 RGB in 0..1 to the enlarged picture, float32, not clipped."""

PROVIDERS = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "directml": "DmlExecutionProvider",
}
"""What onnxruntime calls the devices."""


@dataclass(frozen=True)
class Runtime:
    """What runs networks.

    Attributes
    ----------
    name : ``torch`` or ``onnxruntime``.
    device : ``cpu``, ``cuda``, and of onnxruntime also ``coreml`` and ``directml``.
    half : compute in float16.
    """

    name: str = "torch"
    device: str = "cpu"
    half: bool = False

    def open(self, network: Network) -> Run:
        """Return a function that runs a network on pictures of any size.

        Raises
        ------
        UserError
            When the runtime or the device cannot be had.
        """
        return _open_torch(network, self) if self.name == "torch" else _open_onnx(network, self)


def choose_runtime(name: str, device: str, *, half: bool = False) -> Runtime:
    """Return the runtime of the settings; ``auto`` is onnxruntime where it is installed.

    It is the faster one, see docs/benchmarks.md; the automatic device is the processor.

    Raises
    ------
    UserError
        When onnxruntime is asked for and not installed, or torch for a device that it lacks.
    """
    device = "cpu" if device == "auto" else device
    there = find_spec("onnxruntime") is not None and find_spec("onnx") is not None
    if name == "onnxruntime" and not there:
        raise UserError(
            f"upscale.runtime is onnxruntime, which is not installed; give: {INSTALL}, or take "
            "upscale.runtime: torch"
        )
    chosen = ("onnxruntime" if there else "torch") if name == "auto" else name
    if chosen == "torch" and device not in ("cpu", "cuda"):
        raise UserError(
            f"upscale.device is {device}, which only onnxruntime has; give: {INSTALL}, and take "
            "upscale.runtime: auto"
        )
    return Runtime(chosen, device, half)


def _open_torch(network: Network, runtime: Runtime) -> Run:
    import torch

    if runtime.device == "cuda" and not torch.cuda.is_available():
        raise UserError("upscale.device is cuda, but torch sees no GPU here; give auto or cpu")
    kind = torch.float16 if runtime.half else torch.float32
    own = network.to(runtime.device, kind).to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def run(tile: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            given = torch.from_numpy(tile).to(runtime.device, kind)
            return own(given.to(memory_format=torch.channels_last)).float().cpu().numpy()

    return run


def _open_onnx(network: Network, runtime: Runtime) -> Run:
    import onnxruntime

    from toondecompose.upscale.onnx_graph import INPUT, make_onnx

    provider, offered = PROVIDERS[runtime.device], onnxruntime.get_available_providers()
    if provider not in offered:
        known = {own: name for name, own in PROVIDERS.items()}
        names = ", ".join(sorted(known[one] for one in offered if one in known))
        raise UserError(
            f"upscale.device is {runtime.device}, which the installed onnxruntime does not offer "
            f"(it has: {names}); give one of these, or install the onnxruntime for that device"
        )
    options = onnxruntime.SessionOptions()
    # Sums are the same on every machine: their order depends on the number of threads.
    options.intra_op_num_threads = NUMERIC_THREADS
    options.use_deterministic_compute = True
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # others work too
    options.enable_cpu_mem_arena = False  # each size of tiles would keep its memory
    options.log_severity_level = 3
    kind = np.float16 if runtime.half else np.float32
    sessions: dict[tuple[int, ...], onnxruntime.InferenceSession] = {}

    def run(tile: np.ndarray) -> np.ndarray:
        size = tile.shape[:1:-1]
        if size not in sessions:
            model = make_onnx(network, size, half=runtime.half)
            sessions[size] = onnxruntime.InferenceSession(model, options, providers=[provider])
        enlarged = sessions[size].run(None, {INPUT: tile.astype(kind)})[0]
        return np.asarray(enlarged, np.float32)

    return run
