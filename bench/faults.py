"""Spoil finished clips in every way that disks and people do, and run the same command again.

    python -m bench.faults --out /tmp/faults [--only NAME]

Each fault must be noticed and told in one line, never by a traceback, and the same command, given
again once the cause is gone, must end with the bytes of before. Small disks and read-only folders
are mounted, which needs the right to (in a container of one's own, say); else they are left out.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.trials import Trial, differing, sentences
from toondecompose.store.artifacts import STAGES
from toondecompose.store.made import recorded

TARGET = "workers/one/vis.mp4"


@dataclass(frozen=True)
class Fault:
    """A way to spoil a clip.

    Attributes
    ----------
    name : of the fault.
    spoil : does it, and returns what undoes it.
    refused : whether the run must end with a sentence, before the cause is gone.
    told : words that a run must say.
    """

    name: str
    spoil: Callable[[Trial], Callable[[], object]]
    refused: bool
    told: str


def main() -> int:
    """Try all faults; print what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--out", type=Path, required=True, help="a folder that is made anew")
    parser.add_argument("--only", default="", help="faults with this in their names")
    given = parser.parse_args()
    shutil.rmtree(given.out, ignore_errors=True)
    finished = Trial.make(given.out / "finished")
    status, output = finished.run(TARGET)
    if status:
        raise SystemExit(f"the run that nobody spoils failed:\n{output}")
    chosen = [fault for fault in faults() if given.only in fault.name]
    wrong = 0
    for number, fault in enumerate(chosen):
        problem = attempt(fault, finished, given.out / str(number))
        wrong += problem is not None
        print(f"{fault.name}: {problem or 'noticed, told, made again'}", flush=True)
    print(f"{len(chosen)} faults, {wrong} of them wrong")
    return 1 if wrong else 0


def attempt(fault: Fault, finished: Trial, root: Path) -> str | None:
    """Try one fault on a copy; return what went wrong, or None."""
    trial, expected = finished.copy(root), finished.results()
    try:
        undo = fault.spoil(trial)
    except PermissionError as error:
        return f"left out ({error})" if "mount" in str(error) else str(error)
    try:
        status, output = trial.run(TARGET)
    finally:
        undo()
    if "Traceback" in output:
        return f"a traceback: {output[-400:]!r}"
    if fault.told not in output:
        return f"not told ({fault.told!r}): {output[-400:]!r}"
    if fault.refused and (status == 0 or len(sentences(output)) != 1):
        return f"status {status}, sentences {sentences(output)}"
    if status:
        status, output = trial.run(TARGET)
    if status:
        return f"the same command failed: {output[-400:]!r}"
    wrong = differing(trial.results(), expected)
    if wrong:
        return f"{len(wrong)} results differ, such as {wrong[:3]}"
    shutil.rmtree(root)
    return None


def faults() -> list[Fault]:
    """All faults, the cheap ones first."""
    found = [
        Fault("input gone", _without_input, True, "input clips/one does not exist"),
        Fault("an image cut short", _cut_image, True, "is damaged or half-written"),
        Fault("workers read-only", _read_only, True, "cannot write"),
    ]
    for stage in reversed(STAGES):
        found += [
            Fault(f"{stage}: bytes flipped", _changing(stage, _flip), False, "damaged or changed"),
            Fault(f"{stage}: truncated", _changing(stage, _truncate), False, "damaged or changed"),
            Fault(f"{stage}: record empty", _empty_record(stage), False, "was damaged"),
            Fault(f"{stage}: disk full", _full_disk(stage), True, "No space left on device"),
        ]
    return found


def _nothing() -> None:
    return None


def _without_input(trial: Trial) -> Callable[[], object]:
    folder = trial.root / "clips/one"
    folder.rename(trial.root / "away")
    return lambda: (trial.root / "away").rename(folder)


def _cut_image(trial: Trial) -> Callable[[], object]:
    path = trial.root / "clips/one/2.png"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    return lambda: path.write_bytes(whole)


def _read_only(trial: Trial) -> Callable[[], object]:
    folder = trial.clip()
    (folder / "contact_sheet.png").unlink()
    _mount("--bind", folder, folder)
    _mount("-o", "remount,ro,bind", folder)
    return lambda: subprocess.run(["umount", "-l", str(folder)], check=True)


def _changing(stage: str, change: Callable[[Path], None]) -> Callable[[Trial], Callable[[], None]]:
    def spoil(trial: Trial) -> Callable[[], None]:
        names = sorted(recorded(trial.clip(), stage))
        change(trial.clip() / names[len(names) // 2])
        return _nothing

    return spoil


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 64] = bytes(255 - byte for byte in data[middle : middle + 64])
    path.write_bytes(data)


def _truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _empty_record(stage: str) -> Callable[[Trial], Callable[[], None]]:
    def spoil(trial: Trial) -> Callable[[], None]:
        (trial.clip() / f"records/{stage}.json").write_bytes(b"")
        return _nothing

    return spoil


def _full_disk(stage: str) -> Callable[[Trial], Callable[[], object]]:
    """Put the clip on a small disk that is full but for what its notes take."""

    def spoil(trial: Trial) -> Callable[[], object]:
        clip, disk = trial.clip(), trial.root / "disk"
        size = sum(path.stat().st_size for path in clip.rglob("*") if path.is_file())
        disk.mkdir()
        _mount("-t", "tmpfs", "-o", f"size={2 * size + 2**21}", "tmpfs", disk)
        shutil.copytree(clip, disk / "one")
        shutil.rmtree(clip)
        clip.symlink_to(disk / "one")
        largest = max(recorded(clip, stage).items(), key=lambda one: one[1]["bytes"])
        (clip / largest[0]).unlink()
        filler, free = disk / "filler", os.statvfs(disk)
        filler.write_bytes(b"\0" * (free.f_bavail * free.f_frsize - 2**13))

        def undo() -> None:
            filler.unlink()
            shutil.copytree(disk / "one", trial.root / "moved")
            clip.unlink()
            (trial.root / "moved").rename(clip)
            subprocess.run(["umount", "-l", str(disk)], check=True)

        return undo

    return spoil


def _mount(*arguments: str | Path) -> None:
    command = ["mount", *map(str, arguments)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        raise PermissionError("no right to mount")


if __name__ == "__main__":
    sys.exit(main())
