"""Mistakes and mishaps get one clear sentence, a non-zero exit, and cost nothing computed."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import TINY, Project
from PIL import Image

pytestmark = pytest.mark.slow

TARGET = "workers/tiny/vis.mp4"


def configure(**settings: object) -> Callable[[Project], None]:
    return lambda project: project.configure({"clips": {"tiny": TINY | settings}})


def no_folder(project: Project) -> None:
    shutil.rmtree(project.root / "clip")


def empty_folder(project: Project) -> None:
    no_folder(project)
    (project.root / "clip").mkdir()


def one_frame(project: Project) -> None:
    for path in (project.root / "clip").glob("[1-9].png"):
        path.unlink()


def mixed_sizes(project: Project) -> None:
    Image.new("RGB", (64, 48)).save(project.root / "clip/3.png")


def half_written(project: Project) -> None:
    path = project.root / "clip/2.png"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def corrupt(project: Project) -> None:
    (project.root / "clip/4.png").write_bytes(b"this is no image")


def broken_video(project: Project) -> None:
    (project.root / "clip.mp4").write_bytes(b"\0" * 5000)
    configure(input="clip.mp4")(project)


def no_clip_at_all(project: Project) -> None:
    (project.root / "notes.txt").write_text("no clip")
    configure(input="notes.txt")(project)


def shot_cut(project: Project) -> None:
    for number in (3, 4, 5):
        Image.new("RGB", (192, 128), (10, 200, 30 + number)).save(
            project.root / f"clip/{number}.png"
        )


def two_sequences(project: Project) -> None:
    for number in range(6):
        shutil.copy(project.root / "clip/0.png", project.root / f"clip/rough_{number}.png")


def hint(name: str, size: tuple[int, int] = (192, 128)) -> Callable[[Project], None]:
    """Draw a hint of this name that says "is" everywhere."""

    def change(project: Project) -> None:
        path = project.root / "hints/tiny" / name
        path.parent.mkdir(parents=True)
        Image.new("RGBA", size, (255, 255, 255, 255)).save(path, "png")

    return change


def damaged_hint(project: Project) -> None:
    hint("3.1.png")(project)
    path = project.root / "hints/tiny/3.1.png"
    path.write_bytes(path.read_bytes()[:60])


def frame_as_hint(project: Project) -> None:
    hint("3.1.png")(project)
    shutil.copy(project.root / "clip/3.png", project.root / "hints/tiny/3.1.png")


def config_text(text: str) -> Callable[[Project], None]:
    return lambda project: (project.root / "config.yaml").write_text(text)


def input_among_results(project: Project) -> None:
    configure(input="workers/tiny/source")(project)


def input_linked_among_results(project: Project) -> None:
    (project.root / "frames").symlink_to(project.root / "workers/tiny/frame")
    configure(input="frames")(project)


def pipe(project: Project) -> None:
    os.mkfifo(project.root / "clip.mp4")
    configure(input="clip.mp4")(project)


def playlist(project: Project) -> None:
    (project.root / "clip.mp4").write_text("ffconcat version 1.0\nfile other.mp4\n")
    configure(input="clip.mp4")(project)


def postscript(project: Project) -> None:
    for path in (project.root / "clip").iterdir():
        path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n")


def foreign_name(project: Project) -> None:
    os.rename(project.root / "clip/1.png", os.fsencode(project.root / "clip") + b"/\xff1.png")


def very_wide(project: Project) -> None:
    for path in (project.root / "clip").iterdir():
        Image.new("RGB", (20000, 20)).save(path)


def broken_yaml(project: Project) -> None:
    (project.root / "config.yaml").write_text("clips: {tiny: [")


def nothing(project: Project) -> None:
    pass


MISTAKES: dict[str, tuple[Callable[[Project], None], str, str]] = {
    "folder missing": (no_folder, TARGET, r"input clip does not exist"),
    "folder empty": (empty_folder, TARGET, r"folder clip holds no image"),
    "one frame": (one_frame, TARGET, r"folder clip holds one image \(0\.png\)"),
    "mixed sizes": (mixed_sizes, TARGET, r"clip/0\.png is 192x128, but clip/3\.png is 64x48"),
    "half-written image": (half_written, TARGET, r"clip/2\.png is damaged or half-written"),
    "corrupt image": (corrupt, TARGET, r"clip/4\.png is damaged or half-written"),
    "video that does not decode": (broken_video, TARGET, r"video clip\.mp4 cannot be decoded"),
    "neither folder nor video": (no_clip_at_all, TARGET, r"notes\.txt is neither a folder"),
    "two shots": (
        shot_cut,
        TARGET,
        r"2 shots, with cuts between the frames 2/3; .* --configfile workers/tiny/shots\.yaml$",
    ),
    "two sequences": (
        two_sequences,
        TARGET,
        r"clip holds 2 sequences, 0-5\.png .*rough_0-5\.png .*; choose .* input: clip/#\.png$",
    ),
    "no such gaps": (configure(missing_numbers="skip"), TARGET, r"give one of hold, step, close"),
    "no objects": (configure(objects=0), TARGET, r"clips\.tiny\.objects is 0, .*give 1 or more"),
    "objects no number": (configure(objects="two"), TARGET, r'objects is "two", .*whole number'),
    "unknown key": (configure(objcts=2), TARGET, r"objcts is not a known key; did you mean 'obj"),
    "unknown clip": (nothing, "workers/foo/vis.mp4", r"no clip 'foo' .*\(its clips: tiny\)"),
    "no frames selected": (configure(first_frame=9), TARGET, r"gives 0 frames? .*'first_frame'"),
    "hint of another name": (hint("3.png"), TARGET, r"hints/tiny/3\.png is no hint: its name must"),
    "hint about no frame": (
        hint("6.1.png"),
        TARGET,
        r"tiny/6\.1\.png is about frame 6, .* 0 to 5;",
    ),
    "hint about no object": (hint("3.2.png"), TARGET, r"3\.2\.png is about object 2, .* 0 to 1;"),
    "hint of another size": (
        hint("3.1.png", (96, 64)),
        TARGET,
        r"3\.1\.png is 96x64, but the frames are 192x128",
    ),
    "damaged hint": (damaged_hint, TARGET, r"hints/tiny/3\.1\.png is damaged .*save it again"),
    "a frame as a hint": (frame_as_hint, TARGET, r"hint hints/tiny/3\.1\.png shows colours; paint"),
    "a config that runs code": (
        config_text("__use_yte__: true\nclips: {tiny: {input: clip}}"),
        TARGET,
        r"config\.yaml, line 1, column 1: __use_yte__ would run code",
    ),
    "a key twice": (
        config_text("clips:\n  tiny: {input: clip}\n  tiny: {input: clip}"),
        TARGET,
        r"line 3.* the key tiny is there already, in line 2",
    ),
    "input among the results": (
        input_among_results,
        TARGET,
        r"input workers/tiny/source lies in workers/tiny, where the results of the clip go",
    ),
    "input linked among the results": (input_linked_among_results, TARGET, r"frames lies in work"),
    "a pipe": (pipe, TARGET, r"input clip\.mp4 is a pipe or a device and no file"),
    "a playlist": (playlist, TARGET, r"video clip\.mp4 cannot be decoded"),
    "PostScript": (postscript, TARGET, r"clip/0\.png is damaged .*no image that can be read"),
    "a name that is not UTF-8": (foreign_name, TARGET, r"name is not UTF-8, \\xff1\.png; rename"),
    "very wide frames": (very_wide, TARGET, r"frames of clip are 20000x20; sides of 16 to 16384"),
    "what no stage makes": (nothing, "workers/tiny/foo", r"workers/tiny/foo is made by no stage"),
    "config is no YAML": (broken_yaml, TARGET, r"config\.yaml is no YAML at line 1, column 16"),
}
"""What is wrong, the target asked for, and what the sentence must say."""


@pytest.fixture(scope="module")
def outcomes(
    finished: Project, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[int, str, bool]]:
    """Exit status, words, and whether every artifact survived, for each mistake."""
    folder = tmp_path_factory.mktemp("mistakes")

    def outcome(numbered: tuple[int, str]) -> tuple[str, tuple[int, str, bool]]:
        number, name = numbered
        change, target, _ = MISTAKES[name]
        project = finished.copy(folder / str(number))
        change(project)
        before = project.artifacts()
        status, output = project.run(target)
        after = project.artifacts()
        kept = all(
            after.get(path) == data for path, data in before.items() if "records/" not in path
        )
        return name, (status, output, kept)

    with ThreadPoolExecutor(2) as pool:
        return dict(pool.map(outcome, enumerate(MISTAKES)))


@pytest.mark.parametrize("mistake", MISTAKES)
def test_one_sentence(mistake: str, outcomes: dict[str, tuple[int, str, bool]]) -> None:
    status, output, kept = outcomes[mistake]
    assert status != 0
    assert re.search(MISTAKES[mistake][2], output, re.MULTILINE), output
    assert "Traceback" not in output
    sentences = [line for line in output.splitlines() if line.startswith("error: ")]
    assert len(sentences) == 1
    assert output.rstrip().endswith(sentences[0])
    assert kept, "an artifact was lost"


def test_undoing_the_damage_costs_nothing(finished: Project, tmp_path: Path) -> None:
    project = finished.copy(tmp_path / "project")
    path = project.root / "clip/2.png"
    whole = path.read_bytes()
    half_written(project)
    assert project.run(TARGET)[0] != 0
    path.write_bytes(whole)
    assert project.planned(TARGET) == set()


SLOW = """
import time
from pathlib import Path

_main = main

def main(clip, settings, progress):
    clip.path("vis/.part-0.img.png").parent.mkdir(exist_ok=True, parents=True)
    clip.path("vis/.part-0.img.png").write_bytes(b"half")
    Path("started").touch()
    while not Path("go").exists():
        time.sleep(0.05)
    _main(clip, settings, progress)

run_stage("refine", main, RefineSettings)
"""
"""Lets the refine stage wait, with a file half written, until a file 'go' is there."""


@pytest.mark.parametrize(
    ("number", "whole_group"),
    [(signal.SIGINT, True), (signal.SIGKILL, True), (signal.SIGKILL, False)],
    ids=["ctrl-c", "all killed", "snakemake killed"],
)
@pytest.mark.usefixtures("ctrl_c")
def test_the_same_command_goes_on(
    number: signal.Signals, whole_group: bool, finished: Project, tmp_path: Path
) -> None:
    project = finished.copy(tmp_path / "project")
    expected = project.artifacts()
    module = project.root / "toondecompose/stages/refine.py"
    source = module.read_text()
    module.write_text(source.split("if __name__")[0] + SLOW)
    process = project.start(TARGET)
    _wait_for(project.root / "started")
    (os.killpg if whole_group else os.kill)(process.pid, number)
    output, _ = process.communicate(timeout=30)
    assert process.returncode != 0
    if number == signal.SIGINT:
        assert output.count("error: refine · tiny: stopped; give the same command again") == 1
        assert "Traceback" not in output
    assert (project.root / TARGET).read_bytes() == expected["vis.mp4"]
    (project.root / "go").touch()
    status, output = project.run(TARGET)
    assert status == 0, output
    assert re.findall(r"^\[\d/9\] (\w+)", output, re.MULTILINE) == ["refine", "report", "video"]
    assert project.artifacts() == expected
    assert not list(project.root.glob("workers/**/.part-*"))


def test_another_run_on_the_same_stage(finished: Project, tmp_path: Path) -> None:
    project = finished.copy(tmp_path / "project")
    lock = project.root / "workers/tiny/records/frames.lock"
    hold = (
        "import fcntl,sys; f=open(sys.argv[1],'a'); fcntl.flock(f,fcntl.LOCK_EX); print(flush=1); "
    )
    command = [sys.executable, "-c", hold + "sys.stdin.read()", str(lock)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        holder.stdout.readline()
        status, output = project.run("--forcerun", "frames", "--", TARGET)
        holder.stdin.close()
    assert status != 0
    assert "another run is at work on this stage in workers/tiny" in output


@pytest.mark.parametrize("stage", ["frames", "video"])
def test_a_disk_that_fills(
    stage: str, finished: Project, tmp_path: Path, small_disk: Callable[[int], Path]
) -> None:
    target = f"workers/tiny/records/{stage}.json"
    project = finished.copy(tmp_path / "project")
    clip = project.root / "workers/tiny"
    expected = project.artifacts()
    needed = sum(path.stat().st_size for path in clip.rglob("*") if path.is_file())
    disk = small_disk(2 * needed + 2**20)
    shutil.copytree(clip, disk / "tiny")
    shutil.rmtree(clip)
    clip.symlink_to(disk / "tiny")
    first = {"frames": "source/0.png", "video": "vis.mp4"}[stage]
    (clip / first).unlink()
    filler = disk / "filler"
    _fill(filler, leave=8192)
    status, output = project.run(target)
    assert status != 0
    assert re.search(rf"error: {stage} · tiny: cannot write \S+: No space left", output), output
    assert "Traceback" not in output
    assert not list(disk.rglob(".part-*"))
    filler.unlink()
    status, output = project.run(target)
    assert status == 0, output
    assert project.artifacts() == expected


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Let what a test starts react to Ctrl-C, also where a shell hides it (`pytest &`)."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Mount a small disk where this machine allows it; elsewhere a shared-memory folder is none."""
    mounted: list[Path] = []

    def mount(size: int) -> Path:
        folder = tmp_path / "disk"
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("no right to mount a small disk")
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def _fill(path: Path, *, leave: int) -> None:
    free = os.statvfs(path.parent)
    with path.open("wb") as file:
        file.write(b"\0" * (free.f_bavail * free.f_frsize - leave))


def _wait_for(path: Path) -> None:
    patience = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < patience, f"{path} did not come"
        time.sleep(0.05)
