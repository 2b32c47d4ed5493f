"""Flow stage: the motion of every pixel to frames nearby.

Reads ``frame/all_frames.npy``; writes ``flow/<A>T<B>.npy``, the flow from frame A to frame B,
``flow/<A>T<B>.png``, the same in normal-ball colours, ``flow/<A>T<B>.confidence.png``, how far it
can be trusted, and ``flow/info.json``. A run that was stopped goes on at the pair it was at.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np

from third_party.raft.table import digest
from toondecompose.core.parallel import threads
from toondecompose.optical_flow import DisOptions, Pair, RaftOptions, estimate_flow, pairs
from toondecompose.optical_flow.pairs import two_way_pairs
from toondecompose.pipeline.settings import FlowSettings
from toondecompose.pipeline.sources import fingerprint
from toondecompose.pipeline.stage import choose_device, make_torch_repeatable, run_stage, versions
from toondecompose.pipeline.terminal import Progress
from toondecompose.store import paths
from toondecompose.store.artifacts import ClipFolder
from toondecompose.store.flows import confidence_name, flow_name, write_confidence
from toondecompose.store.frames import read_frames
from toondecompose.store.ledger import open_ledger
from toondecompose.viz.pictures import flow_picture


def main(clip: ClipFolder, settings: FlowSettings, progress: Progress) -> None:
    """Estimate and write the flow of every pair of frames."""
    backend = choose_backend(settings, progress)
    frames = read_frames(clip)
    listed = pairs(len(frames), tuple(settings.flow_offsets))
    # The pairs as well: they make RAFT's batches, which may matter in the last bit.
    ledger = open_ledger(clip, "flow", lambda: {**depends_on(clip, backend), "pairs": listed})
    missing = {pair for pair in listed if not ledger.has(names(pair))}
    if missing and len(missing) < len(listed):
        progress.say(f"{len(listed) - len(missing)} of {len(listed)} flows are there already")

    def write(item: tuple[Pair, np.ndarray]) -> None:
        pair, flow = item
        for name, content in zip(names(pair), (flow, flow_picture(flow)), strict=True):
            (clip.write_npy if name.endswith(".npy") else clip.write_png)(name, content)
        ledger.note(names(pair))

    flows = estimate_flow(frames, listed, backend, wanted=missing)
    progress.map(write, flows, "flows", total=len(missing), workers=threads())

    both_ways = two_way_pairs(len(frames), settings.flow_offsets)

    def judge(a: int) -> None:
        others = [
            b
            for _, b in (pair for pair in both_ways if pair[0] == a)
            if not missing.isdisjoint([(a, b), (b, a)]) or not ledger.has([confidence_name((a, b))])
        ]
        write_confidence(clip, a, others, frames[a])
        ledger.note(confidence_name((a, b)) for b in others)

    progress.map(judge, range(len(frames)), "confidence", workers=threads())
    clip.write_json(paths.FLOW_INFO, {"offsets": list(settings.flow_offsets)})


def choose_backend(settings: FlowSettings, progress: Progress) -> DisOptions | RaftOptions:
    """Return the options of the backend that the settings name."""
    if settings.flow_backend == "dis":
        return DisOptions(workers=threads())
    make_torch_repeatable()
    device = choose_device(settings.device, progress.say)
    half = settings.flow_half_precision
    if half and device == "cpu":
        progress.say("half precision is for GPUs: RAFT computes in full precision on the CPU")
        half = False
    return RaftOptions(
        checkpoint=Path(settings.flow_checkpoint),
        updates=settings.flow_updates,
        device=device,
        half=half,
    )


def names(pair: Pair) -> tuple[str, str]:
    """Names of the artifacts of a pair's flow: the array and the picture."""
    return flow_name(pair), paths.flow_picture(*pair)


def depends_on(clip: ClipFolder, backend: DisOptions | RaftOptions) -> dict[str, object]:
    """Return what a flow depends on, but for the pairs."""
    return {
        "backend": asdict(backend),
        "versions": versions(),
        "frames": digest(clip.path(paths.ALL_FRAMES)),
        "weights": digest(backend.checkpoint) if isinstance(backend, RaftOptions) else None,
        "code": fingerprint("toondecompose.stages.flow"),
    }


if __name__ == "__main__":
    run_stage("flow", main, FlowSettings)
