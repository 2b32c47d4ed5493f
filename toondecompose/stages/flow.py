"""Flow stage: the motion of every pixel to frames nearby.

Reads ``frame/all_frames.npy``; writes ``flow/<A>T<B>.npy``, the flow from frame A to frame B,
``flow/<A>T<B>.png``, the same in normal-ball colours, ``flow/<A>T<B>.confidence.png``, how far it
can be trusted, and ``flow/info.json``. Where the picture moves beyond the reach of the flow, as in
a whip pan, the flow starts from a shift found by correlation. A run that was stopped goes on at the
pair it was at.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from pathlib import Path

import numpy as np

from third_party.raft.table import digest
from toondecompose.core.parallel import each, threads
from toondecompose.optical_flow import DisOptions, Pair, RaftOptions, estimate_flow, pairs
from toondecompose.optical_flow.large_shift import estimate_shifted_flow, is_followed
from toondecompose.optical_flow.pairs import two_way_pairs
from toondecompose.optical_flow.whip_pans import describe_shifts, find_shifts
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

    new = {
        (a, b)
        for a, b in two_way_pairs(len(frames), settings.flow_offsets)
        if not missing.isdisjoint([(a, b), (b, a)]) or not ledger.has([confidence_name((a, b))])
    }
    # Only frames decide, and the flows of the pair itself, so that a stopped run goes on alike.
    shifts = find_shifts(frames, lost_pairs(clip, frames, new))
    if shifts:
        progress.say(describe_shifts(shifts))
    for pair, flow in estimate_shifted_flow(frames, shifts, backend):
        write((pair, flow))
        new.add(pair)

    def judge(a: int) -> None:
        others = sorted(b for first, b in new if first == a)
        write_confidence(clip, a, others, frame=frames[a])
        ledger.note(confidence_name((a, b)) for b in others)

    progress.map(judge, range(len(frames)), "confidence", workers=threads())
    clip.write_json(paths.FLOW_INFO, {"offsets": list(settings.flow_offsets)})


def lost_pairs(clip: ClipFolder, frames: np.ndarray, listed: Collection[Pair]) -> list[Pair]:
    """Return the pairs (a, b), a < b, whose flows on disk do not follow the picture, in order."""

    def is_lost(pair: Pair) -> bool:
        a, b = pair
        there, back = clip.read_npy(flow_name((a, b))), clip.read_npy(flow_name((b, a)))
        return not is_followed(there, back, frames[a])

    tried = sorted({(min(pair), max(pair)) for pair in listed})
    return [pair for pair, yes in zip(tried, each(is_lost, tried), strict=True) if yes]


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
