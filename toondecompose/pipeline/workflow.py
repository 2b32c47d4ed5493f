"""What the Snakefile asks: settings and source code of a stage, and what of its results is missing.

Snakemake decides by modification time and checksum of declared inputs, and by parameters. The
declared result of a stage is its record, which lists the artifacts; so three small files and
strings carry the rest:

- the *settings* of a stage are one parameter, the hash of its *source code* another;
- the *listing* of the input's files (names and hashes) is an input of the frames stage, that of
  the user's hints one of the alpha stage;
- the *note* of a stage is an input that changes when an artifact in its record is gone or damaged.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from filelock import FileLock, Timeout

from toondecompose.core.errors import SettingsError, UserError
from toondecompose.core.files import read_json_object
from toondecompose.export.registry import FORMATS, load_format
from toondecompose.export.run import FOLDER, done_file
from toondecompose.optical_flow.choice import Choice, choose
from toondecompose.pipeline.clip_size import clip_size, free_disk, free_memory
from toondecompose.pipeline.damage import mend_clip, mend_snakemake
from toondecompose.pipeline.estimate import (
    THREADS,
    ClipSize,
    resources,
    say_needs,
    too_large,
)
from toondecompose.pipeline.notes import is_complete, renew_listing_note, renew_stage_note
from toondecompose.pipeline.settings import load_clips, own_settings, stage_settings
from toondecompose.pipeline.sources import ROOT
from toondecompose.pipeline.stage import OWNER
from toondecompose.pipeline.strict_yaml import load_yaml
from toondecompose.pipeline.targets import resolve_targets
from toondecompose.pipeline.times import write_report_times
from toondecompose.reading.input_place import refuse_own_results
from toondecompose.reading.inputs import note_files
from toondecompose.reading.media import check_source
from toondecompose.store import paths
from toondecompose.store.artifacts import STAGES, ClipFolder
from toondecompose.store.hints import note_hints
from toondecompose.store.paths import EDIT_FOLDER, OWN_SETTINGS

LOCK_PATIENCE = 1.0
"""Seconds to wait for another run of the same clip: one that was just ended needs a moment."""

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
            mend_snakemake(Path())
        except UserError as error:
            end(error)
        self.asked: set[str] = set()
        self.flow: dict[str, Choice] = {}
        self.sizes: dict[str, ClipSize] = {}
        self.locks: list[FileLock] = []
        self.memory: int | None = None

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
        note = Path(f"{RENDERED}.note")
        renew_listing_note(Path(RENDERED), Path(f"{RENDERED}.json"), note)
        return str(note)

    def say_results(self) -> None:
        """For ``onsuccess``: say where the results are."""
        for clip in sorted(self.asked):
            if Path(f"workers/{clip}/vis.mp4").exists():
                print(f"done: workers/{clip}/vis.mp4, layers in workers/{clip}/vis/, ", end="")
                print(f"overview in workers/{clip}/contact_sheet.png, ", end="")
                print(f"report in workers/{clip}/report.html", flush=True)
                write_report_times(Path(f"workers/{clip}"))

    def say_stopped(self) -> None:
        """For ``onerror``: say that nothing is lost."""
        print(
            "stopped: what is finished is kept, and the same command goes on from here",
            file=sys.stderr,
            flush=True,
        )

    def start(self) -> None:
        """For ``onstart``: take the clips for this run, and say what they need.

        Another run at work on one of them, or less memory or disk than a clip needs, ends the
        process with one sentence.
        """
        for name in sorted(self.asked):
            try:
                self.locks.append(take_clip(Path(f"workers/{name}")))
                self._say_needs(name)
            except UserError as error:
                end(error)

    def limit_memory(self, workflow: Any) -> None:
        """Let jobs on this machine never take more memory together than is free now."""
        if not workflow.is_main_process:
            return
        given = workflow.global_resources.get("mem_mb").value
        if given is None and workflow.resource_settings.nodes is None:
            self.memory = round(free_memory())
            workflow.register_resource("mem_mb", self.memory)
        else:
            self.memory = given

    def threads(self, stage: str) -> int:
        """For ``threads``: cores that a stage can keep busy."""
        return THREADS.get(stage, 1)

    def resource(self, stage: str, name: str) -> Callable[[Any], int]:
        """For ``resources``: mem_mb, disk_mb, runtime or gpu of a stage."""

        def amount(wildcards: Any) -> int:
            settings = self._clip(wildcards.clip)
            return resources(stage, self.sizes.get(wildcards.clip), settings)[name]

        return amount

    def _say_needs(self, name: str) -> None:
        size = self.sizes.get(name)
        if size is None or Path(f"workers/{name}", paths.record("video")).exists():
            return  # unknown, or most of it is done
        print(say_needs(name, size), file=sys.stderr, flush=True)
        if self.memory is None:
            return  # another machine does the work
        disk = free_disk(Path(f"workers/{name}"))
        sentence = too_large(name, size, memory=self.memory, disk=disk)
        if sentence is not None:
            raise UserError(sentence)

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
        source, root = self.clips[name]["input"], Path(f"workers/{name}")
        listing = _listing(name, source)
        try:
            mend_clip(root)
            refuse_own_results(source, root)
            # A drawn clip whose listing or frames are missing is about to be drawn.
            if not _is_rendered(source) or is_complete(Path(RENDERED), listing):
                # When there are results to lose, damaged input is refused before any stage starts.
                computed = (root / paths.record("frames")).exists()
                check = partial(check_source, source) if computed else None
                note_files(source, listing, check=check)
            size = clip_size(self.clips[name], root, listing)
            if size is not None:
                self.sizes[name] = size
            self._leave_settings(name)
            note_hints(name, _hint_listing(name), self.clips[name]["objects"])
            self.flow[name] = choose(self.clips[name])
            print(f"{name}: {self.flow[name].line}", file=sys.stderr, flush=True)
            for stage in STAGES:
                renew_stage_note(root, stage)
            for kind in FORMATS:
                note = root / paths.note(f"export.{kind}")
                renew_listing_note(root / FOLDER, root / FOLDER / done_file(kind), note)
        except UserError as error:
            end(f"clip {name}: {error}")
        except OSError as error:
            place = root if error.filename is None else error.filename
            end(f"clip {name}: {place}: {error.strerror or error}; mend it, then try again")

    def _leave_settings(self, name: str) -> None:
        # For the frames stage, should it find several shots; no stage depends on it.
        clip = ClipFolder(root=Path(f"workers/{name}"))
        path = clip.path(OWN_SETTINGS)
        known = read_json_object(path) if path.exists() else None
        if known != self.own[name]:
            clip.write_json(OWN_SETTINGS, self.own[name])


def take_targets(workflow: Any) -> None:
    """Let every artifact, and every absolute path, be a target; see `targets`."""

    class Resolving(type(workflow)):
        """Snakemake's workflow, which is given its targets after it has read the Snakefile."""

        def __setattr__(self, name: str, value: Any) -> None:
            if name == "dag_settings" and value is not None and self.is_main_process:
                try:
                    value.targets = resolve_targets(value.targets)
                except UserError as error:
                    end(error)
            super().__setattr__(name, value)

    workflow.__class__ = Resolving


def take_clip(root: Path) -> FileLock:
    """Lock a clip for this run; the system drops the lock with the process.

    Raises
    ------
    UserError
        When another run has it.
    """
    lock = FileLock(root / paths.RUN_LOCK)
    try:
        lock.acquire(timeout=LOCK_PATIENCE, poll_interval=0.1)
    except Timeout:
        raise UserError(
            f"another run is at work on the clip {root.name}; wait for it to end, then give the "
            "same command again"
        ) from None
    return lock


def check_config(*files: str | Path) -> None:
    """End the process with one sentence when a config is missing, or `strict_yaml` refuses it."""
    for file in files:
        try:
            load_yaml(Path(file))
        except FileNotFoundError:
            end(f"there is no {file} here; start the command in the folder of the project")
        except (SettingsError, OSError) as error:
            end(error)


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
    return Path(f"{RENDERED}.json" if rendered else f"workers/{clip}/{paths.LISTING}")


def _hint_listing(clip: str) -> Path:
    return Path(f"workers/{clip}", paths.HINT_LISTING)


def _is_rendered(source: str) -> bool:
    return os.path.normpath(source) == RENDERED
