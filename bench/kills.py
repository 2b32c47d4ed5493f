"""Kill runs at random moments and look whether the same command ends with the same bytes.

    python -m bench.kills --kills 100 --out /tmp/kills

Each round makes a project of one or two small clips, starts the workflow, and kills it with
SIGKILL after a seeded time, the whole process group or Snakemake alone in turn; the same command is
given again and killed again, until it ends by itself. Then every result is compared with that of a
run that nobody killed, and the stages that were finished before a kill must not have run again but
for the one at work. Status 0: all rounds ended well.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from bench.trials import Trial, differing, stages_run

CLIPS = (("one",), ("one", "two"))
"""Clips of the rounds, in turn."""

EARLIEST, LATEST = 0.01, 0.4
"""From the start of a run to its kill, as shares of the time of the run that nobody kills."""


@dataclass
class Round:
    """What happened in a round.

    Attributes
    ----------
    kills : how many there were.
    killed_in : stages at work at a kill.
    faults : what went wrong, a line each.
    """

    kills: int = 0
    killed_in: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def main() -> int:
    """Run rounds until there were enough kills; print what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--kills", type=int, default=100, help="at least so many; default 100")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True, help="a folder that is made anew")
    given = parser.parse_args()
    shutil.rmtree(given.out, ignore_errors=True)
    moments = random.Random(given.seed)
    start = time.monotonic()
    expected = reference(given.out / "reference")
    seconds = time.monotonic() - start
    total, number = Round(), 0
    while total.kills < given.kills:
        clips = CLIPS[number % len(CLIPS)]
        one = play(given.out / str(number), clips, moments, seconds, expected)
        total.kills += one.kills
        total.killed_in += one.killed_in
        total.faults += one.faults
        print(
            f"round {number}, {len(clips)} clips: {one.kills} kills, {one.faults or 'ended well'}"
        )
        sys.stdout.flush()
        number += 1
    counts = {stage: total.killed_in.count(stage) for stage in dict.fromkeys(total.killed_in)}
    print(f"{total.kills} kills in {number} rounds, {len(total.faults)} faults; at work: {counts}")
    return 1 if total.faults else 0


def reference(root: Path) -> dict[str, dict[str, str]]:
    """Results of both clips in a run that nobody kills."""
    trial = Trial.make(root, CLIPS[-1])
    status, output = trial.run()
    if status:
        raise SystemExit(f"the run that nobody kills failed:\n{output}")
    return {name: trial.results(name) for name in CLIPS[-1]}


def play(
    root: Path,
    clips: tuple[str, ...],
    moments: random.Random,
    seconds: float,
    expected: dict[str, dict[str, str]],
) -> Round:
    """Start and kill until a run ends by itself; compare. `seconds` is the time of a whole run."""
    trial, seen = Trial.make(root, clips), Round()
    finished: set[tuple[str, str]] = set()
    while True:
        process = trial.start(cores=len(clips))
        whole_group = moments.random() < 0.5
        moment = seconds * moments.uniform(EARLIEST, LATEST)
        output, killed = run_until(process, moment, whole_group)
        begun = stages_run(output)
        again = [one for one in begun if one in finished]
        if len(again) > len(clips):
            seen.faults.append(f"ran again although finished: {again}")
        if not killed:
            break
        seen.kills += 1
        seen.killed_in += [stage for stage, _ in begun[-1:]]
        finished |= {
            one for one in begun if (trial.clip(one[1]) / f"records/{one[0]}.json").exists()
        }
        if "Traceback" in output or "error: " in output:
            seen.faults.append(f"a killed run said: {output[-300:]!r}")
    if process.returncode:
        seen.faults.append(f"the last run failed: {output[-500:]!r}")
    for name in clips:
        wrong = differing(trial.results(name), expected[name])
        if wrong:
            seen.faults.append(f"{name}: {len(wrong)} results differ, such as {wrong[:3]}")
        left = [path for path in trial.clip(name).rglob(".part-*")]
        if left:
            seen.faults.append(f"{name}: half-written files are left: {left[:3]}")
    if not seen.faults:
        shutil.rmtree(root)
    return seen


def run_until(
    process: subprocess.Popen[str], seconds: float, whole_group: bool
) -> tuple[str, bool]:
    """Let a run go on for so long, then kill it; return its words and whether it was killed."""
    try:
        output, _ = process.communicate(timeout=seconds)
        return output, False
    except subprocess.TimeoutExpired:
        (os.killpg if whole_group else os.kill)(process.pid, signal.SIGKILL)
    # The stages of a Snakemake that was killed alone end by themselves, and close the pipe then.
    start = time.monotonic()
    output, _ = process.communicate(timeout=60)
    if time.monotonic() - start > 30:
        output += "error: a stage went on for 30 s after its Snakemake"
    return output, True


if __name__ == "__main__":
    sys.exit(main())
