"""The benchmark: every clip drawn, taken apart, measured and shown.

    python -m bench.run
    python -m bench.run --groups limited
    python -m bench.run --clips static parallax --against docs/bench-0.6.json

Draws the clips of ``bench.clips``, takes each apart with the pipeline (through Snakemake, all
settings at their defaults but the number of objects) and with ``bench.baseline``, and compares
both with the truth. Under ``--out`` come to lie

- ``clips/<clip>/``: frames and truth, ``workers/<run>/``: what the pipeline made,
  ``baseline/<run>/``: what the baseline made; a run is a clip, or clip.K where there are several K;
- ``figures.json``: every figure of every run, which a later ``--against`` compares with;
- ``table.md``: the table; ``sheets/<run>.png``: some frames with labels, plate and sprites.

What is there already and current is not made again.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from bench import baseline
from bench.clips.render import chosen, render
from bench.clips.spec import ClipSpec
from bench.figures import Figures, match, measure
from bench.finished import FinishedClip, Truth
from bench.table import table
from toondecompose.core.errors import UserError
from toondecompose.store.artifacts import ClipFolder
from toondecompose.viz.contact_sheet import contact_sheet
from toondecompose.viz.pictures import over_colour

ROOT = Path(__file__).parents[1]
_MAGENTA = (255, 0, 255)
_SHEET_ROWS = 5


@dataclass(frozen=True)
class Run:
    """One clip taken apart with one number of objects."""

    spec: ClipSpec
    objects: int

    @property
    def name(self) -> str:
        """Name of the clip, and its K where it has several."""
        several = len(self.spec.objects) > 1
        return f"{self.spec.name}.{self.objects}" if several else self.spec.name


def main() -> None:
    """Read the command line, run the benchmark, print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.run",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--clips", nargs="*", default=[], help="names; default: all clips")
    parser.add_argument("--groups", nargs="*", default=[], help="groups of clips: moving, limited")
    parser.add_argument("--out", type=Path, default=Path("workers/bench"))
    parser.add_argument(
        "--against", type=Path, help="figures.json of an earlier state, or the folder it lies in"
    )
    parser.add_argument("--cores", type=int, default=1, help="for Snakemake (%(default)s)")
    args = parser.parse_args()
    try:
        specs = chosen(args.clips, args.groups)
        earlier = figures_of(args.against) if args.against else {}
    except (ValueError, OSError) as error:
        parser.error(str(error))
    runs = [Run(spec, objects) for spec in specs for objects in spec.objects]
    for spec in specs:
        say(f"drawing {spec.name}")
        render(spec, args.out / "clips" / spec.name)
    configure(runs, args.out)
    folder = ClipFolder(root=args.out)
    # Runs that were not asked for this time stay, and a run that is stopped leaves what it has.
    results = figures_of(args.out) if folder.path("figures.json").exists() else {}
    for run in runs:
        results[run.name] = one(run, args.out, args.cores)
        folder.write_json("figures.json", results)
    shown = {run.name: results[run.name] for run in runs}
    text = table(shown, earlier)
    folder.write_bytes("table.md", text.encode())
    print(text)


def figures_of(path: Path) -> dict[str, Figures]:
    """Read the figures of an earlier state, from their file or from the folder of its results."""
    return json.loads((path / "figures.json" if path.is_dir() else path).read_text())


def configure(runs: list[Run], out: Path) -> None:
    """Write the config; nothing but the number of objects may differ between clips."""
    clips = {
        run.name: {"input": f"clips/{run.spec.name}/frames", "objects": run.objects} for run in runs
    }
    text = yaml.safe_dump({"clips": clips}, sort_keys=False)
    ClipFolder(root=out).write_bytes("config.yaml", text.encode())


def one(run: Run, out: Path, cores: int) -> Figures:
    """Take one clip apart both ways and measure; what fails gives an ``error`` for its row."""
    truth = Truth(out / "clips" / run.spec.name / "truth")
    pictures = truth.folder.read_json("truth.json")["frames_sha256"]
    result: dict[str, Any] = {
        "hard_for": run.spec.hard_for, "group": run.spec.group, "objects": run.objects,
        "pictures": pictures,
    }  # fmt: skip
    ours, plain = out / "workers" / run.name, out / "baseline" / run.name
    say(f"taking {run.name} apart")
    began = time.monotonic()
    try:
        pipeline(run.name, out, cores)
        result["ours"] = measure(FinishedClip(ours), truth)
        spent = stage_seconds(ours)
        result["ours"]["seconds"] = spent or time.monotonic() - began
        sheet(FinishedClip(ours), truth, out / "sheets" / f"{run.name}.png")
    except Exception as error:  # whatever it is, the other clips go on
        result["ours"] = {"error": str(error)}
        say(f"{run.name} failed: {error}")
    try:
        began = time.monotonic()
        baseline.run(out / "clips" / run.spec.name / "frames", run.objects, plain)
        spent = time.monotonic() - began
        result["baseline"] = measure(FinishedClip(plain), truth) | {"seconds": spent}
        sheet(FinishedClip(plain), truth, out / "sheets" / f"{run.name}.baseline.png")
    except Exception as error:
        result["baseline"] = {"error": str(error)}
    return result


def pipeline(name: str, out: Path, cores: int) -> None:
    """Run the workflow in the folder ``out``; UserError with its last words when it fails."""
    command = [
        sys.executable, "-m", "snakemake", "--cores", str(cores), "--directory", str(out),
        "--snakefile", str(ROOT / "Snakefile"),
        "--workflow-profile", str(ROOT / "profiles/default"), f"workers/{name}/vis.mp4",
    ]  # fmt: skip
    env = dict(os.environ, PYTHONPATH=str(ROOT))
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        words = [line for line in (done.stdout + done.stderr).splitlines() if "error" in line]
        raise UserError(words[-1] if words else f"snakemake ended with {done.returncode}")


def stage_seconds(folder: Path) -> float | None:
    """Sum the wall times that Snakemake noted for the stages of a clip."""
    files = sorted(folder.glob("benchmarks/*.tsv"))
    rows = [file.read_text().splitlines()[1].split("\t") for file in files]
    return sum(float(row[0]) for row in rows) if rows else None


def sheet(clip: FinishedClip, truth: Truth, path: Path) -> None:
    """Draw some frames: input, labels, plate, every sprite found and every true one on magenta."""
    rows, names = [], []
    pairs = match(clip, truth)
    for n in np.linspace(0, clip.count - 1, _SHEET_ROWS).astype(int).tolist():
        row = [clip.input(n), clip.labels(n), clip.plate(n)]
        words = [f"frame {n}", "labels", "plate"]
        for pair in pairs:
            found = pair.found
            blank = np.zeros((*row[0].shape[:2], 4), np.uint8)
            row.append(over_colour(blank if found is None else clip.sprite(found, n), _MAGENTA))
            words.append(f"{pair.name}: object {found}")
            real = None if pair.sprite is None else truth.sprite(n, pair.sprite)
            if real is None:
                real = np.dstack([truth.plate(n), pair.alpha[n]])
            row.append(over_colour(real, _MAGENTA))
            words.append(f"{pair.name}: truth")
        rows.append(row)
        names.append(words)
    ClipFolder(root=path.parent).write_png(path.name, contact_sheet(rows, names, cell=(480, 270)))


def say(words: str) -> None:
    """Tell on the terminal what goes on, apart from the table."""
    print(words, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
