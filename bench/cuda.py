"""Compare a GPU with the CPU: the same layers, the same bytes twice, and the seconds.

    python -m bench.cuda
    python -m bench.cuda --clips static parallax --out /data/cuda

Takes drawn clips apart three times each, twice with ``device: cuda`` and once with ``device: cpu``.
The two runs on the GPU must give the same bytes in every artifact. Against the CPU, floats are
added in another order, so layers may differ a little: see ``TOLERANCES``. RAFT runs on the GPU as
well, where a checkpoint is in third_party/raft/weights; sprite learning always does.

Exit status: 0 when both hold, 1 when one does not or nothing could be compared, 2 for a wrong
command line. Only then may ``device: auto`` take a GPU.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from bench.clips.render import chosen, render
from bench.finished import FinishedClip
from bench.run import pipeline, say, stage_seconds
from toondecompose.core.errors import UserError
from toondecompose.store import paths
from toondecompose.store.artifacts import STAGES, ClipFolder

CLIPS = ("static", "parallax")
"""Clips of the benchmark that are compared if none is named."""

RUNS = {"cuda": "cuda", "again": "cuda", "cpu": "cpu"}
"""The runs of a clip and the device of each."""

TOLERANCES = {"alpha": 0.5, "sprite colour": 1.0, "plate colour": 0.5}
"""Mean absolute difference from the CPU, in levels of 255, that each kind of layer may have.
Colours of sprites are compared where both are at least half opaque."""


def main() -> None:
    """Read the command line, run, compare, print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.cuda",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--clips", nargs="+", default=list(CLIPS), help="names (%(default)s)")
    parser.add_argument("--out", type=Path, default=Path("workers/cuda"))
    args = parser.parse_args()
    try:
        specs = chosen(args.clips)
    except ValueError as error:
        parser.error(str(error))
    try:
        require_gpu()
        for spec in specs:
            say(f"drawing {spec.name}")
            render(spec, args.out / "clips" / spec.name)
        configure({spec.name: spec.objects[0] for spec in specs}, args.out)
        agreed = [compare(spec.name, args.out) for spec in specs]
    except UserError as error:
        sys.exit(f"error: {error}")
    sys.exit(0 if all(agreed) else 1)


def require_gpu() -> None:
    """Raise a UserError where torch sees no GPU."""
    import torch

    if not torch.cuda.is_available():
        raise UserError(
            "torch sees no GPU here, so there is nothing to compare; run bench.cuda on a machine "
            "with an NVIDIA GPU and its driver"
        )


def configure(objects: dict[str, int], out: Path) -> None:
    """Write the config: each clip once for each run, with its number of objects."""
    clips = {
        f"{name}.{run}": {"input": f"clips/{name}/frames", "objects": count, "device": device}
        for name, count in objects.items()
        for run, device in RUNS.items()
    }
    text = yaml.safe_dump({"clips": clips}, sort_keys=False)
    ClipFolder(root=out).write_bytes("config.yaml", text.encode())


def compare(name: str, out: Path) -> bool:
    """Run a clip on both devices, print what differs, and tell whether they agree."""
    folders = {run: out / "workers" / f"{name}.{run}" for run in RUNS}
    for run in RUNS:
        say(f"taking {name}.{run} apart")
        pipeline(f"{name}.{run}", out, 1)
    changed = other_bytes(folders["cuda"], folders["again"])
    apart = differences(FinishedClip(folders["cuda"]), FinishedClip(folders["cpu"]))
    seconds = {run: stage_seconds(folder) or 0.0 for run, folder in folders.items()}
    within = all(apart[kind] <= most for kind, most in TOLERANCES.items())
    print(f"{name}: cuda {seconds['cuda']:.1f} s and {seconds['again']:.1f} s, ", end="")
    print(f"cpu {seconds['cpu']:.1f} s")
    print(f"  twice on the GPU: {f'{len(changed)} files differ' if changed else 'the same bytes'}")
    for file in changed[:10]:
        print(f"    {file}")
    for kind, most in TOLERANCES.items():
        verdict = "within" if apart[kind] <= most else "BEYOND"
        print(f"  {kind}: differs from the CPU by {apart[kind]:.3f} levels, {verdict} {most}")
    return not changed and within


def other_bytes(one: Path, other: Path) -> list[str]:
    """Return the artifacts of two runs that are not the same bytes, sorted, by their records."""
    made = [_hashes(folder) for folder in (one, other)]
    # The manifest names the clip, and so differs between any two.
    names = (made[0].keys() | made[1].keys()) - {paths.MANIFEST}
    return sorted(name for name in names if made[0].get(name) != made[1].get(name))


def _hashes(folder: Path) -> dict[str, Any]:
    clip = ClipFolder(root=folder)
    records = [clip.read_json(paths.record(stage))["artifacts"] for stage in STAGES]
    return {name: facts["sha256"] for record in records for name, facts in record.items()}


def differences(one: FinishedClip, other: FinishedClip) -> dict[str, float]:
    """Return how much the layers of two results differ, in levels of 255; see `TOLERANCES`.

    Raises
    ------
    UserError
        When they have not the same number of objects or frames.
    """
    if (one.objects, one.count) != (other.objects, other.count):
        raise UserError(
            f"{one.root} has {one.objects} objects in {one.count} frames, {other.root} has "
            f"{other.objects} in {other.count}: their layers cannot be compared"
        )
    sums: dict[str, list[float]] = {kind: [] for kind in TOLERANCES}
    for n in range(one.count):
        sums["plate colour"].append(_mean(one.plate(n), other.plate(n)))
        for k in one.sprites:
            layers = [clip.sprite(k, n) for clip in (one, other)]
            sums["alpha"].append(_mean(*(layer[..., 3] for layer in layers)))
            both = np.minimum(*(layer[..., 3] for layer in layers)) >= 128
            if both.any():
                sums["sprite colour"].append(_mean(*(layer[both][:, :3] for layer in layers)))
    return {kind: float(np.mean(values)) if values else 0.0 for kind, values in sums.items()}


def _mean(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one.astype(np.int16) - other).mean())


if __name__ == "__main__":
    main()
