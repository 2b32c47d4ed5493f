"""Reading RAFT checkpoints: any published layout, strictly, and nothing but numbers."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torchvision.models.optical_flow import raft_large, raft_small
from torchvision.models.optical_flow.raft import RAFT

from third_party.raft.keys import PREFIX, is_original, torchvision_names
from third_party.raft.table import COMMAND
from toondecompose.core.errors import UserError
from toondecompose.core.typed_commands import typed

ONLY_IN_LARGE = "mask_predictor."
"""The small network has no part whose tensors are named so."""

WRAPPERS = ("model", "state_dict")
"""Training scripts put the tensors under one of these names, beside the optimiser's state."""


def load_network(path: Path) -> RAFT:
    """Load a checkpoint, in the original's or torchvision's layout, into torchvision's network.

    The size of the network, large or small, follows from the contents of the file. Nothing in the
    file is ever executed.

    Raises
    ------
    UserError
        One sentence, when the file is missing, damaged, holds code, or is no RAFT checkpoint.
    """
    tensors = _tensors(path)
    if is_original(tensors):
        tensors = torchvision_names(tensors)
    tensors = {name.removeprefix(PREFIX): tensor for name, tensor in tensors.items()}
    large = any(name.startswith(ONLY_IN_LARGE) for name in tensors)
    network = (raft_large if large else raft_small)(weights=None, progress=False)
    kind = "large" if large else "small"
    wanted = network.state_dict()
    for what, names in (
        ("lacks", wanted.keys() - tensors.keys()),
        ("has besides", tensors.keys() - wanted.keys()),
    ):
        if names:
            raise _no_raft(path, f"of the {kind} network it {what} {_listed(names)}")
    for name, tensor in tensors.items():
        if tensor.shape != wanted[name].shape:
            found, expected = tuple(tensor.shape), tuple(wanted[name].shape)
            raise _no_raft(path, f"{name} is {found}, the {kind} network's is {expected}")
    network.load_state_dict(tensors, strict=True)
    return network.eval()


def _tensors(path: Path) -> Mapping[str, Tensor]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about unusual files, which are refused below
            content: Any = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise UserError(f"there is no checkpoint {path}; get one: {typed(COMMAND)}") from None
    except pickle.UnpicklingError:
        raise UserError(
            f"{path} is damaged or holds more than numbers (code that would run), so it is "
            f"refused; get a published checkpoint: {typed(COMMAND)}"
        ) from None
    except (RuntimeError, EOFError, ValueError, KeyError, AttributeError):
        raise _damaged(path) from None
    for name in WRAPPERS:
        if isinstance(content, Mapping) and isinstance(content.get(name), Mapping):
            content = content[name]
    if not isinstance(content, Mapping) or not content:
        raise _no_raft(path, f"it holds a {type(content).__name__} instead of named tensors")
    for name, tensor in content.items():
        if not isinstance(tensor, Tensor):
            raise _no_raft(path, f"{name} is a {type(tensor).__name__}, not a tensor")
    return content


def _damaged(path: Path) -> UserError:
    return UserError(
        f"{path} is no whole checkpoint ({path.stat().st_size} bytes); "
        f"delete it and fetch it again: {typed(COMMAND)}"
    )


def _no_raft(path: Path, why: str) -> UserError:
    return UserError(f"{path} is no RAFT checkpoint: {why}; get one: {typed(COMMAND)}")


def _listed(names: set[str]) -> str:
    first, *others = sorted(names)
    return f"{first} and {len(others)} more" if others else first
