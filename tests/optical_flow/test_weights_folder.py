"""Where checkpoints lie: in the checkout, or in a folder of the user's."""

from __future__ import annotations

from pathlib import Path

import pytest

from third_party.raft import table


def test_in_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOONDECOMPOSE_WEIGHTS", raising=False)
    assert table.weights_folder() == Path(table.__file__).parent / "weights"


def test_of_an_installed_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TOONDECOMPOSE_WEIGHTS", "LOCALAPPDATA", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(table, "__file__", str(tmp_path / "site-packages/table.py"))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert table.weights_folder() == tmp_path / ".cache/toondecompose/raft"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert table.weights_folder() == tmp_path / "cache/toondecompose/raft"


def test_where_the_user_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOONDECOMPOSE_WEIGHTS", str(tmp_path))
    assert table.weights_folder() == tmp_path
