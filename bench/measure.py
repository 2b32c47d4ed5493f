"""Wall time and peak memory of any command, as a row of a markdown table.

    python -m bench.measure -- snakemake --cores 2 workers/violet/vis.mp4
    python -m bench.measure --name "flow, DIS" -- python -m toondecompose.stages.flow ...

The peak is the sum over the command and all its descendants at one moment, sampled twice a
second. On Linux pages that processes share count once (proportional set size); elsewhere they do
not count (unique set size).
"""

import argparse
import shlex
import subprocess
import sys
import threading
import time

import psutil


def main() -> None:
    """Run the command, then print the row; exit with the command's status."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.measure",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--name", help="first column; default: the command")
    parser.add_argument("command", nargs="+", help="command to run, after --")
    args = parser.parse_args()
    status, seconds, peak = measure(args.command)
    name = args.name or f"`{shlex.join(args.command)}`"
    print("| command | wall time | peak memory | exit status |\n| --- | --- | --- | --- |")
    print(f"| {name} | {seconds:.1f} s | {peak / 2**30:.2f} GiB | {status} |")
    sys.exit(status)


def measure(command: list[str]) -> tuple[int, float, int]:
    """Run a command; return its exit status, the seconds it took and its peak memory in bytes."""
    start = time.monotonic()
    process = subprocess.Popen(command)
    peak, ended = 0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not ended.wait(0.5):
            peak = max(peak, memory(process.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        status = process.wait()
        seconds = time.monotonic() - start
    finally:
        ended.set()
        watcher.join()
    return status, seconds, peak


def memory(root: int) -> int:
    """Return the memory of a process and its descendants at this moment, bytes."""
    try:
        process = psutil.Process(root)
        family = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    return sum(map(_own_size, family))


def _own_size(process: psutil.Process) -> int:
    """Return what a process takes in bytes, 0 when it has ended; see the module."""
    try:
        sizes = process.memory_full_info()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0
    return getattr(sizes, "pss", sizes.uss)


if __name__ == "__main__":
    main()
