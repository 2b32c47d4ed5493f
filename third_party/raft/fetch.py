"""Fetch a published checkpoint of RAFT into ``third_party/raft/weights``.

    toondecompose fetch-raft              # which there are, and which are here
    toondecompose fetch-raft raft-sintel  # fetch one

A download that was cut short goes on where it stopped. What arrives is checked before it gets
its name. Files put into the folder by hand are taken as well, the original authors' archive too.
"""

from __future__ import annotations

import http.client
import os
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

from tqdm import tqdm

from third_party.raft.table import (
    COMMAND,
    Checkpoint,
    archive,
    checkpoints,
    digest,
    named,
)
from toondecompose.core.errors import UserError
from toondecompose.core.typed_commands import typed

PATIENCE = 30.0
"""Seconds without an answer until a download is given up."""

BLOCK = 2**18
"""Bytes read at a time."""


def listing(folder: Path) -> str:
    """Return the table of checkpoints for a person: what there is, and what is here."""
    lines = [f"{'name':26} {'network':8} {'size':9} {'here':5} trained on"]
    for one in checkpoints():
        here = "yes" if (folder / one.file).exists() else ""
        lines.append(f"{one.name:26} {one.network:8} {one.size:9} {here:5} {one.trained}")
    return "\n".join([*lines, "", f"to fetch one: {typed(COMMAND)} {checkpoints()[0].name}"])


def fetch(name: str, folder: Path) -> str:
    """Bring the named checkpoint into a folder; return what to say about it.

    Raises
    ------
    UserError
        One sentence, when there is no such checkpoint, no network, or a wrong file came.
    """
    checkpoint = named(name)
    if checkpoint is None:
        names = ", ".join(one.name for one in checkpoints())
        raise UserError(f"there is no checkpoint '{name}'; there are {names}")
    path = folder / checkpoint.file
    if path.exists():
        if not checkpoint.matches(path):
            raise UserError(f"{path} is not the published file; delete it and fetch it again")
        return f"{path} is here already, and whole"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if checkpoint.member is None:
            part = download(_address(checkpoint), path, checkpoint.sha256)
        else:
            part = _unpack(checkpoint, _archive(folder), path)
        os.replace(part, path)
    except OSError as error:
        raise UserError(
            f"cannot write {path}: {error.strerror or error}; make room or correct the folder, "
            "then give the same command again"
        ) from error
    return f"{path} fetched and checked"


def download(address: str, path: Path, sha256: str) -> Path:
    """Download to a temporary name beside ``path``, going on with what is there; check; return it.

    ``sha256`` is the checksum, or its first digits.
    """
    part = path.with_name(f"{path.name}.part")
    for_hand = (
        f"download {address} by hand, put it at {path}, and give the same command again to check it"
    )
    try:
        _receive(address, part)
    except (urllib.error.URLError, TimeoutError, ConnectionError, http.client.HTTPException) as e:
        why = getattr(e, "reason", None) or e
        raise UserError(f"cannot fetch {path.name} ({why}); {for_hand}") from None
    if not digest(part).startswith(sha256):
        size = part.stat().st_size
        part.unlink()
        raise UserError(
            f"what came from {address} ({size} bytes) has not the checksum {sha256} and was "
            f"deleted; give the same command again, or {for_hand}"
        )
    return part


def _receive(address: str, part: Path) -> None:
    """Append to ``part`` what it still lacks of the file at an address."""
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(address, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        answer = urllib.request.urlopen(request, timeout=PATIENCE)
    except urllib.error.HTTPError as error:
        if have and error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
            return  # everything is there; the checksum will tell
        raise
    with answer:
        if answer.status != http.client.PARTIAL_CONTENT:
            have = 0  # this server cannot go on in the middle
        length = answer.headers.get("Content-Length")
        total = None if length is None else have + int(length)
        with (
            part.open("ab" if have else "wb") as file,
            tqdm(total=total, initial=have, unit="B", unit_scale=True, desc=part.stem) as bar,
        ):
            while block := answer.read(BLOCK):
                file.write(block)
                bar.update(len(block))
        if total is not None and part.stat().st_size < total:
            raise ConnectionError("the connection broke off")


def _address(checkpoint: Checkpoint) -> str:
    # torchvision is late: it imports torch, and knows where its weights are.
    try:
        from torchvision.models import get_weight
    except ModuleNotFoundError:
        raise UserError(
            "torchvision is not installed, which knows where its weights are; "
            "give: pip install 'toondecompose[raft]'"
        ) from None

    return get_weight(checkpoint.weights).url


def _archive(folder: Path) -> Path:
    known = archive()
    path = folder / known["file"]
    if not path.exists():
        os.replace(download(known["address"], path, known["sha256"]), path)
    return path


def _unpack(checkpoint: Checkpoint, packed: Path, path: Path) -> Path:
    part = path.with_name(f"{path.name}.part")
    try:
        with zipfile.ZipFile(packed) as file:
            part.write_bytes(file.read(checkpoint.member))
    except (zipfile.BadZipFile, KeyError) as error:
        raise UserError(
            f"{packed} is not the authors' archive ({error}); delete it, then give the same "
            "command again"
        ) from None
    if not checkpoint.matches(part):
        part.unlink()
        raise UserError(
            f"{checkpoint.member} in {packed} is not the published file; delete {packed}"
        )
    return part
