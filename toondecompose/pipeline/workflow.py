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

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from filelock import FileLock

from toondecompose.core.errors import UserError
from toondecompose.core.files import read_json_object
from toondecompose.export.registry import FOLDER, FORMATS, done_file, load_format
from toondecompose.optical_flow.choice import Choice, choose
from toondecompose.pipeline.clip_size import clip_size, disk_for, free_memory
from toondecompose.pipeline.damage import repair_clip, repair_snakemake
from toondecompose.pipeline.estimate import (
    THREADS,
    ClipSize,
    resources,
    say_needs,
    too_large,
)
from toondecompose.pipeline.notes import is_complete, renew_listing_note, renew_stage_note
from toondecompose.pipeline.process import end, take_clip
from toondecompose.pipeline.settings import load_clips, own_settings, stage_settings
from toondecompose.pipeline.times import write_report_times
from toondecompose.reading.input_place import refuse_own_results
from toondecompose.reading.inputs import note_files
from toondecompose.reading.media import check_source
from toondecompose.store import paths
from toondecompose.store.artifacts import STAGES, ClipFolder
from toondecompose.store.hints import note_hints
from toondecompose.store.paths import EDIT_FOLDER, OWN_SETTINGS

RENDERED = "data/violet/frames"
"""The input that the project draws itself when it is missing."""


class Workflow:
    """The config of one Snakemake run, with one method per kind of rule line.

    Parameters
    ----------
    config
        The whole config, as Snakemake read it. A mistake in it ends the process with one sentence.
    files
        The files that it comes from.
    main
        Whether this process plans the run; a job on another machine only looks up what is planned.
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        *,
        files: Sequence[str | Path] = ("config.yaml",),
        main: bool = True,
    ) -> None:
        self.main = main
        self.file = ", ".join(map(str, files))
        try:
            self.clips = load_clips(config, self.file)
            self.own = {name: own_settings(config, name) for name in self.clips}
            if main:
                repair_snakemake(Path())
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
        if (
            not self.main or not Path(RENDERED).parent.is_dir()
        ):  # the workflow runs outside of a checkout
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

    def say_stopped(self, workflow: Any) -> None:
        """For ``onerror``: where Snakemake was asked to end, say that nothing is lost."""
        if getattr(workflow.scheduler, "_user_kill", None) is not None:
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
        disk = disk_for(Path(f"workers/{name}"))
        sentence = too_large(name, size, memory=self.memory, disk=disk)
        if sentence is not None:
            raise UserError(sentence)

    def _clip(self, name: str) -> dict[str, Any]:
        if name not in self.clips:
            end(
                f"there is no clip '{name}' in {self.file} (its clips: {', '.join(self.clips)}); "
                "add it there or correct the name in the command"
            )
        if name not in self.asked:
            self.asked.add(name)
            self._prepare(name)
        return self.clips[name]

    def _prepare(self, name: str) -> None:
        # All small files of a clip at once: Snakemake looks into a folder only once.
        root = Path(f"workers/{name}")
        listing = _listing(name, self.clips[name]["input"])
        try:
            self.flow[name] = choose(self.clips[name])
            if self.main:
                self._bring_up_to_date(name, root, listing)
            size = clip_size(self.clips[name], root, listing)
            if size is not None:
                self.sizes[name] = size
        except UserError as error:
            end(f"clip {name}: {error}")
        except OSError as error:
            place = root if error.filename is None else error.filename
            end(f"clip {name}: {place}: {error.strerror or error}; correct it, then try again")

    def _bring_up_to_date(self, name: str, root: Path, listing: Path) -> None:
        source = self.clips[name]["input"]
        repair_clip(root)
        refuse_own_results(source, root)
        # A drawn clip whose listing or frames are missing is about to be drawn.
        if not _is_rendered(source) or is_complete(Path(RENDERED), listing):
            # When there are results to lose, damaged input is refused before any stage starts.
            computed = (root / paths.record("frames")).exists()
            check = partial(check_source, source) if computed else None
            note_files(source, listing, check=check)
        self._leave_settings(name)
        note_hints(name, _hint_listing(name), self.clips[name]["objects"])
        print(f"{name}: {self.flow[name].line}", file=sys.stderr, flush=True)
        for stage in STAGES:
            renew_stage_note(root, stage)
        for kind in FORMATS:
            note = root / paths.note(f"export.{kind}")
            renew_listing_note(root / FOLDER, root / FOLDER / done_file(kind), note)

    def _leave_settings(self, name: str) -> None:
        # For the frames stage, should it find several shots; no stage depends on it.
        clip = ClipFolder(root=Path(f"workers/{name}"))
        path = clip.path(OWN_SETTINGS)
        known = read_json_object(path) if path.exists() else None
        if known != self.own[name]:
            clip.write_json(OWN_SETTINGS, self.own[name])


def _listing(clip: str, source: str) -> Path:
    rendered = _is_rendered(source)
    return Path(f"{RENDERED}.json" if rendered else f"workers/{clip}/{paths.LISTING}")


def _hint_listing(clip: str) -> Path:
    return Path(f"workers/{clip}", paths.HINT_LISTING)


def _is_rendered(source: str) -> bool:
    return os.path.normpath(source) == RENDERED
