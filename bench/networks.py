"""Seconds and memory of the networks that enlarge, in torch and in onnxruntime.

    python -m bench.networks --side 256

Each combination runs in a process of its own, on one picture of ``--side`` pixels in width and
height. The time is the shortest of ``--rounds``, in seconds of the processor, so that it holds on a
machine that others use too. The memory is the growth of the peak over what the
process had before the network was opened.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
import time

import numpy as np

from bench.measure import memory

ENGINES = ("waifu2x", "animevideo")
RUNTIMES = ("torch", "onnxruntime")


def measure(engine: str, runtime: str, half: bool, side: int) -> dict[str, float]:
    """Enlarge a picture twice; return the seconds of the second time, and MiB."""
    from toondecompose.pipeline.stage import make_torch_repeatable
    from toondecompose.upscale.engines import open_engine

    make_torch_repeatable()
    __import__(runtime)
    before = peak = memory(os.getpid())
    ended = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not ended.wait(0.01):
            peak = max(peak, memory(os.getpid()))

    watcher = threading.Thread(target=watch)
    watcher.start()
    _, run = open_engine(engine, 2, runtime=runtime, half_precision=half)
    picture = np.random.default_rng(0).integers(0, 255, (side, side, 3)).astype(np.uint8)
    run(picture)
    start = time.process_time()
    run(picture)
    seconds = time.process_time() - start
    ended.set()
    watcher.join()
    return {"seconds": seconds, "MiB": (peak - before) / 2**20}


def main() -> None:
    """Read the command line, measure, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--precisions", nargs="*", default=["single", "half"])
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        engine, runtime, half = options.one
        print(json.dumps(measure(engine, runtime, half == "half", options.side)))
        return
    combinations = [(e, r, p) for e in ENGINES for r in RUNTIMES for p in options.precisions]
    found: dict[tuple[str, ...], list[dict[str, float]]] = {}
    for _ in range(options.rounds):
        for key in combinations:
            command = [sys.executable, "-m", "bench.networks", "--side", str(options.side)]
            said = subprocess.run([*command, "--one", *key], check=True, capture_output=True)
            found.setdefault(key, []).append(json.loads(said.stdout))
    print("| engine | runtime | precision | seconds | MiB |\n|---|---|---|---|---|")
    for key, rounds in found.items():
        best = min(one["seconds"] for one in rounds)
        memory = float(np.median([one["MiB"] for one in rounds]))
        print(f"| {' | '.join(key)} | {best:.2f} | {memory:.0f} |", flush=True)


if __name__ == "__main__":
    main()
