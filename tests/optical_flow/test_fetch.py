"""Fetching checkpoints: from a server of the test's own, whole, cut short, wrong, and by hand."""

from __future__ import annotations

import hashlib
import http.server
import socket
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from third_party.raft import fetch as module
from third_party.raft.fetch import download, fetch, listing
from third_party.raft.table import Checkpoint, checkpoints, named
from toondecompose.cli import main
from toondecompose.core.errors import UserError

CONTENT = bytes(range(256)) * 4000
SHA = hashlib.sha256(CONTENT).hexdigest()


class Server(http.server.ThreadingHTTPServer):
    """Serves ``content``; what it was asked for is in ``ranges``."""

    content = CONTENT
    ranges: list[str | None]
    resumes = True
    cut: int | None = None


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers for the server."""

    server: Server

    def do_GET(self) -> None:  # noqa: D102, N802
        self.server.ranges.append(self.headers.get("Range"))
        if self.path != "/file":
            self.send_error(404)
            return
        start = 0
        if self.headers.get("Range") and self.server.resumes:
            start = int(self.headers["Range"].split("=")[1].rstrip("-"))
        if start >= len(self.server.content):
            self.send_error(416)
            return
        body = self.server.content[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: self.server.cut])

    def log_message(self, *_: object) -> None:  # noqa: D102
        return


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as server:
        server.ranges = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def address(server: Server, name: str = "file") -> str:
    return f"http://127.0.0.1:{server.server_port}/{name}"


@pytest.fixture
def published(server: Server, monkeypatch: pytest.MonkeyPatch) -> Checkpoint:
    """A checkpoint that the server holds."""
    one = Checkpoint(
        name="one",
        file="one.pth",
        network="small",
        layout="torchvision",
        weights="One",
        sha256=SHA[:8],
        trained="",
        licence="",
    )
    monkeypatch.setattr(module, "named", lambda name: one if name == "one" else None)
    monkeypatch.setattr(module, "_address", lambda checkpoint: address(server))
    return one


def test_a_checkpoint_is_fetched_once(
    published: Checkpoint, server: Server, tmp_path: Path
) -> None:
    folder = tmp_path / "weights"
    assert "fetched and checked" in fetch("one", folder)
    assert (folder / "one.pth").read_bytes() == CONTENT
    assert "here already" in fetch("one", folder)
    assert server.ranges == [None]
    assert [path.name for path in folder.iterdir()] == ["one.pth"]
    (folder / "one.pth").write_bytes(CONTENT[:-1])
    with pytest.raises(UserError, match="is not the published file"):
        fetch("one", folder)


@pytest.mark.parametrize("resumes", [True, False])
def test_a_download_goes_on_where_it_broke_off(
    server: Server, tmp_path: Path, resumes: bool
) -> None:
    path = tmp_path / "x.pth"
    server.cut = 300_000
    with pytest.raises(UserError, match=f"by hand, put it at {path}"):
        download(address(server), path, SHA)
    assert (tmp_path / "x.pth.part").stat().st_size == 300_000
    server.cut, server.resumes = None, resumes
    assert download(address(server), path, SHA).read_bytes() == CONTENT
    assert server.ranges == [None, "bytes=300000-"]


def test_a_whole_part_is_only_checked(server: Server, tmp_path: Path) -> None:
    (tmp_path / "x.pth.part").write_bytes(CONTENT)
    assert download(address(server), tmp_path / "x.pth", SHA).read_bytes() == CONTENT


def test_a_wrong_file_is_deleted(server: Server, tmp_path: Path) -> None:
    server.content = b"<html>please log in</html>"
    with pytest.raises(UserError, match=f"\\(26 bytes\\) has not the checksum {SHA}"):
        download(address(server), tmp_path / "x.pth", SHA)
    assert not list(tmp_path.iterdir())


def test_without_a_network_the_way_by_hand_is_told(server: Server, tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{unused.getsockname()[1]}/file"
        with pytest.raises(UserError, match="cannot fetch x.pth .*refused.*by hand"):
            download(nobody, tmp_path / "x.pth", SHA)
    with pytest.raises(UserError, match="Not Found.*by hand"):
        download(address(server, "nothing"), tmp_path / "x.pth", SHA)


def test_a_member_is_taken_from_the_archive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also from an archive that was put there by hand: nothing is downloaded."""
    with zipfile.ZipFile(tmp_path / "models.zip", "w") as packed:
        packed.writestr("models/raft-small.pth", CONTENT)
        packed.writestr("models/raft-things.pth", CONTENT)
    with pytest.raises(UserError, match="raft-things.pth in .*models.zip is not the published"):
        fetch("raft-things", tmp_path)
    one = Checkpoint(**{**vars(named("raft-small")), "sha256": SHA, "bytes": len(CONTENT)})
    monkeypatch.setattr(module, "named", lambda name: one)
    fetch("raft-small", tmp_path)
    assert (tmp_path / "raft-small.pth").read_bytes() == CONTENT
    (tmp_path / "raft-small.pth").unlink()
    (tmp_path / "models.zip").write_bytes(b"no archive")
    with pytest.raises(UserError, match="is not the authors' archive"):
        fetch("raft-small", tmp_path)


def test_names_are_offered(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        main(["fetch-raft", "raft-thing"])
    assert "there is no checkpoint 'raft-thing'; there are " in capsys.readouterr().err
    (tmp_path / "raft-sintel.pth").touch()
    lines = listing(tmp_path).splitlines()
    assert len(lines) == len(checkpoints()) + 3
    assert [line.split()[0] for line in lines if " yes " in line] == ["raft-sintel"]


def test_the_table_knows_torchvisions_weights() -> None:
    """Every published one is there, under the file name that holds its checksum."""
    from torchvision.models.optical_flow import Raft_Large_Weights, Raft_Small_Weights

    published = {str(w): w.url for kind in (Raft_Large_Weights, Raft_Small_Weights) for w in kind}
    listed = {c.weights: c for c in checkpoints() if c.weights}
    assert set(listed) == set(published)
    for weights, one in listed.items():
        assert module._address(one) == published[weights]
        assert published[weights].endswith(one.file) and f"-{one.sha256}.pth" in one.file
    assert {c.name for c in checkpoints() if c.member} == {
        f"raft-{which}" for which in ("things", "sintel", "kitti", "chairs", "small")
    }
