"""Wall time and peak memory of any command, as a row of a markdown table.

    python -m bench.measure -- snakemake --cores 2 workers/violet/vis.mp4
    python -m bench.measure --name "flow, DIS" -- python -m toondecompose.stages.flow ...

The peak is the sum over the command and all its descendants at one moment, sampled twice a
second from /proc (proportional set size: pages that processes share count once). Linux only.
"""

import argparse
import shlex
import subprocess
import sys
import threading
import time
from pathlib import Path


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
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            # The second field, the command's name in parentheses, may itself hold spaces.
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # It ended meanwhile.
        children.setdefault(parent, []).append(int(folder.name))
    total, todo = 0, [root]
    while todo:
        process = todo.pop()
        todo += children.get(process, [])
        total += _proportional_size(process)
    return total


def _proportional_size(process: int) -> int:
    """Return the proportional set size of a process in bytes, 0 when it has ended."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


if __name__ == "__main__":
    main()
