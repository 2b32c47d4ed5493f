"""LPIPS (Zhang et al., 2018), where the weights of its network are on this machine."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np

Lpips = Callable[[np.ndarray, np.ndarray], float]
"""Distance of a picture from a truth, both (H, W, 3) uint8."""


def load_lpips() -> Lpips | str:
    """Load LPIPS with AlexNet; where something is missing, return a sentence that says what.

    Nothing is downloaded: the weights have to lie where torchvision keeps them.
    """
    if find_spec("torchvision") is None:
        return "LPIPS is left out: torchvision is not installed; give: pip install torchvision"
    import torch
    from torchvision.models import AlexNet_Weights

    name = AlexNet_Weights.IMAGENET1K_V1.url.rpartition("/")[2]
    weights = Path(torch.hub.get_dir()) / "checkpoints" / name
    if not weights.is_file():
        return f"LPIPS is left out: its weights are not here; put AlexNet's into {weights}"
    from torchmetrics.functional.image import learned_perceptual_image_patch_similarity

    def lpips(picture: np.ndarray, truth: np.ndarray) -> float:
        first, second = (_as_batch(one) for one in (picture, truth))
        value = learned_perceptual_image_patch_similarity(first, second, "alex", normalize=True)
        return float(value)

    def _as_batch(picture: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 255

    return lpips
