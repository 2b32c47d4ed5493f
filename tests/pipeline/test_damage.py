"""Records that cannot be read are set aside, whole ones are left."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path

import pytest

from toondecompose.pipeline.damage import repair_clip, repair_snakemake
from toondecompose.pipeline.notes import renew_listing_note, renew_stage_note

ENTRY = {"bytes": 3, "sha256": "0"}

WHOLE = {
    "records/input.json": {"0.png": ENTRY},
    "records/hints.json": {},
    "records/config.json": {"input": "clip"},
    "records/flow.json": {"artifacts": {"flow/x": ENTRY}, "settings": {}},
    "export/psd.done": {"artifacts": {}},
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, content in WHOLE.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content))
    return tmp_path


@pytest.mark.parametrize("data", [b"", b"null", b"[]", b"\0" * 99, b"\xff\xfe", b'{"a": 1', b"7"])
@pytest.mark.parametrize("name", WHOLE)
def test_damaged_files_are_set_aside(
    root: Path, name: str, data: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    repair_clip(root)
    assert capsys.readouterr().err == "" and not (root / "set_aside").exists()
    (root / name).write_bytes(data)
    repair_clip(root)
    assert not (root / name).exists() and (root / "set_aside" / name).read_bytes() == data
    assert all((root / other).exists() for other in WHOLE if other != name)
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("records/input.json", {"0.png": 3}),
        ("records/flow.json", {"artifacts": None}),
        ("records/flow.json", {"artifacts": {"x": {"bytes": "3", "sha256": ""}}}),
    ],
)
def test_other_contents_are_damage_too(root: Path, name: str, content: object) -> None:
    (root / name).write_text(json.dumps(content))
    repair_clip(root)
    assert not (root / name).exists()


def test_snakemakes_own_notes(tmp_path: Path) -> None:
    folder = tmp_path / ".snakemake/metadata"
    folder.mkdir(parents=True)
    output = "workers/a/records/flow.json"
    note = tmp_path / "workers/a/records/flow.note"
    note.parent.mkdir(parents=True)
    note.touch()
    bad = folder / base64.urlsafe_b64encode(output.encode()).decode()
    good, new = folder / "Z29vZA==", folder / "bmV3"
    bad.write_bytes(b"\xff\x00")
    good.write_text("{}")
    new.write_bytes(b"half")
    for path in (bad, good):
        os.utime(path, (1, 1))
    repair_snakemake(tmp_path)
    assert sorted(path.name for path in folder.iterdir()) == sorted([good.name, new.name])
    assert not note.exists(), "so that the stage runs again"


def test_notes_follow_damage(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import hashlib

    data = b"abc"
    (root / "flow").mkdir()
    (root / "flow/x").write_bytes(data)
    entry = {"bytes": 3, "sha256": hashlib.sha256(data).hexdigest()}
    (root / "records/flow.json").write_text(json.dumps({"artifacts": {"flow/x": entry}}))
    note = root / "records/flow.note"

    def content() -> str:
        renew_stage_note(root, "flow")
        return note.read_text()

    first = content()
    assert content() == first and "None" in first
    (root / "flow/x").write_bytes(b"abd")
    second = content()
    assert "flow/x was changed" in second
    assert "flow/x damaged or changed" in capsys.readouterr().err
    (root / "flow/x").unlink()
    assert "flow/x was missing" in content()


def test_files_of_a_list_newer_than_it_are_hashed(root: Path) -> None:
    listing, note = root / "records/input.json", root / "frames.note"
    (root / "0.png").write_bytes(b"abc")
    renew_listing_note(root, listing, note)
    assert "0.png was missing or changed" in note.read_text()
    os.utime(root / "0.png", (1, 1))
    note.unlink()
    renew_listing_note(root, listing, note)
    assert "None" in note.read_text()
