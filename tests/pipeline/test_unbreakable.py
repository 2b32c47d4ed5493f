"""Damage, several runs at once, other cores: noticed, told, and the same bytes in the end."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import Project

pytestmark = pytest.mark.slow

TARGET = "workers/tiny/vis.mp4"


def flip(path: Path, *, hidden: bool = False) -> None:
    """Flip bytes in the middle of a file; hidden: its time stays as it was."""
    before, data = path.stat(), bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 400] = bytes(255 - byte for byte in data[middle : middle + 400])
    path.write_bytes(data)
    if hidden:
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def without_set_aside(project: Project) -> dict[str, bytes]:
    found = project.artifacts().items()
    return {name: data for name, data in found if not name.startswith("set_aside/")}


def test_damage_is_noticed_before_the_run(finished: Project, tmp_path: Path) -> None:
    project = finished.copy(tmp_path / "project")
    expected = project.artifacts()
    for name in ("model/sprites/alpha.1.npy", "vis/2.obj.1.png"):
        flip(project.root / "workers/tiny" / name)
    assert project.planned(TARGET) == {"sprites", "refine", "report", "video"}
    status, output = project.run(TARGET)
    assert status == 0, output
    assert "sprites/alpha.1.npy damaged or changed since the stage sprites made it" in output
    assert without_set_aside(project) == expected
    assert project.planned(TARGET) == set()


def test_damage_with_an_unchanged_time_is_noticed_by_who_reads(
    finished: Project, tmp_path: Path
) -> None:
    project = finished.copy(tmp_path / "project")
    expected = project.artifacts()
    clip = project.root / "workers/tiny"
    flip(clip / "vis/2.obj.1.png", hidden=True)
    (clip / "vis.mp4").unlink()
    status, output = project.run(TARGET)
    assert status == 1
    assert re.search(r"error: (report|video) · tiny: .*vis/2\.obj\.1\.png is damaged", output)
    assert "Traceback" not in output
    status, output = project.run(TARGET)
    assert status == 0, output
    assert without_set_aside(project) == expected


def test_verify_finds_hidden_damage(finished: Project, tmp_path: Path) -> None:
    project = finished.copy(tmp_path / "project")

    def verify() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "toondecompose.cli", "verify", "tiny"]
        return subprocess.run(
            command, cwd=project.root, capture_output=True, text=True, check=False
        )

    result = verify()
    assert (result.returncode, result.stderr) == (0, ""), result.stderr
    assert re.fullmatch(r"workers/tiny: \d+ files of 9 stages are whole\n", result.stdout)
    flip(project.root / "workers/tiny/flow/0T1.npy", hidden=True)
    (project.root / "workers/tiny/plate/0.png").unlink()
    result = verify()
    assert result.returncode == 1
    assert "workers/tiny/flow/0T1.npy was changed, of the stage flow" in result.stdout
    assert "workers/tiny/plate/0.png is missing, of the stage refine" in result.stdout
    assert result.stderr.count("\n") == 1 and "give the command that made the clip" in result.stderr
    assert "flow" in project.planned(TARGET), "a run now notices it too"


def test_files_that_jammed_a_clip(finished: Project, tmp_path: Path) -> None:
    project = finished.copy(tmp_path / "project")
    expected = project.artifacts()
    records = project.root / "workers/tiny/records"
    for name, data in {
        "input.json": b"",
        "hints.json": b"",
        "config.json": b"null",
        "flow.ledger": b"\0" * 99,
        "video.json": b"null",
        "video.made": b"\xff\0\n",
    }.items():
        (records / name).write_bytes(data)
    metadata = sorted((project.root / ".snakemake/metadata").iterdir())[0]
    metadata.write_bytes(b"\xff\0garbage")
    os.utime(metadata, (1, 1))
    status, output = project.run(TARGET)
    assert status == 0, output
    assert "Traceback" not in output
    assert output.count("was damaged: it is set aside as workers/tiny/set_aside/records/") == 4
    assert without_set_aside(project) == expected


def test_one_run_of_a_clip_at_a_time(finished: Project, tmp_path: Path) -> None:
    project = finished.copy(tmp_path / "project")
    lock = project.root / "workers/tiny/records/run.lock"
    hold = "import sys; from filelock import FileLock; a = FileLock(sys.argv[1]); a.acquire(); "
    command = [sys.executable, "-c", hold + "print(flush=True); sys.stdin.read()", str(lock)]
    video = project.root / TARGET
    before = video.read_bytes()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None and holder.stdin is not None
        holder.stdout.readline()
        status, output = project.run("--forcerun", "video", "--", TARGET)
        assert "Nothing to be done" in project.run(TARGET)[1], "what is finished needs no lock"
        holder.stdin.close()
    assert status == 1
    assert output.rstrip().endswith(
        "error: another run is at work on the clip tiny; wait for it to end, then give the same "
        "command again"
    )
    assert "Cannot restore" not in output and video.read_bytes() == before


def test_all_artifacts_are_targets(finished: Project, tmp_path: Path) -> None:
    project = finished.copy(tmp_path / "project")
    (project.root / "workers/tiny/vis/3.img.png").unlink()
    (project.root / "workers/tiny/contact_sheet.png").unlink()
    target = str(project.root / "workers/tiny/vis/3.img.png")
    status, output = project.run("--", target)
    assert status == 0, output
    assert re.findall(r"^\[\d/9\] (\w+)", output, re.MULTILINE) == ["refine"]
    assert Path(target).exists()


@pytest.mark.skipif(shutil.which("taskset") is None, reason="no taskset here")
def test_one_core_gives_the_same_bytes(finished: Project, tmp_path: Path) -> None:
    project = finished.copy(tmp_path / "project")
    expected = project.artifacts()
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        status, output = project.run("--forcerun", "alpha", "--", TARGET)
    finally:
        os.sched_setaffinity(0, before)
    assert status == 0, output
    found = project.artifacts()
    assert sorted(name for name in found if found[name] != expected.get(name)) == []


def test_after_a_termination_the_way_on_is_told(finished: Project, tmp_path: Path) -> None:
    project = finished.copy(tmp_path / "project")
    module = project.root / "toondecompose/stages/video.py"
    waiting = "\ndef main(*_):\n    import time; open('started', 'w'); time.sleep(60)\n"
    module.write_text(module.read_text().replace("\nif __name__", f"{waiting}\nif __name__"))
    process = project.start(TARGET)
    patience = time.monotonic() + 60
    while not (project.root / "started").exists():
        assert time.monotonic() < patience
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGTERM)
    output, _ = process.communicate(timeout=60)
    assert process.returncode != 0
    assert "the same command goes on from here" in output
    assert "Traceback" not in output and "Cannot restore" not in output


def test_more_than_there_is_stops_before_the_first_stage(new_project: Project) -> None:
    status, output = new_project.run("--resources", "mem_mb=300", "--", TARGET)
    assert status == 1
    assert re.search(r"^tiny: about 0\.7 GB of memory, .* for 6 frames of 192x128$", output, re.M)
    assert "error: tiny: the stage sprites needs about 0.7 GB of memory" in output
    assert "[1/9]" not in output and "Traceback" not in output
