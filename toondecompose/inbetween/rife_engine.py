"""The engine ``rife``: the RIFE network, with a checkpoint that the user brings.

It sees the drawings over a grey that is in none of them, and says where each pixel comes from, so
that colours and alpha are interpolated by the same fields.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from toondecompose.core.errors import UserError
from toondecompose.inbetween.engine import Engine, Fields
from toondecompose.inbetween.flow_engine import match_by_flow

if TYPE_CHECKING:
    import torch

    from toondecompose.inbetween.rife_network import IFNet

MULTIPLE = 32
"""Sides of its pictures are multiples of this."""

PREFIX = "module."
"""Begins the names in checkpoints that were trained on several GPUs."""

TRAINING_ONLY = ("block_tea", "teacher")
"""Begin the names of parameters of which only training makes use."""

GROUND = 0.5
"""Grey behind the drawings, 0..1."""


@dataclass(frozen=True)
class RifeMatch:
    """Two drawings, (h, w, 4) float32 premultiplied in 0..255, for the network."""

    network: Network
    first: np.ndarray
    second: np.ndarray

    @property
    def confidence(self) -> float:
        """How well the drawings correspond, by their flow both ways: the network does not say."""
        return match_by_flow(self.first, self.second).confidence

    def fields(self, share: float) -> Fields:
        """Return where an in-between comes from that is a share of the way, 0..1."""
        return self.network.fields(self.first, self.second, share=share)


class Network:
    """The network on a device; one thread at a time uses it."""

    def __init__(self, network: IFNet, device: str) -> None:
        import torch

        self._device = torch.device(device)
        self._type = torch.float16 if device == "cuda" else torch.float32
        self._network = network.eval().to(self._device, self._type)
        self._lock = threading.Lock()

    def fields(self, first: np.ndarray, second: np.ndarray, *, share: float) -> Fields:
        """Return where an in-between comes from; see `RifeMatch.fields`."""
        import torch

        height, width = first.shape[:2]
        pictures = [self._tensor(one) for one in (first, second)]
        with self._lock, torch.inference_mode():
            flow, mask = self._network(*pictures, share)
        flow = flow[0, :, :height, :width].permute(1, 2, 0).float().cpu().numpy()
        mask = mask[0, 0, :height, :width].float().cpu().numpy()
        return Fields(
            np.ascontiguousarray(flow[..., :2]), np.ascontiguousarray(flow[..., 2:]), mask
        )

    def _tensor(self, drawing: np.ndarray) -> torch.Tensor:
        """Return a drawing over grey, (1, 3, H, W), sides filled up to multiples."""
        import torch

        colour = drawing[..., :3] / 255 + GROUND * (1 - drawing[..., 3:] / 255)
        bottom, right = (-side % MULTIPLE for side in colour.shape[:2])
        colour = cv2.copyMakeBorder(colour, 0, bottom, 0, right, cv2.BORDER_REPLICATE)
        picture = torch.from_numpy(colour).permute(2, 0, 1)[None]
        return picture.to(self._device, self._type)


def load_rife(checkpoint: Path | None, *, device: str = "cpu") -> Engine:
    """Load the network; return the engine.

    Raises
    ------
    UserError
        When there is no checkpoint, or it is another network's.
    """
    if checkpoint is None:
        raise UserError(
            "the engine rife needs the weights of RIFE 4.6, which do not come with toondecompose; "
            "download its release yourself, and give its flownet.pkl as inbetween.checkpoint"
        )
    if not checkpoint.is_file():
        raise UserError(
            f"inbetween.checkpoint is {checkpoint}, but there is no such file; give the path of "
            "flownet.pkl of RIFE 4.6"
        )
    from toondecompose.inbetween.rife_network import IFNet

    network = IFNet()
    try:
        network.load_state_dict(read_state(checkpoint))
    except RuntimeError as error:
        words = str(error).split("\n")
        raise UserError(
            f"{checkpoint} holds no weights of RIFE 4.6 ({words[min(1, len(words) - 1)].strip()}); "
            "give flownet.pkl of that version"
        ) from None
    return partial(RifeMatch, Network(network, device))


def read_state(path: Path) -> dict[str, Any]:
    """Read the parameters of a checkpoint by name, without running anything that it holds.

    Raises
    ------
    UserError
        When it is no checkpoint.
    """
    import pickle

    import torch

    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, ValueError, pickle.UnpicklingError) as error:
        raise UserError(
            f"{path} cannot be read as a checkpoint of torch ({str(error).splitlines()[0][:80]}); "
            "give flownet.pkl of RIFE 4.6"
        ) from None
    if not isinstance(state, dict):
        raise UserError(f"{path} holds no parameters by name; give flownet.pkl of RIFE 4.6")
    own = {str(name).removeprefix(PREFIX): value for name, value in state.items()}
    return {name: value for name, value in own.items() if not name.startswith(TRAINING_ONLY)}
