"""What a stage has made: changed files are noticed, and files of others are left alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from toondecompose.core.errors import UserError
from toondecompose.pipeline.stage import finish, open_clip
from toondecompose.store.artifacts import ClipFolder
from toondecompose.store.made import MadeFiles, recorded


def made_clip(root: Path, **files: bytes) -> ClipFolder:
    """Let the sprites stage write files in ``model/sprites``, and end."""
    clip = open_clip(root, "sprites", lambda line: None)
    for name, data in files.items():
        clip.write_bytes(f"model/sprites/{name}", data)
    clip.remove_stale("sprites")
    finish(
        clip, "sprites", root / "records/sprites.json", content={"artifacts": dict(clip.written)}
    )
    return clip


def change(root: Path, name: str) -> str | None:
    artifacts = recorded(root, "sprites")
    return MadeFiles(root, "sprites").change(name, artifacts[name])


@pytest.mark.parametrize(
    ("data", "expected"), [(b"one", None), (b"eno", "changed"), (b"more", "changed")]
)
def test_changed_files_are_noticed(tmp_path: Path, data: bytes, expected: str | None) -> None:
    made_clip(tmp_path, a=b"one")
    assert change(tmp_path, "model/sprites/a") is None
    path = tmp_path / "model/sprites/a"
    path.write_bytes(data)
    os.utime(path, (1, 1))
    assert change(tmp_path, "model/sprites/a") == expected
    path.unlink()
    assert change(tmp_path, "model/sprites/a") == "missing"


def test_an_unchanged_file_is_hashed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made_clip(tmp_path, a=b"one")
    os.utime(tmp_path / "model/sprites/a", (1, 1))
    assert change(tmp_path, "model/sprites/a") is None
    monkeypatch.setattr("toondecompose.store.made.hash_file", None)
    assert change(tmp_path, "model/sprites/a") is None


def test_an_equal_time_does_not_hide_damage_from_the_stage_that_reads(tmp_path: Path) -> None:
    made_clip(tmp_path, a=b"one")
    path = tmp_path / "model/sprites/a"
    before = path.stat()
    path.write_bytes(b"eno")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    reader = open_clip(tmp_path, "refine", lambda line: None)
    with pytest.raises(UserError, match=r"model/sprites/a is damaged: .*give the same command"):
        reader.read_bytes("model/sprites/a")
    assert not path.exists(), "the next run makes it again"
    assert (tmp_path / "set_aside/model/sprites/a").read_bytes() == b"eno"


def test_whole_files_are_read(tmp_path: Path) -> None:
    made_clip(tmp_path, a=b"one")
    reader = open_clip(tmp_path, "refine", lambda line: None)
    assert reader.read_bytes("model/sprites/a") == reader.read_bytes("model/sprites/a") == b"one"


def test_files_of_others_are_never_overwritten_nor_removed(tmp_path: Path) -> None:
    folder = tmp_path / "model/sprites"
    folder.mkdir(parents=True)
    (folder / "a").write_bytes(b"mine")
    (folder / "notes.txt").write_bytes(b"mine too")
    made_clip(tmp_path, a=b"one")
    assert (folder / "a").read_bytes() == b"one"
    assert (tmp_path / "set_aside/model/sprites/a").read_bytes() == b"mine"
    assert (folder / "notes.txt").read_bytes() == b"mine too"


def test_painted_results_are_kept(tmp_path: Path) -> None:
    made_clip(tmp_path, a=b"one", b=b"two")
    for name in "ab":
        (tmp_path / "model/sprites" / name).write_bytes(b"painted")
    made_clip(tmp_path, a=b"one")  # b is not made any more
    assert (tmp_path / "model/sprites/a").read_bytes() == b"one"
    for name in "ab":
        assert (tmp_path / "set_aside/model/sprites" / name).read_bytes() == b"painted"
    (tmp_path / "model/sprites/a").write_bytes(b"again")
    made_clip(tmp_path, a=b"one")
    assert (tmp_path / "set_aside/model/sprites/a.2").read_bytes() == b"again"


def test_own_files_of_a_killed_run_are_removed(tmp_path: Path) -> None:
    made_clip(tmp_path, a=b"one")
    killed = open_clip(tmp_path, "sprites", lambda line: None)
    killed.write_bytes("model/sprites/a", b"other")
    killed.write_bytes("model/sprites/b", b"left")
    made_clip(tmp_path, a=b"one")
    assert sorted(path.name for path in (tmp_path / "model/sprites").iterdir()) == ["a"]
    assert not (tmp_path / "set_aside").exists()


def test_a_damaged_list_only_costs_hashes(tmp_path: Path) -> None:
    made_clip(tmp_path, a=b"one")
    (tmp_path / "records/sprites.made").write_bytes(b"\0\xff\tgarbage\n5\tx\ty\tz\n")
    assert change(tmp_path, "model/sprites/a") is None
    (tmp_path / "records/sprites.json").write_bytes(b"null")
    assert recorded(tmp_path, "sprites") == {}
