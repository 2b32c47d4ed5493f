"""What runs again after which change; exact reruns; several clips."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import yaml
from conftest import TINY, Project, draw_clip
from PIL import Image

from third_party.raft.table import checkpoints
from toondecompose.pipeline.sources import ROOT, sources
from toondecompose.store.artifacts import STAGES, ClipFolder

pytestmark = pytest.mark.slow

AFTER = {
    "frames": set(STAGES),
    "flow": set(STAGES) - {"frames"},
    "alpha": {"alpha", "homography", "preview", "sprites", "refine", "report", "video"},
    "homography": {"homography", "preview", "sprites", "refine", "report", "video"},
    "preview": {"preview", "video"},
    "sprites": {"sprites", "refine", "report", "video"},
    "refine": {"refine", "report", "video"},
    "report": {"report", "video"},
    "video": {"video"},
}
"""Each stage with those that depend on it."""

TARGET = "workers/tiny/vis.mp4"

CHECKPOINT = f"third_party/raft/weights/{checkpoints()[0].file}"


def delete(stage: str, index: int) -> Callable[[Project], None]:
    """Delete one artifact in the record of ``stage``."""

    def change(project: Project) -> None:
        clip = ClipFolder(root=project.root / "workers/tiny")
        clip.path(sorted(clip.read_json(f"records/{stage}.json")["artifacts"])[index]).unlink()

    return change


def remove(name: str) -> Callable[[Project], None]:
    """Delete a file."""
    return lambda project: (project.root / name).unlink()


def configure(**settings: object) -> Callable[[Project], None]:
    """Change settings of the clip."""
    return lambda project: project.configure({"clips": {"tiny": TINY | settings}})


def edit(name: str, *, old: bool = False, line: str = "EDITED = True") -> Callable[[Project], None]:
    """Append a line to a file; ``old`` gives it a time before everything else."""

    def change(project: Project) -> None:
        path = project.root / name
        path.write_text(f"{path.read_text()}\n{line}\n")
        if old:
            os.utime(path, (1, 1))

    return change


def touch(name: str) -> Callable[[Project], None]:
    """Give a file a new time and leave its content."""
    return lambda project: os.utime(project.root / name)


def touch_new(name: str) -> Callable[[Project], None]:
    """Put an empty file there."""
    return lambda project: (project.root / name).touch()


def repaint(project: Project) -> None:
    """Change one pixel of one frame, and give the file an old time."""
    path = project.root / "clip/3.png"
    image = Image.open(path)
    image.putpixel((0, 0), (1, 2, 3))
    image.save(path)
    os.utime(path, (1, 1))


def add_frame(project: Project) -> None:
    """Add a frame to the folder."""
    (project.root / "clip/6.png").write_bytes((project.root / "clip/5.png").read_bytes())


def add_hint(project: Project) -> None:
    """Say of one spot in one frame that it is the sprite."""
    path = project.root / "hints/tiny/2.1.png"
    path.parent.mkdir(parents=True)
    picture = Image.new("RGBA", (192, 128))
    picture.paste((255, 255, 255, 255), (20, 10, 30, 20))
    picture.save(path)


def users(module: str) -> set[str]:
    """Stages that use ``module``, with those that depend on them."""
    path = f"toondecompose/{module}.py"
    using = [s for s in STAGES if path in map(_relative, sources(_stage(s)))]
    return set().union(*(AFTER[stage] for stage in using))


def _stage(name: str) -> str:
    return f"toondecompose.stages.{name}"


def _relative(path: str) -> str:
    return Path(path).resolve().relative_to(ROOT).as_posix()


CHANGES: dict[str, tuple[Callable[[Project], None], set[str]]] = {
    **{f"an artifact of {stage} deleted": (delete(stage, 0), AFTER[stage]) for stage in STAGES},
    "the last artifact of flow deleted": (delete("flow", -1), AFTER["flow"]),
    "the record of alpha deleted": (remove("workers/tiny/records/alpha.json"), AFTER["alpha"]),
    "vis.mp4 deleted": (remove(TARGET), AFTER["video"]),
    "nothing changed": (lambda project: None, set()),
    "objects edited": (configure(objects=3), AFTER["alpha"]),
    "flow offsets edited": (configure(flow={"offsets": [-1, 1]}), AFTER["flow"]),
    "setting of an unused backend edited": (configure(flow={"updates": 5}), set()),
    "a checkpoint of RAFT added": (touch_new(CHECKPOINT), AFTER["flow"]),
    "video setting edited": (configure(crf=30), AFTER["video"]),
    "enlarging edited": (configure(upscale={"factor": 4}), set()),
    "default written out": (configure(objects=2), set()),
    "video module edited": (edit("toondecompose/stages/video.py"), AFTER["video"]),
    "script of the report edited": (
        edit("toondecompose/report/page/sheet.js", line="// edited"),
        AFTER["report"],
    ),
    "frames helper edited": (edit("toondecompose/footage/shots.py", old=True), AFTER["frames"]),
    "shared module edited": (edit("toondecompose/viz/pictures.py"), users("viz/pictures")),
    "module touched": (touch("toondecompose/stages/alpha.py"), set()),
    "source frame touched": (touch("clip/2.png"), set()),
    "artifact touched": (touch("workers/tiny/frame/info.json"), set()),
    "record touched": (touch("workers/tiny/records/flow.json"), set()),
    "config touched": (touch("config.yaml"), set()),
    "frame repainted": (repaint, AFTER["frames"]),
    "frame added": (add_frame, AFTER["frames"]),
    "hint added": (add_hint, AFTER["alpha"]),
}


@pytest.fixture(scope="module")
def plans(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The stages a dry run names after each change, each on its own copy."""
    folder = tmp_path_factory.mktemp("plans")

    def plan(numbered: tuple[int, str]) -> tuple[str, set[str]]:
        number, name = numbered
        project = finished.copy(folder / str(number))
        CHANGES[name][0](project)
        return name, project.planned(TARGET)

    with ThreadPoolExecutor(2) as pool:
        return dict(pool.map(plan, enumerate(CHANGES)))


@pytest.mark.parametrize("change", CHANGES)
def test_exactly_the_stages_concerned_run(change: str, plans: dict[str, set[str]]) -> None:
    assert plans[change] == CHANGES[change][1]


def test_a_deleted_artifact_is_made_again_each_time(finished: Project, tmp_path: Path) -> None:
    project = finished.copy(tmp_path / "project")
    artifact = project.root / "workers/tiny/contact_sheet.png"
    before = project.artifacts()
    for _ in range(2):  # Snakemake must not take the second time for the first
        artifact.unlink()
        assert project.planned(TARGET) == {"video"}
        assert project.planned(TARGET) == {"video"}  # a dry run changes nothing
        status, output = project.run(TARGET)
        assert status == 0, output
        assert re.findall(r"^\[\d/9\] (\w+)", output, re.MULTILINE) == ["video"]
        assert project.artifacts() == before
    assert project.planned(TARGET) == set()


def test_enlarging_follows_its_settings(finished: Project, tmp_path: Path) -> None:
    project, larger = finished.copy(tmp_path / "project"), "workers/tiny/upscale.mp4"
    configure(upscale={"engine": "lanczos"})(project)
    status, output = project.run(larger)
    assert status == 0, output
    folder = ClipFolder(root=project.root / "workers/tiny")
    assert folder.read_json("upscale/layers.json")["size"] == [384, 256]
    assert project.planned(larger) == set()
    configure(upscale={"engine": "lanczos", "factor": 3})(project)
    assert project.planned(larger) == {"upscale"}
    assert project.planned(TARGET) == set()


def test_hints_are_applied_and_forgotten(finished: Project, tmp_path: Path) -> None:
    project = finished.copy(tmp_path / "project")
    before = project.artifacts()
    add_hint(project)
    status, output = project.run(TARGET)
    assert status == 0, output
    assert "hints in frame 2 about object 1: 100 pixels" in output
    layer = np.asarray(Image.open(project.root / "workers/tiny/vis/2.obj.1.png"))
    assert (layer[10:20, 20:30, 3] == 255).all()
    frame = np.asarray(Image.open(project.root / "clip/2.png"))
    np.testing.assert_array_equal(layer[10:20, 20:30, :3], frame[10:20, 20:30])
    assert project.planned(TARGET) == set()
    hint = project.root / "hints/tiny/2.1.png"
    picture = Image.open(hint)
    picture.putpixel((20, 10), (0, 0, 0, 0))
    picture.save(hint)
    assert project.planned(TARGET) == AFTER["alpha"]
    hint.unlink()
    assert project.planned(TARGET) == AFTER["alpha"]
    status, output = project.run(TARGET)
    assert status == 0, output
    assert project.artifacts() == before


def test_each_shot_becomes_a_clip(new_project: Project) -> None:
    config = {
        "clips": {"tiny": {"input": "clip", "objects": 1, "last_frame": 6, "flow": {"updates": 5}}},
        "defaults": {"flow": {"backend": "dis"}},
    }
    new_project.configure(config)
    for number, shade in ((3, 0), (4, 200), (5, 200), (6, 200), (7, 200)):
        colour = (shade, 90, 255 - shade)
        Image.new("RGB", (192, 128), colour).save(new_project.root / f"clip/{number}.png")
    status, output = new_project.run(TARGET)
    assert status == 1
    assert "holds 3 shots, with cuts between the frames 2/3, 3/4;" in output
    assert "(single frames left out: 3)" in output
    arguments = output.rstrip().rpartition("with: snakemake ")[2].split()
    offered = yaml.safe_load((new_project.root / arguments[-1]).read_text())
    own = {"input": "clip", "objects": 1, "flow": {"backend": "dis", "updates": 5}}
    assert offered["clips"] == {
        "tiny.1": own | {"first_frame": 0, "last_frame": 2},
        "tiny.3": own | {"first_frame": 4, "last_frame": 6},
    }
    planned = new_project.run(*arguments, "--dry-run", "--quiet", "host")[1]
    assert planned.count("\nrule video:") == 2 and "workers/tiny/" not in planned
    status, output = new_project.run(*arguments)
    assert status == 0, output
    for clip in ("tiny.1", "tiny.3"):
        folder = ClipFolder(root=new_project.root / "workers" / clip)
        assert folder.read_json("frame/info.json")["frames"] == 3
        assert folder.path("vis.mp4").exists()


def test_same_bytes_for_any_cores(finished: Project, tmp_path: Path) -> None:
    expected = finished.artifacts()
    for cores in ("1", "2"):
        project = Project.make(tmp_path / cores)
        draw_clip(project.root / "clip")
        status, output = project.run("--cores", cores, TARGET)
        assert status == 0, output
        found = project.artifacts()
        assert sorted(found) == sorted(expected)
        assert [name for name in found if found[name] != expected[name]] == []


def test_every_artifact_is_in_the_manifest(finished: Project) -> None:
    clip = ClipFolder(root=finished.root / "workers/tiny")
    manifest = clip.read_json("manifest.json")
    assert list(manifest["stages"]) == sorted(STAGES)
    listed = set().union(*(stage["artifacts"] for stage in manifest["stages"].values()))
    on_disk = {name for name in finished.artifacts() if not name.startswith("records/")}
    assert listed == on_disk - {"manifest.json"}


def test_where_the_results_are_is_said(new_project: Project) -> None:
    """A clip of four lines, beside another one, named by no target: every clip is made."""
    config = {"clips": {"tiny": {"input": "clip"}, "other": {"input": "more", "objects": 1}}}
    new_project.configure(config)
    draw_clip(new_project.root / "more", frames=4)
    planned = new_project.run("--dry-run", "--quiet", "host")[1]
    assert planned.count("\nrule frames:") == 2
    assert planned.count("\nrule video:") == 2


def test_another_clip_leaves_the_first_alone(finished: Project, tmp_path: Path) -> None:
    project = finished.copy(tmp_path / "project")
    config = yaml.safe_load((project.root / "config.yaml").read_text())
    config["clips"]["other"] = {"input": "clip", "objects": 1}
    project.configure(config)
    output = project.run("--dry-run", "--quiet", "host")[1]
    assert output.count("\nrule video:") == 1
    assert "workers/other/records/video.json" in output


def test_missing_frames_of_the_drawn_clip_are_rendered(new_project: Project) -> None:
    new_project.configure({"clips": {"violet": {"input": "data/violet/frames"}}})
    assert new_project.planned("workers/violet/vis.mp4") == {"render_violet", *STAGES}


def test_the_backend_is_told_once_and_raft_never_missed(new_project: Project) -> None:
    output = new_project.run("--dry-run", TARGET)[1]
    assert output.count("tiny: flow: DIS; for RAFT get a checkpoint: ") == 1
    new_project.configure({"clips": {"tiny": TINY | {"flow": {"backend": "raft"}}}})
    status, output = new_project.run(TARGET)
    assert status == 1 and "flow.backend is raft" in output and "fetch" in output
    assert not (new_project.root / "workers/tiny/frame").exists()


def test_no_operation_is_quick(finished: Project, tmp_path: Path) -> None:
    project = finished.copy(tmp_path / "project")
    start = time.monotonic()
    status, output = project.run(TARGET)
    assert status == 0
    assert "Nothing to be done" in output
    assert time.monotonic() - start < 15  # 2 s alone; the tests share the machine


def test_imports_are_followed(tmp_path: Path) -> None:
    found = {_relative(path) for path in sources("toondecompose.stages.frames")}
    assert {"toondecompose/stages/frames.py", "toondecompose/reading/media.py"} <= found
    assert "toondecompose/reading/inputs.py" in found  # imported by media
    assert "toondecompose/stages/__init__.py" in found  # runs as well
    assert "toondecompose/stages/video.py" not in found
    # The package names the API for type checkers, and imports it when it is asked for.
    assert "toondecompose/__init__.py" in found and "toondecompose/api.py" not in found
