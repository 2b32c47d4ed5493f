"""RAFT flows of a clip: each frame encoded once, pairs in batches, memory flat in the frames."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from toondecompose.optical_flow.pairs import Pair

if TYPE_CHECKING:
    import torch

    from toondecompose.optical_flow.raft_network import Encoded, RaftNetwork

CELL = 8
"""The network takes frames whose sides are multiples of this,"""

SMALLEST_SIDE = 128
"""and no smaller than this: the coarsest level of correlations needs two cells."""

LARGEST_BATCH = 8
"""More pairs at a time are no faster: on two cores, four are 5 % faster than one."""

MEMORY_SHARE = {"cpu": 2**29, "cuda": 2**32}
"""Bytes a batch may use; constants, because results may depend on the batch in the last bit."""

BYTES_PER_CELL = 6 * 2**10
"""Roughly what a cell of a pair's maps needs besides its row of correlations."""


@dataclass(frozen=True, kw_only=True)
class RaftOptions:
    """Options of RAFT.

    ``checkpoint`` is the file of its weights; ``updates`` the number of recurrent updates (the
    time is in proportion); ``device`` cpu or cuda; ``half`` half precision, on a GPU only.
    """

    checkpoint: Path
    updates: int = 12
    device: str = "cpu"
    half: bool = False


def raft_flows(
    frames: np.ndarray, pairs: Sequence[Pair], wanted: Collection[Pair], *, options: RaftOptions
) -> Iterator[np.ndarray]:
    """Yield the flow of each wanted pair, in the order of ``pairs``.

    Parameters
    ----------
    frames
        (T, H, W, 3) uint8 RGB.
    pairs
        All pairs of the clip that need a flow: how they fall into batches depends on this list
        only, so that a run that goes on after a stop gives the same bytes.
    wanted
        The pairs whose flow is wanted.
    options
        Weights, updates, device, precision.

    Yields
    ------
    (H, W, 2) float32 from A to B, x then y, pixels.
    """
    batches = cut_batches(pairs, frames.shape[1:3], options.device)
    batches = [batch for batch in batches if any(pair in wanted for pair in batch)]
    if not batches:
        return
    # Late: torch takes seconds to import, and only RAFT needs it here.
    import torch

    from toondecompose.optical_flow.checkpoint import load_network
    from toondecompose.optical_flow.raft_network import RaftNetwork

    device = torch.device(options.device)
    network = RaftNetwork(load_network(options.checkpoint), device, half=options.half)
    margins = padding(frames.shape[1:3])
    last = {frame: i for i, batch in enumerate(batches) for pair in batch for frame in pair}
    known: dict[int, Encoded] = {}
    for i, batch in enumerate(batches):
        for frame in sorted({frame for pair in batch for frame in pair} - known.keys()):
            known[frame] = _encode(network, frames[frame], margins)
        flows = network.flow(
            [known[a] for a, _ in batch], [known[b] for _, b in batch], options.updates
        )
        flows = _without_margins(flows, margins)
        yield from (f for pair, f in zip(batch, flows, strict=True) if pair in wanted)
        known = {frame: encoded for frame, encoded in known.items() if last[frame] > i}


def cut_batches(pairs: Sequence[Pair], size: tuple[int, int], device: str) -> list[list[Pair]]:
    """Cut a list of pairs of frames of a size (H, W) into batches that fit the memory."""
    top, bottom, left, right = padding(size)
    cells = (size[0] + top + bottom) * (size[1] + left + right) // CELL**2
    # The correlations of all cells with all cells, and their means at the coarser levels.
    need = cells * (4 * cells * 4 // 3 + BYTES_PER_CELL)
    length = max(1, min(LARGEST_BATCH, MEMORY_SHARE[device] // need))
    return [list(pairs[i : i + length]) for i in range(0, len(pairs), length)]


def padding(size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Pixels to add above, below, left and right of a frame (H, W) for the network to take it.

    Half on each side, as the original code does.

    Examples
    --------
    >>> padding((256, 456)), padding((251, 453)), padding((64, 456))
    ((0, 0, 0, 0), (2, 3, 1, 2), (32, 32, 0, 0))
    """
    missing = [max(SMALLEST_SIDE, -(-side // CELL) * CELL) - side for side in size]
    return missing[0] // 2, missing[0] - missing[0] // 2, missing[1] // 2, -(-missing[1] // 2)


def _encode(network: RaftNetwork, frame: np.ndarray, margins: tuple[int, int, int, int]) -> Encoded:
    import torch

    top, bottom, left, right = margins
    padded = np.pad(frame, ((top, bottom), (left, right), (0, 0)), mode="edge")
    image = torch.from_numpy(padded).to(network.device).permute(2, 0, 1)[None]
    return network.encode(image.float() / 127.5 - 1)


def _without_margins(flows: torch.Tensor, margins: tuple[int, int, int, int]) -> list[np.ndarray]:
    top, bottom, left, right = margins
    height, width = flows.shape[2:]
    inner = flows[:, :, top : height - bottom, left : width - right]
    return [np.ascontiguousarray(flow) for flow in inner.permute(0, 2, 3, 1).cpu().numpy()]
