"""Exporting as a whole: what is refused, what is kept, what is removed; the command."""

from __future__ import annotations

import json
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from export.synthetic import make_clip

from toondecompose.cli import main
from toondecompose.core.errors import UserError
from toondecompose.core.locks import writing_alone
from toondecompose.export import formats
from toondecompose.export.registry import FORMATS, load_format
from toondecompose.export.run import export, safe_name
from toondecompose.store import paths
from toondecompose.store.artifacts import ClipFolder

LIGHT = [name for name in FORMATS if name not in ("exr", "prores", "webm")]
"""Formats that need no library, and no time."""


def snapshot(root: Path) -> dict[str, bytes]:
    files = (path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def test_the_table() -> None:
    for name in FORMATS:
        one = load_format(name)
        assert one.name == name and one.content
        assert all(FORMATS.index(other) < FORMATS.index(name) for other in one.after)


@pytest.mark.parametrize("name", ["<img src=x onerror=y>", "動画 1"])
def test_all_formats_of_any_clip(name: str, tmp_path: Path) -> None:
    folder = make_clip(tmp_path / name, sprites=name[0] == "<")
    before = snapshot(folder)
    said: list[str] = []
    root = export(folder, LIGHT, say=said.append)
    assert [line.split(":")[0] for line in said] == LIGHT
    first = snapshot(root)
    listed = set()
    for kind in LIGHT:
        made = json.loads(first[f"{kind}.done"])
        assert made["format"] == kind
        listed |= set(made["artifacts"])
    assert listed == {path for path in first if not path.endswith(".done")}
    assert f"{safe_name(name)}.psd" in listed and not any("<" in path for path in listed)
    export(folder, LIGHT, say=said.append)
    assert snapshot(root) == first, "the same bytes again"
    after = {path: data for path, data in snapshot(folder).items() if path[:7] != "export/"}
    assert after == before


def test_what_is_referred_to_is_written_once(tmp_path: Path) -> None:
    folder, said = make_clip(tmp_path / "clip"), []
    clip = ClipFolder(root=folder)
    clip.write_json(paths.record("refine"), {"of": 1})
    root = export(folder, ["nuke"], say=said.append)
    assert [line.split(":")[0] for line in said] == ["png", "nuke"]
    export(folder, ["aftereffects"], say=said.append)
    assert [line.split(":")[0] for line in said[2:]] == ["aftereffects"]
    clip.write_json(paths.record("refine"), {"of": 2})
    export(folder, ["nuke"], say=said.append)
    assert [line.split(":")[0] for line in said[3:]] == ["png", "nuke"]
    (root / "A/A.0002.png").unlink()
    export(folder, ["nuke"], say=said.append)
    assert (root / "A/A.0002.png").exists()


def test_what_is_no_longer_written_is_removed(tmp_path: Path) -> None:
    folder = make_clip(tmp_path / "clip")
    root = export(folder, ["png", "psd"], say=str)
    (root / "mine.txt").write_text("stays")
    clip = ClipFolder(root=folder)
    info = clip.read_json(paths.INFO)
    clip.write_json(paths.INFO, info | {"frames": 3})
    for name in (paths.ORDER, paths.GAINS, paths.full_plane_motion(0)):
        clip.write_npy(name, clip.read_npy(name)[:3])
    for k in (1, 2):
        clip.write_npy(paths.sprite_motion(k), clip.read_npy(paths.sprite_motion(k))[:3])
        clip.write_json(paths.exposure(k), {"drawings": [[0, 1, 2]]})
    export(folder, ["png"], say=str)
    kept = {path for path in snapshot(root) if path.startswith(("A/", "cels/", "mine", "clip"))}
    assert kept == {"cels/A/A.0001.png", "cels/B/B.0001.png", "mine.txt", "clip.psd"} | {
        f"A/A.000{n}.png" for n in (1, 2, 3)
    }


def test_a_missing_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_clip(tmp_path / "clip")
    monkeypatch.setattr(formats, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"exr needs the package OpenEXR, .* 'toondecompose\[exp"):
        export(folder)
    assert not (folder / "export").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["clip", "tiff"], "there is no format 'tiff'; give one of png, transforms"),
        (["nothing"], "there is no clip 'nothing' in workers/; give one of clip"),
        (
            ["empty", "psd"],
            "there is no clip 'empty' in workers/; give one of clip",
        ),
        (["clip", "PSD"], "there is no format 'PSD'; did you mean 'psd'?"),
        (["clip", "psd", "--frame", "6"], "there is no frame 6 to export; exports count"),
        (["clip", "psd", "--frame", "0"], "there is no frame 0 to export"),
    ],
)
def test_what_the_command_refuses(
    arguments: list[str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    make_clip(tmp_path / "workers/clip")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SystemExit) as ended:
        main(["export", *arguments])
    said = capsys.readouterr().err
    assert ended.value.code == 1 and words in said and said.count("\n") == 1
    assert not (tmp_path / "workers/clip/export").exists()


def test_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = make_clip(tmp_path / "workers/clip")
    with pytest.raises(SystemExit) as ended:
        main(["export", "clip", "ora", "psd", "--frame", "4"])
    assert ended.value.code == 0
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == ["psd", "ora"]
    assert {path.name for path in (folder / "export").iterdir()} == {
        "clip.psd",
        "clip.ora",
        "psd.done",
        "ora.done",
    }


def test_memory_does_not_grow_with_frames(tmp_path: Path) -> None:
    """Frames are read when they are written: few of them are alive at a time."""
    folder = make_clip(tmp_path / "clip")
    clip = ClipFolder(root=folder)
    peaks = []
    for count in (40, 160):
        frames = list(range(count))
        clip.write_json(paths.INFO, clip.read_json(paths.INFO) | {"frames": count})
        for name in (paths.ORDER, paths.GAINS, paths.full_plane_motion(0)):
            clip.write_npy(
                name, np.resize(clip.read_npy(name), (count, *clip.read_npy(name).shape[1:]))
            )
        for k in (0, 1, 2):
            data = clip.read_bytes(paths.layer(1, k))
            for t in frames:
                clip.write_bytes(paths.layer(t, k), data)
        for k in (1, 2):
            clip.write_npy(paths.sprite_motion(k), np.repeat(np.eye(3)[None], count, axis=0))
            clip.write_npy(paths.opacity(k), np.ones(count))
            clip.write_json(paths.exposure(k), {"drawings": [frames]})
        tracemalloc.start()
        export(folder, ["png"], say=str)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    picture = 53 * 37 * 4
    # What grows is the list of files; a layer kept a frame would be 3 * 120 pictures.
    assert peaks[1] - peaks[0] < 120 * picture


@pytest.mark.parametrize("name", ["sprite/1.1.png", "vis/3.obj.1.png"])
@pytest.mark.parametrize("how", ["missing", "damaged"])
def test_a_clip_that_has_lost_a_file_is_not_exported(tmp_path: Path, name: str, how: str) -> None:
    folder = make_clip(tmp_path / "clip")
    clip = ClipFolder(root=folder)
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*.png")]
    sizes = {one: {"bytes": (folder / one).stat().st_size, "sha256": ""} for one in names}
    clip.write_json("records/refine.json", {"artifacts": sizes})
    export(folder, ["sheet"])
    if how == "missing":
        clip.path(name).unlink()
    else:
        clip.path(name).write_bytes(b"PNG")
    with pytest.raises(UserError, match=f"{name} is {how}; run the clip again"):
        export(folder, ["png"])
    assert not clip.path("export/png.done").exists()


def test_one_format_is_written_by_one_command_at_a_time(tmp_path: Path) -> None:
    folder = make_clip(tmp_path / "clip")
    with ThreadPoolExecutor(1) as pool:
        with writing_alone(folder / "export/sheet.done"):
            writing = pool.submit(export, folder, ["sheet"])
            time.sleep(0.3)
            assert not writing.done() and not (folder / "export/sheet.done").exists()
        writing.result(60)
    assert (folder / "export/sheet.done").exists()
