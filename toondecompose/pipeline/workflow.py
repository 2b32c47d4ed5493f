"""What the Snakefile asks: settings and source code of a stage, and what of its results is missing.

Snakemake decides by modification time and checksum of declared inputs, and by parameters. The
declared result of a stage is its record, which lists the artifacts; so three small files and
strings carry the rest:

- the *settings* of a stage are one parameter, the hash of its *source code* another;
- the *listing* of the input's files (names and hashes) is an input of the frames stage, that of
  the user's hints one of the alpha stage;
- the *note* of a stage is an input that changes when an artifact in its record is gone.
"""

from __future__ import annotations

import csv
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import yaml
from filelock import FileLock, Timeout

from toondecompose.core.errors import UserError
from toondecompose.export.registry import FORMATS, load_format
from toondecompose.export.run import FOLDER, done_file
from toondecompose.optical_flow.choice import Choice, choose
from toondecompose.pipeline.settings import load_clips, own_settings, stage_settings
from toondecompose.pipeline.sources import ROOT
from toondecompose.pipeline.stage import OWNER
from toondecompose.reading.inputs import note_files
from toondecompose.reading.media import check_source
from toondecompose.store.artifacts import STAGES, ClipFolder
from toondecompose.store.hints import note_hints
from toondecompose.store.paths import EDIT_FOLDER, OWN_SETTINGS, TIMES, benchmark

RENDERED = "data/violet/frames"
"""The input that the project draws itself when it is missing."""

CHATTER = (
    "Assuming unrestricted shared filesystem",
    "Using shell:",
    "Conda environments: ignored",
    "Select jobs to execute",
    "Execute ",
    "RuleException:",
    "Shutting down, this might",
    "Exiting because a job execution failed",
    "WorkflowError:\nAt least one job",
    "Complete log(s):",
    "Elapsed time:",
    "Restored previous version",
    "Cannot restore ",
)
"""Beginnings of lines that say nothing a person at the terminal needs."""


class Workflow:
    """The config of one Snakemake run, with one method per kind of rule line.

    Parameters
    ----------
    config
        The whole config, as Snakemake read it. A mistake in it ends the process with one sentence.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        try:
            self.clips = load_clips(config)
            self.own = {name: own_settings(config, name) for name in self.clips}
        except UserError as error:
            end(error)
        self.asked: set[str] = set()
        self.flow: dict[str, Choice] = {}

    def settings(self, stage: str) -> Callable[[Any], str]:
        """For ``params``: JSON of the settings ``stage`` reads."""

        def decided(wildcards: Any) -> str:
            clip = self._clip(wildcards.clip)
            return stage_settings(stage, self.flow[wildcards.clip].settings if flow else clip)

        flow = stage == "flow"
        return decided

    def checkpoint(self) -> Callable[[Any], list[str]]:
        """For ``input``: the weights that the flow depends on, if its backend has any."""

        def paths(wildcards: Any) -> list[str]:
            self._clip(wildcards.clip)
            checkpoint = self.flow[wildcards.clip].checkpoint
            return [] if checkpoint is None else [str(checkpoint)]

        return paths

    def listing(self) -> Callable[[Any], str]:
        """For ``input``: the file that lists the files of the clip's input, brought up to date."""
        return lambda wildcards: str(_listing(wildcards.clip, self._clip(wildcards.clip)["input"]))

    def hints(self) -> Callable[[Any], str]:
        """For ``input``: the file that lists the clip's hints, brought up to date."""

        def path(wildcards: Any) -> str:
            self._clip(wildcards.clip)
            return str(_hint_listing(wildcards.clip))

        return path

    def edits(self) -> Callable[[Any], list[str]]:
        """For ``input``: the files of the user's edits of a clip."""

        def found(wildcards: Any) -> list[str]:
            self._clip(wildcards.clip)
            folder = Path(f"workers/{wildcards.clip}", EDIT_FOLDER)
            return sorted(str(path) for path in folder.rglob("*") if path.is_file())

        return found

    def note(self, stage: str) -> Callable[[Any], str]:
        """For ``input``: the note of ``stage``, renewed if an artifact of its record is gone."""

        def path(wildcards: Any) -> str:
            self._clip(wildcards.clip)
            return f"workers/{wildcards.clip}/records/{stage}.note"

        return path

    def exports(self) -> list[str]:
        """For ``input``: what all formats of a clip end with."""
        return [f"workers/{{clip}}/{FOLDER}/{done_file(name)}" for name in FORMATS]

    def exported_before(self) -> Callable[[Any], list[str]]:
        """For ``input``: what the formats end with that a format refers to."""

        def paths(wildcards: Any) -> list[str]:
            try:
                names = load_format(wildcards.format).after
            except UserError as error:
                end(error)
            return [f"workers/{wildcards.clip}/{FOLDER}/{done_file(name)}" for name in names]

        return paths

    def export_note(self) -> Callable[[Any], str]:
        """For ``input``: the note of a format, renewed if one of its files is gone."""

        def path(wildcards: Any) -> str:
            self._clip(wildcards.clip)
            return f"workers/{wildcards.clip}/records/export.{wildcards.format}.note"

        return path

    def rendered_note(self) -> str:
        """For ``input``: the note of the clip that the project draws, see ``note``."""
        if not Path(RENDERED).parent.is_dir():  # the workflow runs outside of a checkout
            return f"{RENDERED}.note"
        return str(_renew_note(RENDERED, Path(f"{RENDERED}.json")))

    def say_results(self) -> None:
        """For ``onsuccess``: say where the results are."""
        for clip in sorted(self.asked):
            if Path(f"workers/{clip}/vis.mp4").exists():
                print(f"done: workers/{clip}/vis.mp4, layers in workers/{clip}/vis/, ", end="")
                print(f"overview in workers/{clip}/contact_sheet.png, ", end="")
                print(f"report in workers/{clip}/report.html", flush=True)
                note_times(ClipFolder(root=Path(f"workers/{clip}")))

    def _clip(self, name: str) -> dict[str, Any]:
        if name not in self.clips:
            end(
                f"there is no clip '{name}' in the config (its clips: {', '.join(self.clips)}); "
                "add it there or mend the name in the command"
            )
        if name not in self.asked:
            self.asked.add(name)
            self._prepare(name)
        return self.clips[name]

    def _prepare(self, name: str) -> None:
        # All small files of a clip at once: Snakemake looks into a folder only once.
        source = self.clips[name]["input"]
        listing = _listing(name, source)
        try:
            # A drawn clip whose listing or frames are missing is about to be drawn.
            if not _is_rendered(source) or not _missing(RENDERED, listing):
                # When there are results to lose, damaged input is refused before any stage starts.
                computed = Path(f"workers/{name}/records/frames.json").exists()
                check = partial(check_source, source) if computed else None
                note_files(source, listing, check=check)
            self._leave_settings(name)
            note_hints(name, _hint_listing(name), self.clips[name]["objects"])
            self.flow[name] = choose(self.clips[name])
            print(f"{name}: {self.flow[name].line}", file=sys.stderr, flush=True)
            for stage in STAGES:
                _renew_note(f"workers/{name}", Path(f"workers/{name}/records/{stage}.json"))
            for kind in FORMATS:
                note = Path(f"workers/{name}/records/export.{kind}.note")
                folder = f"workers/{name}/{FOLDER}"
                _renew_note(folder, Path(folder, done_file(kind)), note)
        except UserError as error:
            end(f"clip {name}: {error}")
        except OSError as error:
            end(f"clip {name}: {error.filename}: {error.strerror}; mend it, then try again")

    def _leave_settings(self, name: str) -> None:
        # For the frames stage, should it find several shots; no stage depends on it.
        clip = ClipFolder(root=Path(f"workers/{name}"))
        known = clip.path(OWN_SETTINGS).exists() and clip.read_json(OWN_SETTINGS)
        if known != self.own[name]:
            clip.write_json(OWN_SETTINGS, self.own[name])


def note_times(clip: ClipFolder) -> None:
    """Write the time in s and the memory in MiB of each stage, for the report of the clip."""
    times = {}
    for stage in STAGES:
        path = clip.path(benchmark(stage))
        if path.exists():
            rows = list(csv.DictReader(path.read_text().splitlines(), delimiter="\t"))
            values = [rows[-1].get(key, "") for key in ("s", "max_rss")] if rows else []
            if values and all(value.replace(".", "", 1).isdigit() for value in values):
                times[stage] = [float(value) for value in values]
    text = json.dumps(times, sort_keys=True)
    clip.path(TIMES).parent.mkdir(parents=True, exist_ok=True)
    clip.path(TIMES).write_text(f"globalThis.REPORT_TIMES = {text};\n")


def check_yaml(path: str) -> None:
    """End the process with one sentence when the config file is missing or is no YAML."""
    try:
        yaml.safe_load(Path(path).read_text())
    except FileNotFoundError:
        end(f"there is no {path} here; start the command in the folder of the project")
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        why = getattr(error, "problem", None) or "it is no text"
        end(f"{path} is no YAML{place}: {why}; mend it, then give the same command again")


def prepare_environment() -> None:
    """Let the stages run with this Python, find the packages, and end when Snakemake is killed."""
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    os.environ["PYTHONPATH"] = str(ROOT)
    os.environ[OWNER] = str(os.getpid())


def hush() -> None:
    """Drop Snakemake's own words from the terminal where a stage has said it better."""
    for handler in logging.getLogger("snakemake.logging").handlers:
        if handler.name == "DefaultStreamHandler":  # its log file keeps them
            handler.addFilter(lambda record: not record.getMessage().lstrip().startswith(CHATTER))


def end(sentence: object) -> NoReturn:
    """Tell a mistake in one sentence and end the process, without Snakemake's own words."""
    print(f"error: {sentence}", file=sys.stderr, flush=True)
    sys.exit(1)


def _listing(clip: str, source: str) -> Path:
    rendered = _is_rendered(source)
    return Path(f"{RENDERED}.json" if rendered else f"workers/{clip}/records/input.json")


def _hint_listing(clip: str) -> Path:
    return Path(f"workers/{clip}/records/hints.json")


def _renew_note(folder: str, record: Path, note: Path | None = None) -> Path:
    # The content differs each time, because Snakemake takes a newer file with the checksum of the
    # last run for unchanged.
    note = note or record.with_suffix(".note")
    missing = _missing(folder, record)
    if not note.exists() or (missing and not _at_work(record.with_suffix(".lock"))):
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(f"{missing} was missing at {time.time_ns()}, so this stage has to run\n")
    return note


def _missing(folder: str, record: Path) -> str | None:
    try:
        content = json.loads(record.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return str(record)
    names = content.get("artifacts", content)
    return next((name for name in names if not Path(folder, name).exists()), None)


def _at_work(lock: Path) -> bool:
    if not lock.exists():
        return False
    try:
        with FileLock(lock, timeout=0):
            return False
    except Timeout:
        return True


def _is_rendered(source: str) -> bool:
    return os.path.normpath(source) == RENDERED
