"""The ledger: what counts as finished after a stop, and what does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from toondecompose.store.artifacts import ClipFolder
from toondecompose.store.ledger import Ledger


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A clip of whose flow stage two artifacts are finished."""
    clip = ClipFolder(root=tmp_path)
    ledger = Ledger(clip, "flow", {"a": 1})
    for name in ("flow/x", "flow/y"):
        clip.write_bytes(name, name.encode())
        ledger.note([name])
    return tmp_path


def opened(folder: Path, **depends_on: object) -> tuple[ClipFolder, Ledger]:
    clip = ClipFolder(root=folder)
    return clip, Ledger(clip, "flow", depends_on)


def test_finished_artifacts_count_as_written(folder: Path) -> None:
    clip, ledger = opened(folder, a=1)
    assert ledger.has(["flow/x", "flow/y"]) and not ledger.has(["flow/x", "flow/z"])
    assert clip.written["flow/x"]["bytes"] == 6
    assert set(clip.written) == {"flow/x", "flow/y"}


def test_other_inputs_begin_anew(folder: Path) -> None:
    assert not opened(folder, a=2)[1].has(["flow/x"])
    assert not opened(folder, a=1)[1].has(["flow/x"])  # the first ledger is gone


@pytest.mark.parametrize("damage", [b"", b"flow/X", None])
def test_a_changed_artifact_is_not_finished(folder: Path, damage: bytes | None) -> None:
    path = folder / "flow" / "x"
    path.unlink() if damage is None else path.write_bytes(damage)
    clip, ledger = opened(folder, a=1)
    assert not ledger.has(["flow/x"]) and ledger.has(["flow/y"])
    assert set(clip.written) == {"flow/y"}


def test_a_line_cut_by_a_kill_does_not_count(folder: Path) -> None:
    path = folder / "records" / "flow.ledger"
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        clip, ledger = opened(folder, a=1)
        finished = whole[:length].count(b"\n") - 1
        assert ledger.has(["flow/x"]) == (finished >= 1), length
        assert not ledger.has(["flow/y"])
        clip.write_bytes("flow/y", b"new")
        ledger.note(["flow/y"])
        assert opened(folder, a=1)[1].has(["flow/y"]), length
        clip.write_bytes("flow/y", b"flow/y")
