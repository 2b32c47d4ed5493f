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
from toondecompose.optical_flow.large_shift import (
    REACH,
    Shift,
    estimate_shifted_flow,
    find_large_shift,
    is_followed,
)
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

    new = {
        (a, b)
        for a, b in two_way_pairs(len(frames), settings.flow_offsets)
        if not missing.isdisjoint([(a, b), (b, a)]) or not ledger.has([confidence_name((a, b))])
    }
    shifts = find_shifts(clip, frames, {(min(pair), max(pair)) for pair in new}, progress)
    for item in estimate_shifted_flow(frames, shifts, backend):
        write(item)
    new |= {(b, a) for a, b in shifts} | set(shifts)

    def judge(a: int) -> None:
        others = sorted(b for first, b in new if first == a)
        write_confidence(clip, a, others, frames[a])
        ledger.note(confidence_name((a, b)) for b in others)

    progress.map(judge, range(len(frames)), "confidence", workers=threads())
    clip.write_json(paths.FLOW_INFO, {"offsets": list(settings.flow_offsets)})


def find_shifts(
    clip: ClipFolder, frames: np.ndarray, listed: Collection[Pair], progress: Progress
) -> dict[Pair, Shift]:
    """Find the shifts of pairs (a, b) of frames, a < b, whose flows on disk are lost; say so.

    Only frames decide, and the flows of the pair itself, so that a stopped run goes on alike.
    """

    def is_lost(pair: Pair) -> bool:
        a, b = pair
        there, back = clip.read_npy(flow_name((a, b))), clip.read_npy(flow_name((b, a)))
        return not is_followed(there, back, frames[a])

    def find(pair: Pair) -> Shift | None:
        found = find_large_shift(frames[pair[0]], frames[pair[1]])
        return None if found is None else found[0]

    tried = sorted(listed)
    lost = [pair for pair, yes in zip(tried, each(is_lost, tried), strict=True) if yes]
    steps = sorted({t for a, b in lost for t in range(a, b)})
    by_step = dict(zip(steps, each(find, [(t, t + 1) for t in steps]), strict=True))
    far = [t for t, one in by_step.items() if one and np.hypot(*one) > REACH * frames.shape[2]]
    # A figure that is too fast for a flow over several frames is no camera.
    longer = [(a, b) for a, b in lost if b - a > 1 and any(a <= t < b for t in far)]
    found = dict(zip(longer, each(find, longer), strict=True))
    found |= {(a, b): by_step[a] for a, b in lost if b - a == 1}
    shifts = {pair: shift for pair, shift in sorted(found.items()) if shift is not None}
    if shifts:
        farthest = max(float(np.hypot(*shift)) / (b - a) for (a, b), shift in shifts.items())
        times = sorted({t for pair in shifts for t in pair})
        progress.say(
            f"the picture moves beyond the reach of the flow between the frames {times[0]} and "
            f"{times[-1]}, by up to {farthest:.0f} px a frame: {len(shifts)} flows start from "
            "shifts found by correlation"
        )
    return shifts


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
