"""Small files: whole or not at all, and errors that name them."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from toondecompose.core.errors import UserError
from toondecompose.core.files import (
    append_text,
    naming_file,
    read_json_object,
    set_aside,
    write_text,
)


def test_a_full_disk_is_told_with_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "records/flow.note"
    write_text(path, "old\n")

    def full(self: Path, *rest: object, **more: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")  # as write() says it: without a name

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(UserError, match=r"cannot write .*records/flow\.note: No space left"):
        write_text(path, "new\n")
    assert path.read_text() == "old\n"
    assert [one.name for one in path.parent.iterdir()] == ["flow.note"]


def test_appending_to_a_full_disk() -> None:
    with pytest.raises(UserError, match="cannot write /dev/full: No space left on device"):
        append_text(Path("/dev/full"), "line\n")


def test_the_name_in_the_error_goes_before(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot write /a: Read-only"), naming_file(tmp_path):
        raise OSError(errno.EROFS, "Read-only file system", "/a")


@pytest.mark.parametrize("data", [b"", b"null", b"[]", b"\0", b"\xff", b"{", b"[" * 100_000])
def test_what_is_no_json_object(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(data)
    assert read_json_object(path) is None
    assert read_json_object(tmp_path) is None
    path.write_bytes(b'{"a": 1}')
    assert read_json_object(path) == {"a": 1}


def test_nothing_is_overwritten_by_what_is_set_aside(tmp_path: Path) -> None:
    names = []
    for text in ("1", "2", "3"):
        (tmp_path / "a.json").write_text(text)
        names.append(set_aside(tmp_path, "a.json").name)
    assert names == ["a.json", "a.json.2", "a.json.3"]
    assert [(tmp_path / "set_aside" / name).read_text() for name in names] == ["1", "2", "3"]
