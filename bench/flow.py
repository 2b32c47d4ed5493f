"""Flow backends on the example clip, whose true flow is known: end-point error and time.

    python -m bench.flow accuracy                          # DIS, every preset
    python -m bench.flow accuracy --checkpoint raft-small  # a RAFT checkpoint as well
    python -m bench.flow speed                             # RAFT against torchvision, pair by pair

``accuracy``: the clip at working resolution, all pairs; the mean end-point error in pixels over
points that the other frame shows, over points that it hides (behind a plane or the figure, or
beyond the frame), and over the figure while its drawing is held. A figure that is drawn anew has
no true flow. ``speed``: random weights, which take as long; parts of the clip alternate between
the two ways, so that a busy machine slows both.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from data.violet import ClipSpec, render_clip
from data.violet.scene import Clip
from third_party.raft.table import WEIGHTS
from toondecompose.core import geometry
from toondecompose.core.errors import UserError
from toondecompose.core.parallel import threads
from toondecompose.optical_flow import DisOptions, Pair, RaftOptions, estimate_flow, pairs
from toondecompose.optical_flow.choice import find_checkpoint
from toondecompose.optical_flow.dis import PRESETS
from toondecompose.optical_flow.raft import cut_batches
from toondecompose.pipeline.stage import fix_threads, make_torch_repeatable

WIDTH, HEIGHT = 456, 256
UPDATES = 12
PART = 24
"""Pairs that one way estimates before the other's turn."""


def main() -> None:
    """Measure what is asked for, print a table."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.flow",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", choices=["accuracy", "speed"])
    parser.add_argument("--checkpoint", nargs="*", default=[], help="names or paths")
    parser.add_argument("--frames", type=int, default=78)
    parser.add_argument("--network", choices=["large", "small"], default="large")
    args = parser.parse_args()
    fix_threads()
    clip = render_clip(ClipSpec(frames=args.frames, width=WIDTH, height=HEIGHT))
    frames = np.stack([clip.frame(t) for t in range(args.frames)])
    try:
        rows = (
            accuracy(clip, frames, args.checkpoint)
            if args.what == "accuracy"
            else speed(frames, args.network)
        )
        for row in rows:
            print(f"| {' | '.join(row)} |", flush=True)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)


def accuracy(clip: Clip, frames: np.ndarray, checkpoints: list[str]) -> Iterator[list[str]]:
    """Yield the table of end-point errors, a row a backend."""
    yield ["backend", "visible", "hidden", "figure, held", "seconds"]
    yield ["---"] * 5
    backends: dict[str, DisOptions | RaftOptions] = {
        f"DIS {preset}": DisOptions(preset=preset, workers=threads()) for preset in PRESETS
    }
    for name in checkpoints:
        path = find_checkpoint(name, WEIGHTS)
        if path is None:
            raise UserError(f"there is no checkpoint {name} in {WEIGHTS}, nor a file of that name")
        backends[f"RAFT {path.stem}, {UPDATES} updates"] = RaftOptions(
            checkpoint=path, updates=UPDATES
        )
    if checkpoints:
        make_torch_repeatable()
    listed = [pair for pair in pairs(len(frames)) if pair[0] != pair[1]]
    truths = {pair: true_flow(clip, *pair) for pair in listed}
    for name, backend in backends.items():
        sums, numbers, start = np.zeros(3), np.zeros(3), time.monotonic()
        flows = dict(estimate_flow(frames, listed, backend))
        seconds = time.monotonic() - start
        for pair, flow in flows.items():
            true, *masks = truths[pair]
            error = np.linalg.norm(flow - true, axis=-1)
            sums += [error[mask].sum() for mask in masks]
            numbers += [mask.sum() for mask in masks]
        yield [name, *(f"{mean:.3f}" for mean in sums / numbers), f"{seconds:.1f}"]


def true_flow(clip: Clip, a: int, b: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the flow (H, W, 2) from a to b, and where it is known: visible, hidden, figure.

    Pixels that two layers share are left out, and points whose target is one.
    """
    size = (WIDTH, HEIGHT)
    figure = [clip.alpha(t) for t in (a, b)]
    near = [clip.near_alpha(t) for t in (a, b)]
    layers = [  # (coverage in a, coverage in b, flow), front to back
        (figure[0], figure[1], np.subtract(clip.offset(b), clip.offset(a))),
        (near[0], near[1], geometry.rigid_flow(clip.homography(a), clip.homography(b), size)),
        (
            np.ones_like(near[0]),
            np.ones_like(near[0]),
            geometry.rigid_flow(clip.far_homography(a), clip.far_homography(b), size),
        ),
    ]
    flow = np.zeros((HEIGHT, WIDTH, 2), np.float32)
    shown = np.zeros((3, HEIGHT, WIDTH), bool)
    free_a, free_b = np.ones_like(near[0]), np.ones_like(near[0])
    for i, (in_a, in_b, motion) in enumerate(layers):
        own = free_a * in_a > 0.98
        moved = np.broadcast_to(motion, flow.shape)
        flow[own] = moved[own]
        at = np.moveaxis(np.indices((HEIGHT, WIDTH))[::-1], 0, -1) + moved
        seen = sample(free_b * in_b, at)
        shown[0] |= own & (seen > 0.98)
        shown[1] |= own & (seen < 0.02)
        if i == 0:
            held = clip.exposure[a] == clip.exposure[b]
            shown[:2] &= held
            shown[2] = own & held & (seen > 0.98)
        free_a, free_b = free_a * (1 - in_a), free_b * (1 - in_b)
    return flow, *shown


def sample(mask: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Return a mask (H, W) at the nearest pixels to points (H, W, 2); 0 beyond the frame."""
    x, y = np.moveaxis(np.rint(at).astype(int), -1, 0)
    inside = (x >= 0) & (x < WIDTH) & (y >= 0) & (y < HEIGHT)
    return np.where(inside, mask[y.clip(0, HEIGHT - 1), x.clip(0, WIDTH - 1)], 0)


def speed(frames: np.ndarray, kind: str) -> Iterator[list[str]]:
    """Yield the table of times for all moving pairs, ours and torchvision's pair by pair."""
    make_torch_repeatable()
    import torch
    from torchvision.models.optical_flow import raft_large, raft_small

    torch.manual_seed(0)
    network = (raft_large if kind == "large" else raft_small)(weights=None, progress=False).eval()
    listed = [pair for pair in pairs(len(frames)) if pair[0] != pair[1]]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "random.pth"
        torch.save(network.state_dict(), path)
        options = RaftOptions(checkpoint=path, updates=UPDATES)
        batch = len(cut_batches(listed, frames.shape[1:3], "cpu")[0])
        ours = estimate_flow(frames, listed, options, held_threshold=-1)
        seconds, worst = np.zeros(2), 0.0
        for first in range(0, len(listed), PART // batch * batch):
            part = listed[first : first + PART // batch * batch]
            start = time.monotonic()
            found = [next(ours)[1] for _ in part]
            seconds[0] += time.monotonic() - start
            start = time.monotonic()
            expected = [pairwise(network, frames, pair) for pair in part]
            seconds[1] += time.monotonic() - start
            worst = max(worst, *map(difference, found, expected))
    yield [f"RAFT {kind}, {len(listed)} pairs", "seconds", "ratio", "largest difference"]
    yield ["---"] * 4
    yield ["torchvision, pair by pair", f"{seconds[1]:.1f}", "1", ""]
    ratio = seconds[1] / seconds[0]
    yield ["each frame encoded once", f"{seconds[0]:.1f}", f"{ratio:.2f}", f"{worst:.1e} px"]


def pairwise(network: object, frames: np.ndarray, pair: Pair) -> np.ndarray:
    """Estimate one pair's flow by calling torchvision's model."""
    import torch

    images = [torch.from_numpy(frames[t]).permute(2, 0, 1)[None] / 127.5 - 1 for t in pair]
    with torch.inference_mode():
        return network(*images, num_flow_updates=UPDATES)[-1][0].permute(1, 2, 0).numpy()


def difference(first: np.ndarray, second: np.ndarray) -> float:
    """Return the largest difference of two flows, pixels."""
    return float(np.abs(first - second).max())


if __name__ == "__main__":
    main()
