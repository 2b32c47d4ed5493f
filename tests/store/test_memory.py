"""The store in memory: the same names, bytes and hashes as the folder, and nothing on disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from toondecompose.core.errors import UserError
from toondecompose.store.artifacts import ClipFolder
from toondecompose.store.hints import write_hints
from toondecompose.store.ledger import Ledger, NoLedger, open_ledger
from toondecompose.store.memory import ClipMemory

PICTURE = np.arange(6 * 8 * 4, dtype=np.uint8).reshape(6, 8, 4)


def write_all(clip: ClipFolder) -> None:
    clip.write_png("vis/0.img.png", PICTURE)
    clip.write_npy("model/a.npy", np.arange(24, dtype=np.float32).reshape(4, 3, 2)[:, ::2])
    clip.write_npy("model/scalar.npy", np.float64(3))
    clip.write_npy_rows(
        "frame/all_frames.npy", (2, 6, 8, 4), np.uint8, rows=iter([PICTURE, PICTURE])
    )
    clip.write_json("frame/info.json", {"b": [1], "a": "ü"})
    with clip.writing("vis.mp4") as part:
        assert part.suffix == ".mp4"
        part.write_bytes(b"video")


def test_bytes_and_hashes_are_those_of_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder, memory = ClipFolder(root=tmp_path / "clip"), ClipMemory(root=Path("clip"))
    write_all(memory)
    assert not list(tmp_path.iterdir())
    write_all(folder)
    assert memory.written == folder.written
    for name in folder.written:
        assert memory.exists(name) and memory.read_bytes(name) == folder.read_bytes(name)
    assert np.array_equal(memory.read_png("vis/0.img.png"), PICTURE)
    assert memory.read_json("frame/info.json") == {"b": [1], "a": "ü"}
    assert np.array_equal(memory.read_npy("model/a.npy"), folder.read_npy("model/a.npy"))
    assert memory.name == "clip" and memory.hints is None and folder.hints == Path("hints/clip")


def test_what_is_read_may_be_changed() -> None:
    memory = ClipMemory(root=Path("clip"))
    memory.write_npy("a.npy", np.zeros(3))
    memory.read_npy("a.npy")[:] = 1
    kept = memory.read_npy("a.npy", mmap=True)
    assert not kept.any() and not kept.flags.writeable


def test_records_are_no_artifacts() -> None:
    memory = ClipMemory(root=Path("clip"))
    memory.write_json("records/alpha.json", {})
    memory.write_json("model/objects.json", {})
    assert memory.names() == ["model/objects.json"]


@pytest.mark.parametrize("count", [1, 3])
def test_rows_that_do_not_fill_the_shape(count: int) -> None:
    memory = ClipMemory(root=Path("clip"))
    with pytest.raises(
        ValueError, match=rf"a.npy: there are {count} rows, but the shape is \(2, 4"
    ):
        memory.write_npy_rows("a.npy", (2, 4), np.uint8, rows=[np.zeros(4, np.uint8)] * count)
    assert not memory.exists("a.npy")


@pytest.mark.parametrize("read", [ClipFolder.read_png, ClipFolder.read_json, ClipMemory.read_npy])
def test_what_is_missing(read: Callable[[ClipFolder, str], object]) -> None:
    with pytest.raises(UserError, match="the clip mine has no artifact model/a"):
        read(ClipMemory(root=Path("mine")), "model/a")


def test_a_file_that_was_not_finished_is_not_kept() -> None:
    memory = ClipMemory(root=Path("clip"))
    with pytest.raises(KeyboardInterrupt), memory.writing("vis.mp4") as part:
        part.write_bytes(b"half")
        raise KeyboardInterrupt
    assert not memory.kept and not part.exists()


def test_a_path_is_refused() -> None:
    with pytest.raises(TypeError, match="a.npy is in memory and has no path"):
        ClipMemory(root=Path("clip")).path("a.npy")


def test_no_ledger_is_kept(tmp_path: Path) -> None:
    ledger = open_ledger(ClipMemory(root=Path("clip")), "flow", dict)
    ledger.note(["flow/0T1.npy"])
    assert isinstance(ledger, NoLedger) and not ledger.has(["flow/0T1.npy"])
    assert isinstance(open_ledger(ClipFolder(root=tmp_path), "flow", dict), Ledger)


def test_hints_are_read_back() -> None:
    memory = ClipMemory(root=Path("clip"))
    write_hints(memory, {2: np.ones((4, 4), np.uint16)}, np.zeros((3, 4, 4), np.float32))
    assert memory.names() == ["model/hints.npy", "model/hints/2.npy"]
