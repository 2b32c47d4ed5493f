"""From the names of tensors in the original code's checkpoints to those in torchvision's.

The two networks are the same but for their modules' names. Written from the two module trees.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeVar

PREFIX = "module."
"""What ``DataParallel``, in which the original code was trained, puts before every name."""

RENAMED = (
    # The encoders: a convolution with its norm is one module in torchvision.
    (r"^fnet\.", "feature_encoder."),
    (r"^cnet\.", "context_encoder."),
    (r"^(\w+_encoder)\.conv1\.", r"\1.convnormrelu.0."),
    (r"^(\w+_encoder)\.norm1\.", r"\1.convnormrelu.1."),
    (r"^(\w+_encoder)\.conv2\.", r"\1.conv."),
    (r"(\.layer\d\.\d)\.conv(\d)\.", r"\1.convnormrelu\2.0."),
    (r"(\.layer\d\.\d)\.norm(\d)\.", r"\1.convnormrelu\2.1."),
    # The update block.
    (r"^update_block\.encoder\.conv([cf])(\d)\.", r"update_block.motion_encoder.@\1\2.0."),
    (r"\.@c", ".convcorr"),
    (r"\.@f", ".convflow"),
    (r"^update_block\.encoder\.conv\.", "update_block.motion_encoder.conv.0."),
    (r"^update_block\.gru\.conv([zrq])\.", r"update_block.recurrent_block.convgru1.conv\1."),
    (r"^update_block\.gru\.conv([zrq])(\d)\.", r"update_block.recurrent_block.convgru\2.conv\1."),
    (r"^update_block\.mask\.0\.", "mask_predictor.convrelu.0."),
    (r"^update_block\.mask\.2\.", "mask_predictor.conv."),
)
"""Patterns and replacements, applied one after the other."""

T = TypeVar("T")


def is_original(tensors: Mapping[str, T]) -> bool:
    """Whether these are named as in the original code."""
    return any(name.removeprefix(PREFIX).startswith("fnet.") for name in tensors)


def torchvision_names(tensors: Mapping[str, T]) -> dict[str, T]:
    """Return the tensors of an original checkpoint under torchvision's names.

    The norm of a block's shortcut is in the original both a module of the block and a part of
    its ``downsample``; torchvision has it once, and so has the result.

    Examples
    --------
    >>> torchvision_names({"module.fnet.layer1.0.conv2.weight": 1, "cnet.norm1.bias": 2})
    {'feature_encoder.layer1.0.convnormrelu2.0.weight': 1, 'context_encoder.convnormrelu.1.bias': 2}
    """
    plain = {name.removeprefix(PREFIX): tensor for name, tensor in tensors.items()}
    shortcuts = {name.split(".downsample.1.")[0] for name in plain if ".downsample.1." in name}
    renamed = {}
    for name, tensor in plain.items():
        block, _, rest = name.rpartition(".norm")
        if block in shortcuts and rest.split(".")[0] == _last_norm(plain, block):
            continue
        for pattern, replacement in RENAMED:
            name = re.sub(pattern, replacement, name)
        renamed[name] = tensor
    return renamed


def _last_norm(names: Mapping[str, T], block: str) -> str:
    """Number of a block's shortcut norm: one more than it has convolutions."""
    convolutions = {n.split(".")[-2] for n in names if n.startswith(f"{block}.conv")}
    return str(len(convolutions) + 1)
